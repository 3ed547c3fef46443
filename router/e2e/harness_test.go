// Package e2e tests the router as its users meet it: the built binary, a configuration in a file, subgraphs over HTTP and a
// real Redis. It holds tests only. This file starts routers; the other files of the harness are harness_subgraph_test.go
// (fake subgraphs that record what reaches them), harness_issuer_test.go (tokens and key sets) and harness_redis_test.go.
//
// Tests are parallel, take free ports, and leave nothing behind.
package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/internal/redistest"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
)

// patience is how long a test waits for something that has to happen.
const patience = 20 * time.Second

// binary is the path of the router that TestMain built.
var binary string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	redis.SetLogger(&logging.VoidLogger{}) // servers go away here all the time
	dir, err := os.MkdirTemp("", "router-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if binary = os.Getenv("E2E_ROUTER"); binary != "" {
		return m.Run() // a router that was built already
	}
	binary = filepath.Join(dir, "router")
	build := exec.Command("go", "build", "-o", binary, "../cmd/router")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build the router: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// options say how a router is started.
type options struct {
	// Config is the text of router.yml. Its log level must be info or debug: the harness reads addresses from the log.
	Config string
	// Supergraph is SDL; see supergraphOf. Empty: the configuration or Args say where it comes from.
	Supergraph string
	// Files are further files by name; the router's working directory holds them.
	Files map[string]string
	// Args are further flags, Env further variables (NAME=value).
	Args, Env []string
	// Admin starts the operators' listener.
	Admin bool
	// NotReady starts without waiting for /ready.
	NotReady bool
}

// router is a router process that ends with the test. Its methods are safe for concurrent use, but for Restart and Stop.
type router struct {
	URL     string // of clients: http://127.0.0.1:port
	Admin   string // of operators; empty without options.Admin
	Dir     string // working directory, with router.yml and supergraph.graphql
	options options

	command *exec.Cmd
	log     *logBuffer
	exited  chan struct{} // closed when the process has ended
}

// start starts a router, waits until it is ready, and stops it at the end of the test.
func start(t testing.TB, o options) *router {
	t.Helper()
	r := &router{options: o, Dir: t.TempDir(), log: &logBuffer{}}
	r.Write(t, "router.yml", o.Config)
	if o.Supergraph != "" {
		r.Write(t, "supergraph.graphql", o.Supergraph)
	}
	for name, text := range o.Files {
		r.Write(t, name, text)
	}
	t.Cleanup(func() {
		r.Stop(t)
		r.checkLog(t)
	})
	r.launch(t, "127.0.0.1:0", "127.0.0.1:0")
	return r
}

// launch starts the process on the given addresses.
func (r *router) launch(t testing.TB, listen, admin string) {
	t.Helper()
	args := []string{"serve", "--config", "router.yml", "--listen", listen}
	if r.options.Supergraph != "" {
		args = append(args, "--supergraph", "supergraph.graphql")
	}
	if r.options.Admin {
		args = append(args, "--admin-listen", admin)
	}
	r.command = exec.Command(binary, append(args, r.options.Args...)...)
	r.command.Dir, r.command.Env = r.Dir, append(os.Environ(), r.options.Env...)
	output, input, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.command.Stdout, r.command.Stderr = input, input
	if err := r.command.Start(); err != nil {
		t.Fatal(err)
	}
	_ = input.Close()
	r.exited = make(chan struct{})
	from := r.log.len()
	go func(command *exec.Cmd, exited chan struct{}) {
		defer close(exited)
		r.log.copy(output)
		_ = output.Close()
		_ = command.Wait() // its end is what counts; Stop looks at the state
	}(r.command, r.exited)

	r.URL = "http://" + r.address(t, from, "listening")
	if r.options.Admin {
		r.Admin = "http://" + r.address(t, from, "listening for operators")
	}
	if r.options.NotReady {
		return
	}
	r.eventually(t, "the router is ready", func() bool {
		response, err := prober.Get(r.URL + "/ready")
		if err != nil {
			return false
		}
		_ = response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
}

// prober asks for what is there at once.
var prober = &http.Client{Timeout: 10 * time.Second}

// address waits for the log line that tells an address.
func (r *router) address(t testing.TB, from int, message string) string {
	t.Helper()
	var address string
	r.eventually(t, "the log says: "+message, func() bool {
		for _, line := range r.log.lines(from) {
			if line["msg"] == message {
				address, _ = line["address"].(string)
			}
		}
		return address != ""
	})
	return address
}

// eventually is redistest.Eventually, but gives up at once when the process has ended.
func (r *router) eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	redistest.Eventually(t, what, func() bool {
		if holds() {
			return true
		}
		select {
		case <-r.exited:
			t.Fatalf("the router ended while waiting: %s\n%s", what, r.Logs())
		default:
		}
		return false
	})
}

// Stop asks the process to stop as an orchestrator does, and kills it when it does not. It may be called again.
func (r *router) Stop(t testing.TB) {
	t.Helper()
	if r.command == nil || r.command.Process == nil {
		return
	}
	_ = r.command.Process.Signal(syscall.SIGTERM)
	select {
	case <-r.exited:
	case <-time.After(patience):
		_ = r.command.Process.Kill()
		<-r.exited
		t.Errorf("the router did not stop within %v", patience)
	}
	r.command = nil
}

// Kill ends the process as a crash does.
func (r *router) Kill() {
	if r.command == nil {
		return
	}
	_ = r.command.Process.Kill()
	<-r.exited
	r.command = nil
}

// Restart stops the process and starts it again on the same addresses, with the files as they are now.
func (r *router) Restart(t testing.TB) {
	t.Helper()
	r.Stop(t)
	r.launch(t, strings.TrimPrefix(r.URL, "http://"), strings.TrimPrefix(r.Admin, "http://"))
}

// Write replaces a file in the router's directory as a deployment does: readers see the old text or the new one.
func (r *router) Write(t testing.TB, name, text string) {
	t.Helper()
	path := filepath.Join(r.Dir, name)
	if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// Logs is everything that the process has written.
func (r *router) Logs() string { return r.log.String() }

// LogLines are the structured lines of the log.
func (r *router) LogLines() []map[string]any { return r.log.lines(0) }

// WaitLog waits until a line of the log holds all texts, and gives the first such line.
func (r *router) WaitLog(t testing.TB, texts ...string) string {
	t.Helper()
	var found string
	r.eventually(t, fmt.Sprintf("the log holds %q", texts), func() bool {
		for line := range strings.Lines(r.Logs()) {
			if !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(line, text) }) {
				found = line
				return true
			}
		}
		return false
	})
	return found
}

// checkLog fails the test for what must never happen, whatever the test looks at.
func (r *router) checkLog(t testing.TB) {
	t.Helper()
	logs := r.Logs()
	for _, bad := range []string{"panic", "DATA RACE", "fatal error"} {
		if strings.Contains(logs, bad) {
			t.Errorf("the router's log holds %q:\n%s", bad, logs)
		}
	}
	if t.Failed() {
		t.Logf("log of the router at %s:\n%s", r.URL, logs)
	}
}

// answer is a response that was read to its end.
type answer struct {
	Status int
	Header http.Header
	Body   string
	Data   any // of a GraphQL response
	Errors []responseError
}

// responseError is one error of a GraphQL response.
type responseError struct {
	Message    string
	Path       []any
	Extensions map[string]any
}

// Code is extensions.code.
func (e responseError) Code() string {
	code, _ := e.Extensions["code"].(string)
	return code
}

// Codes are the codes of all errors, in order.
func (a *answer) Codes() []string {
	codes := make([]string, len(a.Errors))
	for i, e := range a.Errors {
		codes[i] = e.Code()
	}
	return codes
}

// DataJSON is the data as compact JSON with sorted keys.
func (a *answer) DataJSON() string {
	text, _ := json.Marshal(a.Data) // it came from JSON
	return string(text)
}

// request is a change of a GraphQL request before it is sent.
type change func(*http.Request)

// withHeader sets a header; called with Host it changes the authority.
func withHeader(name, value string) change {
	return func(r *http.Request) {
		if name == "Host" {
			r.Host = value
			return
		}
		r.Header.Set(name, value)
	}
}

// withToken sends a bearer token.
func withToken(token string) change { return withHeader("Authorization", "Bearer "+token) }

// Post sends one operation.
func (r *router) Post(t testing.TB, query string, changes ...change) *answer {
	t.Helper()
	return r.PostVariables(t, query, nil, changes...)
}

// PostVariables sends one operation with variables.
func (r *router) PostVariables(t testing.TB, query string, variables map[string]any, changes ...change) *answer {
	t.Helper()
	body := map[string]any{"query": query}
	if variables != nil {
		body["variables"] = variables
	}
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return r.PostBody(t, text, changes...)
}

// PostBody sends a body as it is, as application/json.
func (r *router) PostBody(t testing.TB, body []byte, changes ...change) *answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.URL+"/graphql", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	return r.Do(t, request, changes...)
}

// Get asks for a path, with its query string.
func (r *router) Get(t testing.TB, path string, changes ...change) *answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r.Do(t, request, changes...)
}

// transport has room for many requests at once, and leaves content codings to the tests.
var transport = &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}

// Metrics gives what the admin address tells Prometheus.
func (r *router) Metrics(t testing.TB) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.Admin+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	return r.Do(t, request).Body
}

// Do sends a request and reads the whole response.
func (r *router) Do(t testing.TB, request *http.Request, changes ...change) *answer {
	t.Helper()
	a, err := r.Try(request, changes...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Try is Do for requests that may fail, and for other goroutines than the test's.
func (r *router) Try(request *http.Request, changes ...change) (*answer, error) {
	for _, change := range changes {
		change(request)
	}
	ctx, cancel := context.WithTimeout(request.Context(), patience)
	defer cancel()
	response, err := transport.RoundTrip(request.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	a := &answer{Status: response.StatusCode, Header: response.Header, Body: string(text)}
	var graphql struct {
		Data   any
		Errors []responseError
	}
	if json.Unmarshal(text, &graphql) == nil {
		a.Data, a.Errors = graphql.Data, graphql.Errors
	}
	return a, nil
}

// logBuffer keeps what a process writes.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) copy(from io.Reader) {
	reader := bufio.NewReader(from)
	for {
		line, err := reader.ReadBytes('\n')
		b.mu.Lock()
		b.text.Write(line)
		b.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (b *logBuffer) len() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Len()
}

// String is everything so far.
func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// lines are the JSON lines after the first from bytes.
func (b *logBuffer) lines(from int) []map[string]any {
	var all []map[string]any
	for line := range strings.Lines(b.String()[from:]) {
		var fields map[string]any
		if json.Unmarshal([]byte(line), &fields) == nil {
			all = append(all, fields)
		}
	}
	return all
}
