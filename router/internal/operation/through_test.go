package operation_test

import (
	"slices"
	"testing"

	"github.com/tributary-gql/tributary/router/internal/operation"
	"github.com/tributary-gql/tributary/router/routertest/generate"
	"github.com/tributary-gql/tributary/router/routertest/scenario"
)

// TestFieldsSayThroughWhichInterfacesTheyAreAsked asks a field of an object and of its interface, whose declaration has
// a directive.
func TestFieldsSayThroughWhichInterfacesTheyAreAsked(t *testing.T) {
	t.Parallel()
	super, err := scenario.Compose([]generate.Subgraph{{Name: "a", SDL: `
		extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@authenticated"])
		type Query { node: Node }
		interface Node { id: ID! name: String }
		type A implements Node { id: ID! name: String @authenticated }
		type B implements Node { id: ID! name: String }`}})
	if err != nil {
		t.Fatal(err)
	}
	schema, err := operation.NewSchema(super)
	if err != nil {
		t.Fatal(err)
	}
	for document, want := range map[string][][]string{
		`{ node { id } }`:                                {nil},
		`{ node { name } }`:                              {{"Node"}},
		`{ node { ... on B { name } } }`:                 {nil},
		`{ node { ... on B { name } name } }`:            {{"Node"}},
		`{ node { ... on B { name } n: name } }`:         {nil, {"Node"}},
		`{ node { ... on B { ... on Node { name } } } }`: {{"Node"}},
	} {
		op, _, err := schema.ParseWith(document, "", operation.DefaultOptions())
		if err != nil {
			t.Fatal(err)
		}
		var got [][]string
		for _, f := range op.Root.Fields[0].Selections.Fields {
			got = append(got, f.Through)
		}
		if !slices.EqualFunc(got, want, slices.Equal) {
			t.Errorf("%s asks through %q, want %q", document, got, want)
		}
	}
}
