package planner

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/internal/fault"
	"github.com/tributary-gql/tributary/router/internal/operation"
	"github.com/tributary-gql/tributary/router/internal/plan"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// responses makes the shape of the client's response. Equal selection sets are one object.
type responses struct {
	run     *run
	objects map[objectKey]*plan.Object
	types   map[string]*plan.Type
}

// objectKey: the fields of a selection set that are in the same payload.
type objectKey struct {
	set  *operation.SelectionSet
	hold *operation.Defer
}

// writeResponse gives the plan its response and the guards and authorizations it speaks of.
func (r *run) writeResponse() error {
	w := &responses{run: r, objects: map[objectKey]*plan.Object{}, types: map[string]*plan.Type{}}
	r.plan.Response = w.object(r.op.Root, nil)
	if err := r.deferPayloads(w); err != nil {
		return err
	}
	r.plan.Guards, r.plan.Authorizations = demandsOf(r.guards.list, r.auth.list)
	return nil
}

func (w *responses) object(set *operation.SelectionSet, hold *operation.Defer) *plan.Object {
	key := objectKey{set, hold}
	if known, ok := w.objects[key]; ok {
		return known
	}
	made := &plan.Object{TypeName: set.Type, PossibleTypes: set.Possible}
	w.objects[key] = made
	for _, f := range set.Fields {
		held := w.run.hold(f)
		shown := w.run.guards.and(w.run.guards.condition(f.Condition), w.run.guards.undeferred(held, hold))
		if shown == never {
			continue
		}
		field := plan.Field{
			ResponseName: f.ResponseName, StoreName: storeName(f), Name: f.Name, Types: f.Types,
			Guard: shown, Type: w.typeOf(f.Definition.Type),
			Introspection: f.Name == "__schema" || f.Name == "__type",
		}
		if field.Introspection {
			field.StoreName = set.IntrospectionName(f)
		}
		if f.Name == "__typename" {
			field.StoreName = "__typename"
		}
		if fault.On(fault.DropInclude) {
			field.Guard = plan.Always
		}
		if fault.On(fault.LoseAlias) {
			field.StoreName = f.Name
		}
		if f.Selections != nil {
			field.Object = w.object(f.Selections, held)
		}
		parts := w.run.denials(set, f)
		if parts == nil {
			made.Fields = append(made.Fields, &field)
			continue
		}
		for _, part := range parts {
			one := field
			one.Denied = part.guard
			if len(parts) > 1 {
				one.Types = w.run.graph.Names(part.types)
			}
			made.Fields = append(made.Fields, &one)
		}
	}
	return made
}

func (w *responses) typeOf(t *ast.Type) *plan.Type {
	text := t.String()
	if known, ok := w.types[text]; ok {
		return known
	}
	made := &plan.Type{NonNull: t.NonNull}
	if t.Elem != nil {
		made.Elem = w.typeOf(t.Elem)
	} else {
		made.Name = t.NamedType
		made.Leaf = w.run.values.kind(t.NamedType)
		made.Values = w.run.values.enums[t.NamedType]
	}
	w.types[text] = made
	return made
}

// leaves are how values of scalars and enums are checked. Built once, immutable.
type leaves struct {
	composite map[string]bool
	enums     map[string][]string // accessible values, sorted
}

func newLeaves(s *supergraph.Supergraph) *leaves {
	l := &leaves{composite: map[string]bool{}, enums: map[string][]string{}}
	inaccessible := linkedName(s, "inaccessible")
	for _, name := range []string{"__Schema", "__Type", "__Field", "__InputValue", "__EnumValue", "__Directive"} {
		l.composite[name] = true
	}
	for _, t := range s.Types {
		switch t.Kind {
		case ast.Object, ast.Interface, ast.Union:
			l.composite[t.Name] = true
		case ast.Enum:
			values := []string{}
			for _, value := range t.EnumValues {
				if value.Directives.ForName(inaccessible) == nil {
					values = append(values, value.Name)
				}
			}
			slices.Sort(values)
			l.enums[t.Name] = values
		}
	}
	return l
}

func (l *leaves) kind(name string) plan.Leaf {
	switch name {
	case "Int":
		return plan.IntLeaf
	case "Float":
		return plan.FloatLeaf
	case "String":
		return plan.StringLeaf
	case "Boolean":
		return plan.BooleanLeaf
	case "ID":
		return plan.IDLeaf
	}
	switch {
	case l.enums[name] != nil:
		return plan.EnumLeaf
	case l.composite[name]:
		return plan.NotLeaf
	default:
		return plan.CustomLeaf
	}
}
