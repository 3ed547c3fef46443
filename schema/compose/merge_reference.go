package compose

import (
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// typeMerge is what mergeTypes is given: the types one element has in several subgraphs.
type typeMerge struct {
	what       label
	coordinate string
	types      []*ast.Type
	elements   []element // parallel to types
	isInput    bool
	mismatch   diag.Code // the error when types have nothing to do with each other
	compatible diag.Code // the hint when one includes the others
}

func argumentTypes(sources []argumentSource) []*ast.Type {
	out := make([]*ast.Type, len(sources))
	for i, s := range sources {
		out[i] = s.argument.Type
	}
	return out
}

// mergeFieldType sets the type of a field and reports whether it is the same in all sources.
func (c *composition) mergeFieldType(f *mergedField, sources []fieldSource, isInput bool) bool {
	types := make([]*ast.Type, len(sources))
	for i, s := range sources {
		types[i] = s.field.Type
	}
	typ, allEqual := c.mergeTypes(typeMerge{
		what: label{"Field", f.coordinate()}, coordinate: f.coordinate(), types: types, elements: fieldElements(sources),
		isInput: isInput, mismatch: diag.FieldTypeMismatch, compatible: diag.InconsistentButCompatibleFieldType,
	})
	f.out.Type = typ
	return allEqual
}

// mergeTypes chooses the type that an element has in the supergraph: the most general one of what subgraphs return, the most
// specific one of what they take. It reports whether all are the same.
func (c *composition) mergeTypes(m typeMerge) (typ *ast.Type, allEqual bool) {
	typ = m.types[0]
	from := m.elements[0].graph // the subgraph that typ is taken from
	differ, incompatible := false, false
	for i, other := range m.types[1:] {
		graph := m.elements[i+1].graph
		switch {
		case sameType(typ, other):
			from = graph
		case c.includes(from, typ, other):
			differ = true
			if m.isInput {
				typ, from = other, graph
			}
		case c.includes(graph, other, typ):
			differ = true
			if !m.isInput {
				typ, from = other, graph
			}
		default:
			incompatible = true
		}
	}
	if t := c.byName[typ.Name()]; t != nil && t.kind == ast.Enum {
		c.useEnum(t.name, m.coordinate, m.isInput)
	}
	if !differ && !incompatible {
		return typ, true
	}
	var t tally
	for i, e := range m.elements {
		t.add(fmt.Sprintf("the type %q", m.types[i]), e.graph)
	}
	places := c.report.places(m.elements)
	if incompatible {
		c.report.error(m.mismatch, places, "Use one type in all subgraphs, or types of which one includes the other.",
			"%s has incompatible types: it has %s.", m.what, c.report.words(&t))
		return typ, false
	}
	c.report.hint(m.compatible, places, "",
		"%s has the type %q in the supergraph, as its types differ but are compatible: it has %s.", m.what, typ, c.report.words(&t))
	return typ, false
}

func sameType(a, b *ast.Type) bool {
	for a.Elem != nil && b.Elem != nil {
		if a.NonNull != b.NonNull {
			return false
		}
		a, b = a.Elem, b.Elem
	}
	return a.Elem == nil && b.Elem == nil && a.NonNull == b.NonNull && a.NamedType == b.NamedType
}

// includes reports whether the other type is a strict subtype of the type that an element has in the subgraph. An
// @interfaceObject includes none of its implementations: it is an object type in its subgraph.
func (c *composition) includes(g supergraph.GraphID, typ, other *ast.Type) bool {
	if typ.Name() != other.Name() {
		if own := c.subgraphs[g].Type(typ.Name()); own != nil && own.InterfaceObject {
			return false
		}
	}
	return c.isStrictSubtype(typ, other)
}

// isStrictSubtype reports whether sub is another type than super and each of its values is one of super's.
func (c *composition) isStrictSubtype(super, sub *ast.Type) bool {
	return !sameType(super, sub) && c.isSubtype(super, sub)
}

func (c *composition) isSubtype(super, sub *ast.Type) bool {
	if super.NonNull && !sub.NonNull {
		return false
	}
	if super.Elem != nil || sub.Elem != nil {
		return super.Elem != nil && sub.Elem != nil && c.isSubtype(super.Elem, sub.Elem)
	}
	return super.NamedType == sub.NamedType || c.isPossible(super.NamedType, sub.NamedType)
}

// isPossible reports whether the type named sub implements the interface, or is a member of the union, named super anywhere.
func (c *composition) isPossible(super, sub string) bool {
	s, t := c.byName[super], c.byName[sub]
	return s != nil && t != nil && (t.implements[super] || s.hasMember[sub])
}
