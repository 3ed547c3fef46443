package http1

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tributary-gql/tributary/router/internal/slowread"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patient is how long a test waits for something that has to happen.
const patient = 20 * time.Second

// responses are handlers, each of whose answers has to be as net/http's server would give it.
var responses = map[string]http.HandlerFunc{
	"nothing":        func(http.ResponseWriter, *http.Request) {},
	"status alone":   status(http.StatusTeapot),
	"unknown status": status(599),
	"no content":     status(http.StatusNoContent),
	"not modified": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("ETag", `"a"`)
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("Content-Length", "5")
		w.WriteHeader(http.StatusNotModified)
	},
	"no content with a body": func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
		if _, err := io.WriteString(w, "body"); err != http.ErrBodyNotAllowed { //nolint:errorlint // it is this one
			panic(err)
		}
	},
	"body": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "body") },
	"length": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "4")
		_, _ = io.WriteString(w, "body")
	},
	"length of nothing": func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "0") },
	"several writes": func(w http.ResponseWriter, _ *http.Request) {
		for i := range 20 {
			_, _ = fmt.Fprintf(w, "part %d,", i)
		}
	},
	"several writes with a length": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "15")
		for range 3 {
			_, _ = io.WriteString(w, "parts")
			_, _ = io.WriteString(w, "")
		}
	},
	"flushed": func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "first")
		w.(http.Flusher).Flush()
		_, _ = io.WriteString(w, "second")
	},
	"flushed first": func(w http.ResponseWriter, _ *http.Request) {
		w.(http.Flusher).Flush()
		_, _ = io.WriteString(w, "body")
	},
	"flushed only":          func(w http.ResponseWriter, _ *http.Request) { w.(http.Flusher).Flush() },
	"flushed by controller": func(w http.ResponseWriter, _ *http.Request) { _ = http.NewResponseController(w).Flush() },
	"flushed with a length": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "10")
		_, _ = io.WriteString(w, "first")
		w.(http.Flusher).Flush()
		_, _ = io.WriteString(w, "after")
	},
	"flushed without content": func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
		w.(http.Flusher).Flush()
	},
	"large": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(large) },
	"large with a length": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(large)))
		_, _ = w.Write(large)
	},
	"large by and by": func(w http.ResponseWriter, _ *http.Request) {
		for part := range slices.Chunk(large, 3000) {
			_, _ = w.Write(part)
		}
	},
	"large by and by with a length": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(large)))
		for part := range slices.Chunk(large, 1500) {
			_, _ = w.Write(part)
		}
	},
	"sniffed": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html><body>") },
	"not sniffed": func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = nil
		_, _ = io.WriteString(w, "a")
	},
	"encoded": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = io.WriteString(w, "not really")
	},
	"headers": func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["X-Many"] = []string{"a", "b", " c\t"}
		w.Header()["x-As-It-Is"] = []string{"a"}
		w.Header()["X-None"] = nil
		w.Header().Set("X-Empty", "")
		w.Header().Set("Vary", "Accept, Origin")
		_, _ = io.WriteString(w, "body")
	},
	"lines in a value": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-A", "a\r\nX-Injected: b\r\n\r\n<script>")
		w.Header().Set("X-B", "\nb\r\n")
	},
	"lines in a name": func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["X-A: b\r\nX-Injected"] = []string{"c"}
		w.Header()["X A"] = []string{"c"}
		w.Header()[""] = []string{"c"}
	},
	"own date": func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Date", "now") },
	"no date":  func(w http.ResponseWriter, _ *http.Request) { w.Header()["Date"] = nil },
	"lengths of none": func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Length"] = []string{}
		_, _ = io.WriteString(w, "a")
	},
	"unreadable length": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "-5")
		_, _ = io.WriteString(w, "body")
	},
	"closes": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "close")
		_, _ = io.WriteString(w, "body")
	},
	"header too late": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-A", "a")
		w.WriteHeader(http.StatusAccepted)
		w.Header().Set("X-A", "b")
		w.Header().Set("X-B", "b")
		_, _ = io.WriteString(w, "body")
	},
	"two statuses": func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusAccepted)
		w.WriteHeader(http.StatusBadGateway)
	},
	"early hints": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", "</a>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Set("Content-Type", "text/plain")
		_, _ = io.WriteString(w, "body")
	},
	"too short": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "10")
		_, _ = io.WriteString(w, "body")
	},
	"too short by all": func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "10") },
	"too long": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "4")
		if n, err := io.WriteString(w, "too long"); n != 0 || err != http.ErrContentLength { //nolint:errorlint // it is this one
			panic(err)
		}
	},
	"panic":                  func(http.ResponseWriter, *http.Request) { panic("on purpose") },
	"panic after the header": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK); panic("on purpose") },
	"panic after a part":     func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "part"); panic("on purpose") },
	"panic after a flushed part": func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "part")
		w.(http.Flusher).Flush()
		panic("on purpose")
	},
	"abort":                        func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	"invalid status":               status(99),
	"invalid status, far too high": status(1000),
	"what came": func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		_, _ = fmt.Fprintf(w, "%s %s %q %v", r.Method, r.URL, body, err)
	},
	"address": func(w http.ResponseWriter, r *http.Request) {
		local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
		_, _ = fmt.Fprint(w, ok && local.String() == r.Host)
	},
}

var large = bytes.Repeat([]byte("eleven bytes"), 88<<10/12)

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// TestResponses compares what the handlers' clients get with what net/http's server gives them.
func TestResponses(t *testing.T) {
	t.Parallel()
	for name, handler := range responses {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ours, _ := startServer(t, Options{Handler: handler})
			guarded := serveGuarded(t, handler)
			want := converse(t, serveStandard(t, handler))
			for how, address := range map[string]string{"alone": ours, "guarded": guarded} {
				if got := converse(t, address); got != want {
					t.Errorf("%s, got\n%s\nnet/http gives\n%s", how, got, want)
				}
			}
		})
	}
}

// TestConnectionOptions: a response that says that it is the last one is. net/http knows only the word alone.
func TestConnectionOptions(t *testing.T) {
	t.Parallel()
	address, _ := startServer(t, Options{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "x, Close")
	})})
	if got := converse(t, address); !strings.HasSuffix(got, "closes true\n\nclosed") {
		t.Errorf("got\n%s", got)
	}
}

// startServer starts a Server that takes every path; what it does not take fails the test, unless o has a Rest.
func startServer(t testing.TB, o Options) (address string, s *Server) {
	t.Helper()
	l := listenLocal(t, "tcp", "127.0.0.1:0")
	return l.Addr().String(), serveOn(t, l, o)
}

func serveOn(t testing.TB, l net.Listener, o Options) *Server {
	t.Helper()
	if o.Takes == nil {
		o.Takes = func(string) bool { return true }
	}
	if o.Rest == nil {
		o.Rest = func(c net.Conn) {
			t.Errorf("the connection of %v was given away", c.RemoteAddr())
			_ = c.Close()
		}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s := New(o)
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Close()
		if err := <-served; err != http.ErrServerClosed { //nolint:errorlint // it is this one
			t.Errorf("Serve gave %v", err)
		}
	})
	return s
}

func listenLocal(t testing.TB, network, address string) net.Listener {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), network, address)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// serveGuarded writes through slowread's connections, which have a way of their own to write several pieces.
func serveGuarded(t testing.TB, handler http.Handler) (address string) {
	t.Helper()
	l := listenLocal(t, "tcp", "127.0.0.1:0")
	serveOn(t, slowread.New(time.Minute, nil).Listener(l), Options{Handler: handler})
	return l.Addr().String()
}

func serveStandard(t testing.TB, handler http.Handler) (address string) {
	t.Helper()
	l := listenLocal(t, "tcp", "127.0.0.1:0")
	s := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() {
		_ = s.Close()
		<-served
	})
	return l.Addr().String()
}

func dial(t testing.TB, address string) net.Conn {
	t.Helper()
	network := "tcp"
	if strings.HasPrefix(address, "/") {
		network = "unix"
	}
	c, err := (&net.Dialer{}).DialContext(t.Context(), network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(patient))
	return c
}

// converse asks twice over one connection, by POST, and tells what came: lines of headers in order, the body without its
// chunks, and whether the connection ends. How a body's length is told may differ: handlers do not see it.
func converse(t *testing.T, address string) string {
	t.Helper()
	c := dial(t, address)
	from := bufio.NewReader(c)
	var told strings.Builder
	for range 2 {
		_, _ = fmt.Fprintf(c, "POST /graphql?a=b HTTP/1.1\r\nHost: %s\r\nContent-Length: 4\r\n\r\nsent", address) // it may be closed
		var answer *http.Response
		for answer == nil || answer.StatusCode < 200 {
			raw, err := readHeader(from)
			if err != nil {
				return told.String() + "\nclosed"
			}
			if answer, err = http.ReadResponse(bufio.NewReader(io.MultiReader(strings.NewReader(raw), from)), nil); err != nil {
				t.Fatalf("%q: %v", raw, err)
			}
			told.WriteString(sortedHeader(raw))
		}
		body, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		fmt.Fprintf(&told, "%d bytes %.200q %v, closes %t\n", len(body), body, err, answer.Close)
		if err != nil {
			return told.String()
		}
	}
	return told.String() + "open"
}

// readHeader takes a header without a byte more.
func readHeader(from *bufio.Reader) (string, error) {
	var raw strings.Builder
	for {
		line, err := from.ReadString('\n')
		if err != nil {
			return "", err
		}
		if raw.WriteString(line); line == "\r\n" {
			return raw.String(), nil
		}
	}
}

// sortedHeader is a header whose fields are in order, without their varying parts.
func sortedHeader(raw string) string {
	lines := strings.Split(strings.TrimSuffix(raw, "\r\n\r\n"), "\r\n")
	slices.Sort(lines[1:])
	lines = slices.DeleteFunc(lines, func(line string) bool {
		return strings.HasPrefix(line, "Content-Length: ") || line == "Transfer-Encoding: chunked"
	})
	for i, line := range lines {
		if text, ok := strings.CutPrefix(line, "Date: "); ok {
			if _, err := http.ParseTime(text); err == nil {
				lines[i] = "Date: a date"
			}
		}
	}
	return strings.Join(lines, "\n") + "\n"
}
