package e2e

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"syscall"
	"testing"

	"github.com/redis/go-redis/v9"
)

// redisServer is a real redis-server that ends with the test.
type redisServer struct {
	Address string
	args    []string
	command *exec.Cmd
}

// freePort gives a port that nobody listened on a moment ago.
func freePort(t testing.TB) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

// startRedis starts a server on a free port, with further arguments of redis-server.
func startRedis(t testing.TB, args ...string) *redisServer {
	t.Helper()
	s := reserveRedis(t, args...)
	s.Start(t)
	return s
}

// reserveRedis is startRedis without the start: for what has to work before Redis is there.
func reserveRedis(t testing.TB, args ...string) *redisServer {
	t.Helper()
	port := freePort(t)
	s := &redisServer{Address: fmt.Sprintf("127.0.0.1:%d", port)}
	s.args = append([]string{"--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", t.TempDir()}, args...)
	t.Cleanup(s.Kill)
	return s
}

// Start starts the server, also again after Kill, and waits until it answers.
func (s *redisServer) Start(t testing.TB) {
	t.Helper()
	s.command = exec.Command("redis-server", s.args...)
	if err := s.command.Start(); err != nil {
		t.Fatalf("these tests need redis-server: %v", err)
	}
	client := s.Client()
	defer client.Close()
	eventually(t, "redis-server answers", func() bool {
		err := client.Ping(context.Background()).Err()
		return err == nil || redis.HasErrorPrefix(err, "NOAUTH")
	})
}

// Client is a connection to the server; the caller closes it.
func (s *redisServer) Client() *redis.Client {
	return redis.NewClient(&redis.Options{Addr: s.Address, DialerRetries: 1, MaxRetries: -1})
}

// Kill ends the server as a crash does (SIGKILL).
func (s *redisServer) Kill() {
	if s.command == nil {
		return
	}
	_ = s.command.Process.Kill()
	_ = s.command.Wait() // it was killed, and that is what it says
	s.command = nil
}

// Freeze makes the server hang: connections stay, nothing answers, until Thaw.
func (s *redisServer) Freeze(t testing.TB) { s.signal(t, syscall.SIGSTOP) }

// Thaw ends Freeze.
func (s *redisServer) Thaw(t testing.TB) { s.signal(t, syscall.SIGCONT) }

func (s *redisServer) signal(t testing.TB, signal syscall.Signal) {
	t.Helper()
	if err := s.command.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
}
