// Package redistest starts real Redis servers for tests, each on a port of its own, and makes them fail as servers do: by
// a crash, or by hanging. Every server ends with the test that asked for it.
package redistest

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// Patience is how long Eventually waits for something that has to happen.
const Patience = 20 * time.Second

// Eventually polls until holds is true, and fails the test when that takes longer than Patience.
func Eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(Patience); !holds(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v in vain: %s", Patience, what)
		}
	}
}

// FreePort gives a TCP port of the loopback interface that nobody listens on.
func FreePort(t testing.TB) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

// Server is a redis-server. Its methods are for one goroutine.
type Server struct {
	Address string   // host:port
	Args    []string // of redis-server
	command *exec.Cmd
}

// Start starts a server on a free port, with further arguments of redis-server, and waits until it answers.
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	s := Reserve(t, args...)
	s.Start(t)
	return s
}

// Reserve is Start without the start: for what has to work before Redis is there.
func Reserve(t testing.TB, args ...string) *Server {
	t.Helper()
	port := FreePort(t)
	args = append([]string{"--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", t.TempDir()}, args...)
	return New(t, port, args...)
}

// New makes a server on the port, not started, of exactly these arguments: for other kinds than Reserve's.
func New(t testing.TB, port int, args ...string) *Server {
	t.Helper()
	s := &Server{Address: fmt.Sprintf("127.0.0.1:%d", port), Args: args}
	t.Cleanup(s.Kill)
	return s
}

// Start starts the server, also again after Kill, and waits until it answers.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	s.command = exec.Command("redis-server", s.Args...)
	if err := s.command.Start(); err != nil {
		t.Fatalf("these tests need redis-server: %v", err)
	}
	client := s.Client()
	defer client.Close()
	Eventually(t, "redis-server answers", func() bool {
		err := client.Ping(context.Background()).Err()
		return err == nil || redis.HasErrorPrefix(err, "NOAUTH")
	})
}

// Client is a connection to the server; the caller closes it.
func (s *Server) Client() *redis.Client {
	return redis.NewClient(&redis.Options{Addr: s.Address, DialerRetries: 1, MaxRetries: -1})
}

// Do runs a command and gives its answer as text.
func (s *Server) Do(t testing.TB, args ...any) string {
	t.Helper()
	client := s.Client()
	defer client.Close()
	answer, err := client.Do(context.Background(), args...).Result()
	if err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	return fmt.Sprint(answer)
}

// Kill ends the server as a crash does (SIGKILL).
func (s *Server) Kill() {
	if s.command == nil || s.command.Process == nil {
		return
	}
	_ = s.command.Process.Kill()
	_ = s.command.Wait() // it was killed, and that is what it says
	s.command = nil
}

// Freeze makes the server hang: connections stay, nothing answers, until Thaw.
func (s *Server) Freeze(t testing.TB) { s.signal(t, syscall.SIGSTOP) }

// Thaw ends Freeze.
func (s *Server) Thaw(t testing.TB) { s.signal(t, syscall.SIGCONT) }

func (s *Server) signal(t testing.TB, signal syscall.Signal) {
	t.Helper()
	if err := s.command.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
}
