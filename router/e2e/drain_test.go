package e2e

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/internal/redistest"
)

// balancer is a load balancer as small as can be: it asks each router for its readiness, sends requests in turn to those
// that are ready, over connections that it keeps, and repeats nothing.
type balancer struct {
	URL string

	mu       sync.Mutex
	backends []*backend // guarded by mu
	next     int
}

type backend struct {
	url     *url.URL
	isReady bool
	proxy   *httputil.ReverseProxy
}

// balance starts a balancer over the routers' addresses; it stops with the test.
func balance(t *testing.T, probeInterval time.Duration, urls ...string) *balancer {
	t.Helper()
	b := &balancer{}
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	// A body that can be read only once keeps the transport from repeating a request on its own.
	transport.DialContext = (&net.Dialer{}).DialContext
	for _, text := range urls {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		one := &backend{url: u}
		one.proxy = &httputil.ReverseProxy{
			Transport: transport,
			Rewrite: func(r *httputil.ProxyRequest) {
				r.SetURL(u)
				r.Out.GetBody = nil
			},
			ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
				if r.Context().Err() == nil {
					t.Errorf("a request to %s was lost: %v", u, err)
				}
				w.WriteHeader(http.StatusBadGateway)
			},
		}
		b.backends = append(b.backends, one)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: b}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = server.Serve(listener) }) // it ends with Close
	for _, one := range b.backends {
		running.Go(func() { b.probe(ctx, one, probeInterval) })
	}
	t.Cleanup(func() {
		_ = server.Close()
		cancel()
		running.Wait()
		transport.CloseIdleConnections()
	})
	b.URL = "http://" + listener.Addr().String()
	return b
}

func (b *balancer) probe(ctx context.Context, one *backend, interval time.Duration) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	client := &http.Client{Timeout: time.Second}
	defer client.CloseIdleConnections()
	for {
		isReady := false
		if response, err := client.Get(one.url.String() + "/ready"); err == nil {
			_ = response.Body.Close()
			isReady = response.StatusCode == http.StatusOK
		}
		b.mu.Lock()
		one.isReady = isReady
		b.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// ServeHTTP implements http.Handler.
func (b *balancer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	var chosen *backend
	for range b.backends {
		b.next = (b.next + 1) % len(b.backends)
		if b.backends[b.next].isReady {
			chosen = b.backends[b.next]
			break
		}
	}
	b.mu.Unlock()
	if chosen == nil {
		http.Error(w, "no router is ready", http.StatusBadGateway)
		return
	}
	chosen.proxy.ServeHTTP(w, r)
}

// ready is how many backends are.
func (b *balancer) ready() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for _, one := range b.backends {
		if one.isReady {
			n++
		}
	}
	return n
}

// TestRollingRestartLosesNothing: under load both routers are restarted one after the other, twice.
func TestRollingRestartLosesNothing(t *testing.T) {
	t.Parallel()
	g := newAccounts(t, pays)
	config := unshared + "traffic: {drain: 300ms}\nsubgraphs: {all: {share: false}}"
	routers := []*router{start(t, options{Supergraph: g.sdl, Config: config}), start(t, options{Supergraph: g.sdl, Config: config})}
	b := balance(t, 20*time.Millisecond, routers[0].URL, routers[1].URL)
	redistest.Eventually(t, "both are ready", func() bool { return b.ready() == 2 })

	through := &router{URL: b.URL}
	var good atomic.Int64
	load, stop := context.WithCancel(t.Context())
	defer stop()
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for load.Err() == nil {
				if a := ask(t, through, bothQuery); a.Status != http.StatusOK || a.DataJSON() != bothData {
					t.Errorf("got %d %s", a.Status, a.Body)
					return
				}
				good.Add(1)
			}
		})
	}
	for range 2 {
		for _, r := range routers {
			before := good.Load()
			r.Restart(t)
			redistest.Eventually(t, "both are ready again", func() bool { return b.ready() == 2 })
			redistest.Eventually(t, "requests go on", func() bool { return good.Load() > before+50 })
		}
	}
	stop()
	group.Wait()
}

// TestDraining: after SIGTERM the router says that it is not ready, still answers, and closes each connection with an answer.
func TestDraining(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{})
	var holds atomic.Bool
	g := newAccounts(t, func(w http.ResponseWriter, r *http.Request) {
		if holds.Load() {
			waitsFor(hold)(w, r)
			return
		}
		pays(w, r)
	})
	r := start(t, options{Supergraph: g.sdl, Config: unshared + "traffic: {drain: 10s}\nsubgraphs: {all: {share: false}}"})
	if a := r.Post(t, bothQuery); a.Header.Get("Connection") != "" {
		t.Errorf("before: Connection %q", a.Header.Get("Connection"))
	}
	holds.Store(true)
	slow := make(chan *answer, 1)
	go func() { slow <- ask(t, r, bothQuery) }()
	redistest.Eventually(t, "a request is under way", func() bool { return g.payments.Count() == 2 })
	if err := r.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	r.eventually(t, "the router is not ready", func() bool { return r.Get(t, "/ready").Status == http.StatusServiceUnavailable })
	if a := r.Get(t, "/health"); a.Status != http.StatusOK {
		t.Errorf("health: %d", a.Status)
	}
	client := &http.Client{Transport: &http.Transport{}}
	for range 3 {
		response, err := client.Post(r.URL+"/graphql", "application/json", strings.NewReader(`{"query":"{me{name}}"}`))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode != http.StatusOK || !response.Close {
			t.Errorf("while draining: %d %s, closes %t, %v", response.StatusCode, text, response.Close, err)
		}
		_ = response.Body.Close()
	}
	close(hold)
	want(t, "the request under way", <-slow, bothData)
}

// TestShutdownWaitsForRequests, and takes no new ones.
func TestShutdownWaitsForRequests(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{})
	g := newAccounts(t, waitsFor(hold))
	r := start(t, options{Supergraph: g.sdl})
	slow := make(chan *answer, 1)
	go func() { slow <- ask(t, r, bothQuery) }()
	redistest.Eventually(t, "a request is under way", func() bool { return g.payments.Count() == 1 })
	if err := r.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	r.eventually(t, "no connection is taken", func() bool {
		conn, err := net.Dial("tcp", strings.TrimPrefix(r.URL, "http://"))
		if err == nil {
			_ = conn.Close()
		}
		return errors.Is(err, syscall.ECONNREFUSED)
	})
	close(hold)
	want(t, "the request under way", <-slow, bothData)
	select {
	case <-r.exited:
	case <-time.After(patience):
		t.Error("the router did not stop")
	}
}

// TestOnlyAWatchedRouterDrainsByDefault: who stops a router by hand does not wait, a balancer gets its time.
func TestOnlyAWatchedRouterDrainsByDefault(t *testing.T) {
	t.Parallel()
	g := newAccounts(t, pays)
	watched := start(t, options{Supergraph: g.sdl, Config: "traffic: {drain_watched: 300ms}"})
	alone := start(t, options{Supergraph: g.sdl, Config: "traffic: {drain_watched: 300ms}"})
	balance(t, 200*time.Millisecond, watched.URL)
	deadline := time.NewTimer(3 * time.Second) // enough for three probes that are half a second apart
	<-deadline.C
	for r, drains := range map[*router]bool{watched: true, alone: false} {
		r.Stop(t)
		if strings.Contains(r.Logs(), `"msg":"draining"`) != drains {
			t.Errorf("want draining: %t; the log says\n%s", drains, r.Logs())
		}
	}
}
