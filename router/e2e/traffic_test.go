package e2e

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/internal/redistest"
)

// accounts is a graph of two subgraphs: users answers at once, payments as a test wants.
type accounts struct {
	users, payments *service
	sdl             string
}

func newAccounts(t testing.TB, payments http.HandlerFunc) *accounts {
	t.Helper()
	a := &accounts{
		users:    subgraph(t, data(`{"me":{"__typename":"User","id":"1","name":"Ada"}}`)),
		payments: subgraph(t, payments),
	}
	a.sdl = supergraphOf(t,
		graph{"users", a.users.URL, `type Query { me: User } type User @key(fields: "id") { id: ID! name: String }`},
		graph{"payments", a.payments.URL, `type Query { rate: Int } type Mutation { pay: Int } type User @key(fields: "id") { id: ID! balance: Int }`})
	return a
}

// unshared lets identical requests be answered one by one.
const unshared = "sharing: {requests: \"off\"}\n"

const (
	bothQuery = `{ me { name balance } }`
	bothData  = `{"me":{"balance":7,"name":"Ada"}}`
	halfData  = `{"me":{"balance":null,"name":"Ada"}}`
)

// pays answers as payments does when all is well.
var pays = entities(`{"rate":3,"pay":4}`, func(representation map[string]any) map[string]any {
	return map[string]any{"__typename": "User", "id": representation["id"], "balance": 7}
})

// hangs answers nothing until the router gives up, and counts that.
func hangs(cancelled *atomic.Int64) http.HandlerFunc {
	return func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		cancelled.Add(1)
	}
}

// waitsFor answers well once hold is closed, and nothing when the router gives up before.
func waitsFor(hold <-chan struct{}) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-hold:
			pays(w, r)
		case <-r.Context().Done():
		}
	}
}

// failsTimes answers the first requests with a status, the others well.
func failsTimes(times int64, status int, header ...string) http.HandlerFunc {
	var seen atomic.Int64
	return func(w http.ResponseWriter, r *http.Request) {
		if seen.Add(1) > times {
			pays(w, r)
			return
		}
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
	}
}

// want checks an answer's data and the codes of its errors.
func want(t testing.TB, what string, a *answer, data string, codes ...string) {
	t.Helper()
	if a.Status != http.StatusOK || a.DataJSON() != data || strings.Join(a.Codes(), " ") != strings.Join(codes, " ") {
		t.Errorf("%s: got %d %s, want %s and %v", what, a.Status, a.Body, data, codes)
	}
}

// ask sends a query from any goroutine.
func ask(t testing.TB, r *router, query string, changes ...change) *answer {
	request, err := http.NewRequest(http.MethodPost, r.URL+"/graphql", strings.NewReader(fmt.Sprintf(`{"query":%q}`, query)))
	if err == nil {
		request.Header.Set("Content-Type", "application/json")
		var a *answer
		if a, err = r.Try(request, changes...); err == nil {
			return a
		}
	}
	t.Error(err)
	return &answer{}
}

// TestWhatHasArrivedByTheDeadlineIsAnswered, and who is still working learns that nobody waits.
func TestWhatHasArrivedByTheDeadlineIsAnswered(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ config, code, message string }{
		"of the request":  {"traffic: {timeout: 300ms}", "REQUEST_TIMEOUT", ""},
		"of the subgraph": {"subgraphs: {payments: {timeout: 300ms}}", "SUBGRAPH_TIMEOUT", `Subgraph "payments" did not answer within 300ms.`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var cancelled atomic.Int64
			g := newAccounts(t, hangs(&cancelled))
			r := start(t, options{Supergraph: g.sdl, Config: test.config})
			a := r.Post(t, bothQuery)
			want(t, name, a, halfData, test.code)
			if e := a.Errors[0]; e.Extensions["serviceName"] != "payments" || fmt.Sprint(e.Path) != "[me]" && fmt.Sprint(e.Path) != "[me balance]" ||
				test.message != "" && e.Message != test.message {
				t.Errorf("got %s", a.Body)
			}
			redistest.Eventually(t, "the subgraph sees that the router has gone", func() bool { return cancelled.Load() == 1 })
			if n := g.payments.Count(); n != 1 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

func TestAClientThatGoesEndsItsFetches(t *testing.T) {
	t.Parallel()
	var cancelled atomic.Int64
	g := newAccounts(t, hangs(&cancelled))
	r := start(t, options{Supergraph: g.sdl})
	ctx, cancel := context.WithCancel(t.Context())
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, r.URL+"/graphql", strings.NewReader(`{"query":"{me{balance}}"}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	done := make(chan error, 1)
	go func() {
		_, err := r.Try(request)
		done <- err
	}()
	redistest.Eventually(t, "the subgraph is asked", func() bool { return g.payments.Count() == 1 })
	cancel()
	if err := <-done; err == nil {
		t.Error("the client got an answer")
	}
	redistest.Eventually(t, "the subgraph sees that the router has gone", func() bool { return cancelled.Load() == 1 })
}

func TestRetries(t *testing.T) {
	t.Parallel()
	const quick = "subgraphs: {all: {retry: {backoff: 2ms, max_retry_after: 1s}}}"
	for name, test := range map[string]struct {
		config, query string
		handler       http.HandlerFunc
		requests      int
		data, code    string
	}{
		"a query that fails twice":           {quick, bothQuery, failsTimes(2, 503), 3, bothData, ""},
		"one that fails for longer":          {quick, bothQuery, failsTimes(9, 503), 3, halfData, "SUBGRAPH_HTTP_ERROR"},
		"a mutation":                         {quick, `mutation { pay }`, failsTimes(1, 503), 1, `{"pay":null}`, "SUBGRAPH_HTTP_ERROR"},
		"a status that says nothing of time": {quick, bothQuery, failsTimes(1, 500), 1, halfData, "SUBGRAPH_HTTP_ERROR"},
		"a wait that is too long":            {quick, bothQuery, failsTimes(1, 429, "Retry-After", "60"), 1, halfData, "SUBGRAPH_HTTP_ERROR"},
		"a wait that is short":               {quick, bothQuery, failsTimes(1, 429, "Retry-After", "1"), 2, bothData, ""},
		"retries switched off": {"subgraphs: {all: {retry: {enabled: false}}}", bothQuery, failsTimes(1, 503), 1, halfData,
			"SUBGRAPH_HTTP_ERROR"},
		"other statuses": {"subgraphs: {payments: {retry: {backoff: 2ms, statuses: [500]}}}", bothQuery, failsTimes(1, 500), 2, bothData, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newAccounts(t, test.handler)
			r := start(t, options{Supergraph: g.sdl, Config: test.config})
			codes := strings.Fields(test.code)
			want(t, name, r.Post(t, test.query), test.data, codes...)
			if n := g.payments.Count(); n != test.requests {
				t.Errorf("%d requests, want %d", n, test.requests)
			}
		})
	}
}

// TestRetriesHaveABudget: a subgraph that fails gets at most a fifth more to do, and the burst.
func TestRetriesHaveABudget(t *testing.T) {
	t.Parallel()
	g := newAccounts(t, failsTimes(1<<40, 503))
	r := start(t, options{Supergraph: g.sdl, Config: "subgraphs: {all: {retry: {backoff: 1ms, budget_burst: 5}, breaker: {enabled: false}}}"})
	const queries = 100
	for range queries {
		want(t, "a failing subgraph", r.Post(t, bothQuery), halfData, "SUBGRAPH_HTTP_ERROR")
	}
	if n := g.payments.Count(); n <= queries || n > queries+queries/5+5 {
		t.Errorf("%d requests for %d queries", n, queries)
	}
}

// TestCircuitBreaker: a subgraph that is down is left alone, which others do not notice, and taken back when it is up.
func TestCircuitBreaker(t *testing.T) {
	t.Parallel()
	var isUp atomic.Bool
	g := newAccounts(t, func(w http.ResponseWriter, r *http.Request) {
		if isUp.Load() {
			pays(w, r)
			return
		}
		w.WriteHeader(http.StatusInternalServerError)
	})
	r := start(t, options{Supergraph: g.sdl, Config: "subgraphs: {payments: {breaker: {min_requests: 10, open: 200ms}}}"})
	for range 10 {
		want(t, "while it fails", r.Post(t, bothQuery), halfData, "SUBGRAPH_HTTP_ERROR")
	}
	g.payments.Reset()
	began := time.Now()
	for range 50 {
		a := r.Post(t, bothQuery)
		if codes := a.Codes(); a.DataJSON() != halfData || len(codes) != 1 || codes[0] != "SUBGRAPH_CIRCUIT_OPEN" && codes[0] != "SUBGRAPH_HTTP_ERROR" {
			t.Fatalf("got %s", a.Body)
		} else if codes[0] == "SUBGRAPH_CIRCUIT_OPEN" && (a.Errors[0].Extensions["serviceName"] != "payments" || !strings.Contains(a.Errors[0].Message, `"payments"`)) {
			t.Fatalf("the error names no subgraph: %s", a.Body)
		}
	}
	if n, probes := g.payments.Count(), int(time.Since(began)/(200*time.Millisecond))+1; n > probes {
		t.Errorf("%d requests, %d probes were due", n, probes)
	}
	isUp.Store(true)
	redistest.Eventually(t, "the circuit closes", func() bool { return r.Post(t, bothQuery).DataJSON() == bothData })
	for range 20 {
		want(t, "afterwards", r.Post(t, bothQuery), bothData)
	}
	r.WaitLog(t, "circuit breaker", `"to":"open"`, "payments")
	r.WaitLog(t, "circuit breaker", `"to":"closed"`, "payments")
}

// TestGraphQLErrorsOpenNoCircuit: a subgraph that answers, whatever it says, is up.
func TestGraphQLErrorsOpenNoCircuit(t *testing.T) {
	t.Parallel()
	g := newAccounts(t, func(w http.ResponseWriter, _ *http.Request) { reply(w, `{"errors":[{"message":"no"}]}`) })
	r := start(t, options{Supergraph: g.sdl, Config: "subgraphs: {payments: {breaker: {min_requests: 5}}}"})
	for range 30 {
		r.Post(t, `{rate}`)
	}
	if n := g.payments.Count(); n != 30 {
		t.Errorf("%d requests", n)
	}
}

// TestFetchesUnderWayAreBounded: what one subgraph has too much of, others do not notice.
func TestFetchesUnderWayAreBounded(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{})
	g := newAccounts(t, waitsFor(hold))
	r := start(t, options{Supergraph: g.sdl, Config: unshared + "subgraphs: {payments: {share: false, concurrency: {max: 3, queue: 4, wait: 20s}}}"})
	answers := make(chan *answer, 20)
	for range 20 {
		go func() { answers <- ask(t, r, bothQuery) }()
	}
	for range 13 {
		want(t, "beyond the queue", <-answers, halfData, "SUBGRAPH_OVERLOADED")
	}
	want(t, "the other subgraph", r.Post(t, `{me{name}}`), `{"me":{"name":"Ada"}}`)
	redistest.Eventually(t, "three are under way", func() bool { return g.payments.Count() == 3 })
	close(hold)
	for range 7 {
		want(t, "in its turn", <-answers, bothData)
	}
}

// TestHedges: when an answer takes long a second request brings it, and the first is cancelled.
func TestHedges(t *testing.T) {
	t.Parallel()
	var seen, cancelled atomic.Int64
	g := newAccounts(t, func(w http.ResponseWriter, r *http.Request) {
		if seen.Add(1) == 1 {
			hangs(&cancelled)(w, r)
			return
		}
		pays(w, r)
	})
	r := start(t, options{Supergraph: g.sdl, Config: "subgraphs: {payments: {hedge: {enabled: true, delay: 50ms}}}"})
	want(t, "a slow answer", r.Post(t, bothQuery), bothData)
	redistest.Eventually(t, "the loser is cancelled", func() bool { return cancelled.Load() == 1 })
	if n := g.payments.Count(); n != 2 {
		t.Errorf("%d requests", n)
	}
}

// TestSharedFetchesAreRetriedOnce: those who share a fetch share its retries.
func TestSharedFetchesAreRetriedOnce(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	var seen atomic.Int64
	g := newAccounts(t, func(w http.ResponseWriter, r *http.Request) {
		if seen.Add(1) == 1 {
			select {
			case <-release:
			case <-r.Context().Done():
			}
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		pays(w, r)
	})
	r := start(t, options{Supergraph: g.sdl, Config: unshared + "subgraphs: {all: {retry: {backoff: 1ms}}}"})
	var group sync.WaitGroup
	for range 10 {
		group.Go(func() {
			if a := ask(t, r, `{rate}`); a.DataJSON() != `{"rate":3}` || len(a.Errors) > 0 {
				t.Errorf("got %s", a.Body)
			}
		})
	}
	redistest.Eventually(t, "the subgraph is asked", func() bool { return seen.Load() == 1 })
	close(release)
	group.Wait()
	if n := g.payments.Count(); n > 12 || n < 2 {
		t.Errorf("%d requests for 10 clients", n)
	}
}

// TestTrafficIsMeasured: what was done about a subgraph is on the operators' page, and nothing about others.
func TestTrafficIsMeasured(t *testing.T) {
	t.Parallel()
	g := newAccounts(t, failsTimes(1<<40, 503))
	r := start(t, options{
		Supergraph: g.sdl, Admin: true,
		Config: "subgraphs: {all: {retry: {backoff: 1ms, budget_burst: 3, budget_percent: 1}, breaker: {min_requests: 10, open: 1m}}}",
	})
	for range 30 {
		r.Post(t, bothQuery)
	}
	if retries, requests := metric(t, r, `tributary_subgraph_retries_total{subgraph="payments"}`), g.payments.Count(); retries != 3 || requests != 10 {
		t.Errorf("%v retries, %d requests", retries, requests)
	}
	for _, positive := range []string{
		`tributary_subgraph_retries_denied_total{subgraph="payments"}`,
		`tributary_subgraph_fetches_refused_total{reason="circuit",subgraph="payments"}`,
	} {
		if n := metric(t, r, positive); n <= 0 {
			t.Errorf("%s %v", positive, n)
		}
	}
	for name, value := range map[string]float64{
		`tributary_subgraph_circuit_transitions_total{state="open",subgraph="payments"}`: 1,
		`tributary_subgraph_circuit_state{subgraph="payments"}`:                          2,
		`tributary_subgraph_circuit_state{subgraph="users"}`:                             0,
		`tributary_subgraph_fetches_active{subgraph="payments"}`:                         0,
		`tributary_subgraph_fetches_limit{subgraph="users"}`:                             512,
		`tributary_requests_limit`:                                                       10000,
	} {
		if n := metric(t, r, name); n != value {
			t.Errorf("%s %v, want %v", name, n, value)
		}
	}
}
