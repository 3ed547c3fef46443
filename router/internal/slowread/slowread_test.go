package slowread

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tributary-gql/tributary/router/routertest/bubble"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const timeout = 30 * time.Second

// pipes is a network in memory, whose time is the bubble's.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.closed); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	mine, theirs := net.Pipe()
	p.conns <- theirs
	return mine, nil
}

// world is a guarded server, and what became of its clients.
type world struct {
	*pipes
	cut atomic.Int64 // clients that were cut off

	// Of the response that was written last; to be read when its handler has ended:
	took  time.Duration
	ended error
}

// handler answers a request to a world.
type handler func(w *world, response http.ResponseWriter, request *http.Request)

func serve(t *testing.T, answer handler) *world {
	t.Helper()
	w := &world{pipes: newPipes()}
	g := New(timeout, func() { w.cut.Add(1) })
	handle := http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) { answer(w, response, request) })
	server := &http.Server{Handler: g.Handler(handle), Protocols: new(http.Protocols)}
	server.Protocols.SetHTTP1(true)
	server.Protocols.SetUnencryptedHTTP2(true)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(g.Listener(w.pipes)) }()
	t.Cleanup(func() {
		_ = server.Close()
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return w
}

// get asks for / by HTTP/1.1 and gives what the response is read from.
func (w *world) get(t *testing.T) net.Conn {
	t.Helper()
	c, err := w.dial(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	return c
}

// http2 is a client of HTTP/2.
func (w *world) http2(t *testing.T) *http.Transport {
	t.Helper()
	transport := &http.Transport{DialContext: w.dial, Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

// large is the size of a large response: also net/http's own client does not take as much before somebody reads it.
const large = 32 * leastProgress

// writeLarge writes a large response.
func writeLarge(w *world, response http.ResponseWriter, _ *http.Request) {
	began := time.Now()
	_, w.ended = response.Write(bytes.Repeat([]byte("x"), large))
	w.took = time.Since(began)
}

// wantCutOff checks that the last response ended with the time, and its client with it.
func (w *world) wantCutOff(t *testing.T) {
	t.Helper()
	if w.took != timeout || w.ended == nil || w.cut.Load() != 1 {
		t.Errorf("it took %v: %v; %d were cut off", w.took, w.ended, w.cut.Load())
	}
}

// TestAClientThatStopsReading is cut off after the time, and no sooner.
func TestAClientThatStopsReading(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		w := serve(t, writeLarge)
		c := w.get(t)
		if _, err := io.ReadFull(c, make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
		<-time.After(timeout + time.Second)
		bubble.Wait()
		if w.wantCutOff(t); !errors.Is(w.ended, os.ErrDeadlineExceeded) {
			t.Errorf("it ended with %v", w.ended)
		}
		if _, err := io.ReadAll(c); err != nil && !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("the connection is open: %v", err)
		}
	})
}

// TestATrickle does not count as reading.
func TestATrickle(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		w := serve(t, writeLarge)
		c, one := w.get(t), make([]byte, 1)
		for range 120 {
			<-time.After(time.Second)
			if _, err := c.Read(one); err != nil {
				break
			}
		}
		bubble.Wait()
		w.wantCutOff(t)
	})
}

// TestASlowClient that goes on reading gets everything, however long it takes.
func TestASlowClient(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		w := serve(t, writeLarge)
		response, err := http.ReadResponse(bufio.NewReaderSize(w.get(t), leastProgress+1000), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		part := make([]byte, leastProgress)
		for range large / leastProgress {
			<-time.After(timeout - time.Second)
			if _, err := io.ReadFull(response.Body, part); err != nil {
				t.Fatal(err)
			}
		}
		bubble.Wait()
		if w.took < 3*timeout || w.ended != nil || w.cut.Load() > 0 {
			t.Errorf("it took %v: %v; %d were cut off", w.took, w.ended, w.cut.Load())
		}
	})
}

// TestStreamsGoOn: what counts is how long the client takes, not how long the next part does.
func TestStreamsGoOn(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			bubble.Test(t, func(t *testing.T) {
				const parts = 20
				w := serve(t, func(w *world, response http.ResponseWriter, request *http.Request) {
					for range parts {
						<-time.After(3 * timeout)
						if _, err := io.WriteString(response, "part\n"); err != nil {
							w.ended = err
						}
						response.(http.Flusher).Flush()
					}
					if request.Proto != protocol {
						t.Errorf("it speaks %s", request.Proto)
					}
				})
				transport := &http.Transport{DialContext: w.dial}
				if protocol == "HTTP/2.0" {
					transport = w.http2(t)
				}
				defer transport.CloseIdleConnections()
				response, err := (&http.Client{Transport: transport}).Get("http://a/")
				if err != nil {
					t.Fatal(err)
				}
				defer response.Body.Close()
				text, err := io.ReadAll(response.Body)
				bubble.Wait()
				if err != nil || string(text) != strings.Repeat("part\n", parts) || w.ended != nil || w.cut.Load() > 0 {
					t.Errorf("got %q, %v; written: %v; %d were cut off", text, err, w.ended, w.cut.Load())
				}
			})
		})
	}
}

// TestHTTP2ClientsThatHoldAResponseBack: their stream ends, and others of the connection go on.
func TestHTTP2ClientsThatHoldAResponseBack(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		w := serve(t, func(w *world, response http.ResponseWriter, request *http.Request) {
			if request.URL.Path == "/small" {
				_, _ = io.WriteString(response, "ok")
				return
			}
			writeLarge(w, response, request)
		})
		client := &http.Client{Transport: w.http2(t)}
		held, err := client.Get("http://a/")
		if err != nil {
			t.Fatal(err)
		}
		defer held.Body.Close()
		<-time.After(timeout + time.Second)
		bubble.Wait()
		w.wantCutOff(t)
		if _, err := io.Copy(io.Discard, held.Body); err == nil {
			t.Error("the whole response arrived")
		}
		small, err := client.Get("http://a/small")
		if err != nil {
			t.Fatal(err)
		}
		defer small.Body.Close()
		if text, err := io.ReadAll(small.Body); err != nil || string(text) != "ok" {
			t.Errorf("another request of the connection got %q, %v", text, err)
		}
	})
}

// TestDeadlinesOfOthersHold: TLS sets one when it closes a connection.
func TestDeadlinesOfOthersHold(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		mine, theirs := net.Pipe()
		defer mine.Close()
		cut := 0
		c := &conn{Conn: theirs, guard: New(timeout, func() { cut++ })}
		defer c.Close()
		for _, set := range []func(time.Time) error{c.SetWriteDeadline, c.SetDeadline} {
			began := time.Now()
			if err := set(began.Add(time.Second)); err != nil {
				t.Fatal(err)
			}
			if _, err := c.Write([]byte("x")); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(began) != time.Second || cut > 0 {
				t.Errorf("after %v: %v", time.Since(began), err)
			}
			if err := set(time.Time{}); err != nil {
				t.Fatal(err)
			}
		}
		began := time.Now()
		if _, err := c.Write([]byte("x")); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(began) != timeout || cut != 1 {
			t.Errorf("after %v: %v, %d were cut off", time.Since(began), err, cut)
		}
	})
}

func TestWithoutATimeNothingIsGuarded(t *testing.T) {
	t.Parallel()
	g := New(0, nil)
	next := newPipes()
	if g.Listener(next) != net.Listener(next) {
		t.Error("the listener is wrapped")
	}
}

// TestGuardedWritesAllocateNothing, and BenchmarkWrite says what they cost.
func TestGuardedWritesAllocateNothing(t *testing.T) {
	c, text := guarded(t), []byte("x")
	if n := testing.AllocsPerRun(100, func() {
		if _, err := c.Write(text); err != nil {
			t.Error(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkWrite(b *testing.B) {
	c, text := guarded(b), []byte("x")
	for _, w := range []struct {
		name string
		to   io.Writer
	}{{"guarded", c}, {"plain", c.Conn}} {
		b.Run(w.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := w.to.Write(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// guarded is a connection to somebody who reads.
func guarded(t testing.TB) *conn {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	read := make(chan struct{})
	go func() {
		defer close(read)
		in, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Error(err)
			return
		}
		defer in.Close()
		_, _ = io.Copy(io.Discard, in) // until the other side closes
	}()
	out, err := New(time.Minute, nil).Listener(listener).Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = out.Close()
		<-read
	})
	return out.(*conn)
}
