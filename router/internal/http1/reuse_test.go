package http1

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/tributary-gql/tributary/router/internal/lifetime"
)

type nobody struct{}

func (nobody) ContextEnded() {}

type valueKey struct{}

// TestReuse: a request's memory is used again when its handler has said so and nobody can have a hold on its context.
func TestReuse(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		use    func(ctx context.Context)
		reused bool
	}{
		{"nothing is said", func(context.Context) {}, false},
		{"released", lifetime.Release, true},
		{"released with a deadline and a watch", func(ctx context.Context) {
			timed, cancel := lifetime.WithDeadline(ctx, never)
			var w lifetime.Watch
			w.Start(timed, nobody{})
			w.Stop()
			cancel()
			lifetime.Release(ctx)
		}, true},
		{"still watched", func(ctx context.Context) {
			new(lifetime.Watch).Start(ctx, nobody{})
			lifetime.Release(ctx)
		}, false},
		{"kept", func(ctx context.Context) { lifetime.Keep(ctx); lifetime.Release(ctx) }, false},
		{"kept later", func(ctx context.Context) { lifetime.Release(ctx); lifetime.Keep(ctx) }, false},
		{"channel", func(ctx context.Context) { ctx.Done(); lifetime.Release(ctx) }, false},
		{"child", func(ctx context.Context) {
			_, cancel := context.WithCancel(ctx)
			cancel()
			lifetime.Release(ctx)
		}, false},
		{"child with a value", func(ctx context.Context) {
			_, cancel := context.WithCancel(context.WithValue(ctx, valueKey{}, 1))
			cancel()
			lifetime.Release(ctx)
		}, false},
		{"child of a deadline", func(ctx context.Context) {
			timed, cancel := lifetime.WithDeadline(ctx, never)
			_, cancelChild := context.WithCancel(timed)
			cancelChild()
			cancel()
			lifetime.Release(ctx)
		}, false},
		{"function", func(ctx context.Context) {
			context.AfterFunc(ctx, func() {})()
			lifetime.Release(ctx)
		}, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var requests []*http.Request
			var contexts []context.Context
			address, _ := startServer(t, Options{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if err := r.Context().Err(); err != nil {
					t.Errorf("it begins with %v", err)
				}
				requests, contexts = append(requests, r), append(contexts, r.Context())
				c.use(r.Context())
				_, _ = io.WriteString(w, "a")
			})})
			conn := dial(t, address)
			from := bufio.NewReader(conn)
			for range 3 {
				send(t, conn, post("/p", "a"))
				expect(t, from, "a")
			}
			_ = conn.Close()
			for i := 1; i < len(requests); i++ {
				if reused := requests[i] == requests[i-1]; reused != c.reused || reused != (contexts[i] == contexts[i-1]) {
					t.Errorf("request %d: reused is %t, want %t", i, reused, c.reused)
				}
			}
			if !c.reused && !errors.Is(contexts[0].Err(), context.Canceled) {
				t.Errorf("after the request its context has %v", contexts[0].Err())
			}
		})
	}
}

// TestNothingIsLeftOfARequest for the next one.
func TestNothingIsLeftOfARequest(t *testing.T) {
	t.Parallel()
	var first *http.Request
	address, _ := startServer(t, Options{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer lifetime.Release(r.Context())
		if first == nil {
			first = r
			_ = r.ParseForm()
			r.Header.Set("X-Added", "a")
			r.Header["Accept"][0] = "changed"
			r.SetPathValue("a", "b")
			r.Pattern = "/first"
			r.URL.RawPath, r.URL.Fragment = "a", "b"
			lifetime.ScratchOf(r.Context()).Put(valueKey{}, 1)
			w.Header().Set("X-First", "a")
			w.Header().Set("Content-Type", "text/first")
			w.WriteHeader(http.StatusTeapot)
			_, _ = io.WriteString(w, strings.Repeat("first", 1000))
			return
		}
		if r != first {
			t.Error("the memory is not used again, so that this test tests nothing")
		}
		body, err := io.ReadAll(r.Body)
		_, _ = fmt.Fprintf(w, "%s %s %s %q %v %v %s %s %v %d %q %v %v %v", r.Method, r.URL.Path, r.URL.RawQuery, r.Header, r.Form, r.PostForm, r.Pattern, r.PathValue("a"),
			r.Context().Value(valueKey{}), r.ContentLength, body, err, r.URL.RawPath, r.URL.Fragment)
	})})
	c := dial(t, address)
	from := bufio.NewReader(c)
	send(t, c, "POST /first?a=b HTTP/1.1\r\nHost: x\r\nAccept: a\r\nAuthorization: first\r\nCookie: a\r\nCookie: b\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\nc=d")
	if answer := answerOf(t, from, strings.Repeat("first", 1000)); answer.status != http.StatusTeapot || answer.header.Get("X-First") != "a" {
		t.Errorf("got %v", answer)
	}
	for range 2 {
		send(t, c, "GET /second HTTP/1.1\r\nHost: x\r\nAccept: a\r\n\r\n")
		answer := answerOf(t, from, `GET /second  map["Accept":["a"]] map[] map[]   <nil> 0 "" <nil>  `)
		if answer.status != http.StatusOK || answer.header.Get("X-First") != "" || answer.header.Get("Content-Type") != "text/plain; charset=utf-8" {
			t.Errorf("got %v", answer)
		}
	}
}
