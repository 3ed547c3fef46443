package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/internal/config"
)

// patience is how long a test waits for something that has to happen.
const patience = 20 * time.Second

// listening is a router on an address, and how it ends.
type listening struct {
	network, address string
	stop             context.CancelFunc
	done             chan error
}

func listenOn(t *testing.T, address string) *listening {
	t.Helper()
	c := config.Default()
	c.Listen, c.Supergraph.File = address, "../../routertest/fake/testdata/supergraph.graphql"
	c.Traffic.Shutdown = config.Duration(patience)
	if problems := c.Validate(); len(problems) > 0 {
		t.Fatal(problems)
	}
	a, err := New(c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	l := &listening{stop: cancel, done: make(chan error, 1)}
	go func() { l.done <- a.Run(ctx); close(l.done) }()
	t.Cleanup(func() {
		cancel()
		if err := <-l.done; err != nil {
			t.Error(err)
		}
	})
	select {
	case <-a.Ready():
	case err := <-l.done:
		t.Fatalf("the router stopped: %v", err)
	}
	l.network, l.address = a.Addr().Network(), a.Addr().String()
	return l
}

func (l *listening) dial(t *testing.T) net.Conn {
	t.Helper()
	c, err := (&net.Dialer{}).DialContext(t.Context(), l.network, l.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(patience))
	return c
}

const (
	typename       = `{"query":"{ __typename }"}`
	typenameAnswer = `{"data":{"__typename":"Query"}}`
)

func plainPost(body string) string {
	return fmt.Sprintf("POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

func chunkedPost(body string) string {
	return fmt.Sprintf("POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(body), body)
}

func readAnswer(t *testing.T, from *bufio.Reader) (*http.Response, string) {
	t.Helper()
	answer, err := http.ReadResponse(from, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(text)
}

// TestEveryKindOfRequest is answered on one connection, by TCP and on a Unix socket, whoever of the two servers takes it.
func TestEveryKindOfRequest(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]string{"tcp": "127.0.0.1:0", "unix": "unix://" + filepath.Join(t.TempDir(), "s")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := listenOn(t, address)
			c := l.dial(t)
			from := bufio.NewReader(c)
			for i, wire := range []string{
				plainPost(typename), plainPost(typename), chunkedPost(typename), plainPost(typename),
				"GET /health HTTP/1.1\r\nHost: x\r\n\r\n", "GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n", plainPost(typename),
			} {
				if _, err := io.WriteString(c, wire); err != nil {
					t.Fatal(err)
				}
				answer, text := readAnswer(t, from)
				switch {
				case strings.Contains(wire, "nowhere"):
					if answer.StatusCode != http.StatusNotFound {
						t.Errorf("%d: got %d", i, answer.StatusCode)
					}
				case strings.Contains(wire, "health"):
					if text != `{"status":"ok"}`+"\n" {
						t.Errorf("%d: got %s", i, text)
					}
				case text != typenameAnswer:
					t.Errorf("%d: got %d %s", i, answer.StatusCode, text)
				}
			}
		})
	}
}

// TestHTTP2WithoutEncryption reaches net/http by the beginning of its connection.
func TestHTTP2WithoutEncryption(t *testing.T) {
	t.Parallel()
	l := listenOn(t, "127.0.0.1:0")
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: patience}
	answer, err := client.Post("http://"+l.address+"/graphql", "application/json", strings.NewReader(typename))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if text, err := io.ReadAll(answer.Body); err != nil || string(text) != typenameAnswer || answer.ProtoMajor != 2 {
		t.Errorf("got %s %s, %v", answer.Proto, text, err)
	}
}

// TestShutdownEndsBothServers: idle connections of both are closed, and who is in the middle of a request gets an answer.
func TestShutdownEndsBothServers(t *testing.T) {
	t.Parallel()
	l := listenOn(t, "127.0.0.1:0")
	idle, idleRest, half := l.dial(t), l.dial(t), l.dial(t)
	for c, wire := range map[net.Conn]string{idle: plainPost(typename), idleRest: chunkedPost(typename), half: plainPost(typename) + plainPost(typename)[:40]} {
		if _, err := io.WriteString(c, wire); err != nil {
			t.Fatal(err)
		}
	}
	from := bufio.NewReader(half)
	for _, each := range []*bufio.Reader{bufio.NewReader(idle), bufio.NewReader(idleRest), from} {
		if _, text := readAnswer(t, each); text != typenameAnswer {
			t.Fatalf("got %s", text)
		}
	}
	l.stop()
	expectEnd(t, idle)
	if _, err := io.WriteString(half, plainPost(typename)[40:]); err != nil {
		t.Fatal(err)
	}
	if answer, text := readAnswer(t, from); text != typenameAnswer || !answer.Close {
		t.Errorf("got %s, closes %t", text, answer.Close)
	}
	expectEnd(t, half)
	expectEnd(t, idleRest)
	if err := <-l.done; err != nil {
		t.Error(err)
	}
}

// TestTakeOverAfterShutdown closes the connection.
func TestTakeOverAfterShutdown(t *testing.T) {
	t.Parallel()
	l := &listener{rest: &http.Server{ReadHeaderTimeout: time.Minute}}
	if err := l.rest.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	mine, theirs := net.Pipe()
	l.takeOver(theirs)
	_ = mine.SetDeadline(time.Now().Add(patience))
	expectEnd(t, mine)
}

func expectEnd(t *testing.T, c net.Conn) {
	t.Helper()
	if n, err := c.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("got %d bytes, %v; want the end of the connection", n, err)
	}
}

// TestSocketThatWasLeft by a router that was killed is no obstacle, another file is.
func TestSocketThatWasLeft(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "s")
	left, err := net.Listen("unix", file)
	if err != nil {
		t.Fatal(err)
	}
	left.(*net.UnixListener).SetUnlinkOnClose(false)
	_ = left.Close()
	again, err := listen(t.Context(), "unix://"+file)
	if err != nil {
		t.Fatal(err)
	}
	_ = again.Close()
	if _, err := listen(t.Context(), "unix://"+filepath.Dir(file)); err == nil || !strings.Contains(err.Error(), "--listen") {
		t.Errorf("got %v", err)
	}
}
