package world

import (
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/routertest/coerce"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// project gives a selection of an object, as a subgraph would find it in a representation: field names are keys.
func (w *World) project(g *Graph, o *Object, selection ast.SelectionSet) (map[string]any, error) {
	result := map[string]any{}
	var failure error
	g.FieldsOn(o.Type, selection, func(f *ast.Field) {
		if failure != nil {
			return
		}
		if f.Name == "__typename" {
			result[f.Name] = g.View(o.Type)
			return
		}
		value, err := w.FieldSetValue(g, o, f)
		if err != nil {
			failure = fmt.Errorf("%s.%s: %w", o.Type, f.Name, err)
			return
		}
		projected, err := w.projectValue(g, value, f.SelectionSet)
		if err != nil {
			failure = err
			return
		}
		result[f.Name] = merge(result[f.Name], projected)
	})
	return result, failure
}

// merge joins two projections of one field: a { b } a { c }.
func merge(a, b any) any {
	switch a := a.(type) {
	case map[string]any:
		if b, isMap := b.(map[string]any); isMap {
			for name, value := range b {
				a[name] = merge(a[name], value)
			}
			return a
		}
	case []any:
		if b, isList := b.([]any); isList && len(a) == len(b) {
			for i := range a {
				a[i] = merge(a[i], b[i])
			}
			return a
		}
	}
	return b
}

func (w *World) projectValue(g *Graph, value Value, selection ast.SelectionSet) (any, error) {
	switch value.Kind {
	case Leaf:
		return coerce.Parse([]byte(value.Raw))
	case List:
		items := make([]any, len(value.Items))
		for i, item := range value.Items {
			var err error
			if items[i], err = w.projectValue(g, item, selection); err != nil {
				return nil, err
			}
		}
		return items, nil
	case Composite:
		return w.project(g, value.Object, selection)
	}
	return nil, nil
}

// FieldSetValue is the value of a field as a field set of the subgraph asks for it.
func (w *World) FieldSetValue(g *Graph, o *Object, f *ast.Field) (Value, error) {
	declared := g.fieldOf(o.Type, f.Name)
	if declared == nil {
		return Value{}, fmt.Errorf("subgraph %s has no field %s on %s", g.Name, f.Name, o.Type)
	}
	arguments, err := coerce.Arguments(g.Schema, declared.Args, f.Arguments, nil)
	if err != nil {
		return Value{}, err
	}
	required, err := w.Required(o, f.Name)
	if err != nil {
		return Value{}, err
	}
	return w.Value(o, Call{Field: f.Name, Arguments: arguments, Required: required}), nil
}

// Required is the canonical JSON of what the field's value depends on, "" when it depends on nothing.
func (w *World) Required(o *Object, field string) (string, error) {
	s := w.shapes[o.Type][field]
	if s == nil || s.dependsOn == nil {
		return "", nil
	}
	return w.RequiredBy(s.dependsOn.graph, o, s.dependsOn.field)
}

// DependsOnRequired tells whether the field's value is made of required values.
func (w *World) DependsOnRequired(o *Object, field string) bool {
	s := w.shapes[o.Type][field]
	return s != nil && s.dependsOn != nil
}

// RequiredBy is the canonical JSON of what one subgraph requires for a field of an object.
func (w *World) RequiredBy(g *Graph, o *Object, field *GraphField) (string, error) {
	projected, err := w.project(g, o, field.Requires)
	if err != nil {
		return "", err
	}
	return coerce.Canonical(projected), nil
}

// Project is a selection of an object as the subgraph finds it in a representation: nested maps, lists and leaves as
// coerce.Parse gives them.
func (w *World) Project(g *Graph, o *Object, selection ast.SelectionSet) (map[string]any, error) {
	return w.project(g, o, selection)
}

// ContextArguments are the arguments that a field takes from its ancestors (the nearest first), as the subgraph that
// declares them would receive them.
func (w *World) ContextArguments(o *Object, field string, ancestors []*Object) (map[string]any, error) {
	var arguments map[string]any
	for _, speaker := range w.speakers(o.Type, field) {
		for _, c := range speaker.field.Context {
			value, err := w.contextValue(speaker.graph, c, ancestors)
			if err != nil {
				return nil, fmt.Errorf("context argument %s of %s.%s: %w", c.Name, o.Type, field, err)
			}
			if arguments == nil {
				arguments = map[string]any{}
			}
			arguments[c.Name] = value
		}
	}
	return arguments, nil
}

// contextValue takes one argument from the nearest ancestor that sets its context.
func (w *World) contextValue(g *Graph, c supergraph.ContextArgument, ancestors []*Object) (any, error) {
	selection, err := parseSelection(c.Selection)
	if err != nil {
		return nil, err
	}
	for _, ancestor := range ancestors {
		for _, typeName := range g.contexts[c.Context] {
			if !g.Matches(typeName, ancestor.Type) {
				continue
			}
			projected, err := w.project(g, ancestor, selection)
			if err != nil {
				return nil, err
			}
			return coerce.Input(g.Schema, c.Type, single(projected))
		}
	}
	return nil, fmt.Errorf("no ancestor sets %s", c.Context)
}

// single goes down to the one leaf that a context's selection names.
func single(value any) any {
	fields, isMap := value.(map[string]any)
	if !isMap {
		return value
	}
	for name, field := range fields {
		if name != "__typename" {
			return single(field)
		}
	}
	return nil
}

// contextNames are the names that the supergraph gives @context.
func contextNames(super *supergraph.Supergraph) []string {
	names := []string{"context"}
	for _, link := range super.Links {
		if !strings.Contains(link.URL, "/context/") {
			continue
		}
		if link.As != "" {
			names = append(names, link.As)
		}
		for _, element := range link.Import {
			if element.Name == "@context" && element.As != "" {
				names = append(names, strings.TrimPrefix(element.As, "@"))
			}
		}
	}
	return names
}
