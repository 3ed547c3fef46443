package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestRedisOutage: payments go on without Redis; what happened meanwhile arrives when it is back, once.
func TestRedisOutage(t *testing.T) {
	t.Parallel()
	redis := startRedisServer(t)
	s := startSystem(t, t.TempDir(), "REDIS_URL="+redis.url())
	ada, grace := logIn(t, s.router, "ada@example.com"), logIn(t, s.router, "grace@example.com")
	redis.stop(t)
	var paid createdPayment
	get(t, s.router, ada, createPayment, map[string]any{"key": "outage", "text": "Outage umbrella"}, &paid)
	if n := notified(t, s.router, grace, paid.CreatePayment.ID); n != 0 {
		t.Errorf("%d notifications without Redis", n)
	}
	redis.start(t) // empty: everything it knew is gone
	eventually(t, 5*time.Second, "the payment is notified and found", func() bool {
		return notified(t, s.router, grace, paid.CreatePayment.ID) > 0 && found(t, s.router, grace, "Outage umbrella", paid.CreatePayment.ID) > 0
	})
	// A later payment has gone the whole way when it arrives: whatever came twice would be there by then.
	payAndFind(t, s, "After the outage")
	if n, m := notified(t, s.router, grace, paid.CreatePayment.ID), found(t, s.router, grace, "Outage umbrella", paid.CreatePayment.ID); n != 1 || m != 1 {
		t.Errorf("notified %d times, found %d times", n, m)
	}
}

// TestScaleOut: two routers and two instances of a service share PostgreSQL and Redis.
func TestScaleOut(t *testing.T) {
	t.Parallel()
	databases := startPostgreSQL(t, serviceNames...)
	redis := startRedisServer(t)
	env := []string{"REDIS_URL=" + redis.url()}
	for _, name := range serviceNames {
		env = append(env, "DATABASE_URL_"+strings.ToUpper(name)+"="+databases[name])
	}
	s := startSystem(t, t.TempDir(), env...)
	second := freeAddress(t)
	startProgram(t, filepath.Join(binaries, "payments"), []string{"DATABASE_URL=" + databases["payments"], "REDIS_URL=" + redis.url()},
		"--listen", second, "--jwks-url", "http://"+s.services["users"]+"/.well-known/jwks.json")
	router := secondRouter(t, s, "payments", second)
	ada, grace := logIn(t, s.router, "ada@example.com"), logIn(t, router, "grace@example.com")
	for i, through := range []string{s.router, router, s.router, router} {
		text := fmt.Sprintf("Parcel number %d", i)
		var paid createdPayment
		get(t, through, ada, createPayment, map[string]any{"key": text, "text": text}, &paid)
		for _, reader := range []string{s.router, router} {
			eventually(t, 5*time.Second, text+" is notified", func() bool { return notified(t, reader, grace, paid.CreatePayment.ID) == 1 })
		}
	}
	// The same key through the other instance is the same payment.
	var first, again createdPayment
	get(t, s.router, ada, createPayment, map[string]any{"key": "same", "text": "Same"}, &first)
	get(t, router, ada, createPayment, map[string]any{"key": "same", "text": "Same"}, &again)
	if first.CreatePayment.ID == "" || first != again {
		t.Errorf("%+v and %+v", first, again)
	}
}

// secondRouter starts another router on the system's configuration, with one service at another address.
func secondRouter(t *testing.T, s *system, service, address string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.data, "router.yml"))
	if err != nil {
		t.Fatal(err)
	}
	listen := freeAddress(t)
	config := strings.Replace(string(text), "subgraphs:\n", fmt.Sprintf("subgraphs:\n  %s: {url: \"http://%s/graphql\"}\n", service, address), 1)
	file := filepath.Join(t.TempDir(), "router.yml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	startRouter(t, listen, "--config", file)
	return listen
}

// startRouter starts a router and waits until it is ready.
func startRouter(t *testing.T, listen string, args ...string) {
	t.Helper()
	startProgram(t, filepath.Join(binaries, "router"), nil, append([]string{"serve", "--listen", listen}, args...)...)
	eventually(t, 20*time.Second, "the router is ready", func() bool {
		response, err := client.Get("http://" + listen + "/ready")
		if err != nil {
			return false
		}
		_ = response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
}

const weatherSDL = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
type Query { stations: [Station!]! }
type Station @key(fields: "code") { code: ID! celsius: Float }
type User @key(fields: "id") { id: ID! nearestStation: Station }
`

// TestFifthSubgraph: a service of types that nobody has heard of joins by configuration alone, and a field that is renamed
// in a service's schema is asked by its new name: the router knows no service.
func TestFifthSubgraph(t *testing.T) {
	t.Parallel()
	s := startSystem(t, t.TempDir())
	weather := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var request struct{ Query string }
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/json")
		if strings.Contains(request.Query, "_entities") {
			fmt.Fprint(w, `{"data":{"_entities":[{"nearestStation":{"code":"ZRH","celsius":1.0}}]}}`)
			return
		}
		fmt.Fprint(w, `{"data":{"stations":[{"code":"ZRH","celsius":1.0}]}}`)
	}))
	t.Cleanup(weather.Close)
	dir := t.TempDir()
	base, err := os.ReadFile(filepath.Join(s.data, "supergraph.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	sdl := filepath.Join(dir, "weather.graphql")
	if err := os.WriteFile(sdl, []byte(weatherSDL), 0o600); err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(dir, "supergraph.yaml")
	text := string(base) + fmt.Sprintf("  weather:\n    routing_url: %s\n    schema:\n      file: %s\n", weather.URL, sdl)
	if err := os.WriteFile(list, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	listen := freeAddress(t)
	startRouter(t, listen, "--compose", list)
	a := ask(t, listen, "", `{ stations { code } user(id: "u-0001") { name nearestStation { celsius } } }`, nil)
	const want = `{"data":{"stations":[{"code":"ZRH"}],"user":{"name":"Ada Lovelace","nearestStation":{"celsius":1.0}}}}`
	if a.Body != want {
		t.Errorf("got  %s\nwant %s", a.Body, want)
	}

	if err := os.WriteFile(sdl, []byte(strings.Replace(weatherSDL, "celsius", "degrees", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, 5*time.Second, "the renamed field is known", func() bool {
		a := ask(t, listen, "", `{ __type(name: "Station") { fields { name } } }`, nil)
		return strings.Contains(a.Body, "degrees") && !strings.Contains(a.Body, "celsius")
	})
}

// TestPlanCommand prints the plan for a supergraph file as a person would ask for it.
func TestPlanCommand(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{"op.graphql": "{ nothing }", "supergraph.graphql": "type Query { a: Int }"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(filepath.Join(binaries, "router"), "plan", "--supergraph", filepath.Join(dir, "supergraph.graphql"), "--operation", filepath.Join(dir, "op.graphql"))
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != 3 || !strings.Contains(string(out), "supergraph.graphql") {
		t.Errorf("%v: %s", err, out)
	}
}
