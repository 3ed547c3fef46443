package compose

import (
	"strconv"
	"strings"

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

// mergeDefault merges the default values of an element of the type, which must be equal. Where only some subgraphs have a
// default the supergraph has none: it would leave out a value that the others need.
func (c *composition) mergeDefault(what label, elements []element, defaults []*ast.Value, t *ast.Type, mismatch diag.Code) *ast.Value {
	var first *ast.Value
	inSome, inAll, differ := false, true, false
	for _, value := range defaults {
		switch {
		case value == nil:
			inAll = false
		case first == nil:
			first, inSome = value, true
		case !sameDefault(first, value, t):
			differ = true
		}
	}
	if inAll && !differ {
		return first
	}
	if !inSome {
		return nil
	}
	var said tally
	for i, e := range elements {
		said.add(describeDefault(defaults[i]), e.graph)
	}
	if differ {
		c.report.error(mismatch, c.report.places(elements), "Use one default value in all subgraphs.",
			"%s has incompatible defaults: it has %s.", what, c.report.words(&said))
		return nil
	}
	c.report.hint(diag.InconsistentDefaultValuePresence, c.report.places(elements), "Give the same default value in all subgraphs.",
		"%s has no default in the supergraph, as only some subgraphs give one: it has %s.", what, c.report.words(&said))
	return nil
}

// sameDefault compares two default values of the type, either of which may be absent. Ways to write one value are equal: 1
// and [1] for a list, 1 and "1" for an ID.
func sameDefault(a, b *ast.Value, t *ast.Type) bool {
	return sameValue(a, b) || a != nil && b != nil && canonicalAs(a, t) == canonicalAs(b, t)
}

// canonicalAs is canonical for a value of the type.
func canonicalAs(v *ast.Value, t *ast.Type) string {
	switch {
	case v.Kind == ast.NullValue:
		return "null"
	case t.Elem != nil:
		parts := make([]string, 0, len(v.Children)+1)
		for _, item := range items(v) {
			parts = append(parts, canonicalAs(item, t.Elem))
		}
		return "[" + strings.Join(parts, ",") + "]"
	case t.NamedType == "ID":
		return strconv.Quote(v.Raw)
	case t.NamedType == "Float" && (v.Kind == ast.IntValue || v.Kind == ast.FloatValue):
		return strconv.FormatFloat(number(v), 'g', -1, 64)
	}
	return canonical(v)
}

func describeDefault(v *ast.Value) string {
	if v == nil {
		return "no default"
	}
	return "the default " + v.String()
}
