package overload

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tributary-gql/tributary/router/routertest/bubble"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var discard = slog.New(slog.DiscardHandler)

func get(h http.Handler, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(`{}`))
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestRequestsUnderWayAreBounded(t *testing.T) {
	t.Parallel()
	l := New(Options{
		MaxInFlight: 5, RetryAfter: 2 * time.Second, Logger: discard,
		Exempt: func(r *http.Request) bool { return r.URL.Path == "/health" },
	})
	hold, started := make(chan struct{}), make(chan struct{}, 20)
	h := l.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/graphql" {
			started <- struct{}{}
			<-hold
		}
	}))
	var group sync.WaitGroup
	for range 5 {
		group.Go(func() {
			if w := get(h, "/graphql"); w.Code != http.StatusOK {
				t.Errorf("status %d", w.Code)
			}
		})
	}
	for range 5 {
		<-started
	}
	for range 50 {
		w := get(h, "/graphql", "Accept", "application/graphql-response+json, application/json;q=0.9")
		var body struct {
			Errors []struct{ Extensions struct{ Code string } }
		}
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || len(body.Errors) != 1 || body.Errors[0].Extensions.Code != "SERVICE_OVERLOADED" {
			t.Fatalf("body %s: %v", w.Body, err)
		}
		after, err := strconv.Atoi(w.Header().Get("Retry-After"))
		if w.Code != http.StatusServiceUnavailable || err != nil || after < 2 || after > 4 ||
			w.Header().Get("Content-Type") != "application/graphql-response+json; charset=utf-8" {
			t.Fatalf("status %d, %v", w.Code, w.Header())
		}
	}
	if w := get(h, "/graphql"); w.Header().Get("Content-Type") != "application/json; charset=utf-8" {
		t.Errorf("content type %s", w.Header().Get("Content-Type"))
	}
	if w := get(h, "/health"); w.Code != http.StatusOK {
		t.Errorf("health: %d", w.Code)
	}
	if s := l.Stats(); s != (Stats{InFlight: 5, Limit: 5, Shed: 51}) {
		t.Errorf("%+v", s)
	}
	close(hold)
	group.Wait()
	if s := l.Stats(); s.InFlight != 0 {
		t.Errorf("%+v", s)
	}
}

// TestStreamsGiveTheirPlaceBack, once, and a panic gives it back too.
func TestStreamsGiveTheirPlaceBack(t *testing.T) {
	t.Parallel()
	l := New(Options{MaxInFlight: 5, Logger: discard})
	h := l.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/flush":
			_, _ = io.WriteString(w, "event")
			w.(http.Flusher).Flush()
			if err := http.NewResponseController(w).Flush(); err != nil {
				t.Error(err)
			}
		case "/hijack":
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			_, _ = io.WriteString(conn, "HTTP/1.1 204 No Content\r\n\r\n")
		case "/panic":
			panic(http.ErrAbortHandler)
		}
		if n := l.Stats().InFlight; n != 0 {
			t.Errorf("%s: %d under way", r.URL.Path, n)
		}
	}))
	server := httptest.NewServer(h)
	defer server.Close()
	client := server.Client()
	for _, path := range []string{"/flush", "/hijack", "/panic"} {
		response, err := client.Get(server.URL + path)
		if err == nil {
			_, _ = io.Copy(io.Discard, response.Body)
			_ = response.Body.Close()
		}
		if (err != nil) != (path == "/panic") {
			t.Errorf("%s: %v", path, err)
		}
	}
	client.CloseIdleConnections()
	if n := l.Stats().InFlight; n != 0 {
		t.Errorf("%d under way", n)
	}
}

// TestTheLimitFollowsTheDelay of a machine that can do 100 things at once without delay.
func TestTheLimitFollowsTheDelay(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		const capacity = 100
		var log bytes.Buffer
		var l *Limiter
		l = New(Options{
			MaxInFlight: 2000, MinInFlight: 10, TargetDelay: 50 * time.Millisecond, Logger: slog.New(slog.NewTextHandler(&log, nil)),
			Delay: func() time.Duration { return time.Duration(l.inFlight.Load()) * time.Millisecond / 2 },
		})
		ctx, cancel := context.WithCancel(t.Context())
		go l.Run(ctx)
		h := l.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			<-time.After(10 * time.Millisecond * time.Duration(max(capacity, l.inFlight.Load())) / capacity)
		}))
		load, stop := context.WithCancel(t.Context())
		var group sync.WaitGroup
		for range 5 * capacity {
			group.Go(func() {
				for load.Err() == nil {
					if get(h, "/graphql").Code != http.StatusOK {
						<-time.After(50 * time.Millisecond)
					}
				}
			})
		}
		<-time.After(6 * time.Second)
		if s := l.Stats(); s.Limit > 2*capacity || s.Limit < capacity/2 || s.InFlight > s.Limit+capacity || s.Shed == 0 {
			t.Errorf("under load: %+v", s)
		}
		stop()
		group.Wait()
		<-time.After(time.Minute)
		if s := l.Stats(); s.Limit != 2000 || s.InFlight != 0 {
			t.Errorf("afterwards: %+v", s)
		}
		cancel()
		bubble.Wait()
		for _, text := range []string{"overloaded: requests are refused", "no longer overloaded"} {
			if strings.Count(log.String(), text) != 1 {
				t.Errorf("the log says %q not once:\n%s", text, log.String())
			}
		}
	})
}

// TestGoodputIsKept where the delay has another reason than the requests: taking ever fewer would help nobody.
func TestGoodputIsKept(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		const clients, takes = 200, 20 * time.Millisecond
		l := New(Options{
			MaxInFlight: 2000, MinInFlight: 2, TargetDelay: 50 * time.Millisecond, Logger: discard,
			Delay: func() time.Duration { return time.Second },
		})
		ctx, cancel := context.WithCancel(t.Context())
		go l.Run(ctx)
		h := l.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-time.After(takes) }))
		load, stop := context.WithTimeout(t.Context(), 10*time.Second)
		defer stop()
		var group sync.WaitGroup
		var good atomic.Int64
		for range clients {
			group.Go(func() {
				for load.Err() == nil {
					if get(h, "/graphql").Code == http.StatusOK {
						good.Add(1)
					} else {
						<-time.After(takes)
					}
				}
			})
		}
		group.Wait()
		cancel()
		bubble.Wait()
		// Without a limit each client is answered every 20 ms.
		if all := int64(clients * 10 * time.Second / takes); good.Load() < all/2 {
			t.Errorf("%d of %d requests were answered; %+v", good.Load(), all, l.Stats())
		}
	})
}

func TestTheLimitHasAFloor(t *testing.T) {
	t.Parallel()
	l := New(Options{MaxInFlight: 1000, MinInFlight: 40, TargetDelay: time.Millisecond, Logger: discard})
	for range 100 {
		l.adjust(time.Second) // nothing is answered, so nothing is lost
	}
	if s := l.Stats(); s.Limit != 40 {
		t.Errorf("%+v", s)
	}
	l.adjust(0)
	if s := l.Stats(); s.Limit != 50 {
		t.Errorf("%+v", s)
	}
}

func TestQuantile(t *testing.T) {
	t.Parallel()
	bounds := []float64{0, 0.001, 0.01, 0.1, math.Inf(1)}
	for _, test := range []struct {
		counts, before []uint64
		want           time.Duration
	}{
		{[]uint64{5, 5, 5, 5}, []uint64{5, 5, 5, 5}, 0},
		{[]uint64{100, 0, 0, 0}, []uint64{0, 0, 0, 0}, time.Millisecond},
		{[]uint64{189, 111, 0, 0}, []uint64{100, 100, 0, 0}, 10 * time.Millisecond},
		{[]uint64{190, 110, 0, 0}, []uint64{100, 100, 0, 0}, time.Millisecond},
		{[]uint64{0, 0, 0, 10}, []uint64{0, 0, 0, 0}, 100 * time.Millisecond},
	} {
		if got := quantile(test.counts, test.before, bounds); got != test.want {
			t.Errorf("%v after %v: %v, want %v", test.counts, test.before, got, test.want)
		}
	}
	if d := newSchedulerDelay().measure(); d < 0 || d > time.Minute {
		t.Errorf("this process waits %v", d)
	}
}

func BenchmarkHandler(b *testing.B) {
	l := New(Options{MaxInFlight: 100, Logger: discard})
	h := l.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/graphql", nil)
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(w, r)
	}
}
