package telemetry_test

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/internal/exec"
	"github.com/tributary-gql/tributary/router/internal/plan"
	"github.com/tributary-gql/tributary/router/internal/telemetry"
)

func scrape(t *testing.T, m *telemetry.Metrics) string {
	t.Helper()
	recorder := httptest.NewRecorder()
	m.Handler().ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	text, err := io.ReadAll(recorder.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func wantLines(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("missing: %s", line)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}

func newTelemetry(t testing.TB, o telemetry.Options) *telemetry.Telemetry {
	t.Helper()
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	made, err := telemetry.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// operationHandler answers each request with one operation, whose name is the query string.
func operationHandler(run func(*telemetry.Operation)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o, _ := telemetry.FromContext(r.Context()).Begin(r.Context())
		o.Known(r.URL.RawQuery, "query", [16]byte{1}, true)
		run(o)
		o.End(nil)
		w.WriteHeader(http.StatusOK)
	})
}

func serve(h http.Handler, method, target string) {
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(method, target, nil))
}

func TestFetchesAndErrorsAreCounted(t *testing.T) {
	t.Parallel()
	tel := newTelemetry(t, telemetry.Options{Scrape: true, Metrics: telemetry.MetricOptions{Operations: 5}})
	tel.Metrics().Gauge("tributary.test", "A test.", func() float64 { return 7 })
	tel.Metrics().GaugeOf("tributary.tests", "Tests.", "subgraph", func(observe func(string, float64)) { observe("users", 3) })
	serve(tel.Handler(operationHandler(func(o *telemetry.Operation) {
		fetch := &plan.Fetch{Subgraph: "users"}
		ctx := o.FetchStarts(t.Context(), fetch)
		o.FetchDone(exec.FetchReport{Fetch: fetch, Context: ctx, Representations: 3})
		o.ErrorReported("users", exec.CodeTimeout)
		o.FetchDone(exec.FetchReport{Fetch: fetch, Context: ctx, Err: &exec.FetchError{Code: exec.CodeTimeout}})
		o.FetchDone(exec.FetchReport{Fetch: fetch, Context: ctx, Err: errors.New("other")})
		o.ErrorReported("users", "NO_SUCH_USER")
		o.FetchDone(exec.FetchReport{Fetch: fetch, Context: ctx, Errors: 2})
		o.ErrorReported("", exec.CodeNull)
	}), false), http.MethodPost, "/graphql?Named")
	wantLines(t, scrape(t, tel.Metrics()),
		`tributary_subgraph_fetch_errors_total{code="SUBGRAPH_TIMEOUT",subgraph="users"} 1`,
		`tributary_subgraph_fetch_errors_total{code="INTERNAL_SERVER_ERROR",subgraph="users"} 1`,
		`tributary_subgraph_fetch_errors_total{code="GRAPHQL_ERRORS",subgraph="users"} 1`,
		`tributary_subgraph_fetch_duration_seconds_count{subgraph="users"} 4`,
		`tributary_subgraph_representations_total{subgraph="users"} 3`,
		`tributary_errors_total{code="SUBGRAPH_TIMEOUT",subgraph="users"} 1`,
		`tributary_errors_total{code="NO_SUCH_USER",subgraph="users"} 1`,
		`tributary_errors_total{code="NULL_FOR_NON_NULLABLE_FIELD",subgraph=""} 1`,
		`tributary_operation_duration_seconds_count{graphql_operation_name="Named",graphql_operation_type="query",outcome="partial"} 1`,
		`http_server_request_duration_seconds_count{http_request_method="POST",http_response_status_code="200",http_route="/graphql"} 1`,
		`http_server_active_requests 0`,
		"tributary_test 7",
		`tributary_tests{subgraph="users"} 3`,
	)
}

func TestLabelsThatClientsChooseAreBounded(t *testing.T) {
	t.Parallel()
	tel := newTelemetry(t, telemetry.Options{Scrape: true, Metrics: telemetry.MetricOptions{Operations: 5}})
	handler := tel.Handler(operationHandler(func(o *telemetry.Operation) {
		o.ErrorReported("users", fmt.Sprintf("CODE_%p", o))
	}), false)
	for i := range 10_000 {
		serve(handler, fmt.Sprintf("M%d", i), fmt.Sprintf("/path%d?Name%d", i, i))
	}
	text := scrape(t, tel.Metrics())
	for metric, most := range map[string]int{
		"http_server_request_duration_seconds_count{": 1, "tributary_operation_duration_seconds_count{": 6, "tributary_errors_total{": 201,
	} {
		if n := strings.Count(text, "\n"+metric); n != most {
			t.Errorf("%d series of %s", n, metric)
		}
	}
	wantLines(t, text,
		`http_server_request_duration_seconds_count{http_request_method="_OTHER",http_response_status_code="200",http_route="_other"} 10000`,
		`tributary_operation_duration_seconds_count{graphql_operation_name="_other",graphql_operation_type="query",outcome="partial"} 9995`)
}

func TestRequestsAreToldApartByClient(t *testing.T) {
	t.Parallel()
	const series = `http_server_request_duration_seconds_count{http_request_method="POST",http_response_status_code="%d",http_route="/graphql"%s} %d`
	for _, c := range []struct {
		name    string
		clients int
		want    []string
	}{
		{"not where that is off", 0, []string{fmt.Sprintf(series, 200, "", 6), fmt.Sprintf(series, 429, "", 103)}},
		{"up to a number", 2, []string{
			fmt.Sprintf(series, 200, `,tributary_client_name="unknown"`, 1),
			fmt.Sprintf(series, 200, `,tributary_client_name="web"`, 2),
			fmt.Sprintf(series, 200, `,tributary_client_name="ios"`, 1),
			fmt.Sprintf(series, 200, `,tributary_client_name="_other"`, 2),
			fmt.Sprintf(series, 429, `,tributary_client_name="web"`, 1),
			fmt.Sprintf(series, 429, `,tributary_client_name="unknown"`, 1),
			fmt.Sprintf(series, 429, `,tributary_client_name="_other"`, 101),
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tel := newTelemetry(t, telemetry.Options{Scrape: true, Metrics: telemetry.MetricOptions{Clients: c.clients}})
			answer := tel.Handler(operationHandler(func(*telemetry.Operation) {}), false)
			refuse := tel.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) }), false)
			ask := func(h http.Handler, client string) {
				r := httptest.NewRequest(http.MethodPost, "/graphql?Named", nil)
				r.Header.Set("graphql-client-name", client)
				h.ServeHTTP(httptest.NewRecorder(), r)
			}
			for i := range 100 {
				ask(refuse, fmt.Sprint("refused", i)) // these take no place
			}
			for _, client := range []string{"web", "ios", "third", "fourth", "web", ""} {
				ask(answer, client)
			}
			for _, client := range []string{"web", "fifth", ""} {
				ask(refuse, client)
			}
			text := scrape(t, tel.Metrics())
			wantLines(t, text, c.want...)
			if n := strings.Count(text, "\nhttp_server_request_duration_seconds_count{"); n != len(c.want) {
				t.Errorf("%d series of requests", n)
			}
		})
	}
}

// discarder is a response that nobody reads.
type discarder struct{ header http.Header }

func (d discarder) Header() http.Header       { return d.header }
func (discarder) WriteHeader(int)             {}
func (discarder) Write(p []byte) (int, error) { return len(p), nil }

func TestKnownClientsCostNoAllocation(t *testing.T) {
	allocations := func(clients int) float64 {
		tel := newTelemetry(t, telemetry.Options{Scrape: true, Metrics: telemetry.MetricOptions{Operations: 5, Clients: clients}})
		handler := tel.Handler(operationHandler(func(*telemetry.Operation) {}), false)
		r := httptest.NewRequest(http.MethodPost, "/graphql?Named", nil)
		r.Header.Set("graphql-client-name", "shop")
		w := discarder{http.Header{}}
		return testing.AllocsPerRun(100, func() { handler.ServeHTTP(w, r) })
	}
	if off, on := allocations(0), allocations(50); on != off {
		t.Errorf("%v allocations, and %v without", on, off)
	}
}

func TestOperationsThatNobodyRepeatsTakeNoPlace(t *testing.T) {
	t.Parallel()
	tel := newTelemetry(t, telemetry.Options{Scrape: true, Metrics: telemetry.MetricOptions{Operations: 1}})
	handler := tel.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		o, _ := telemetry.FromContext(r.Context()).Begin(r.Context())
		o.Known(r.URL.RawQuery, "query", [16]byte{1}, r.URL.Query().Has("Good"))
		o.End(nil)
	}), false)
	for i := range 100 {
		serve(handler, http.MethodPost, fmt.Sprintf("/graphql?Name%d", i))
	}
	serve(handler, http.MethodPost, "/graphql?Good")
	wantLines(t, scrape(t, tel.Metrics()),
		`tributary_operation_duration_seconds_count{graphql_operation_name="_other",graphql_operation_type="query",outcome="ok"} 100`,
		`tributary_operation_duration_seconds_count{graphql_operation_name="Good",graphql_operation_type="query",outcome="ok"} 1`)
}

func TestSeriesThatExistCostNoAllocation(t *testing.T) {
	tel := newTelemetry(t, telemetry.Options{Scrape: true})
	m, off := tel.Metrics(), (*telemetry.Metrics)(nil)
	if n := testing.AllocsPerRun(100, func() {
		m.Add(telemetry.Errors, 1, "users", "CODE")
		m.Record(telemetry.FetchDuration, .1, "users")
		off.Add(telemetry.Errors, 1, "users", "CODE")
		off.Record(telemetry.FetchDuration, .1, "users")
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestNothingIsPutAroundTheServerWhenAllIsOff(t *testing.T) {
	tel := newTelemetry(t, telemetry.Options{})
	inner := http.NewServeMux()
	if got := tel.Handler(inner, false); got != http.Handler(inner) {
		t.Errorf("got %T", got)
	}
	if n := testing.AllocsPerRun(100, func() {
		o, ctx := telemetry.FromContext(t.Context()).Begin(t.Context())
		o.PlanStarts(ctx)
		o.Known("name", "query", [16]byte{1}, true)
		o.PlanEnds(true, nil)
		o.End(nil)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestSharedExecutionIsToldOfTwice(t *testing.T) {
	t.Parallel()
	tel := newTelemetry(t, telemetry.Options{Scrape: true, Metrics: telemetry.MetricOptions{Operations: 5}})
	serve(tel.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		watching := telemetry.FromContext(r.Context())
		leader, _ := watching.Begin(r.Context())
		leader.Known("Led", "query", [16]byte{1}, true)
		leader.ErrorReported("users", exec.CodeTimeout)
		follower, _ := watching.Begin(r.Context())
		follower.Known("Followed", "query", [16]byte{1}, true)
		follower.Shares(leader.Outcome())
		leader.End(nil)
		follower.EndSince(time.Now(), nil)
	}), false), http.MethodPost, "/graphql")
	wantLines(t, scrape(t, tel.Metrics()),
		`tributary_errors_total{code="SUBGRAPH_TIMEOUT",subgraph="users"} 1`,
		`tributary_operation_duration_seconds_count{graphql_operation_name="Led",graphql_operation_type="query",outcome="partial"} 1`,
		`tributary_operation_duration_seconds_count{graphql_operation_name="Followed",graphql_operation_type="query",outcome="partial"} 1`)
}
