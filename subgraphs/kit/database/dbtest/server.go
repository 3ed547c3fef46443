package dbtest

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

const (
	startTimeout = time.Minute
	stopTimeout  = 20 * time.Second
	// pollInterval is how often a starting server is asked whether it is ready.
	pollInterval = 20 * time.Millisecond
	// portAttempts allows for another program to take the free port before the server does.
	portAttempts = 3
)

// server is a PostgreSQL server of this process.
type server struct {
	directory string
	binaries  string
	account   *syscall.Credential // who runs it; nil is this process's own user
	port      int
	command   *exec.Cmd
	log       *bytes.Buffer // read it only after exited is closed
	exited    chan struct{}
}

func startServer() (*server, error) {
	binaries, err := findBinaries()
	if err != nil {
		return nil, err
	}
	s := &server{binaries: binaries}
	if err := s.prepare(); err != nil {
		return nil, errors.Join(err, s.removeFiles())
	}
	for attempt := 1; ; attempt++ {
		err := s.launch()
		if err == nil {
			return s, nil
		}
		if attempt == portAttempts {
			return nil, errors.Join(err, s.removeFiles())
		}
	}
}

// findBinaries returns the directory that holds initdb and postgres.
func findBinaries() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		if resolved, err := filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(resolved), nil
		}
	}
	const pattern = "/usr/lib/postgresql/*/bin/initdb"
	found, err := filepath.Glob(pattern)
	if err != nil {
		return "", err
	}
	if len(found) == 0 {
		return "", fmt.Errorf("initdb is neither on the path nor at %s", pattern)
	}
	return filepath.Dir(found[len(found)-1]), nil
}

// prepare makes the cluster's files, owned by the account that the server will run as: PostgreSQL refuses to run as root.
func (s *server) prepare() error {
	directory, err := os.MkdirTemp("", "tributary-postgres-")
	if err != nil {
		return err
	}
	s.directory = directory
	if os.Geteuid() == 0 {
		if s.account, err = accountOf("postgres"); err != nil {
			return err
		}
		if err := os.Chown(directory, int(s.account.Uid), int(s.account.Gid)); err != nil {
			return err
		}
	}
	initdb := exec.Command(filepath.Join(s.binaries, "initdb"),
		"--pgdata", s.data(), "--username", "postgres", "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync")
	initdb.Dir = directory
	initdb.SysProcAttr = &syscall.SysProcAttr{Credential: s.account}
	if output, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, output)
	}
	return nil
}

func accountOf(name string) (*syscall.Credential, error) {
	account, err := user.Lookup(name)
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL does not run as root and the user %s is missing: %w", name, err)
	}
	uid, err := strconv.ParseUint(account.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(account.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// launch starts the server on a free port and returns when it answers.
func (s *server) launch() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.port = listener.Addr().(*net.TCPAddr).Port
	if err := listener.Close(); err != nil {
		return err
	}
	s.log, s.exited = &bytes.Buffer{}, make(chan struct{})
	s.command = exec.Command(filepath.Join(s.binaries, "postgres"), "-D", s.data(), "-p", strconv.Itoa(s.port),
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=300",
		"-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "shared_buffers=64MB")
	s.command.Dir = s.directory
	s.command.Stdout, s.command.Stderr = s.log, s.log
	s.command.SysProcAttr = processAttributes(s.account)
	started := make(chan error)
	go func() {
		// The kernel ends the server when the thread that started it ends, so the thread stays until the server is gone.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := s.command.Start()
		started <- err
		if err == nil {
			_ = s.command.Wait() // how it ended is in its log
		}
		close(s.exited)
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("starting postgres: %w", err)
	}
	return s.awaitReady()
}

func (s *server) awaitReady() error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	db, err := sql.Open("pgx", s.url())
	if err != nil {
		return err
	}
	defer db.Close()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		if err = db.PingContext(ctx); err == nil {
			return nil
		}
		select {
		case <-s.exited:
			return fmt.Errorf("postgres ended instead of starting:\n%s", s.log)
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("postgres was not ready in time: %w", err), s.kill(syscall.SIGQUIT))
		case <-tick.C:
		}
	}
}

func (s *server) url() string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres", s.port)
}

func (s *server) data() string { return filepath.Join(s.directory, "data") }

// stop ends the server and removes its files. SIGINT is PostgreSQL's fast shutdown: open connections are cut.
func (s *server) stop() error {
	return errors.Join(s.kill(syscall.SIGINT), s.removeFiles())
}

func (s *server) kill(signal syscall.Signal) error {
	if err := s.command.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	patience := time.NewTimer(stopTimeout)
	defer patience.Stop()
	select {
	case <-s.exited:
		return nil
	case <-patience.C:
		_ = s.command.Process.Kill()
		<-s.exited
		return fmt.Errorf("postgres did not stop within %v and was killed", stopTimeout)
	}
}

func (s *server) removeFiles() error {
	if s.directory == "" {
		return nil
	}
	return os.RemoveAll(s.directory)
}
