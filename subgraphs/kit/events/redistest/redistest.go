// Package redistest gives a test a real Redis server of its own, which can be stopped, restarted and emptied.
//
// The redis-server program comes from the path. Without it tests fail; they are never skipped.
package redistest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os/exec"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tributary-gql/tributary/subgraphs/kit/redisclient"
)

const (
	startTimeout = 20 * time.Second
	pollInterval = 5 * time.Millisecond
	// portAttempts allows for another program to take the free port before the server does.
	portAttempts = 5
)

// Server is a Redis server on a loopback port, which it keeps over restarts. It is stopped and its files are removed after the
// test. Its methods are for the test's goroutine.
type Server struct {
	t         testing.TB
	directory string
	port      int
	process   *process // nil while it is stopped
}

// process is one life of the server.
type process struct {
	command *exec.Cmd
	output  bytes.Buffer // read it only after exited is closed
	exited  chan struct{}
}

// Start starts an empty server for the length of a test. It writes every command to its disk before it answers, so that
// Restart loses nothing.
func Start(t testing.TB) *Server {
	t.Helper()
	s := &Server{t: t, directory: t.TempDir()}
	t.Cleanup(s.Stop)
	var err error
	for range portAttempts {
		if s.port, err = freePort(); err != nil {
			continue
		}
		if err = s.launch(); err == nil {
			return s
		}
	}
	t.Fatalf("redistest: %v (install it, on Debian with apt-get install redis-server)", err)
	return nil
}

// URL is for config.Config.RedisURL.
func (s *Server) URL() string { return fmt.Sprintf("redis://127.0.0.1:%d/0", s.port) }

// Client returns a client that is closed after the test.
func (s *Server) Client() redis.UniversalClient {
	s.t.Helper()
	client, err := redisclient.Open(s.URL())
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if err := client.Close(); err != nil {
			s.t.Errorf("closing the Redis client: %v", err)
		}
	})
	return client
}

// Stop kills the server, as a crash would. It does nothing when the server is stopped.
func (s *Server) Stop() {
	if s.process == nil {
		return
	}
	_ = s.process.command.Process.Kill() // it may be dead already
	<-s.process.exited
	s.process = nil
}

// Restart starts the server again on its port: with its data, or empty, as after the loss of its disk.
func (s *Server) Restart(empty bool) {
	s.t.Helper()
	s.Stop()
	if empty {
		s.directory = s.t.TempDir()
	}
	if err := s.launch(); err != nil {
		s.t.Fatalf("redistest: restarting: %v", err)
	}
}

func (s *Server) launch() error {
	p := &process{exited: make(chan struct{})}
	p.command = exec.Command("redis-server", "--port", strconv.Itoa(s.port), "--bind", "127.0.0.1", "--dir", s.directory,
		"--save", "", "--appendonly", "yes", "--appendfsync", "always", "--daemonize", "no")
	p.command.Stdout, p.command.Stderr = &p.output, &p.output
	p.command.SysProcAttr = processAttributes()
	started := make(chan error)
	go func() {
		// The kernel ends the server when the thread that started it ends, so the thread stays until the server is gone.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.command.Start()
		started <- err
		if err == nil {
			_ = p.command.Wait() // how it ended is in its output
		}
		close(p.exited)
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("starting redis-server: %w", err)
	}
	s.process = p
	return s.awaitReady()
}

func (s *Server) awaitReady() error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	client := redis.NewClient(&redis.Options{Addr: net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)), MaxRetries: -1})
	defer client.Close()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		err := client.Ping(ctx).Err()
		if err == nil {
			return nil
		}
		select {
		case <-s.process.exited:
			output := s.process.output.String()
			s.process = nil
			return fmt.Errorf("redis-server ended instead of starting:\n%s", output)
		case <-ctx.Done():
			return fmt.Errorf("redis-server was not ready in time: %w", err)
		case <-tick.C:
		}
	}
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return listener.Addr().(*net.TCPAddr).Port, listener.Close()
}
