package compose

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
	"github.com/tributary-gql/tributary/schema/subgraph"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// validateInterfaceObjects checks that a subgraph with an @interfaceObject has none of the implementations: the object
// stands for all of them there.
func (c *composition) validateInterfaceObjects(t *mergedType) {
	for _, s := range t.sources {
		if !s.typ.InterfaceObject {
			continue
		}
		var defined []string
		places := c.report.typePlaces([]typeSource{s})
		for _, implementer := range t.implementers {
			if own := implementer.source(s.graph); own != nil {
				defined = append(defined, implementer.name)
				places = append(places, c.report.at(s.graph, own.Position))
			}
		}
		if len(defined) > 0 {
			c.report.error(diag.InterfaceObjectUsageError, places, "Move the fields to the @interfaceObject, or define the interface itself.",
				"Subgraph %q has %q as an @interfaceObject and must not define its implementations, but defines %s.",
				c.report.name(s.graph), t.name, quoted(defined))
		}
	}
}

// abstraction is a field of an @interfaceObject that stands for the field of an implementation its subgraph does not
// know.
type abstraction struct {
	graph supergraph.GraphID
	field *subgraph.Field
}

// abstractions returns, by subgraph, the fields that stand for this one.
func (f *mergedField) abstractions() []abstraction {
	if f.parent.kind != ast.Object {
		return nil
	}
	var found []abstraction
	for _, i := range f.parent.interfaces {
		for _, s := range i.objects {
			if f.parent.source(s.graph) != nil {
				continue
			}
			if field := s.typ.Field(f.name); field != nil {
				found = append(found, abstraction{s.graph, field})
			}
		}
	}
	slices.SortStableFunc(found, func(a, b abstraction) int { return int(a.graph - b.graph) })
	return found
}

// addInterfaceObjectFields gives the implementations of an interface the fields that only interface objects provide.
// Such a field belongs to no subgraph.
func (c *composition) addInterfaceObjectFields() {
	for _, t := range c.types {
		if t.kind != ast.Object {
			continue
		}
		for _, i := range t.interfaces {
			for _, f := range i.fields {
				if t.field[f.name] == nil && i.providesByObject(f.name) {
					c.copyField(t, f)
				}
			}
		}
	}
}

// providesByObject reports whether some interface object resolves the field.
func (t *mergedType) providesByObject(field string) bool {
	return slices.ContainsFunc(t.sources, func(s typeSource) bool {
		if !s.typ.InterfaceObject {
			return false
		}
		f := s.typ.Field(field)
		return f != nil && !f.External
	})
}

// copyField adds the interface's merged field to an implementation.
func (c *composition) copyField(t *mergedType, from *mergedField) {
	f := t.addField(from.name)
	f.out.Description = from.out.Description
	f.out.Type = from.out.Type
	f.out.Args = from.out.Args
	f.out.Joins = []supergraph.FieldJoin{{}}
	what := label{"Field", f.coordinate()}
	f.out.Directives = append(c.withoutAuth(from.out.Directives), c.mergeApplied(what, nil, c.inheritedByField(f))...)
	t.out.Fields = append(t.out.Fields, f.out)
	c.validateSharing(f)
}
