package server

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/internal/http1"
	"github.com/tributary-gql/tributary/router/internal/lifetime"
)

// serveHTTP1 serves everything on a listener by package http1, until the test ends.
func serveHTTP1(t testing.TB, handler http.Handler, l net.Listener) {
	t.Helper()
	s := http1.New(http1.Options{
		Handler: handler, Takes: func(string) bool { return true }, Logger: slog.New(slog.DiscardHandler),
		Rest: func(c net.Conn) {
			t.Error("a connection was given to net/http")
			_ = c.Close()
		},
	})
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Close()
		<-served
	})
}

// dialHTTP1 is a client's connection to a handler.
func dialHTTP1(t testing.TB, handler http.Handler, l net.Listener) net.Conn {
	t.Helper()
	serveHTTP1(t, handler, l)
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	return conn
}

// scratched is a context with memory for later requests, as http1's have.
type scratched struct {
	context.Context
	scratch lifetime.Scratch
}

func (s *scratched) Scratch() *lifetime.Scratch { return &s.scratch }

// TestConnectionsKeepNoRequest: what is kept for the next request of a connection does not hold on to the one before.
func TestConnectionsKeepNoRequest(t *testing.T) {
	t.Parallel()
	s := shareServer(t, ShareNone, constantAnswers, time.Minute)
	ctx := &scratched{Context: t.Context()}
	if answer := ask(ctx, s, "{ other }", nil); answer.Code != http.StatusOK {
		t.Fatalf("got %d %s", answer.Code, answer.Body)
	}
	ctx.scratch.Reset()
	m, _ := ctx.scratch.Take(memoryKey{}).(*memory)
	if m == nil {
		t.Fatal("nothing is kept")
	}
	if m.request.body != nil || m.request.Query != "" || m.request.client.header != nil || m.requests[0] != nil || m.sink.w != nil {
		t.Errorf("got %+v", m)
	}
}
