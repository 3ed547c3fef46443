package service_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tributary-gql/tributary/subgraphs/kit/config"
	"github.com/tributary-gql/tributary/subgraphs/kit/fault"
	"github.com/tributary-gql/tributary/subgraphs/kit/service"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// buffer is a log or an output that a test reads while it is written.
type buffer struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (b *buffer) Write(text []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.text.Write(text)
}

func (b *buffer) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.text.String()
}

// running is a service under test.
type running struct {
	t      *testing.T
	base   string
	client *http.Client
	log    *buffer
	stop   context.CancelFunc
	done   chan error    // how it ended
	ended  chan struct{} // closed when it has
}

// start runs a service with options, whose empty fields get what every test needs.
func start(t *testing.T, options service.Options, arguments ...string) *running {
	t.Helper()
	set := config.NewSet("test", "")
	options.Config.Declare(set, config.Defaults{DatabaseURL: "sqlite:unused"})
	if err := set.Parse(arguments, func(string) (string, bool) { return "", false }); err != nil {
		t.Fatal(err)
	}
	log := &buffer{}
	options.Name, options.Logger = "test", service.NewLogger(log, service.LogOptions{Service: "test", Level: slog.LevelDebug})
	if options.GraphQL == nil {
		options.GraphQL = http.NotFoundHandler()
	}
	address := make(chan string, 1)
	options.Listening = func(a string) { address <- a }
	ctx, stop := context.WithCancel(t.Context())
	r := &running{t: t, log: log, stop: stop, done: make(chan error, 1), ended: make(chan struct{}), client: &http.Client{Transport: &http.Transport{}}}
	go func() {
		r.done <- service.Run(ctx, options)
		close(r.ended)
	}()
	t.Cleanup(func() {
		r.client.CloseIdleConnections()
		stop()
		<-r.ended
	})
	select {
	case a := <-address:
		r.base = "http://" + a
	case err := <-r.done:
		t.Fatalf("the service ended instead of listening: %v", err)
	}
	return r
}

// get answers the status and body of a GET request.
func (r *running) get(path string, header ...string) (int, string, http.Header) {
	r.t.Helper()
	request, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, r.base+path, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := r.client.Do(request)
	if err != nil {
		r.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return response.StatusCode, string(body), response.Header
}

func (r *running) wait() error {
	r.t.Helper()
	select {
	case err := <-r.done:
		return err
	case <-time.After(30 * time.Second):
		r.t.Fatal("the service does not end")
		return nil
	}
}

func TestAStopLetsRequestsAndTasksFinishInOrder(t *testing.T) {
	t.Parallel()
	entered, release := make(chan struct{}), make(chan struct{})
	var mutex sync.Mutex
	var order []string
	note := func(what string) {
		mutex.Lock()
		defer mutex.Unlock()
		order = append(order, what)
	}
	r := start(t, service.Options{
		GraphQL: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			close(entered)
			<-release
			note("request")
			_, _ = io.WriteString(w, "finished")
		}),
		Tasks: []service.Task{{Name: "work", Run: func(ctx context.Context) error {
			<-ctx.Done()
			note("task")
			return nil
		}}},
	}, "--drain-delay", "3s", "--shutdown-timeout", "20s")
	answer := make(chan string, 1)
	go func() {
		_, body, _ := r.get("/graphql")
		answer <- body
	}()
	<-entered
	if status, body, _ := r.get("/ready"); status != http.StatusOK {
		t.Errorf("before the stop: %d %s", status, body)
	}
	r.stop()
	// While it drains it still takes requests; a prober sees that it is about to go.
	for {
		if status, body, _ := r.get("/ready"); status == http.StatusServiceUnavailable && strings.Contains(body, "stopping") {
			break
		}
	}
	if status, _, _ := r.get("/health"); status != http.StatusOK {
		t.Errorf("while it stops the service is not live: %d", status)
	}
	close(release)
	if got := <-answer; got != "finished" {
		t.Errorf("the request under way got %q", got)
	}
	if err := r.wait(); err != nil {
		t.Errorf("the service ended with %v", err)
	}
	if fmt.Sprint(order) != "[request task]" {
		t.Errorf("things ended in the order %v", order)
	}
}

func TestARequestThatNeverEndsIsCutOff(t *testing.T) {
	t.Parallel()
	entered := make(chan struct{})
	r := start(t, service.Options{GraphQL: http.HandlerFunc(func(_ http.ResponseWriter, request *http.Request) {
		close(entered)
		<-request.Context().Done()
	})}, "--shutdown-timeout", "10ms")
	go func() {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.base+"/graphql", nil)
		if err == nil {
			if response, err := r.client.Do(request); err == nil {
				response.Body.Close()
			}
		}
	}()
	<-entered
	r.stop()
	if err := r.wait(); err == nil || !strings.Contains(err.Error(), "shutdown timeout") {
		t.Errorf("the service ended with %v", err)
	}
}

func TestAnIdleServiceStopsCleanly(t *testing.T) {
	t.Parallel()
	r := start(t, service.Options{})
	r.stop()
	if err := r.wait(); err != nil {
		t.Errorf("the service ended with %v", err)
	}
}

func TestAFailingTaskEndsTheService(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		task func(context.Context) error
		says string
	}{
		"an error": {func(context.Context) error { return errors.New("no more") }, "task broken: no more"},
		"a panic":  {func(context.Context) error { panic("a bug") }, "task broken panicked: a bug"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, service.Options{Tasks: []service.Task{
				{Name: "broken", Run: test.task},
				{Name: "healthy", Run: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }},
			}}, "--drain-delay", "1h") // which is for callers, not for a service that failed
			if err := r.wait(); err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("the service ended with %v, want %q", err, test.says)
			}
		})
	}
}

func TestReadinessTellsWhichCheckFailed(t *testing.T) {
	t.Parallel()
	var mutex sync.Mutex
	var problem error
	r := start(t, service.Options{Checks: []service.Check{
		{Name: "database", Run: func(context.Context) error { mutex.Lock(); defer mutex.Unlock(); return problem }},
		{Name: "jwks", Run: func(context.Context) error { return nil }},
	}})
	set := func(err error) { mutex.Lock(); defer mutex.Unlock(); problem = err }
	for _, test := range []struct {
		problem error
		status  int
		body    string
	}{
		{nil, http.StatusOK, `{"status":"ready","checks":{"database":"ok","jwks":"ok"}}`},
		{errors.New("the secret address"), http.StatusServiceUnavailable, `{"status":"not ready","checks":{"database":"failed","jwks":"ok"}}`},
		{errors.New("the secret address"), http.StatusServiceUnavailable, `{"status":"not ready","checks":{"database":"failed","jwks":"ok"}}`},
		{nil, http.StatusOK, `{"status":"ready","checks":{"database":"ok","jwks":"ok"}}`},
	} {
		set(test.problem)
		if status, body, _ := r.get("/ready"); status != test.status || body != test.body {
			t.Errorf("with %v: %d %s, want %d %s", test.problem, status, body, test.status, test.body)
		}
	}
	if count := strings.Count(r.log.String(), "the secret address"); count != 1 {
		t.Errorf("the failure is in the log %d times, want once", count)
	}
}

func TestRequestIDsAndTracesReachTheLog(t *testing.T) {
	t.Parallel()
	var r *running
	logger := make(chan *slog.Logger, 1)
	options := service.Options{GraphQL: http.HandlerFunc(func(_ http.ResponseWriter, request *http.Request) {
		l := <-logger
		l.InfoContext(request.Context(), "inside")
	})}
	r = start(t, options)
	const trace = "0af7651916cd43dd8448eb211c80319c"
	for _, test := range []struct{ sent, want string }{{"my-id", "my-id"}, {"", ""}, {"two words", ""}, {strings.Repeat("x", 129), ""}} {
		logger <- service.NewLogger(r.log, service.LogOptions{Service: "test", Format: "json"})
		_, _, header := r.get("/graphql", "X-Request-Id", test.sent, "Traceparent", "00-"+trace+"-b7ad6b7169203331-01")
		id := header.Get("X-Request-Id")
		if (test.want != "" && id != test.want) || (test.want == "" && (id == test.sent || len(id) != 26)) {
			t.Errorf("the id %q becomes %q", test.sent, id)
		}
		if want := fmt.Sprintf(`"msg":"inside","service":"test","request_id":"%s","trace_id":"%s"`, id, trace); !strings.Contains(r.log.String(), want) {
			t.Errorf("the log lacks %s:\n%s", want, r.log)
		}
	}
}

func TestAPanicOutsideOfGraphQLIsOpaque(t *testing.T) {
	t.Parallel()
	r := start(t, service.Options{GraphQL: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("the secret state") })})
	status, body, header := r.get("/graphql")
	if status != http.StatusInternalServerError || !strings.Contains(body, fault.Internal) || strings.Contains(body, "secret") ||
		!strings.Contains(body, header.Get("X-Request-Id")) {
		t.Errorf("the panic is answered by %d %s", status, body)
	}
	if !strings.Contains(r.log.String(), "the secret state") {
		t.Errorf("the log lacks the panic:\n%s", r.log)
	}
}

func TestTheRequestTimeoutReachesTheHandler(t *testing.T) {
	t.Parallel()
	r := start(t, service.Options{GraphQL: http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		<-request.Context().Done()
		_, _ = io.WriteString(w, request.Context().Err().Error())
	})}, "--request-timeout", "10ms")
	if _, body, _ := r.get("/graphql"); body != context.DeadlineExceeded.Error() {
		t.Errorf("the context ended with %q", body)
	}
}

func TestMetricsAndProfilesAreOnTheAdminAddressAlone(t *testing.T) {
	t.Parallel()
	r := start(t, service.Options{}, "--admin-listen", "127.0.0.1:0")
	r.get("/graphql")
	if status, _, _ := r.get("/metrics"); status != http.StatusNotFound {
		t.Errorf("/metrics is public: %d", status)
	}
	_, after, found := strings.Cut(r.log.String(), `msg="admin listening" service=test address=`)
	if !found {
		t.Fatalf("the log does not name the admin address:\n%s", r.log)
	}
	address, _, _ := strings.Cut(after, "\n")
	r.base = "http://" + address
	if status, body, _ := r.get("/metrics"); status != http.StatusOK ||
		!strings.Contains(body, `http_server_request_duration_seconds_count{code="404",service="test"} 1`) || !strings.Contains(body, "go_goroutines") {
		t.Errorf("/metrics answers %d %.500s", status, body)
	}
	if status, body, _ := r.get("/debug/pprof/goroutine?debug=1"); status != http.StatusOK || !strings.Contains(body, "goroutine profile") {
		t.Errorf("/debug/pprof answers %d %.100s", status, body)
	}
}

func TestATakenPortNamesItsFlag(t *testing.T) {
	t.Parallel()
	var dialer net.ListenConfig
	taken, err := dialer.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	address := taken.Addr().String()
	for flag, cfg := range map[string]config.Config{
		"--listen " + address:       {Listen: address},
		"--admin-listen " + address: {Listen: "127.0.0.1:0", AdminListen: address},
	} {
		err := service.Run(t.Context(), service.Options{Name: "test", Config: cfg, Logger: slog.New(slog.DiscardHandler), GraphQL: http.NotFoundHandler()})
		if err == nil || !strings.Contains(err.Error(), flag) {
			t.Errorf("the error is %v, want %q", err, flag)
		}
	}
}

func TestExecute(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name           string
		arguments      []string
		run            error
		status         int
		output, errors string
	}{
		{"fine", nil, nil, 0, "ran\n", ""},
		{"help", []string{"--help"}, nil, 0, "Usage: test [flags]", ""},
		{"a wrong setting", []string{"--listen", "x"}, nil, 2, "", "--listen: "},
		{"a failure", nil, errors.New("no database"), 1, "ran\n", "stopped: no database"},
	}
	for _, test := range tests {
		var cfg config.Config
		set := config.NewSet("test", "A test.")
		cfg.Declare(set, config.Defaults{DatabaseURL: "sqlite:unused"})
		program := service.Program{Settings: set, Run: func(_ context.Context, output io.Writer) error {
			fmt.Fprintln(output, "ran")
			return test.run
		}}
		var output, problems strings.Builder
		status := program.Execute(t.Context(), test.arguments, func(string) (string, bool) { return "", false }, &output, &problems)
		if status != test.status || !strings.Contains(output.String(), test.output) || !strings.Contains(problems.String(), test.errors) ||
			(test.output == "") != (output.String() == "") || (test.errors == "") != (problems.String() == "") {
			t.Errorf("%s: status %d, output %q, errors %q", test.name, status, &output, &problems)
		}
	}
}

func TestTheAddressIsOneLineOfOutput(t *testing.T) {
	t.Parallel()
	var output buffer
	r := start(t, service.Options{Output: &output})
	if want := "listening on " + r.base + "\n"; output.String() != want {
		t.Errorf("the output is %q, want %q", output.String(), want)
	}
}
