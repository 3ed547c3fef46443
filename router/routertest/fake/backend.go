package fake

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/routertest/coerce"
	"github.com/tributary-gql/tributary/router/routertest/execute"
	"github.com/tributary-gql/tributary/router/routertest/world"
)

// backend resolves the fields of one request as its subgraph would.
type backend struct {
	fleet *Fleet
	world *world.World
	graph *world.Graph
	query string
	fault *Fault
	spent bool // the fault in a leaf has happened
	asked bool // for entities
	sent  int  // representations
	// used are the features of federation that the request used.
	used map[string]bool
}

// standing is what a subgraph knows of an object by the way to it.
type standing struct {
	// view is the type that the subgraph takes the object for.
	view string
	// provided are the external fields that @provides on the way promises.
	provided []ast.SelectionSet
	// representation is what the router sent of the object; nil for objects reached through fields.
	representation map[string]any
}

func (b *backend) violate(format string, args ...any) {
	b.fleet.violate(b.graph.Name, b.query, format, args...)
}

// TypeName implements execute.Backend.
func (b *backend) TypeName(n *execute.Node) string {
	if own, known := n.Extra.(standing); known {
		return own.view
	}
	return b.graph.View(n.Object.Type) // a root, or machinery
}

// Resolve implements execute.Backend.
func (b *backend) Resolve(n *execute.Node, field execute.Field) world.Value {
	switch field.Name {
	case "_entities":
		return b.spoilEntities(b.entities(field.Arguments["representations"]))
	case "_service":
		return world.Value{Kind: world.Composite, Object: &world.Object{Type: "_Service"}, Extra: standing{view: "_Service"}}
	case "sdl":
		if n.Object.Type == "_Service" {
			return world.Value{Kind: world.Leaf, Raw: strconv.Quote(b.graph.SDL)}
		}
	}
	t := b.graph.Types[b.TypeName(n)]
	f := t.Fields[field.Name]
	own, _ := n.Extra.(standing)
	provided, isProvided := b.provided(own, n.Object.Type, field.Name)
	if !f.Resolvable(b.world.Labels()) && !isProvided {
		b.violate("%s.%s is not the subgraph's to resolve", t.Name, field.Name)
		return world.Value{Kind: world.Failed, Message: "not resolvable here: " + field.Name}
	}
	required, ok := b.required(n.Object, t, f, own)
	if !ok {
		return world.Value{Kind: world.Failed, Message: "required fields are missing or wrong"}
	}
	b.noteField(n.Object, t, f, isProvided)
	value := b.world.Value(n.Object, world.Call{Field: field.Name, Arguments: field.Arguments, Required: required})
	if f.Provides != nil {
		provided = append(provided, f.Provides)
	}
	return b.spoilLeaf(n.Object, field, b.placed(value, f.Type.Name(), provided))
}

// provided tells whether @provides on the way covers a field, and what it promises below.
func (b *backend) provided(own standing, runtimeType, field string) (below []ast.SelectionSet, covered bool) {
	for _, selection := range own.provided {
		b.graph.FieldsOn(runtimeType, selection, func(f *ast.Field) {
			if f.Name == field {
				covered = true
				if len(f.SelectionSet) > 0 {
					below = append(below, f.SelectionSet)
				}
			}
		})
	}
	return below, covered
}

// required checks that what the field requires is at hand and right, and gives what its value depends on.
func (b *backend) required(o *world.Object, t *world.GraphType, f *world.GraphField, own standing) (string, bool) {
	depends, err := b.world.Required(o, f.Name)
	if err != nil {
		b.violate("%v", err)
		return "", false
	}
	if f.Requires == nil {
		return depends, true
	}
	expected, err := b.world.Project(b.graph, o, f.Requires)
	if err != nil {
		b.violate("%v", err)
		return "", false
	}
	for _, s := range f.Requires {
		leaf, isField := s.(*ast.Field)
		if isField && own.representation == nil && b.atHand(o.Type, t, leaf, own) {
			delete(expected, leaf.Name)
		}
	}
	if missing := lacks(own.representation, expected, ""); missing != "" {
		b.violate("%s.%s of %s needs required fields: %s", t.Name, f.Name, o.Type, missing)
		return "", false
	}
	return depends, true
}

// atHand tells whether the subgraph knows a required field by itself: because @provides on the way promises it.
func (b *backend) atHand(runtimeType string, t *world.GraphType, f *ast.Field, own standing) bool {
	declared := t.Fields[f.Name]
	if declared == nil {
		return false
	}
	below, covered := b.provided(own, runtimeType, f.Name)
	if !covered {
		return declared.Resolvable(b.world.Labels()) && len(f.SelectionSet) == 0
	}
	if len(f.SelectionSet) == 0 {
		return true
	}
	return coversAll(below, f.SelectionSet)
}

// coversAll tells whether selections promise, field by field, all of another one.
func coversAll(promised []ast.SelectionSet, wanted ast.SelectionSet) bool {
	for _, s := range wanted {
		field, isField := s.(*ast.Field)
		if !isField {
			return false
		}
		found := false
		for _, selection := range promised {
			for _, p := range selection {
				if p, isField := p.(*ast.Field); isField && p.Name == field.Name {
					found = found || len(field.SelectionSet) == 0 || coversAll([]ast.SelectionSet{p.SelectionSet}, field.SelectionSet)
				}
			}
		}
		if !found {
			return false
		}
	}
	return true
}

// placed gives every object of a value what its subgraph knows of it there.
func (b *backend) placed(value world.Value, declared string, provided []ast.SelectionSet) world.Value {
	switch value.Kind {
	case world.Composite:
		value.Extra = standing{view: b.graph.ViewAs(value.Object.Type, declared), provided: provided}
	case world.List:
		items := make([]world.Value, len(value.Items))
		for i, item := range value.Items {
			items[i] = b.placed(item, declared, provided)
		}
		value.Items = items
	}
	return value
}

// lacks says where a value lacks something expected, or has it otherwise; "" when nothing is amiss. Values that failed
// in this world are null on both sides.
func lacks(value, expected any, path string) string {
	switch expected := expected.(type) {
	case map[string]any:
		fields, isMap := value.(map[string]any)
		if !isMap && len(expected) > 0 {
			return fmt.Sprintf("%s is %s, not an object", orSelf(path), coerce.Canonical(value))
		}
		for _, name := range slices.Sorted(maps.Keys(expected)) {
			inner, present := fields[name]
			if !present {
				return fmt.Sprintf("%s.%s is absent", path, name)
			}
			if missing := lacks(inner, expected[name], path+"."+name); missing != "" {
				return missing
			}
		}
		return ""
	case []any:
		items, isList := value.([]any)
		if !isList || len(items) != len(expected) {
			return fmt.Sprintf("%s is %s, not a list of %d", path, coerce.Canonical(value), len(expected))
		}
		for i := range expected {
			if missing := lacks(items[i], expected[i], fmt.Sprintf("%s[%d]", path, i)); missing != "" {
				return missing
			}
		}
		return ""
	}
	if got, want := coerce.Canonical(value), coerce.Canonical(expected); got != want {
		return fmt.Sprintf("%s is %s, not %s", path, got, want)
	}
	return ""
}

func orSelf(path string) string {
	if path == "" {
		return "the representation"
	}
	return path
}
