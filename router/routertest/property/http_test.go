package property_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/internal/exec"
	"github.com/tributary-gql/tributary/router/internal/subgraphclient"
	"github.com/tributary-gql/tributary/router/routertest/fake"
	"github.com/tributary-gql/tributary/router/routertest/generate"
	"github.com/tributary-gql/tributary/router/routertest/property"
	"github.com/tributary-gql/tributary/router/routertest/scenario"
	"github.com/tributary-gql/tributary/router/routertest/world"
)

// wire is subgraphs behind real connections. Which fleet answers changes from case to case.
type wire struct {
	client *subgraphclient.Client
	fleet  atomic.Pointer[fake.Fleet]
}

func newWire(t *testing.T, subgraphs []generate.Subgraph, timeout time.Duration) *wire {
	t.Helper()
	w := &wire{}
	endpoints := map[string]subgraphclient.Endpoint{}
	for _, g := range subgraphs {
		server := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, r *http.Request) {
			w.fleet.Load().Handler(g.Name).ServeHTTP(writer, r)
		}))
		t.Cleanup(server.Close)
		endpoints[g.Name] = subgraphclient.Endpoint{URL: server.URL, Timeout: timeout}
	}
	var err error
	if w.client, err = subgraphclient.New(subgraphclient.Options{Subgraphs: endpoints}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.client.Close)
	return w
}

func (w *wire) through(fleet *fake.Fleet) exec.Fetcher {
	w.fleet.Store(fleet)
	return w.client
}

// TestRouterEqualsReferenceOverHTTP runs operations and every fault through the router's own HTTP client.
func TestRouterEqualsReferenceOverHTTP(t *testing.T) {
	t.Parallel()
	operations, faulty := 0, 0
	for seed := uint64(1); seed <= 12; seed++ {
		subgraphs := generate.RandomSubgraphs(seed, generate.SupergraphOptions{})
		super, err := scenario.Compose(subgraphs)
		if err != nil {
			continue // by chance, a set may not compose
		}
		bench, err := property.NewBench(super)
		if err != nil {
			t.Fatal(err)
		}
		w, err := scenario.World(super, subgraphs, world.Options{Seed: seed, Nulls: 100})
		if err != nil {
			t.Fatal(err)
		}
		patient, hasty := newWire(t, subgraphs, 20*time.Second), newWire(t, subgraphs, 50*time.Millisecond)
		check := func(c property.Case) {
			t.Helper()
			if outcome, failure := bench.Check(context.Background(), c); failure != nil {
				t.Errorf("seed %d, faults %v: %v\n%s\n%s", seed, c.Faults, failure, c.Request.Document, describe(outcome))
			}
		}
		for i, kind := range fake.FaultKinds() {
			request, err := generate.RandomOperation(w, seed*100+uint64(i), generate.OperationOptions{})
			if err != nil {
				t.Fatal(err)
			}
			check(property.Case{World: w, Request: request, Through: patient.through})
			operations++
			through := patient.through
			if kind == fake.Hang {
				through = hasty.through
			}
			check(property.Case{World: w, Request: request, Through: through, Faults: []fake.Fault{{Kind: kind, Times: 1, Skip: i % 3}}})
			faulty++
		}
	}
	if want := 10 * len(fake.FaultKinds()); operations < want || faulty < want {
		t.Errorf("only %d operations and %d faults, want %d of each", operations, faulty, want)
	}
}
