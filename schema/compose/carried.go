package compose

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/subgraph"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// carriedName is what a directive that is carried is called in the supergraph, whatever subgraphs call it.
var carriedName = map[subgraph.Known]string{subgraph.KnownCacheTag: "federation__cacheTag"}

// carriedDirectives returns the directives that are not merged but carried to the router for the subgraphs they come
// from: equal applications once, with all their subgraphs.
func (c *composition) carriedDirectives(elements []element) []supergraph.CarriedDirective {
	var carried []supergraph.CarriedDirective
	index := map[string]int{}
	for _, e := range elements {
		for _, a := range e.applied {
			name := carriedName[a.Known]
			if name == "" {
				continue
			}
			key := name + signature(a)
			i, seen := index[key]
			if !seen {
				i = len(carried)
				index[key] = i
				carried = append(carried, supergraph.CarriedDirective{Name: name, Args: argumentsObject(a)})
			}
			carried[i].Graphs = append(carried[i].Graphs, e.graph)
		}
	}
	return carried
}

func argumentsObject(a *subgraph.Application) *ast.Value {
	if len(a.Arguments) == 0 {
		return nil
	}
	v := &ast.Value{Kind: ast.ObjectValue}
	for _, arg := range a.Arguments {
		v.Children = append(v.Children, &ast.ChildValue{Name: arg.Name, Value: arg.Value})
	}
	return v
}
