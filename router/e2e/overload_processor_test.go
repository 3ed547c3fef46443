package e2e

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/internal/redistest"
)

// TestProcessorOverload: where requests cost more than the one processor can do, and wait for a slow subgraph as well, some
// are refused at once and told when to come back, all others are answered, and who watches the router gets answers. When it
// is over, the router takes as many as before.
func TestProcessorOverload(t *testing.T) {
	t.Parallel()
	const (
		clients = 200
		most    = 300 // more than there are clients: not their number is what is too much
		takes   = 50 * time.Millisecond
	)
	// What nobody asks for has to be read all the same.
	expensive := `{"data":{"hello":"world","other":[` + strings.Repeat(`{"key":"value","list":[1,2,3]},`, 10_000) + `{}]}}`
	s := subgraph(t, func(w http.ResponseWriter, r *http.Request) {
		timer := time.NewTimer(takes)
		defer timer.Stop()
		select {
		case <-timer.C:
			reply(w, expensive)
		case <-r.Context().Done():
		}
	})
	r := start(t, options{
		Admin: true, Env: []string{"GOMAXPROCS=1"}, Supergraph: supergraphOf(t, graph{"a", s.URL, `type Query { hello: String }`}),
		Config: unshared + "traffic: {overload: {max_in_flight: " + strconv.Itoa(most) + ", min_in_flight: 4, target_delay: 5ms, retry_after: 2s}}\n" +
			"subgraphs: {all: {share: false}}",
	})
	check(t, "before", r.Post(t, `{ hello }`), http.StatusOK, "", `{"hello":"world"}`)

	l := startLoad(t, clients, r)
	var refused *answer
	redistest.Eventually(t, "a request is refused", func() bool {
		for _, path := range []string{"/health", "/ready"} {
			if a := r.Get(t, path); a.Status != http.StatusOK {
				t.Errorf("%s: %d", path, a.Status)
			}
		}
		_ = metric(t, r, "tributary_requests_limit") // or it fails
		refused = ask(t, r, `{ hello }`)
		return refused.Status == http.StatusServiceUnavailable
	})
	if after, err := strconv.Atoi(refused.Header.Get("Retry-After")); err != nil || after < 2 || after > 4 || refused.Errors[0].Code() != "SERVICE_OVERLOADED" {
		t.Errorf("refused with %v %s", refused.Header, refused.Body)
	}
	answered := l.of(200, 200)
	redistest.Eventually(t, "others are answered", func() bool { return l.of(200, 200) > answered+clients/2 })
	if n := metric(t, r, `tributary_requests_shed_total{reason="delay"}`); n == 0 {
		t.Error("nothing was refused because of the processor")
	}
	if bytes := metric(t, r, "process_resident_memory_bytes"); bytes > 500<<20 {
		t.Errorf("the router takes %.0f MB", bytes/(1<<20))
	}
	l.end()
	if other := l.of(0, 599) - l.of(200, 200) - l.of(503, 503); other > 0 || l.broken.Load() > 0 {
		t.Errorf("%d answers are neither good nor refusals, %d requests broke", other, l.broken.Load())
	}

	// The limit grows by a quarter at a time: with other work on the machine that takes longer than one wait.
	redistest.Eventually(t, "the router takes more again", func() bool { return metric(t, r, "tributary_requests_limit") >= clients/4 })
	redistest.Eventually(t, "the router takes as many as before", func() bool { return metric(t, r, "tributary_requests_limit") == most })
	for range 20 {
		check(t, "afterwards", r.Post(t, `{ hello }`), http.StatusOK, "", `{"hello":"world"}`)
	}
}
