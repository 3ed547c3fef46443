package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
)

const meSDL = `type Query { me: User } type User @key(fields: "id") { id: ID! name: String }`

func TestANewConfigurationIsTakenUp(t *testing.T) {
	t.Parallel()
	users := subgraph(t, data(`{"me":{"__typename":"User","id":"u1","name":"Ada"}}`))
	config := func(header, rest string) string {
		return "headers: {all: {request: [{insert: x-version, value: " + header + "}]}}\n" + rest
	}
	r := start(t, options{Config: config("one", ""), Supergraph: supergraphOf(t, graph{"users", users.URL, meSDL})})
	ask := func() string {
		t.Helper()
		if a := r.Post(t, `{ me { name } }`); a.Status != http.StatusOK || len(a.Errors) > 0 {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		return users.Last(t).Header.Get("X-Version")
	}
	if got := ask(); got != "one" {
		t.Fatalf("got %q", got)
	}

	r.Write(t, "router.yml", config("two", "limits: {depth: 1}"))
	r.WaitLog(t, "configuration in use", `"changed":"limits headers"`)
	if a := r.Post(t, `{ me { name } }`); len(a.Errors) != 1 {
		t.Errorf("the new limit does not hold: %s", a.Body)
	}
	r.Write(t, "router.yml", config("three", ""))
	r.eventually(t, "the third configuration is in use", func() bool {
		a := r.Post(t, `{ me { name } }`)
		return len(a.Errors) == 0 && users.Last(t).Header.Get("X-Version") == "three"
	})

	// What is wrong is said, all of it, and changes nothing.
	r.Write(t, "router.yml", config("four", "limits: {depth: -1}\nlog: {level: loud}"))
	line := r.WaitLog(t, "the new configuration cannot be used; the old one stays in use")
	if !strings.Contains(line, "limits.depth") || !strings.Contains(line, "log.level") {
		t.Errorf("the log says: %s", line)
	}
	if got := ask(); got != "three" {
		t.Errorf("with a broken configuration: %q", got)
	}
	r.Write(t, "router.yml", config("four", "headers: {al: {}}"))
	r.WaitLog(t, "the old one stays in use", "is given twice")
	r.Write(t, "router.yml", config("four", `authorization: {policies: {a: "1 +"}}`))
	r.WaitLog(t, "the old one stays in use", "authorization.policies.a")
	if got := ask(); got != "three" {
		t.Errorf("with a broken configuration: %q", got)
	}

	// What needs a restart is named; the rest is taken up.
	r.Write(t, "router.yml", config("five", "admin_listen: 127.0.0.1:1\nlog: {level: debug}"))
	r.WaitLog(t, "this setting changes only with a restart", `"setting":"admin_listen"`)
	r.eventually(t, "the fifth configuration is in use", func() bool { return ask() == "five" })
}

func TestAHangUpSignalReadsTheConfigurationAgain(t *testing.T) {
	t.Parallel()
	users := subgraph(t, data(`{"me":{"__typename":"User","id":"u1","name":"Ada"}}`))
	r := start(t, options{Supergraph: supergraphOf(t, graph{"users", users.URL, meSDL})})
	if err := r.command.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	r.WaitLog(t, "the configuration was read again and says the same")
	if a := r.Post(t, `{ me { name } }`); a.Status != http.StatusOK {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}

// TestRequestsUnderWayEndOnTheirConfiguration: no request fails while configurations change, and one that hangs meanwhile
// ends as it began.
func TestRequestsUnderWayEndOnTheirConfiguration(t *testing.T) {
	t.Parallel()
	held, arrived := make(chan struct{}), make(chan struct{}, 1)
	users := subgraph(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Hold") != "" {
			arrived <- struct{}{}
			select {
			case <-held:
			case <-r.Context().Done():
			}
		}
		w.Header().Set("X-Version", r.Header.Get("X-Version"))
		reply(w, `{"data":{"me":{"__typename":"User","id":"u1","name":"Ada"}}}`)
	})
	config := func(version int) string {
		return fmt.Sprintf(`
rate_limits: {rules: [{name: all, key: '"all"', rate: 100000, per: 10000h}]}
headers: {all: {request: [{propagate: x-hold}, {insert: x-version, value: v%d}], response: [{propagate: x-version, rename: x-served-by-%d}]}}`, version, version)
	}
	r := start(t, options{Config: config(0), Supergraph: supergraphOf(t, graph{"users", users.URL, meSDL})})
	var all sync.WaitGroup
	all.Go(func() {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.URL+"/graphql", strings.NewReader(`{"query":"{ me { name } }"}`))
		if err != nil {
			t.Error(err)
			return
		}
		request.Header.Set("Content-Type", "application/json")
		a, err := r.Try(request, withHeader("X-Hold", "yes"))
		if err != nil || len(a.Errors) > 0 || a.Header.Get("X-Served-By-0") != "v0" {
			t.Errorf("the request that hung: %v, %v", a, err)
		}
	})
	<-arrived
	remaining := ""
	for version := 1; version <= 3; version++ {
		r.Write(t, "router.yml", config(version))
		name := fmt.Sprintf("X-Served-By-%d", version)
		r.eventually(t, "the next configuration is in use", func() bool {
			a := r.Post(t, `{ me { name } }`)
			if a.Status != http.StatusOK || len(a.Errors) > 0 {
				t.Fatalf("%d %s", a.Status, a.Body)
			}
			remaining = a.Header.Get("RateLimit-Remaining")
			return a.Header.Get(name) == fmt.Sprintf("v%d", version)
		})
	}
	close(held)
	all.Wait()
	if remaining == "99999" {
		t.Error("limits forget what callers have used when something else changes")
	}
}
