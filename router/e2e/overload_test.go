package e2e

import (
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/internal/redistest"
)

// TestShedding: beyond what the router may take on, clients are told at once to come back; probes never are.
func TestShedding(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{})
	g := newAccounts(t, waitsFor(hold))
	r := start(t, options{
		Supergraph: g.sdl, Admin: true,
		Config: unshared + "traffic: {overload: {max_in_flight: 10, retry_after: 3s}}\nsubgraphs: {all: {share: false}}",
	})
	answers := make(chan *answer, 100)
	for range 100 {
		go func() {
			answers <- ask(t, r, bothQuery, withHeader("Accept", "application/graphql-response+json"))
		}()
	}
	for range 90 {
		a := <-answers
		after, err := strconv.Atoi(a.Header.Get("Retry-After"))
		if a.Status != http.StatusServiceUnavailable || err != nil || after < 3 || after > 6 || len(a.Errors) != 1 || a.Errors[0].Code() != "SERVICE_OVERLOADED" {
			t.Fatalf("got %d %v %s", a.Status, a.Header, a.Body)
		}
	}
	for range 20 {
		for _, path := range []string{"/health", "/ready"} {
			if a := r.Get(t, path); a.Status != http.StatusOK {
				t.Errorf("%s: %d", path, a.Status)
			}
		}
	}
	close(hold)
	for range 10 {
		want(t, "those that were taken", <-answers, bothData)
	}
	want(t, "afterwards", r.Post(t, bothQuery), bothData)
	r.WaitLog(t, "overloaded")
	if n := metric(t, r, `tributary_requests_shed_total{reason="in_flight"}`); n != 90 {
		t.Errorf("%v refused requests are counted", n)
	}
}

// TestClientsThatSendSlowly lose their connection, and with it their place.
func TestClientsThatSendSlowly(t *testing.T) {
	t.Parallel()
	g := newAccounts(t, pays)
	r := start(t, options{Supergraph: g.sdl, Config: "traffic: {read_timeout: 300ms, overload: {max_in_flight: 5}}"})
	var group sync.WaitGroup
	for range 5 {
		group.Go(func() {
			conn, err := net.Dial("tcp", strings.TrimPrefix(r.URL, "http://"))
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			_, _ = io.WriteString(conn, "POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
			_ = conn.SetDeadline(time.Now().Add(patience))
			text, err := io.ReadAll(conn) // until the router closes
			if err != nil || strings.HasPrefix(string(text), "HTTP/1.1 2") {
				t.Errorf("got %s, %v", text, err)
			}
		})
	}
	group.Wait()
	redistest.Eventually(t, "others are answered", func() bool { return ask(t, r, bothQuery).DataJSON() == bothData })
	if n := g.users.Count(); n != 1 {
		t.Errorf("%d requests reached a subgraph", n)
	}
}

// TestTenfoldOverloadKeepsGoodput: a subgraph that answers four requests at a time gets ten times as many clients as it can
// serve, each of which gives up after a while. What it does is not done in vain, and what waits is bounded.
func TestTenfoldOverloadKeepsGoodput(t *testing.T) {
	t.Parallel()
	const (
		capacity = 4                     // requests that the subgraph answers at a time
		takes    = 20 * time.Millisecond // each
		clients  = 10 * 2 * capacity     // the router lets twice the capacity wait
		requests = 20                    // of each client
	)
	var underWay, most, served atomic.Int64
	places := make(chan struct{}, capacity)
	g := newAccounts(t, func(w http.ResponseWriter, r *http.Request) {
		now := underWay.Add(1)
		defer underWay.Add(-1)
		for m := most.Load(); now > m && !most.CompareAndSwap(m, now); m = most.Load() {
		}
		select {
		case places <- struct{}{}:
		case <-r.Context().Done():
			return
		}
		defer func() { <-places }()
		timer := time.NewTimer(takes)
		defer timer.Stop()
		<-timer.C
		served.Add(1)
		pays(w, r)
	})
	r := start(t, options{
		Supergraph: g.sdl, Admin: true,
		Config: unshared + "traffic: {timeout: 2s, overload: {max_in_flight: 16}}\n" +
			"subgraphs: {all: {share: false}, payments: {concurrency: {max: 8, queue: 8}}}",
	})
	var good, shed, other atomic.Int64
	var group sync.WaitGroup
	for range clients {
		group.Go(func() {
			for range requests {
				switch a := ask(t, r, `{rate}`); {
				case a.Status == http.StatusOK && a.DataJSON() == `{"rate":3}`:
					good.Add(1)
				case a.Status == http.StatusServiceUnavailable && a.Header.Get("Retry-After") != "":
					shed.Add(1)
					<-time.After(takes) // far sooner than it was asked to
				default:
					if other.Add(1) == 1 {
						t.Errorf("got %d %s", a.Status, a.Body)
					}
				}
			}
		})
	}
	group.Wait()
	if other.Load() > 0 || good.Load()+shed.Load() != clients*requests || shed.Load() == 0 {
		t.Errorf("%d good, %d refused, %d neither", good.Load(), shed.Load(), other.Load())
	}
	if most.Load() > 8 || good.Load() != served.Load() {
		t.Errorf("the subgraph had %d at once, and answered %d for %d good answers", most.Load(), served.Load(), good.Load())
	}
	if bytes := metric(t, r, "process_resident_memory_bytes"); bytes > 200<<20 {
		t.Errorf("the router takes %.0f MB", bytes/(1<<20))
	}
}

// metric gives the value of a metric, with its labels as Prometheus writes them.
func metric(t testing.TB, r *router, name string) float64 {
	t.Helper()
	for line := range strings.Lines(r.Metrics(t)) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), " "); ok && key == name {
			number, err := strconv.ParseFloat(value, 64)
			if err != nil {
				t.Fatal(err)
			}
			return number
		}
	}
	t.Fatalf("there is no metric %s", name)
	return 0
}
