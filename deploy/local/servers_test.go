package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// redisServer is a real Redis on a port that stays the same when it is stopped and started again.
type redisServer struct {
	port int
	*program
}

func startRedisServer(t *testing.T) *redisServer {
	t.Helper()
	r := &redisServer{port: freePort(t)}
	r.start(t)
	return r
}

func (r *redisServer) url() string { return fmt.Sprintf("redis://127.0.0.1:%d/0", r.port) }

// start begins with an empty server: nothing is kept on disk.
func (r *redisServer) start(t *testing.T) {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatal("redis-server is needed: run make tools, or install it with your package manager")
	}
	r.program = startProgram(t, path, nil, "--port", strconv.Itoa(r.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", t.TempDir())
	waitPort(t, r.port)
}

func waitPort(t *testing.T, port int) {
	t.Helper()
	eventually(t, 20*time.Second, fmt.Sprintf("port %d answers", port), func() bool {
		connection, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", port), time.Second)
		if err != nil {
			return false
		}
		_ = connection.Close()
		return true
	})
}

// startPostgreSQL runs a server in a folder of its own and gives the URL of an empty database for each name.
func startPostgreSQL(t *testing.T, databases ...string) map[string]string {
	t.Helper()
	bin := postgresBin(t)
	// Not t.TempDir: the server's user must be able to enter every folder on the way.
	dir, err := os.MkdirTemp("", "tributary-pg-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	owner := postgresUser(t, dir)
	data := filepath.Join(dir, "data")
	port := freePort(t)
	runAs(t, owner, filepath.Join(bin, "initdb"), "-D", data, "-U", "tributary", "-A", "trust", "--no-sync")
	server := exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-p", strconv.Itoa(port), "-c", "listen_addresses=127.0.0.1",
		"-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "max_connections=200")
	server.SysProcAttr = &syscall.SysProcAttr{Credential: owner}
	var log bytes.Buffer
	server.Stdout, server.Stderr = &log, &log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Signal(syscall.SIGINT) // fast shutdown
		_ = server.Wait()
		if t.Failed() {
			t.Logf("log of PostgreSQL:\n%s", log.String())
		}
	})
	waitPort(t, port)
	urls := map[string]string{}
	for _, name := range databases {
		runAs(t, owner, filepath.Join(bin, "createdb"), "-h", "127.0.0.1", "-p", strconv.Itoa(port), "-U", "tributary", name)
		urls[name] = fmt.Sprintf("postgres://tributary@127.0.0.1:%d/%s?sslmode=disable", port, name)
	}
	return urls
}

func postgresBin(t *testing.T) string {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err == nil && len(found) > 0 {
		return filepath.Dir(found[len(found)-1])
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		t.Fatal("PostgreSQL is needed: run make tools, or install it with your package manager")
	}
	return filepath.Dir(path)
}

// postgresUser is who runs the server: PostgreSQL refuses root, so root lends the folder to the user postgres.
func postgresUser(t *testing.T, dir string) *syscall.Credential {
	t.Helper()
	if os.Getuid() != 0 {
		return &syscall.Credential{Uid: uint32(os.Getuid()), Gid: uint32(os.Getgid()), NoSetGroups: true}
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		t.Fatal(err)
	}
	uid, err := strconv.ParseUint(account.Uid, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	gid, err := strconv.ParseUint(account.Gid, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(dir, int(uid), int(gid)); err != nil {
		t.Fatal(err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

func runAs(t *testing.T, as *syscall.Credential, path string, args ...string) {
	t.Helper()
	eventually(t, time.Minute, strings.Join(append([]string{path}, args...), " "), func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		cmd := exec.CommandContext(ctx, path, args...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
		cmd.Dir = "/"
		out, err := cmd.CombinedOutput()
		if err != nil && !strings.Contains(string(out), "starting up") {
			t.Fatalf("%s: %v\n%s", filepath.Base(path), err, out)
		}
		return err == nil
	})
}
