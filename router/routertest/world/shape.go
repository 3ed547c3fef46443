package world

import (
	"fmt"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/supergraph"
)

// shape is what all subgraphs that speak of a field agree on, so that each of them can tell the same value.
type shape struct {
	typ *ast.Type // with the strictest nullability of all
	// possible are the runtime types that every one of them may return, for composite types; values the enum values.
	possible []string
	values   []string
	leaf     bool
	enum     bool
	// dependsOn is the subgraph whose @requires decides the value, nil when it depends on nothing.
	dependsOn *speaker
	// uniform: all of them and the supergraph have the same type, so that an error nulls the same position everywhere.
	uniform bool
}

// barren tells that no value exists that all agree on.
func (s *shape) barren() bool {
	return (!s.leaf && len(s.possible) == 0) || (s.enum && len(s.values) == 0)
}

// speaker is a subgraph that declares a field, on the runtime type itself or on an interface object.
type speaker struct {
	graph    *Graph
	field    *GraphField
	requires string // canonical text, "" when nothing is required
}

// speakers are the subgraphs that declare a field of a runtime type.
func (w *World) speakers(runtimeType, field string) []speaker {
	var found []speaker
	for _, g := range w.Graphs {
		for _, t := range g.views(runtimeType) {
			if f := t.Fields[field]; f != nil {
				found = append(found, speaker{graph: g, field: f, requires: selectionText(f.Requires)})
			}
		}
	}
	return found
}

// settleShapes works out the shape of every field of every object type.
func (w *World) settleShapes() error {
	w.shapes = map[string]map[string]*shape{}
	inaccessible := inaccessibleName(w.Super)
	for _, t := range w.Super.Types {
		if t.Kind != ast.Object {
			continue
		}
		shapes := map[string]*shape{}
		w.shapes[t.Name] = shapes
		for _, field := range t.Fields {
			s, err := w.shapeOf(t.Name, field, inaccessible)
			if err != nil {
				return fmt.Errorf("%s.%s: %w", t.Name, field.Name, err)
			}
			shapes[field.Name] = s
		}
	}
	return nil
}

func (w *World) shapeOf(runtimeType string, field *supergraph.Field, inaccessible string) (*shape, error) {
	s := &shape{typ: field.Type, uniform: true}
	named := w.Super.Type(field.Type.Name())
	s.leaf = named == nil || named.Kind == ast.Scalar || named.Kind == ast.Enum
	s.enum = named != nil && named.Kind == ast.Enum
	speakers := w.speakers(runtimeType, field.Name)
	first := true
	for _, speaker := range speakers {
		met, err := meet(s.typ, speaker.field.Type)
		if err != nil {
			return nil, fmt.Errorf("subgraph %s: %w", speaker.graph.Name, err)
		}
		s.uniform = s.uniform && field.Type.String() == speaker.field.Type.String()
		s.typ = met
		if t := speaker.graph.Types[speaker.field.Type.Name()]; t != nil {
			s.possible = common(s.possible, t.Possible, first)
			s.values = common(s.values, t.values, first)
			first = false
		}
	}
	// What clients may not see is not in this world, so that the answer never depends on who hides it.
	s.possible = slices.DeleteFunc(s.possible, func(name string) bool {
		return w.Super.Type(name).Directives.ForName(inaccessible) != nil
	})
	if s.enum {
		s.values = slices.DeleteFunc(s.values, func(name string) bool {
			i := slices.IndexFunc(named.EnumValues, func(v *supergraph.EnumValue) bool { return v.Name == name })
			return named.EnumValues[i].Directives.ForName(inaccessible) != nil
		})
	}
	s.dependsOn = dependency(speakers)
	return s, nil
}

// dependency is the speaker whose @requires decides the value: only where all that resolve the field require the same.
func dependency(speakers []speaker) *speaker {
	var decisive *speaker
	for i, speaker := range speakers {
		if speaker.field.External {
			continue
		}
		if speaker.requires == "" || (decisive != nil && decisive.requires != speaker.requires) {
			return nil
		}
		decisive = &speakers[i]
	}
	return decisive
}

// common keeps what both lists have; the first list stands for itself.
func common(sofar, more []string, first bool) []string {
	if first {
		return slices.Clone(more)
	}
	return slices.DeleteFunc(sofar, func(name string) bool { return !slices.Contains(more, name) })
}

// meet is the type with the strictest nullability of both at every level.
func meet(a, b *ast.Type) (*ast.Type, error) {
	if (a.Elem == nil) != (b.Elem == nil) {
		return nil, fmt.Errorf("%s and %s differ in list depth", a, b)
	}
	if a.Elem == nil {
		return &ast.Type{NamedType: a.NamedType, NonNull: a.NonNull || b.NonNull}, nil
	}
	elem, err := meet(a.Elem, b.Elem)
	if err != nil {
		return nil, err
	}
	return &ast.Type{Elem: elem, NonNull: a.NonNull || b.NonNull}, nil
}

// Answerable tells whether a field of a runtime type has a value that its subgraphs agree on, and so has everything that
// it requires. Fields that have none (their subgraphs share no runtime type or enum value, where null is not allowed)
// have no defined answer and are not to be asked.
func (w *World) Answerable(runtimeType, field string) bool {
	s := w.shapes[runtimeType][field]
	if s == nil || s.barren() && s.typ.NonNull && s.typ.Elem == nil {
		return false
	}
	for _, speaker := range w.speakers(runtimeType, field) {
		if !speaker.field.External && !w.allAnswerable(speaker.graph, runtimeType, speaker.field.Requires) {
			return false
		}
	}
	return true
}

// allAnswerable tells the same of everything that a field set of a subgraph selects.
func (w *World) allAnswerable(g *Graph, runtimeType string, selection ast.SelectionSet) bool {
	all := true
	g.FieldsOn(runtimeType, selection, func(f *ast.Field) {
		if f.Name == "__typename" {
			return
		}
		if all = all && w.Answerable(runtimeType, f.Name); !all {
			return
		}
		for _, possible := range w.shapes[runtimeType][f.Name].possible {
			all = all && w.allAnswerable(g, possible, f.SelectionSet)
		}
	})
	return all
}

// Resolvers counts the subgraphs that resolve a field of a runtime type with the labels that hold.
func (w *World) Resolvers(runtimeType, field string) int {
	n := 0
	for _, speaker := range w.speakers(runtimeType, field) {
		if speaker.field.Resolvable(w.options.Labels) {
			n++
		}
	}
	return n
}
