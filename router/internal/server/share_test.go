package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/internal/auth"
	"github.com/tributary-gql/tributary/router/internal/exec"
	"github.com/tributary-gql/tributary/router/internal/headers"
	"github.com/tributary-gql/tributary/router/internal/operation"
	"github.com/tributary-gql/tributary/router/internal/snapshot"
	"github.com/tributary-gql/tributary/router/internal/subgraphclient"
)

const shareSupergraph = `
schema @link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION) { query: Query mutation: Mutation }
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String, external: Boolean, override: String, usedOverridden: Boolean) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION
directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
scalar join__FieldSet
scalar link__Import
enum link__Purpose { SECURITY EXECUTION }
enum join__Graph { A @join__graph(name: "a", url: "http://a") B @join__graph(name: "b", url: "http://b") }
type Query @join__type(graph: A) @join__type(graph: B) { whoami(x: Int): String @join__field(graph: A) other: String @join__field(graph: B) }
type Mutation @join__type(graph: A) { change: String }
`

// shareServer serves shareSupergraph from a Fetcher, and forwards X-User to the subgraph a alone.
func shareServer(t testing.TB, who ShareRequests, fetcher exec.Fetcher, timeout time.Duration) *Server {
	t.Helper()
	snap, err := snapshot.Build(shareSupergraph, snapshot.Options{
		Operation: operation.DefaultOptions(), CacheBytes: 1 << 20, PlanTimeout: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := auth.New(auth.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rules, err := headers.Compile(nil, map[string][]headers.Rule{"a": {{Propagate: "X-User"}, {Propagate: "Authorization"}}})
	if err != nil {
		t.Fatal(err)
	}
	return New(Options{
		Snapshot: func(*http.Request) *snapshot.Snapshot { return snap }, Fetcher: fetcher, Share: who, Verifier: verifier,
		Headers: rules, MaxBatch: 10, Timeout: timeout, Introspection: true, Logger: slog.New(slog.DiscardHandler),
	})
}

type fetcherFunc func(context.Context, *exec.FetchRequest) (exec.Answer, error)

func (f fetcherFunc) Fetch(ctx context.Context, r *exec.FetchRequest) (exec.Answer, error) {
	return f(ctx, r)
}

// echo answers with the headers and the variables that the subgraph got.
func echo(wait func(context.Context) error) (fetcherFunc, *atomic.Int64) {
	var fetches atomic.Int64
	return func(ctx context.Context, r *exec.FetchRequest) (exec.Answer, error) {
		fetches.Add(1)
		if err := wait(ctx); err != nil {
			return exec.Answer{}, err
		}
		lines := subgraphclient.AppendHeaderLines(nil, r.Client.(subgraphclient.HeaderSource), r.Fetch.Subgraph)
		var body struct{ Variables map[string]int }
		if err := json.Unmarshal(r.Body, &body); err != nil {
			return exec.Answer{}, err
		}
		told := strings.ReplaceAll(string(lines), "\r\n", ";")
		for _, v := range body.Variables { // at most one
			told += fmt.Sprint(v)
		}
		text, err := json.Marshal(told)
		if err != nil {
			return exec.Answer{}, err
		}
		field := map[string]string{"a": "whoami", "b": "other"}[r.Fetch.Subgraph]
		answer := fmt.Appendf(nil, `{"data":{%q:%s}}`, field, text)
		return exec.Answer{Body: answer, Release: func() { clear(answer) }}, nil
	}, &fetches
}

// postOf is a request for a query.
func postOf(ctx context.Context, query string, header map[string]string) (r *http.Request, body []byte) {
	body, _ = json.Marshal(map[string]string{"query": query}) // a string
	r = httptest.NewRequestWithContext(ctx, http.MethodPost, "/graphql", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for name, value := range header {
		r.Header.Set(name, value)
	}
	return r, body
}

func ask(ctx context.Context, s *Server, query string, header map[string]string) *httptest.ResponseRecorder {
	r, _ := postOf(ctx, query, header)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func TestSharedRequestsNeverCross(t *testing.T) {
	t.Parallel()
	for _, who := range []ShareRequests{ShareAnonymous, ShareAll} {
		t.Run(fmt.Sprint(who), func(t *testing.T) {
			t.Parallel()
			fetcher, fetches := echo(func(ctx context.Context) error {
				select {
				case <-time.After(time.Duration(rand.IntN(3)) * time.Millisecond):
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			})
			s := shareServer(t, who, fetcher, time.Minute)
			var answered, crossings atomic.Int64
			var all sync.WaitGroup
			gate := make(chan struct{}, 200)
			for i := range 10_000 {
				gate <- struct{}{}
				all.Go(func() {
					defer func() { <-gate }()
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					if i%11 == 0 {
						time.AfterFunc(time.Duration(rand.IntN(2000))*time.Microsecond, cancel)
					}
					query, header, want := mixedRequest(i)
					answer := ask(ctx, s, query, header)
					if ctx.Err() != nil {
						return
					}
					answered.Add(1)
					if got := answer.Body.String(); got != want {
						crossings.Add(1)
						t.Errorf("request %d got %s, want %s", i, got, want)
					}
				})
			}
			all.Wait()
			if crossings.Load() != 0 {
				t.Errorf("%d answers were somebody else's", crossings.Load())
			}
			if fetches.Load() >= answered.Load() {
				t.Errorf("%d fetches for %d answers: nothing was shared", fetches.Load(), answered.Load())
			}
			if n := s.sharer.group.Len(); n != 0 {
				t.Errorf("%d flights were left behind", n)
			}
		})
	}
}

// mixedRequest is one of many requests that differ in who asks, how that is told, and what for.
func mixedRequest(i int) (query string, header map[string]string, want string) {
	name, user, x := []string{"X-User", "Authorization"}[i%2], fmt.Sprint("user", i%5), i%3
	query = fmt.Sprintf(`{ whoami(x: %d) }`, x)
	return query, map[string]string{name: user}, fmt.Sprintf(`{"data":{"whoami":%q}}`, fmt.Sprintf("%s: %s;%d", name, user, x))
}

// scene asks for something slow until a test lets it end.
type scene struct {
	*Server
	fetches *atomic.Int64
	finish  chan error
}

func newScene(t *testing.T, who ShareRequests, timeout time.Duration) *scene {
	t.Helper()
	sc := &scene{finish: make(chan error)}
	fetcher, fetches := echo(func(ctx context.Context) error {
		select {
		case err := <-sc.finish:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	sc.Server, sc.fetches = shareServer(t, who, fetcher, timeout), fetches
	return sc
}

// start asks and gives where the answer will be.
func (sc *scene) start(ctx context.Context, query string, header map[string]string) chan string {
	answer := make(chan string, 1)
	go func() { answer <- ask(ctx, sc.Server, query, header).Body.String() }()
	return answer
}

// lead starts a request, and waits until it has asked the subgraph.
func (sc *scene) lead(ctx context.Context, t *testing.T, query string, header map[string]string) chan string {
	t.Helper()
	before := sc.fetches.Load()
	answer := sc.start(ctx, query, header)
	waitFor(t, "a fetch", func() bool { return sc.fetches.Load() == before+1 })
	return answer
}

// follow starts a request, and waits until it waits for somebody else's execution.
func (sc *scene) follow(ctx context.Context, t *testing.T, query string, header map[string]string) chan string {
	t.Helper()
	before := sc.sharer.following.Load()
	answer := sc.start(ctx, query, header)
	waitFor(t, "a follower", func() bool { return sc.sharer.following.Load() == before+1 })
	return answer
}

func (sc *scene) wantFetches(t *testing.T, want int64) {
	t.Helper()
	if got := sc.fetches.Load(); got != want {
		t.Errorf("got %d fetches, want %d", got, want)
	}
}

// waitFor polls until a condition holds.
func waitFor(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.NewTimer(10 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("waited too long for %s", what)
		}
	}
}

func TestWhoSharesRequests(t *testing.T) {
	t.Parallel()
	const query = `{ other }`
	cases := []struct {
		name          string
		who           ShareRequests
		query         string
		first, second map[string]string
		fetches       int64
	}{
		{"the anonymous share", ShareAnonymous, query, nil, nil, 1},
		{"a header that is sent nowhere does not matter", ShareAnonymous, query, map[string]string{"X-User": "a"}, map[string]string{"X-User": "b"}, 1},
		{"nor does the form of the response", ShareAnonymous, query, nil, map[string]string{"Accept": "application/graphql-response+json"}, 1},
		{"a header that is sent does", ShareAnonymous, `{ whoami }`, map[string]string{"X-User": "a"}, map[string]string{"X-User": "b"}, 2},
		{"callers with credentials do not share", ShareAnonymous, query, map[string]string{"Authorization": "a"}, map[string]string{"Authorization": "a"}, 2},
		{"nor do those with cookies", ShareAnonymous, query, map[string]string{"Cookie": "a=b"}, map[string]string{"Cookie": "a=b"}, 2},
		{"unless it is allowed", ShareAll, query, map[string]string{"Authorization": "a"}, map[string]string{"Authorization": "a"}, 1},
		{"and then only with themselves", ShareAll, query, map[string]string{"Authorization": "a"}, map[string]string{"Authorization": "b"}, 2},
		{"mutations are never shared", ShareAll, `mutation { change }`, nil, nil, 2},
		{"it can be off", ShareNone, query, nil, nil, 2},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sc := newScene(t, c.who, time.Minute)
			first := sc.lead(t.Context(), t, c.query, c.first)
			join := sc.follow
			if c.fetches == 2 {
				join = sc.lead
			}
			second := join(t.Context(), t, c.query, c.second)
			for range c.fetches {
				sc.finish <- nil
			}
			<-first
			<-second
			sc.wantFetches(t, c.fetches)
		})
	}
}

func TestLeaderOfSharedRequestsLeaves(t *testing.T) {
	t.Parallel()
	sc := newScene(t, ShareAnonymous, time.Minute)
	leaving, leave := context.WithCancel(t.Context())
	first := sc.lead(leaving, t, `{ other }`, nil)
	second := sc.follow(t.Context(), t, `{ other }`, nil)
	gone, goAway := context.WithCancel(t.Context())
	third := sc.follow(gone, t, `{ other }`, nil)
	goAway()
	<-third
	leave()
	sc.finish <- nil
	<-first
	if got := <-second; got != `{"data":{"other":""}}` {
		t.Errorf("the follower got %s", got)
	}
	sc.wantFetches(t, 1)
}

func TestFailureIsSharedToo(t *testing.T) {
	t.Parallel()
	sc := newScene(t, ShareAnonymous, time.Minute)
	first := sc.lead(t.Context(), t, `{ other }`, nil)
	second := sc.follow(t.Context(), t, `{ other }`, nil)
	sc.finish <- &exec.FetchError{Code: exec.CodeUnreachable, Message: "down", Err: errors.New("x")}
	if a, b := <-first, <-second; a != b || !strings.Contains(a, exec.CodeUnreachable) {
		t.Errorf("got %s and %s", a, b)
	}
}

func TestLeadersDeadlineIsItsOwn(t *testing.T) {
	t.Parallel()
	sc := newScene(t, ShareAnonymous, time.Minute)
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	first := sc.lead(short, t, `{ other }`, nil)
	second := sc.start(t.Context(), `{ other }`, nil)
	<-first
	waitFor(t, "the follower to begin anew", func() bool { return sc.fetches.Load() == 2 })
	sc.finish <- nil
	if got := <-second; got != `{"data":{"other":""}}` {
		t.Errorf("the follower got %s", got)
	}
}

// TestRepeatedWords shows what a request must have in common with one under way to follow it before it is understood. What
// it shares otherwise is for TestWhoSharesRequests.
func TestRepeatedWords(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name          string
		who           ShareRequests
		query, other  string
		first, second map[string]string
		repeats       bool
	}{
		{"the same words", ShareAnonymous, `{ other }`, `{ other }`, nil, nil, true},
		{"the same words with the same headers", ShareAnonymous, `{ other }`, `{ other }`, map[string]string{"X-A": "1"}, map[string]string{"X-A": "1"}, true},
		{"another value of a header", ShareAnonymous, `{ other }`, `{ other }`, map[string]string{"X-A": "1"}, map[string]string{"X-A": "2"}, false},
		{"another header", ShareAnonymous, `{ other }`, `{ other }`, map[string]string{"X-A": "1"}, map[string]string{"X-B": "1"}, false},
		{"one header more", ShareAnonymous, `{ other }`, `{ other }`, nil, map[string]string{"X-B": "1"}, false},
		{"other words of the same meaning", ShareAnonymous, `{ other }`, `{other}`, nil, nil, false},
		{"credentials, which anonymous sharing excludes", ShareAnonymous, `{ other }`, `{ other }`, map[string]string{"Cookie": "a"}, map[string]string{"Cookie": "a"}, false},
		{"the same credentials", ShareAll, `{ whoami }`, `{ whoami }`, map[string]string{"Authorization": "a"}, map[string]string{"Authorization": "a"}, true},
		{"other credentials", ShareAll, `{ whoami }`, `{ whoami }`, map[string]string{"Authorization": "a"}, map[string]string{"Authorization": "b"}, false},
		{"a mutation", ShareAll, `mutation { change }`, `mutation { change }`, nil, nil, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sc := newScene(t, c.who, time.Minute)
			first := sc.lead(t.Context(), t, c.query, c.first)
			r, body := postOf(t.Context(), c.other, c.second)
			asked := repeatable{snap: sc.options.Snapshot(r), header: r.Header, body: body}
			flight, _ := sc.sharer.repeats.Find(asked.hash(), asked)
			if got := flight != nil; got != c.repeats {
				t.Errorf("got %v, want %v", got, c.repeats)
			}
			sc.finish <- nil
			<-first
			if n := sc.sharer.repeats.Len(); n != 0 {
				t.Errorf("%d are remembered after the flight", n)
			}
		})
	}
}

func TestRepeatedWordsGetTheAnswer(t *testing.T) {
	t.Parallel()
	sc := newScene(t, ShareAnonymous, time.Minute)
	answers := []chan string{sc.lead(t.Context(), t, `{ other }`, nil)}
	for range 5 {
		answers = append(answers, sc.follow(t.Context(), t, `{ other }`, nil))
	}
	sc.finish <- nil
	for _, answer := range answers {
		if got := <-answer; got != `{"data":{"other":""}}` {
			t.Errorf("got %s", got)
		}
	}
	sc.wantFetches(t, 1)
}
