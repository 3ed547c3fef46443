package satisfiability

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/querygraph"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// Work proves the queries of a supergraph and counts what that took: the states that were walked, and the earlier states that
// they were compared with.
func Work(s *supergraph.Supergraph) (states, comparisons int, err error) {
	graph, err := querygraph.New(s)
	if err != nil {
		return 0, 0, err
	}
	c := newChecker(graph, DefaultMaxStates)
	c.walk(&state{kind: ast.Query, typeName: s.Query, places: c.rootPlaces(ast.Query)})
	return c.states, c.comparisons, nil
}
