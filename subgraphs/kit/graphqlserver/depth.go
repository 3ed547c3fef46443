package graphqlserver

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// codeDepth is the code of an operation that nests too deep.
const codeDepth = "DEPTH_LIMIT_EXCEEDED"

// depthLimit is a gqlgen extension that refuses operations whose fields nest deeper than max.
type depthLimit struct{ max int }

// ExtensionName implements graphql.HandlerExtension.
func (depthLimit) ExtensionName() string { return "DepthLimit" }

// Validate implements graphql.HandlerExtension.
func (depthLimit) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext implements graphql.OperationContextMutator.
func (d depthLimit) MutateOperationContext(_ context.Context, operation *graphql.OperationContext) *gqlerror.Error {
	measure := depthMeasure{fragments: make(map[string]int)}
	if depth := measure.of(operation.Operation.SelectionSet); depth > d.max {
		err := gqlerror.Errorf("the operation nests fields %d deep, and the limit is %d", depth, d.max)
		err.Extensions = map[string]any{"code": codeDepth}
		return err
	}
	return nil
}

// depthMeasure visits each fragment once, however often it is spread; validation has refused fragments that form a cycle.
type depthMeasure struct {
	fragments map[string]int
}

func (m depthMeasure) of(selections ast.SelectionSet) int {
	deepest := 0
	for _, selection := range selections {
		depth := 0
		switch selection := selection.(type) {
		case *ast.Field:
			depth = 1 + m.of(selection.SelectionSet)
		case *ast.InlineFragment:
			depth = m.of(selection.SelectionSet)
		case *ast.FragmentSpread:
			known, seen := m.fragments[selection.Name]
			if !seen {
				known = m.of(selection.Definition.SelectionSet)
				m.fragments[selection.Name] = known
			}
			depth = known
		}
		deepest = max(deepest, depth)
	}
	return deepest
}
