package exec

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/tributary-gql/tributary/router/internal/plan"
	"github.com/tributary-gql/tributary/router/routertest/bubble"
)

type fetcherFunc func(context.Context, *FetchRequest) (Answer, error)

func (f fetcherFunc) Fetch(ctx context.Context, r *FetchRequest) (Answer, error) { return f(ctx, r) }

// collected is a Sink that keeps what it gets.
type collected struct{ payloads []string }

func (c *collected) Emit(payload []byte, _ bool) error {
	c.payloads = append(c.payloads, string(payload))
	return nil
}

// scenarioOf loads a file of testdata/scenarios.
func scenarioOf(t testing.TB, name string) *scenario {
	t.Helper()
	archive, err := txtar.ParseFile("testdata/scenarios/" + name + ".txtar")
	if err != nil {
		t.Fatal(err)
	}
	return newScenario(t, archive)
}

// graph is a plan of root fetches that each fill one field f0, f1 …, with the given dependencies.
func graph(t testing.TB, kind plan.Kind, waitsFor ...[]int) *Program {
	t.Helper()
	p := &plan.Plan{Kind: kind, Response: &plan.Object{TypeName: "Query", PossibleTypes: []string{"Query"}}}
	for i, waits := range waitsFor {
		name := fmt.Sprint("f", i)
		p.Fetches = append(p.Fetches, &plan.Fetch{
			ID: i, Subgraph: fmt.Sprint("s", i), Kind: kind, WaitsFor: waits, Document: name,
			Selection: &plan.Selection{Fields: []*plan.SelectionField{{ResponseName: "f", StoreName: name}}},
		})
		p.Response.Fields = append(p.Response.Fields, &plan.Field{
			ResponseName: name, StoreName: name, Name: name, Type: &plan.Type{Name: "Int", Leaf: plan.IntLeaf},
		})
	}
	program, err := Compile(p, nil)
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// TestFetchesStartWhenTheirInputsArrive: 0 and 1 start together; 2 needs 0, 3 needs 1, 4 needs 2 and 1. There are no
// waves: 2 runs while 1 is still under way.
func TestFetchesStartWhenTheirInputsArrive(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		program := graph(t, plan.Query, nil, nil, []int{0}, []int{1}, []int{1, 2})
		times := []time.Duration{1, 10, 2, 1, 1} // how long each fetch takes, in seconds
		began := time.Now()
		var mu sync.Mutex
		started := map[int]time.Duration{}
		sink := &collected{}
		err := program.Execute(t.Context(), Input{}, fetcherFunc(func(_ context.Context, r *FetchRequest) (Answer, error) {
			mu.Lock()
			started[r.Fetch.ID] = time.Since(began) / time.Second
			mu.Unlock()
			<-time.After(times[r.Fetch.ID] * time.Second)
			return Answer{Body: fmt.Appendf(nil, `{"data":{"f":%d}}`, r.Fetch.ID)}, nil
		}), sink)
		if err != nil {
			t.Fatal(err)
		}
		for id, want := range []time.Duration{0, 0, 1, 10, 10} {
			if started[id] != want {
				t.Errorf("fetch %d started after %d s, want %d s", id, started[id], want)
			}
		}
		if took := time.Since(began); took != 11*time.Second {
			t.Errorf("it took %s, want 11s", took)
		}
		if want := `{"data":{"f0":0,"f1":1,"f2":2,"f3":3,"f4":4}}`; sink.payloads[0] != want {
			t.Errorf("got %s", sink.payloads[0])
		}
	})
}

func TestDeadlineGivesPartialData(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		program := graph(t, plan.Mutation, nil, []int{0}, []int{1}, []int{2})
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		began, sink, fetches := time.Now(), &collected{}, 0
		err := program.Execute(ctx, Input{}, fetcherFunc(func(ctx context.Context, _ *FetchRequest) (Answer, error) {
			fetches++
			select {
			case <-time.After(900 * time.Millisecond):
				return Answer{Body: []byte(`{"data":{"f":1}}`)}, nil
			case <-ctx.Done():
				return Answer{}, ctx.Err()
			}
		}), sink)
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != 2*time.Second || fetches != 3 {
			t.Errorf("%d fetches in %s, want 3 in 2s", fetches, took)
		}
		const late = `{"message":"The request's time was over.","path":["f%d"],"extensions":{"code":"REQUEST_TIMEOUT","serviceName":"s%[1]d"}}`
		want := `{"data":{"f0":1,"f1":1,"f2":null,"f3":null},"errors":[` + fmt.Sprintf(late, 2) + "," + fmt.Sprintf(late, 3) + `]}`
		if sink.payloads[0] != want {
			t.Errorf("got  %s\nwant %s", sink.payloads[0], want)
		}
	})
}

func TestClientIsGone(t *testing.T) {
	t.Parallel()
	program := graph(t, plan.Query, nil, nil, []int{0, 1})
	ctx, cancel := context.WithCancel(t.Context())
	sink := &collected{}
	err := program.Execute(ctx, Input{}, fetcherFunc(func(ctx context.Context, r *FetchRequest) (Answer, error) {
		if r.Fetch.ID == 2 {
			t.Error("a fetch started after the client was gone")
		}
		cancel()
		<-ctx.Done()
		return Answer{}, ctx.Err()
	}), sink)
	if !errors.Is(err, context.Canceled) || len(sink.payloads) != 0 {
		t.Errorf("got error %v and %d payloads", err, len(sink.payloads))
	}
}

var errSink = errors.New("the client's connection broke")

type brokenSink struct{ calls int }

func (s *brokenSink) Emit([]byte, bool) error {
	s.calls++
	return errSink
}

func TestSinkFails(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"deferred", "subscription", "bytes-survive"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, sink := scenarioOf(t, name), &brokenSink{}
			if err := s.program.Execute(t.Context(), s.input, s, sink); !errors.Is(err, errSink) {
				t.Errorf("got %v", err)
			}
			if sink.calls != 1 {
				t.Errorf("the sink was called %d times", sink.calls)
			}
			if s.releases != s.unfreed {
				t.Errorf("%d answers were given back of %d", s.releases, s.unfreed)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, scenario, want string
		limits               Limits
	}{
		{"response", "bytes-survive", CodeResponseTooLarge, Limits{ResponseBytes: 10}},
		{"nodes", "bytes-survive", CodeTooLarge, Limits{Nodes: 10}},
		{"errors", "wrong-leaves", "TOO_MANY_ERRORS", Limits{Errors: 3}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := scenarioOf(t, c.scenario)
			s.input.Limits = c.limits
			sink := &collected{}
			if err := s.program.Execute(t.Context(), s.input, s, sink); err != nil {
				t.Fatal(err)
			}
			var payload struct{ Errors []json.RawMessage }
			if err := json.Unmarshal([]byte(sink.payloads[0]), &payload); err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(sink.payloads[0], c.want); n != 1 {
				t.Errorf("got %d times %s in %s", n, c.want, sink.payloads[0])
			}
			if c.limits.Errors > 0 && len(payload.Errors) != c.limits.Errors+1 {
				t.Errorf("got %d errors", len(payload.Errors))
			}
		})
	}
}

// masking is an ErrorPolicy that tells clients nothing.
type masking struct{}

func (masking) Message(_, code string, _ []byte) []byte {
	if code == "NOT_FOUND" {
		return nil
	}
	return []byte(`"An error."`)
}

func (masking) KeepExtension(_, name string) bool { return name == "kept" }

func TestErrorPolicy(t *testing.T) {
	t.Parallel()
	program := graph(t, plan.Query, nil, []int{0})
	sink := &collected{}
	err := program.Execute(t.Context(), Input{Errors: masking{}}, fetcherFunc(func(_ context.Context, r *FetchRequest) (Answer, error) {
		if r.Fetch.ID == 1 {
			return Answer{}, errors.New("secret")
		}
		return Answer{Body: []byte(`{"errors":[{"message":"secret","extensions":{"kept":1.0,"stack":"secret"}},{"message":"plain","extensions":{"code":"NOT_FOUND"}}]}`)}, nil
	}), sink)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"data":{"f0":null,"f1":null},"errors":[` +
		`{"message":"An error.","path":["f0"],"extensions":{"code":"SUBGRAPH_ERROR","serviceName":"s0","kept":1.0}},` +
		`{"message":"plain","path":["f0"],"extensions":{"code":"NOT_FOUND","serviceName":"s0"}},` +
		`{"message":"An error.","path":["f1"],"extensions":{"code":"SUBGRAPH_UNREACHABLE","serviceName":"s1"}}]}`
	if sink.payloads[0] != want {
		t.Errorf("got  %s\nwant %s", sink.payloads[0], want)
	}
}

// TestSubscriptionAfterOtherRequests: state is reused, and nothing of the request before may show.
func TestSubscriptionAfterOtherRequests(t *testing.T) {
	t.Parallel()
	for range 20 {
		for _, name := range []string{"fetch-fails-at-entity", "subscription", "contexts-group-by-value"} {
			s := scenarioOf(t, name)
			s.run(t)
			if got := s.payloads(t); got != s.sections["response.json"] {
				t.Fatalf("%s: got %s", name, got)
			}
		}
	}
}

type panickingObserver struct{ atFetch int }

func (panickingObserver) FetchStarts(ctx context.Context, _ *plan.Fetch) context.Context { return ctx }

func (panickingObserver) ErrorReported(string, string) {}

func (o panickingObserver) FetchDone(r FetchReport) {
	if r.Fetch.ID == o.atFetch {
		panic("the observer is broken")
	}
}

// TestPanicsReachTheCaller: wherever a panic happens it comes out of Execute, where a server recovers it, with all
// goroutines ended.
func TestPanicsReachTheCaller(t *testing.T) {
	t.Parallel()
	for at := range 3 {
		func() {
			defer func() {
				if r := recover(); r == nil || !strings.Contains(fmt.Sprint(r), "the observer is broken") {
					t.Errorf("fetch %d: recovered %v", at, r)
				}
			}()
			_ = graph(t, plan.Query, nil, nil, []int{0, 1}).Execute(t.Context(), Input{Observer: panickingObserver{at}},
				fetcherFunc(func(context.Context, *FetchRequest) (Answer, error) {
					return Answer{Body: []byte(`{"data":{"f":1}}`)}, nil
				}), &collected{})
		}()
	}
}

// TestProgramIsShared runs every scenario's program many times at once: nothing of one request reaches another.
func TestProgramIsShared(t *testing.T) {
	t.Parallel()
	s := scenarioOf(t, "representations-deduplicated")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range 50 {
				upc := fmt.Sprint("u", i)
				sink := &collected{}
				err := s.program.Execute(t.Context(), Input{}, fetcherFunc(func(_ context.Context, r *FetchRequest) (Answer, error) {
					if r.Fetch.ID == 0 {
						return Answer{Body: []byte(`{"data":{"topProducts":[{"upc":"` + upc + `"}]}}`)}, nil
					}
					if !strings.Contains(string(r.Body), `"`+upc+`"`) {
						t.Errorf("a request for %s has the body %s", upc, r.Body)
					}
					return Answer{Body: []byte(`{"data":{"_entities":[{"inStock":true}]}}`)}, nil
				}), sink)
				if want := `{"data":{"topProducts":[{"upc":"` + upc + `","inStock":true}]}}`; err != nil || sink.payloads[0] != want {
					t.Errorf("got %v, error %v", sink.payloads, err)
				}
			}
		})
	}
	all.Wait()
}

func TestCompileRefuses(t *testing.T) {
	t.Parallel()
	response := &plan.Object{TypeName: "Query", PossibleTypes: []string{"Query"}}
	selection := &plan.Selection{}
	for want, p := range map[string]*plan.Plan{
		"no response":                 {},
		"does not come before it":     {Response: response, Fetches: []*plan.Fetch{{Selection: selection, WaitsFor: []int{0}}}},
		"stands at index":             {Response: response, Fetches: []*plan.Fetch{{ID: 1, Selection: selection}}},
		"a selection or entities":     {Response: response, Fetches: []*plan.Fetch{{}}},
		"variable $x":                 {Response: response, Fetches: []*plan.Fetch{{Selection: selection, Variables: []plan.Variable{{Name: "a", From: "x"}}}}},
		"speaks of guard 1":           {Response: response, Fetches: []*plan.Fetch{{Selection: selection, Guard: 1}}},
		"speaks of variable $v":       {Response: response, Guards: []plan.Guard{{AnyOf: [][]plan.Term{{{Name: "v"}}}}}},
		"speaks of authorization 2":   {Response: response, Guards: []plan.Guard{{AnyOf: [][]plan.Term{{{Kind: plan.AuthorizationTerm, Index: 2}}}}}},
		"begin with its root fetch":   {Response: response, Kind: plan.Subscription},
		"before its parent 4":         {Response: response, Deferred: []*plan.Deferred{{Response: response, Parent: 4}}},
		"waits for fetch 3":           {Response: response, Deferred: []*plan.Deferred{{Response: response, Parent: -1, WaitsFor: []int{3}}}},
		"the response waits for":      {Response: response, ResponseWaitsFor: []int{0}},
		"has no selection":            {Response: &plan.Object{Fields: []*plan.Field{{Name: "a", StoreName: "a", Type: &plan.Type{Name: "T"}}}}},
		"field Query.a has no type":   {Response: &plan.Object{TypeName: "Query", Fields: []*plan.Field{{Name: "a", Introspection: true}}}},
		"is not above the entity":     contextPlan(response, 5),
		"a plan may speak of at most": {Response: &plan.Object{PossibleTypes: manyTypes(70_000)}},
	} {
		if _, err := Compile(p, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
}

func contextPlan(response *plan.Object, depth int) *plan.Plan {
	return &plan.Plan{Response: response, Fetches: []*plan.Fetch{{Entities: []*plan.Entities{{
		Selection: &plan.Selection{}, Paths: []plan.Path{{{StoreName: "a"}}},
		Context: []plan.ContextVariable{{Variable: "v", Choices: []plan.ContextChoice{{Depth: depth, Path: plan.Path{{StoreName: "b"}}}}}},
	}}}}}
}

func manyTypes(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprint("T", i)
	}
	return names
}

// TestSharedSelectionsCompileInLinearTime: a selection that is shared at every level stands at 2^40 positions.
func TestSharedSelectionsCompileInLinearTime(t *testing.T) {
	t.Parallel()
	selection := &plan.Selection{Fields: []*plan.SelectionField{{ResponseName: "leaf", StoreName: "leaf"}}}
	object := &plan.Object{TypeName: "T", PossibleTypes: []string{"T"}, Fields: []*plan.Field{
		{ResponseName: "leaf", StoreName: "leaf", Name: "leaf", Type: &plan.Type{Name: "Int", Leaf: plan.IntLeaf}},
	}}
	var path plan.Path
	for range 40 {
		selection = &plan.Selection{Fields: []*plan.SelectionField{
			{ResponseName: "a", StoreName: "a", Selection: selection}, {ResponseName: "b", StoreName: "b", Selection: selection},
		}}
		object = &plan.Object{TypeName: "T", PossibleTypes: []string{"T"}, Fields: []*plan.Field{
			{ResponseName: "a", StoreName: "a", Name: "a", Type: &plan.Type{Name: "T"}, Object: object},
			{ResponseName: "b", StoreName: "b", Name: "b", Type: &plan.Type{Name: "T"}, Object: object},
		}}
		path = append(path, plan.PathElement{StoreName: "a", Also: []plan.PathElement{{StoreName: "b"}}})
	}
	program, err := Compile(&plan.Plan{Kind: plan.Query, Response: object, Fetches: []*plan.Fetch{
		{ID: 0, Selection: selection},
		{ID: 1, WaitsFor: []int{0}, Entities: []*plan.Entities{{
			ResponseName: "_entities", Variable: "r", Paths: []plan.Path{path},
			Representations: []*plan.Representation{{Typename: "T", Fields: []*plan.RepresentationField{{Name: "leaf", StoreName: "leaf", Key: true}}}},
			Selection:       &plan.Selection{Fields: []*plan.SelectionField{{ResponseName: "leaf", StoreName: "leaf"}}},
		}}},
	}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(program.objects); n > 41 {
		t.Errorf("the projection has %d objects, want at most 41", n)
	}
	sink := &collected{}
	err = program.Execute(t.Context(), Input{}, fetcherFunc(func(_ context.Context, r *FetchRequest) (Answer, error) {
		if r.Fetch.ID == 0 {
			return Answer{Body: []byte(`{"data":{"a":null,"b":{"a":{"b":null}}}}`)}, nil
		}
		return Answer{}, errors.New("there is nothing to ask")
	}), sink)
	if want := `{"data":{"a":null,"b":{"a":{"a":null,"b":null},"b":null}}}`; err != nil || sink.payloads[0] != want {
		t.Errorf("got %v, error %v", sink.payloads, err)
	}
}
