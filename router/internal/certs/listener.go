package certs

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"log/slog"
	"sync/atomic"
	"time"
)

// Listener keeps the TLS configuration of a listener up to date. It is safe for concurrent use.
type Listener struct {
	server   Server
	interval time.Duration
	logger   *slog.Logger
	current  atomic.Pointer[tls.Config]
	seen     [sha256.Size]byte
}

// NewListener reads what the server shows. Run looks for changes each interval; 0: never.
func NewListener(server Server, interval time.Duration, logger *slog.Logger) (*Listener, error) {
	l := &Listener{server: server, interval: interval, logger: logger, seen: server.fingerprint()}
	c, err := server.Config()
	if err != nil {
		return nil, err
	}
	l.current.Store(c)
	return l, nil
}

func (s Server) fingerprint() [sha256.Size]byte { return Fingerprint(s.Certificate, s.Key, s.ClientCA) }

// Config is for the listener: each new connection gets the newest certificates.
func (l *Listener) Config() *tls.Config {
	c := l.current.Load().Clone()
	c.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return l.current.Load(), nil }
	return c
}

// Expiry is when the certificate in use is no longer valid.
func (l *Listener) Expiry() time.Time { return Expiry(l.current.Load()) }

// Run reads the files again when they change, until ctx ends. What cannot be used is logged, and the old stays.
func (l *Listener) Run(ctx context.Context) {
	Watch(ctx, l.interval, func() {
		if now := l.server.fingerprint(); now != l.seen {
			l.seen = now
			l.reload()
		}
	})
}

func (l *Listener) reload() {
	c, err := l.server.Config()
	if err != nil {
		l.logger.Error("the new certificate cannot be used; the old one stays in use", "error", err)
		return
	}
	l.current.Store(c)
	l.logger.Info("new certificate in use", "valid_until", Expiry(c))
}

// Watch calls look each interval until ctx ends; never when the interval is 0.
func Watch(ctx context.Context, interval time.Duration, look func()) {
	if interval <= 0 {
		return
	}
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			look()
		}
	}
}
