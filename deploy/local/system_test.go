package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// binaries is the folder of the programs that the tests start; TestMain builds them.
var binaries string

func TestMain(m *testing.M) {
	code, err := buildAndRun(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func buildAndRun(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "tributary-e2e-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	binaries = dir
	targets := map[string]string{"router": "../../router/cmd/router", "local": "."}
	for _, name := range serviceNames {
		targets[name] = "../../subgraphs/" + name + "/cmd/" + name
	}
	for name, pkg := range targets {
		cmd := exec.Command("go", "build", "-o", filepath.Join(dir, name), ".")
		cmd.Dir = pkg
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return 1, fmt.Errorf("building %s: %w\n%s", name, err, out)
		}
	}
	return m.Run(), nil
}

// freePort gives a port that nobody listens on.
func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

func freeAddress(t *testing.T) string {
	t.Helper()
	return "127.0.0.1:" + strconv.Itoa(freePort(t))
}

// program is one started program whose output is kept.
type program struct {
	cmd  *exec.Cmd
	log  *logBuffer
	done chan struct{}
	err  error // valid when done is closed
}

// startProgram starts a binary and stops it after the test, if it still runs.
func startProgram(t *testing.T, path string, env []string, args ...string) *program {
	t.Helper()
	p := &program{cmd: exec.Command(path, args...), log: &logBuffer{}, done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	p.cmd.Env = append(os.Environ(), env...)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.err = p.cmd.Wait(); close(p.done) }()
	t.Cleanup(func() {
		p.stop(t)
		if t.Failed() {
			t.Logf("log of %s:\n%s", filepath.Base(path), p.log.tail(200))
		}
	})
	return p
}

// stop asks the program to end and fails the test if it takes longer than five seconds.
func (p *program) stop(t *testing.T) {
	t.Helper()
	select {
	case <-p.done:
		return
	default:
	}
	_ = p.cmd.Process.Signal(os.Interrupt)
	select {
	case <-p.done:
	case <-time.After(5 * time.Second):
		t.Errorf("%s did not stop within 5 seconds", filepath.Base(p.cmd.Path))
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func (l *logBuffer) tail(lines int) string {
	all := strings.Split(l.String(), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// system is a running `local` with everything it starts.
type system struct {
	*program
	router   string
	services map[string]string // address by name
	data     string
}

// startSystem runs everything as `make run` does, on free ports and a folder of its own.
func startSystem(t *testing.T, data string, env ...string) *system {
	t.Helper()
	s := &system{router: freeAddress(t), services: map[string]string{}, data: data}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"--root", root, "--bin", binaries, "--data", data, "--listen", s.router}
	for _, name := range serviceNames {
		s.services[name] = freeAddress(t)
		args = append(args, "--"+name+"-listen", s.services[name])
	}
	s.program = startProgram(t, filepath.Join(binaries, "local"), env, args...)
	s.waitReady(t)
	return s
}

func (s *system) waitReady(t *testing.T) {
	t.Helper()
	eventually(t, time.Minute, "everything is ready", func() bool {
		select {
		case <-s.done:
			t.Fatalf("local ended: %v\n%s", s.err, s.log.tail(100))
		default:
		}
		return strings.Contains(s.log.String(), "ready after")
	})
}

// process gives the id of the running process of a service: the child of local with that name.
func (s *system) process(t *testing.T, name string) int {
	t.Helper()
	entries, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		stat, err := os.ReadFile(entry)
		if err != nil {
			continue // ended meanwhile
		}
		// pid (command) state parent …
		head, rest, _ := strings.Cut(string(stat), ") ")
		pid, command, _ := strings.Cut(head, " (")
		fields := strings.Fields(rest)
		// The kernel keeps the first 15 characters of a command's name.
		if len(fields) > 1 && fields[1] == strconv.Itoa(s.cmd.Process.Pid) && command == name[:min(len(name), 15)] {
			id, err := strconv.Atoi(pid)
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
	}
	t.Fatalf("no process of %s is running", name)
	return 0
}

func (s *system) signal(t *testing.T, name string, sig syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(s.process(t, name), sig); err != nil {
		t.Fatal(err)
	}
}

// eventually polls until condition holds.
func eventually(t *testing.T, within time.Duration, what string, condition func() bool) {
	t.Helper()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	deadline := time.After(within)
	for !condition() {
		select {
		case <-deadline:
			t.Fatalf("not within %v: %s", within, what)
		case <-ticker.C:
		}
	}
}

// graphqlError is one entry of a response's errors.
type graphqlError struct {
	Message    string         `json:"message"`
	Path       []any          `json:"path"`
	Extensions map[string]any `json:"extensions"`
}

// answer is a GraphQL response.
type answer struct {
	Status int             `json:"-"`
	Header http.Header     `json:"-"`
	Body   string          `json:"-"`
	Data   json.RawMessage `json:"data"`
	Errors []graphqlError  `json:"errors"`
}

var client = &http.Client{Timeout: 30 * time.Second}

// send posts a body as it is.
func send(t *testing.T, address, token string, body io.Reader) *answer {
	t.Helper()
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, "http://"+address+"/graphql", body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := &answer{Status: response.StatusCode, Header: response.Header, Body: string(text)}
	if err := json.Unmarshal(text, a); err != nil {
		t.Fatalf("the answer is not JSON: %s %s", response.Status, text)
	}
	return a
}

// ask runs an operation.
func ask(t *testing.T, address, token, query string, variables map[string]any) *answer {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	return send(t, address, token, bytes.NewReader(body))
}

// get runs an operation that must have no errors and reads its data into out.
func get(t *testing.T, address, token, query string, variables map[string]any, out any) {
	t.Helper()
	a := ask(t, address, token, query, variables)
	if len(a.Errors) > 0 || a.Status != http.StatusOK {
		t.Fatalf("%s\n%d %s", query, a.Status, a.Body)
	}
	if err := json.Unmarshal(a.Data, out); err != nil {
		t.Fatalf("%v: %s", err, a.Body)
	}
}

// logIn gives an access token of a demo account.
func logIn(t *testing.T, address, email string) string {
	t.Helper()
	var data struct {
		LogIn struct{ AccessToken string }
	}
	get(t, address, "", `mutation($email: String!, $password: String!) { logIn(input: {email: $email, password: $password}) { accessToken } }`,
		map[string]any{"email": email, "password": demoPassword}, &data)
	if data.LogIn.AccessToken == "" {
		t.Fatal("no token")
	}
	return data.LogIn.AccessToken
}
