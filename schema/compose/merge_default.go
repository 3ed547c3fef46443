package compose

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
)

func argumentDefaults(sources []argumentSource) []*ast.Value {
	out := make([]*ast.Value, len(sources))
	for i, s := range sources {
		out[i] = s.argument.Default
	}
	return out
}

func fieldDefaults(sources []fieldSource) []*ast.Value {
	out := make([]*ast.Value, len(sources))
	for i, s := range sources {
		out[i] = s.field.Default
	}
	return out
}

// mergeDefault merges default values, which must be equal. Where only some subgraphs have a default the supergraph has none: it
// would leave out a value that the others need.
func (c *composition) mergeDefault(what label, elements []element, defaults []*ast.Value, mismatch diag.Code) *ast.Value {
	var first *ast.Value
	inSome, inAll, differ := false, true, false
	for _, value := range defaults {
		switch {
		case value == nil:
			inAll = false
		case first == nil:
			first, inSome = value, true
		case !sameValue(first, value):
			differ = true
		}
	}
	if inAll && !differ {
		return first
	}
	if !inSome {
		return nil
	}
	var t tally
	for i, e := range elements {
		t.add(describeDefault(defaults[i]), e.graph)
	}
	if differ {
		c.report.error(mismatch, c.report.places(elements), "Use one default value in all subgraphs.",
			"%s has incompatible defaults: it has %s.", what, c.report.words(&t))
		return nil
	}
	c.report.hint(diag.InconsistentDefaultValuePresence, c.report.places(elements), "Give the same default value in all subgraphs.",
		"%s has no default in the supergraph, as only some subgraphs give one: it has %s.", what, c.report.words(&t))
	return nil
}

func describeDefault(v *ast.Value) string {
	if v == nil {
		return "no default"
	}
	return "the default " + v.String()
}
