package server

import (
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/internal/http1"
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
