package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/tributary-gql/tributary/router/internal/gather"
	"github.com/tributary-gql/tributary/router/internal/http1"
	"github.com/tributary-gql/tributary/router/internal/slowread"
)

const (
	headerTimeout = 10 * time.Second
	idleTimeout   = 2 * time.Minute
	largestHeader = 64 << 10
)

// listener is where clients reach the router. Without TLS, plain requests by HTTP/1.1 are served by package http1, and
// everything else by net/http.
type listener struct {
	net.Listener
	plain *http1.Server // nil with TLS
	rest  *http.Server
}

func (a *App) newListener(bound net.Listener, slow *slowread.Guard) *listener {
	handler := slow.Handler(a.drain.handler(a))
	l := &listener{Listener: slow.Listener(bound), rest: &http.Server{
		Handler: handler, ReadHeaderTimeout: headerTimeout, ReadTimeout: a.config.Traffic.ReadTimeout.Std(), IdleTimeout: idleTimeout,
		MaxHeaderBytes: largestHeader, ConnContext: gather.ConnContext, Protocols: new(http.Protocols),
		ErrorLog: slog.NewLogLogger(a.logger.Handler(), slog.LevelDebug),
	}}
	l.rest.Protocols.SetHTTP1(true)
	if a.certs != nil {
		l.rest.Protocols.SetHTTP2(true)
		l.rest.TLSConfig = a.certs.Config()
		return l
	}
	l.rest.Protocols.SetUnencryptedHTTP2(true)
	l.plain = http1.New(http1.Options{Handler: handler, Takes: isHot, Rest: l.takeOver, FirstTimeout: headerTimeout, IdleTimeout: idleTimeout, Logger: a.logger})
	return l
}

// isHot tells which paths are asked for often enough for package http1.
func isHot(path string) bool { return path == "/graphql" || path == "/health" || path == "/ready" }

// takeOver lets net/http serve one connection more.
func (l *listener) takeOver(c net.Conn) {
	_ = l.rest.Serve(gather.Listener(&single{conn: c})) // always an error: there is no second one
}

// single is a listener that accepts one connection, which exists already.
type single struct{ conn net.Conn }

// Accept implements net.Listener.
func (s *single) Accept() (net.Conn, error) {
	if s.conn == nil {
		return nil, io.EOF
	}
	c := s.conn
	s.conn = nil
	return c, nil
}

// Close implements net.Listener: a server that is shut down closes before it accepts.
func (s *single) Close() error {
	if s.conn == nil {
		return nil
	}
	return s.conn.Close()
}

// Addr implements net.Listener.
func (s *single) Addr() net.Addr { return &net.TCPAddr{} }

// serve takes requests until the listener is shut down.
func (l *listener) serve() error {
	err := l.serveUntilClosed()
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

func (l *listener) serveUntilClosed() error {
	if l.plain == nil {
		return l.rest.ServeTLS(l.Listener, "", "")
	}
	return l.plain.Serve(l.Listener)
}

// shutDown stops accepting, waits for the requests under way until ctx ends, and then cuts off the others, which is an error.
func (l *listener) shutDown(ctx context.Context) error {
	var err error
	if l.plain != nil {
		if err = l.plain.Shutdown(ctx); err != nil {
			l.plain.Close()
		}
	}
	if restErr := l.rest.Shutdown(ctx); restErr != nil {
		_ = l.rest.Close()
		err = restErr
	}
	return err
}

func listen(ctx context.Context, address string) (net.Listener, error) {
	network, target := "tcp", address
	if file, ok := strings.CutPrefix(address, "unix://"); ok {
		network, target = "unix", file
		if info, err := os.Stat(file); err == nil && info.Mode()&os.ModeSocket != 0 {
			_ = os.Remove(file) // left by a router that was killed
		}
	}
	bound, err := (&net.ListenConfig{}).Listen(ctx, network, target)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w; choose another address with --listen", address, err)
	}
	return bound, nil
}
