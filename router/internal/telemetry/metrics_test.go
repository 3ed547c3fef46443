package telemetry_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

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

func TestMetrics(t *testing.T) {
	t.Parallel()
	m := telemetry.NewMetrics()
	m.Gauge("tributary_test", "A test.", func() float64 { return 7 })
	fetch := &plan.Fetch{Subgraph: "users"}
	m.FetchDone(exec.FetchReport{Fetch: fetch, Representations: 3})
	m.FetchDone(exec.FetchReport{Fetch: fetch, Err: &exec.FetchError{Code: exec.CodeTimeout}})
	m.FetchDone(exec.FetchReport{Fetch: fetch, Err: errors.New("other")})
	m.FetchDone(exec.FetchReport{Fetch: fetch, Errors: 2})
	handler := m.Measure(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			w.WriteHeader(http.StatusTeapot)
		}
	}))
	for i := range 1000 {
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(fmt.Sprintf("M%d", i), "/", nil))
	}
	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	text := scrape(t, m)
	for _, line := range []string{
		`tributary_subgraph_fetch_errors_total{code="SUBGRAPH_TIMEOUT",subgraph="users"} 1`,
		`tributary_subgraph_fetch_errors_total{code="INTERNAL_SERVER_ERROR",subgraph="users"} 1`,
		`tributary_subgraph_fetch_errors_total{code="GRAPHQL_ERRORS",subgraph="users"} 1`,
		`tributary_subgraph_fetch_duration_seconds_count{subgraph="users"} 4`,
		`tributary_subgraph_representations_total{subgraph="users"} 3`,
		`http_server_request_duration_seconds_count{http_request_method="GET",http_response_status_code="418"} 1`,
		`http_server_request_duration_seconds_count{http_request_method="_OTHER",http_response_status_code="200"} 1000`,
		"tributary_test 7",
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("missing: %s", line)
		}
	}
	if n := strings.Count(text, "http_server_request_duration_seconds_count{"); n != 2 {
		t.Errorf("%d series of requests for 1000 methods", n)
	}
}
