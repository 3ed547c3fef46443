package entity_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/99designs/gqlgen/graphql"

	"github.com/tributary-gql/tributary/subgraphs/kit/entity"
)

type input struct{ id string }

type thing struct{ id string }

func inputs(ids ...string) []input {
	list := make([]input, len(ids))
	for i, id := range ids {
		list[i] = input{id}
	}
	return list
}

func TestResolve(t *testing.T) {
	t.Parallel()
	var calls [][]string
	load := func(answer map[string]*thing, err error) func(context.Context, []string) (map[string]*thing, error) {
		return func(_ context.Context, keys []string) (map[string]*thing, error) {
			calls = append(calls, slices.Clone(keys))
			return answer, err
		}
	}
	keyOf := func(i input) string { return i.id }
	a, b := &thing{"a"}, &thing{"b"}
	broken := errors.New("broken")

	got, err := entity.Resolve(t.Context(), inputs("b", "gone", "a", "b"), keyOf, load(map[string]*thing{"a": a, "b": b, "extra": {"extra"}}, nil))
	if err != nil || !slices.Equal(got, []*thing{b, nil, a, b}) {
		t.Errorf("the entities are %v, %v", got, err)
	}
	if want := [][]string{{"b", "gone", "a"}}; !slices.EqualFunc(calls, want, slices.Equal) {
		t.Errorf("the loads were %v, want %v", calls, want)
	}

	got, err = entity.Resolve(t.Context(), inputs("a", "b", "a"), keyOf, load(map[string]*thing{"a": a, "b": b}, entity.Errors[string]{"a": broken}))
	var batch graphql.BatchErrors
	if !errors.As(err, &batch) || !slices.Equal(batch.Errors(), []error{broken, nil, broken}) || !slices.Equal(got, []*thing{nil, b, nil}) {
		t.Errorf("with a failed key the entities are %v, %v", got, err)
	}

	if got, err = entity.Resolve(t.Context(), inputs("a", "b"), keyOf, load(nil, broken)); got != nil || !errors.Is(err, broken) {
		t.Errorf("with a failed load the entities are %v, %v", got, err)
	}

	calls = nil
	if got, err = entity.Resolve(t.Context(), nil, keyOf, load(nil, broken)); len(got) != 0 || err != nil || calls != nil {
		t.Errorf("of nothing the entities are %v, %v after the calls %v", got, err, calls)
	}
}
