package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/internal/redistest"
)

// limited starts a router with rate limits over one subgraph.
func limited(t *testing.T, redis, rules string) *router {
	t.Helper()
	s := subgraph(t, data(`{"hello":"world"}`))
	return start(t, options{
		Config:     "rate_limits: {" + redis + "rules: [" + rules + "]}",
		Supergraph: supergraphOf(t, graph{"a", s.URL, `type Query { hello: String }`}),
	})
}

// onRedis is the part of the configuration that names servers.
func onRedis(onError string, addresses ...string) string {
	return fmt.Sprintf("redis: {addresses: [%s]}, on_error: %s, ", strings.Join(addresses, ", "), onError)
}

// TestRateLimits: several limits at once, other limits for some, and limits that only measure.
func TestRateLimits(t *testing.T) {
	t.Parallel()
	r := limited(t, "", `{name: app, key: client_name, rate: 3, per: 1h, overrides: [{when: 'client_version startsWith "2."', rate: 5}]},
		{name: key, key: api_key, rate: 2, per: 1h}, {name: watched, key: address, rate: 1, per: 1h, measure: true}`)
	ask := func(name, version, key string) *answer {
		return r.Post(t, `{ hello }`, func(request *http.Request) {
			for header, value := range map[string]string{"graphql-client-name": name, "graphql-client-version": version, "X-API-Key": key} {
				if value != "" {
					request.Header.Set(header, value)
				}
			}
		})
	}
	for i := range 3 {
		if a := ask("web", "1.0", ""); a.Status != 200 || a.Header.Get("Ratelimit-Remaining") != fmt.Sprint(2-i) || a.Header.Get("Ratelimit-Limit") != "3" || a.Header.Get("Ratelimit-Reset") == "" {
			t.Errorf("%d: %d %v", i, a.Status, a.Header)
		}
	}
	a := ask("web", "1.0", "")
	check(t, "the fourth", a, 429, "REQUEST_RATE_LIMITED", "")
	if a.Header.Get("Retry-After") != "1200" || a.Header.Get("Content-Type") != "application/json; charset=utf-8" {
		t.Errorf("%v", a.Header)
	}
	check(t, "another client", ask("ios", "1.0", ""), 200, "", `{"hello":"world"}`)
	for i := range 5 {
		if a := ask("tv", "2.1", ""); a.Status != 200 || a.Header.Get("Ratelimit-Remaining") != fmt.Sprint(4-i) {
			t.Errorf("override %d: %d %v", i, a.Status, a.Header)
		}
	}
	check(t, "an override's sixth", ask("tv", "2.1", ""), 429, "REQUEST_RATE_LIMITED", "")
	if a := ask("car", "1", "k"); a.Header.Get("Ratelimit-Limit") != "2" { // the smaller share is left of the key's limit
		t.Errorf("%v", a.Header)
	}
	check(t, "the key's second", ask("car", "1", "k"), 200, "", `{"hello":"world"}`)
	check(t, "the key's third, by another client", ask("bus", "1", "k"), 429, "REQUEST_RATE_LIMITED", "")
	batch := r.PostBody(t, []byte(`[{"query":"{ hello }"},{"query":"{ hello }"},{"query":"{ hello }"},{"query":"{ hello }"}]`), withHeader("graphql-client-name", "b"))
	check(t, "a batch of four", batch, 429, "REQUEST_RATE_LIMITED", "")
}

// load sends requests until stop is closed, and counts the answers by status.
type load struct {
	statuses [600]atomic.Int64
	broken   atomic.Int64
	stop     chan struct{}
	running  sync.WaitGroup
}

func startLoad(t *testing.T, clients int, routers ...*router) *load {
	t.Helper()
	l := &load{}
	l.start(t, clients, routers)
	return l
}

// start starts clients that send requests with the changes.
func (l *load) start(t *testing.T, clients int, routers []*router, changes ...change) {
	t.Helper()
	l.stop = make(chan struct{})
	for i := range clients {
		r := routers[i%len(routers)]
		l.running.Go(func() {
			for {
				select {
				case <-l.stop:
					return
				default:
				}
				request, err := http.NewRequest(http.MethodPost, r.URL+"/graphql", bytes.NewReader([]byte(`{"query":"{ hello }"}`)))
				if err != nil {
					l.broken.Add(1)
					return
				}
				request.Header.Set("Content-Type", "application/json")
				a, err := r.Try(request, changes...)
				if err != nil {
					l.broken.Add(1)
					continue
				}
				l.statuses[a.Status].Add(1)
			}
		})
	}
	t.Cleanup(l.end)
}

func (l *load) end() {
	select {
	case <-l.stop:
	default:
		close(l.stop)
	}
	l.running.Wait()
}

// of sums up the answers with a status from one to another.
func (l *load) of(from, to int) int64 {
	total := int64(0)
	for status := from; status <= to; status++ {
		total += l.statuses[status].Load()
	}
	return total
}

// recovery is how soon limits are on a Redis that is back.
const recovery = 5 * time.Second

// within waits for something that has to happen in a time.
func within(t *testing.T, most time.Duration, what string, holds func() bool) {
	t.Helper()
	began := time.Now()
	redistest.Eventually(t, what, holds)
	if took := time.Since(began); took > most {
		t.Errorf("it took %v, at most %v is allowed: %s", took, most, what)
	}
}

// TestRedisOutageUnderLoad: whatever on_error says, a Redis that dies and returns costs no failed request but those that
// deny refuses, and limits count on Redis again soon after.
func TestRedisOutageUnderLoad(t *testing.T) {
	t.Parallel()
	const rule = `{name: all, key: address, rate: 1000000, per: 1s}`
	for _, onError := range []string{"allow", "local", "deny"} {
		t.Run(onError, func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t)
			r := limited(t, onRedis(onError, server.Address), rule)
			l := startLoad(t, 4, r)
			progress := func(what string) {
				t.Helper()
				before := l.of(200, 200)
				redistest.Eventually(t, what, func() bool { return l.of(200, 200) >= before+50 })
			}
			progress("requests are answered")
			server.Kill()
			r.WaitLog(t, "rate limits cannot reach Redis")
			if onError == "deny" {
				redistest.Eventually(t, "requests are refused", func() bool { return l.of(503, 503) > 0 })
			} else {
				progress("requests are answered without Redis")
			}
			server.Start(t)
			within(t, recovery, "limits are on Redis again", func() bool {
				return strings.Contains(r.Logs(), "rate limits are on Redis again") && server.Says("commandstats", "cmdstat_evalsha:")
			})
			progress("requests are answered on Redis again")
			l.end()
			failed := l.of(500, 599)
			if onError == "deny" {
				failed -= l.of(503, 503)
			}
			if failed > 0 || l.broken.Load() > 0 || l.of(400, 499) > 0 {
				t.Errorf("%d failed, %d broke, %d were refused", failed, l.broken.Load(), l.of(400, 499))
			}
		})
	}
}

// TestStartWithoutRedis: the router is ready and answers, and the limits are on Redis as soon as it is there.
func TestStartWithoutRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Reserve(t)
	r := limited(t, onRedis("local", server.Address), `{name: all, key: 'header("x-user")', rate: 2, per: 1h}`)
	ask := func(user string) *answer { return r.Post(t, `{ hello }`, withHeader("X-User", user)) }
	for range 2 {
		check(t, "without Redis", ask("a"), 200, "", `{"hello":"world"}`)
	}
	check(t, "each router counts for itself", ask("a"), 429, "REQUEST_RATE_LIMITED", "")
	server.Start(t)
	r.WaitLog(t, "rate limits are on Redis again")
	check(t, "on Redis", ask("b"), 200, "", `{"hello":"world"}`)
	client := server.Client()
	defer client.Close()
	if keys, err := client.Keys(t.Context(), "*b}").Result(); err != nil || len(keys) != 1 {
		t.Errorf("Redis holds %v, %v", keys, err)
	}
}

// TestTwoRoutersShareLimits: over any time two routers together admit no more than the limit says.
func TestTwoRoutersShareLimits(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	const rate, burst = 50, 20
	rule := fmt.Sprintf(`{name: all, key: address, rate: %d, per: 1s, burst: %d}`, rate, burst)
	config := fmt.Sprintf("redis: {addresses: [%s]}, timeout: 5s, on_error: deny, ", server.Address)
	one, two := limited(t, config, rule), limited(t, config, rule)
	began := time.Now()
	l := startLoad(t, 8, one, two)
	redistest.Eventually(t, "limits refuse some and admit others", func() bool { return l.of(429, 429) > 100 && l.of(200, 200) > 2*burst })
	l.end()
	most := int64(burst + rate*time.Since(began).Seconds() + 1)
	if admitted := l.of(200, 200); admitted > most {
		t.Errorf("%d were admitted, and at most %d may be", admitted, most)
	}
	if other := l.of(0, 199) + l.of(201, 428) + l.of(430, 599) + l.broken.Load(); other > 0 {
		t.Errorf("%d answers of other kinds", other)
	}
}
