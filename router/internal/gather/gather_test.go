package gather

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// recording is a connection that keeps what is written, write by write.
type recording struct {
	net.Conn
	writes [][]byte
	fail   error
}

func (r *recording) Write(p []byte) (int, error) {
	if r.fail != nil {
		return 0, r.fail
	}
	r.writes = append(r.writes, bytes.Clone(p))
	return len(p), nil
}

func (r *recording) SetReadDeadline(time.Time) error { return nil }

func TestHoldsUntilTheRestIsThere(t *testing.T) {
	t.Parallel()
	inner := &recording{}
	c := &conn{Conn: inner, expected: 10}
	if n, err := c.Write([]byte("head")); n != 4 || err != nil || len(inner.writes) != 0 {
		t.Fatalf("got %d, %v, and %q has left", n, err, inner.writes)
	}
	if n, err := c.Write([]byte("and body")); n != 8 || err != nil {
		t.Fatalf("got %d, %v", n, err)
	}
	if got := bytes.Join(inner.writes, nil); string(got) != "headand body" {
		t.Errorf("got %q", got)
	}
	if _, err := c.Write([]byte("more")); err != nil || string(inner.writes[len(inner.writes)-1]) != "more" {
		t.Errorf("what nobody announced did not leave at once: %q, %v", inner.writes, err)
	}
}

func TestNothingIsHeldAfterTheResponse(t *testing.T) {
	t.Parallel()
	inner := &recording{}
	c := &conn{Conn: inner, expected: 100}
	_, _ = c.Write([]byte("less than was announced"))
	if err := c.SetReadDeadline(time.Time{}); err != nil || len(inner.writes) == 0 || c.expected != 0 {
		t.Errorf("got %v, %q, %d still expected", err, inner.writes, c.expected)
	}
}

func TestFailureIsTold(t *testing.T) {
	t.Parallel()
	c := &conn{Conn: &recording{fail: io.ErrClosedPipe}, expected: 10}
	_, _ = c.Write([]byte("head"))
	if n, err := c.Write([]byte("and body")); n != 0 || err != io.ErrClosedPipe { //nolint:errorlint // it is this one
		t.Errorf("got %d, %v", n, err)
	}
}

// serve answers with as many bytes as the query asks for, as package server does.
func serve(t *testing.T) (address string) {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{ReadHeaderTimeout: time.Minute, ConnContext: ConnContext, Protocols: new(http.Protocols)}
	server.Protocols.SetHTTP1(true)
	server.Protocols.SetUnencryptedHTTP2(true)
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		size, _ := strconv.Atoi(r.FormValue("size"))
		status, _ := strconv.Atoi(r.FormValue("status"))
		body := bytes.Repeat([]byte("x"), size)
		if status != http.StatusNoContent {
			w.Header().Set("Content-Length", strconv.Itoa(size))
		}
		w.WriteHeader(status)
		Expect(r, status, size)
		if r.FormValue("break") != "" {
			panic(http.ErrAbortHandler)
		}
		_, _ = w.Write(body)
	})
	served := make(chan error, 1)
	go func() { served <- server.Serve(Listener(l)) }()
	t.Cleanup(func() {
		_ = server.Close()
		<-served
	})
	return l.Addr().String()
}

func TestResponsesAreWhole(t *testing.T) {
	t.Parallel()
	address := serve(t)
	protocols := map[string]*http.Protocols{"HTTP/1": new(http.Protocols), "HTTP/2": new(http.Protocols)}
	protocols["HTTP/1"].SetHTTP1(true)
	protocols["HTTP/2"].SetUnencryptedHTTP2(true)
	for name, p := range protocols {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			transport := &http.Transport{Protocols: p}
			defer transport.CloseIdleConnections()
			client := &http.Client{Transport: transport, Timeout: 20 * time.Second}
			for _, size := range []int{0, 1, smallest - 1, smallest, 3800, 3900, 4000, 4095, 4096, 4097, 8000, 8192, 9000, 100_000, 3_000_000, 10} {
				for _, method := range []string{http.MethodPost, http.MethodHead, http.MethodGet} {
					check(t, client, method, address, size, http.StatusOK)
				}
				check(t, client, http.MethodGet, address, size, http.StatusNoContent)
				check(t, client, http.MethodGet, address, size, http.StatusBadRequest)
			}
		})
	}
}

func check(t *testing.T, client *http.Client, method, address string, size, status int) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, fmt.Sprintf("http://%s/?size=%d&status=%d", address, size, status), nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatalf("%s of %d bytes with status %d: %v", method, size, status, err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	want := size
	if method == http.MethodHead || status == http.StatusNoContent {
		want = 0
	}
	if err != nil || answer.StatusCode != status || len(body) != want {
		t.Errorf("%s of %d bytes with status %d: got %d bytes, status %d, %v", method, size, status, len(body), answer.StatusCode, err)
	}
}

func TestAbortedResponseClosesTheConnection(t *testing.T) {
	t.Parallel()
	conn, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(context.Background(), "tcp", serve(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(conn, "GET /?size=100000&status=200&break=1 HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if answer, err := http.ReadResponse(bufio.NewReader(conn), nil); err == nil {
		t.Errorf("got status %d", answer.StatusCode)
		_ = answer.Body.Close()
	}
}
