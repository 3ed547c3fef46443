package subgraphclient

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/internal/exec"
	"github.com/tributary-gql/tributary/router/internal/plan"
)

// An answer passes with its status and body when it is meant to be JSON; everything else is one error with a code.
func TestStatusAndContentTypeMatrix(t *testing.T) {
	t.Parallel()
	bodies := map[string]string{"json": okBody, "html": "<html></html>", "empty": ""}
	types := []string{
		"application/json", "application/graphql-response+json", "application/json; charset=utf-8", "text/html", "",
	}
	for _, status := range []int{200, 401, 503} {
		for _, contentType := range types {
			for kind, body := range bodies {
				want := ""
				switch {
				case kind == "empty" || contentType == "text/html", contentType == "" && kind != "json":
					want = exec.CodeMalformed
					if status != 200 {
						want = exec.CodeHTTP
					}
				}
				t.Run(fmt.Sprintf("%d %q %s", status, contentType, kind), func(t *testing.T) {
					t.Parallel()
					_, url := serveRaw(t, func(conn net.Conn, _ *http.Request, _ int) bool {
						header := ""
						if contentType != "" {
							header = "Content-Type: " + contentType + "\r\n"
						}
						write(conn, fmt.Sprintf("HTTP/1.1 %d X\r\n%sContent-Length: %d\r\n\r\n%s", status, header, len(body), body))
						return true
					})
					answer, err := newClient(t, Endpoint{URL: url}).Fetch(t.Context(), fetchOf(plan.Query))
					checkAnswer(t, answer, err, want, status, body)
				})
			}
		}
	}
}

func checkAnswer(t *testing.T, answer exec.Answer, err error, code string, status int, body string) {
	t.Helper()
	if code == "" {
		if err != nil {
			t.Fatalf("got error %v", err)
		}
		if string(answer.Body) != body || answer.Status != status {
			t.Errorf("got status %d and body %q, want %d and %q", answer.Status, answer.Body, status, body)
		}
		answer.Release()
		return
	}
	var failure *exec.FetchError
	if !errors.As(err, &failure) {
		t.Fatalf("got error %v, want a FetchError", err)
	}
	if failure.Code != code {
		t.Errorf("got code %s (%v), want %s", failure.Code, failure.Err, code)
	}
	if !strings.Contains(failure.Message, `"s"`) {
		t.Errorf("the message %q does not name the subgraph", failure.Message)
	}
	if code == exec.CodeHTTP && failure.Status != status {
		t.Errorf("got status %d, want %d", failure.Status, status)
	}
}

const jsonHead = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

func TestWireFormats(t *testing.T) {
	t.Parallel()
	large := `{"data":"` + strings.Repeat("x", 300_000) + `"}`
	cases := []struct{ name, wire, code, body string }{
		{"length", jsonHead + "Content-Length: 16\r\n\r\n" + okBody, "", okBody},
		{"repeated equal length", jsonHead + "Content-Length: 16\r\ncontent-length:16\r\n\r\n" + okBody, "", okBody},
		{"until the end", jsonHead + "Connection: close\r\n\r\n" + okBody, "", okBody},
		{"HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + okBody, "", okBody},
		{"interim first", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + jsonHead + "Content-Length: 16\r\n\r\n" + okBody, "", okBody},
		{"chunks", jsonHead + "Transfer-Encoding: chunked\r\n\r\n4\r\n{\"da\r\nC;x=y\r\nta\":{\"a\":1}}\r\n0\r\nX: y\r\n\r\n", "", okBody},
		{"large", jsonHead + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(large)) + large, "", large},
		{"large chunk", jsonHead + fmt.Sprintf("Transfer-Encoding: Chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(large), large), "", large},
		{"many chunks", jsonHead + "Transfer-Encoding: chunked\r\n\r\n" + chunked(large, 7) + "0\r\n\r\n", "", large},
		{"truncated body", jsonHead + "Content-Length: 17\r\n\r\n" + okBody, exec.CodeMalformed, ""},
		{"truncated chunk", jsonHead + "Transfer-Encoding: chunked\r\n\r\n20\r\n" + okBody, exec.CodeMalformed, ""},
		{"truncated header", "HTTP/1.1 200 OK\r\nContent-", exec.CodeMalformed, ""},
		{"nothing", "", exec.CodeUnreachable, ""},
		{"no HTTP", "SSH-2.0-OpenSSH\r\n\r\n", exec.CodeMalformed, ""},
		{"bare line feeds", "HTTP/1.1 200 OK\nContent-Length: 16\n\n" + okBody + "\r\n\r\n", exec.CodeMalformed, ""},
		{"bad length", jsonHead + "Content-Length: +16\r\n\r\n" + okBody, exec.CodeMalformed, ""},
		{"two lengths", jsonHead + "Content-Length: 16\r\nContent-Length: 15\r\n\r\n" + okBody, exec.CodeMalformed, ""},
		{"length and chunks", jsonHead + "Content-Length: 16\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", exec.CodeMalformed, ""},
		{"unknown encoding", jsonHead + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", exec.CodeMalformed, ""},
		{"compressed unasked", jsonHead + "Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx", exec.CodeMalformed, ""},
		{"folded header", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 16\r\n\r\n" + okBody, exec.CodeMalformed, ""},
		{"space before colon", "HTTP/1.1 200 OK\r\nContent-Length : 16\r\n\r\n" + okBody, exec.CodeMalformed, ""},
		{"switching protocols", "HTTP/1.1 101 X\r\n\r\n", exec.CodeMalformed, ""},
		{"bad chunk size", jsonHead + "Transfer-Encoding: chunked\r\n\r\n-1\r\n", exec.CodeMalformed, ""},
		{"chunk longer than its size", jsonHead + "Transfer-Encoding: chunked\r\n\r\n2\r\n" + okBody + "\r\n0\r\n\r\n", exec.CodeMalformed, ""},
		{"too large by length", jsonHead + "Content-Length: 2000000\r\n\r\n", exec.CodeTooLarge, ""},
		{"too large by chunks", jsonHead + "Transfer-Encoding: chunked\r\n\r\nFFFFFFFF\r\n", exec.CodeTooLarge, ""},
		{"too large until the end", jsonHead + "\r\n" + strings.Repeat("x", 1_000_001), exec.CodeTooLarge, ""},
		{"endless header", "HTTP/1.1 200 OK\r\n" + strings.Repeat("X: y\r\n", 20_000), exec.CodeMalformed, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, url := serveRaw(t, func(conn net.Conn, _ *http.Request, _ int) bool {
				write(conn, c.wire)
				return false
			})
			client := newClient(t, Endpoint{URL: url, MaxResponse: 1_000_000})
			answer, err := client.Fetch(t.Context(), fetchOf(plan.Query))
			checkAnswer(t, answer, err, c.code, 200, c.body)
		})
	}
}

func chunked(text string, size int) string {
	var b strings.Builder
	for len(text) > 0 {
		n := min(size, len(text))
		fmt.Fprintf(&b, "%x\r\n%s\r\n", n, text[:n])
		text = text[n:]
	}
	return b.String()
}

func TestRequestOnTheWire(t *testing.T) {
	t.Parallel()
	var got *http.Request
	var body []byte
	_, url := serveRaw(t, func(conn net.Conn, r *http.Request, _ int) bool {
		got = r
		body, _ = io.ReadAll(r.Body)
		write(conn, jsonHead+"Content-Length: 16\r\n\r\n"+okBody)
		return true
	})
	request := fetchOf(plan.Query)
	request.Client = headerSource{{"X-User", "ann"}, {"X-Bad\r\nEvil", "1"}, {"X-Evil", "a\r\nb"}, {"Content-Length", "3"}, {"host", "evil"}}
	answer, err := newClient(t, Endpoint{URL: url + "?a=b"}).Fetch(t.Context(), request)
	checkAnswer(t, answer, err, "", 200, okBody)
	if got.Method != http.MethodPost || got.RequestURI != "/graphql?a=b" || got.Host != strings.TrimSuffix(strings.TrimPrefix(url, "http://"), "/graphql") {
		t.Errorf("got %s %s for host %s", got.Method, got.RequestURI, got.Host)
	}
	want := http.Header{
		"Content-Type": {"application/json"}, "Accept": {acceptedTypes}, "X-User": {"ann"}, "Content-Length": {"15"},
	}
	if fmt.Sprint(got.Header) != fmt.Sprint(want) {
		t.Errorf("got header %v, want %v", got.Header, want)
	}
	if string(body) != string(request.Body) {
		t.Errorf("got body %s", body)
	}
}

type headerSource [][2]string

func (h headerSource) AppendHeaders(_ string, dst *Headers) {
	for _, header := range h {
		dst.Add(header[0], header[1])
	}
}

func TestStaleConnection(t *testing.T) {
	t.Parallel()
	for _, kind := range []plan.Kind{plan.Query, plan.Mutation} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			closed := make(chan struct{})
			server, url := serveRaw(t, func(conn net.Conn, _ *http.Request, attempt int) bool {
				write(conn, jsonHead+"Content-Length: 16\r\n\r\n"+okBody)
				if attempt == 1 {
					_ = conn.Close()
					close(closed)
				}
				return attempt != 1
			})
			client := newClient(t, Endpoint{URL: url})
			for range 3 {
				answer, err := client.Fetch(t.Context(), fetchOf(kind))
				checkAnswer(t, answer, err, "", 200, okBody)
				<-closed
			}
			if accepted, requests := server.counts(); accepted != 2 || requests != 3 {
				t.Errorf("got %d requests on %d connections, want 3 on 2", requests, accepted)
			}
		})
	}
}

func TestMutationIsNeverRepeated(t *testing.T) {
	t.Parallel()
	server, url := serveRaw(t, func(conn net.Conn, _ *http.Request, attempt int) bool {
		if attempt == 1 {
			write(conn, jsonHead+"Content-Length: 16\r\n\r\n"+okBody)
		}
		return attempt == 1
	})
	client := newClient(t, Endpoint{URL: url})
	answer, err := client.Fetch(t.Context(), fetchOf(plan.Mutation))
	checkAnswer(t, answer, err, "", 200, okBody)
	answer, err = client.Fetch(t.Context(), fetchOf(plan.Mutation))
	checkAnswer(t, answer, err, exec.CodeUnreachable, 0, "")
	if _, requests := server.counts(); requests != 2 {
		t.Errorf("got %d requests, want 2", requests)
	}
}

func TestQueryIsRepeatedOnce(t *testing.T) {
	t.Parallel()
	server, url := serveRaw(t, func(conn net.Conn, _ *http.Request, attempt int) bool {
		if attempt == 1 {
			write(conn, jsonHead+"Content-Length: 16\r\n\r\n"+okBody)
		}
		return attempt == 1
	})
	client := newClient(t, Endpoint{URL: url})
	answer, err := client.Fetch(t.Context(), fetchOf(plan.Query))
	checkAnswer(t, answer, err, "", 200, okBody)
	answer, err = client.Fetch(t.Context(), fetchOf(plan.Query))
	checkAnswer(t, answer, err, exec.CodeUnreachable, 0, "")
	if _, requests := server.counts(); requests != 3 {
		t.Errorf("got %d requests, want 3: one good, one on the kept connection, one on a new one", requests)
	}
}

func TestDeadlines(t *testing.T) {
	t.Parallel()
	silent := func(t *testing.T) string {
		_, url := serveRaw(t, func(conn net.Conn, _ *http.Request, _ int) bool {
			write(conn, "HTTP/1.1 200 OK\r\n")
			return true
		})
		return url
	}
	t.Run("of the subgraph", func(t *testing.T) {
		t.Parallel()
		client := newClient(t, Endpoint{URL: silent(t), Timeout: 20 * time.Millisecond})
		_, err := client.Fetch(t.Context(), fetchOf(plan.Query))
		checkAnswer(t, exec.Answer{}, err, exec.CodeTimeout, 0, "")
		if !strings.Contains(err.Error(), "20ms") {
			t.Errorf("the message %q does not name the limit", err)
		}
	})
	t.Run("of the request", func(t *testing.T) {
		t.Parallel()
		client := newClient(t, Endpoint{URL: silent(t)})
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		_, err := client.Fetch(ctx, fetchOf(plan.Query))
		checkAnswer(t, exec.Answer{}, err, exec.CodeRequestTimeout, 0, "")
	})
	t.Run("cancelled", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		gone := make(chan struct{})
		_, url := serveRaw(t, func(conn net.Conn, _ *http.Request, _ int) bool {
			cancel()
			_, _ = conn.Read(make([]byte, 1))
			close(gone)
			return false
		})
		_, err := newClient(t, Endpoint{URL: url}).Fetch(ctx, fetchOf(plan.Query))
		checkAnswer(t, exec.Answer{}, err, exec.CodeUnreachable, 0, "")
		<-gone // the subgraph sees that nobody waits any more
	})
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close()
	_, err = newClient(t, Endpoint{URL: "http://" + listener.Addr().String()}).Fetch(t.Context(), fetchOf(plan.Query))
	checkAnswer(t, exec.Answer{}, err, exec.CodeUnreachable, 0, "")
}

func TestConnectionsAreBoundedAndKept(t *testing.T) {
	t.Parallel()
	server, url := serveRaw(t, func(conn net.Conn, _ *http.Request, _ int) bool {
		write(conn, jsonHead+"Content-Length: 16\r\n\r\n"+okBody)
		return true
	})
	client := newClient(t, Endpoint{URL: url, MaxConnections: 3})
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			for range 20 {
				answer, err := client.Fetch(t.Context(), fetchOf(plan.Query))
				checkAnswer(t, answer, err, "", 200, okBody)
			}
		})
	}
	all.Wait()
	if accepted, requests := server.counts(); accepted > 3 || requests != 1000 {
		t.Errorf("got %d requests on %d connections, want 1000 on at most 3", requests, accepted)
	}
}

func TestWaitingForAConnectionEnds(t *testing.T) {
	t.Parallel()
	busy := make(chan struct{})
	release := make(chan struct{})
	_, url := serveRaw(t, func(conn net.Conn, _ *http.Request, attempt int) bool {
		if attempt == 1 {
			close(busy)
			<-release
		}
		write(conn, jsonHead+"Content-Length: 16\r\n\r\n"+okBody)
		return true
	})
	client := newClient(t, Endpoint{URL: url, MaxConnections: 1})
	var first sync.WaitGroup
	first.Go(func() {
		answer, err := client.Fetch(t.Context(), fetchOf(plan.Query))
		checkAnswer(t, answer, err, "", 200, okBody)
	})
	<-busy
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	_, err := client.Fetch(ctx, fetchOf(plan.Query))
	cancel()
	checkAnswer(t, exec.Answer{}, err, exec.CodeRequestTimeout, 0, "")
	close(release)
	first.Wait()
	answer, err := client.Fetch(t.Context(), fetchOf(plan.Query))
	checkAnswer(t, answer, err, "", 200, okBody)
}

func TestIdleConnectionsAreClosed(t *testing.T) {
	t.Parallel()
	gone := make(chan struct{})
	_, url := serveRaw(t, func(conn net.Conn, _ *http.Request, _ int) bool {
		write(conn, jsonHead+"Content-Length: 16\r\n\r\n"+okBody)
		_, err := conn.Read(make([]byte, 1))
		if errors.Is(err, io.EOF) {
			close(gone)
		}
		return false
	})
	client := newClient(t, Endpoint{URL: url, IdleTimeout: 10 * time.Millisecond})
	answer, err := client.Fetch(t.Context(), fetchOf(plan.Query))
	checkAnswer(t, answer, err, "", 200, okBody)
	<-gone
}

func TestOtherTransports(t *testing.T) {
	t.Parallel()
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-User") != "ann" || r.Header.Get("Content-Type") != "application/json" {
			w.WriteHeader(http.StatusBadRequest)
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, okBody)
	})
	request := func() *exec.FetchRequest {
		r := fetchOf(plan.Query)
		r.Client = headerSource{{"X-User", "ann"}}
		return r
	}
	t.Run("unix socket", func(t *testing.T) {
		t.Parallel()
		file := filepath.Join(t.TempDir(), "s.sock")
		listener, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", file)
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewUnstartedServer(handler)
		_ = server.Listener.Close()
		server.Listener = listener
		server.Start()
		t.Cleanup(server.Close)
		answer, err := newClient(t, Endpoint{URL: "unix://" + file}).Fetch(t.Context(), request())
		checkAnswer(t, answer, err, "", 200, okBody)
	})
	t.Run("HTTP/2 without TLS", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewUnstartedServer(handler)
		server.Config.Protocols = new(http.Protocols)
		server.Config.Protocols.SetUnencryptedHTTP2(true)
		server.Start()
		t.Cleanup(server.Close)
		answer, err := newClient(t, Endpoint{URL: server.URL, HTTP2: true}).Fetch(t.Context(), request())
		checkAnswer(t, answer, err, "", 200, okBody)
	})
	t.Run("TLS with HTTP/2", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewUnstartedServer(handler)
		server.EnableHTTP2 = true
		server.StartTLS()
		t.Cleanup(server.Close)
		roots := x509.NewCertPool()
		roots.AddCert(server.Certificate())
		client := newClient(t, Endpoint{URL: server.URL, TLS: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13}})
		answer, err := client.Fetch(t.Context(), request())
		checkAnswer(t, answer, err, "", 200, okBody)
	})
	t.Run("TLS that is not trusted", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewUnstartedServer(handler)
		server.Config.ErrorLog = discardLog
		server.TLS = &tls.Config{MinVersion: tls.VersionTLS13}
		server.StartTLS()
		t.Cleanup(server.Close)
		_, err := newClient(t, Endpoint{URL: server.URL}).Fetch(t.Context(), request())
		checkAnswer(t, exec.Answer{}, err, exec.CodeUnreachable, 0, "")
	})
	t.Run("too large through net/http", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			for range 100 {
				_, _ = io.WriteString(w, strings.Repeat(" ", 1000))
			}
		}))
		t.Cleanup(server.Close)
		_, err := newClient(t, Endpoint{URL: server.URL, Compression: true, MaxResponse: 50_000}).Fetch(t.Context(), request())
		checkAnswer(t, exec.Answer{}, err, exec.CodeTooLarge, 0, "")
	})
}

func TestEndpointsChange(t *testing.T) {
	t.Parallel()
	server, url := serveRaw(t, func(conn net.Conn, _ *http.Request, _ int) bool {
		write(conn, jsonHead+"Content-Length: 16\r\n\r\n"+okBody)
		return true
	})
	client := newClient(t, Endpoint{URL: url})
	for range 3 {
		answer, err := client.Fetch(t.Context(), fetchOf(plan.Query))
		checkAnswer(t, answer, err, "", 200, okBody)
		if err := client.SetSubgraphs(map[string]Endpoint{"s": {URL: url}}); err != nil {
			t.Fatal(err)
		}
	}
	if accepted, _ := server.counts(); accepted != 1 {
		t.Errorf("an endpoint that stayed the same had %d connections, want 1", accepted)
	}
	for _, bad := range []string{"ftp://x", "http://", "unix://host/x", "unix:///x?path=y", "http://[::1", "/x"} {
		if err := client.SetSubgraphs(map[string]Endpoint{"s": {URL: bad}}); err == nil {
			t.Errorf("the URL %q was accepted", bad)
		}
	}
	if err := client.SetSubgraphs(nil); err != nil {
		t.Fatal(err)
	}
	_, err := client.Fetch(t.Context(), fetchOf(plan.Query))
	checkAnswer(t, exec.Answer{}, err, exec.CodeUnreachable, 0, "")
}
