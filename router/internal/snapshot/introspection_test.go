package snapshot_test

import (
	"context"
	"testing"

	"github.com/tributary-gql/tributary/router/internal/exec"
	"github.com/tributary-gql/tributary/router/internal/operation"
	"github.com/tributary-gql/tributary/router/internal/snapshot"
	"github.com/tributary-gql/tributary/router/routertest/generate"
	"github.com/tributary-gql/tributary/router/routertest/scenario"
)

// canned is a Fetcher that gives one answer, and a Sink that keeps the last payload.
type canned struct{ answer, payload string }

func (c *canned) Fetch(context.Context, *exec.FetchRequest) (exec.Answer, error) {
	return exec.Answer{Body: []byte(c.answer)}, nil
}

func (c *canned) Emit(payload []byte, _ bool) error {
	c.payload = string(payload)
	return nil
}

// TestIntrospectionBelowAMutation asks for the schema through a payload's query: the router answers it there.
func TestIntrospectionBelowAMutation(t *testing.T) {
	t.Parallel()
	super, err := scenario.Compose([]generate.Subgraph{{
		Name: "a", SDL: `type Query { t: Int } type Mutation { change: Payload } type Payload { query: Query, done: Boolean }`,
	}})
	if err != nil {
		t.Fatal(err)
	}
	snap, err := snapshot.Build(super.Print(), snapshot.Options{Operation: operation.DefaultOptions(), CacheBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	prepared, err := snap.Prepare(t.Context(), `mutation { change { done query { s: __type(name: "Payload") { name } } } }`, "")
	if err != nil {
		t.Fatal(err)
	}
	program, err := snap.Program(t.Context(), prepared, nil)
	if err != nil {
		t.Fatal(err)
	}
	variables, err := prepared.Operation.CoerceVariables(nil, nil, prepared.Literals)
	if err != nil {
		t.Fatal(err)
	}
	c := &canned{answer: `{"data":{"change":{"done":true,"query":{"__typename":"Query"}}}}`}
	in := exec.Input{Variables: variables, Introspect: func(name string) ([]byte, error) { return snap.Introspect(prepared, variables, name) }}
	if err := program.Execute(t.Context(), in, c, c); err != nil {
		t.Fatal(err)
	}
	if want := `{"data":{"change":{"done":true,"query":{"s":{"name":"Payload"}}}}}`; c.payload != want {
		t.Errorf("got %s, want %s", c.payload, want)
	}
}
