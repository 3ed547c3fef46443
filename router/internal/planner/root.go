package planner

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/internal/operation"
	"github.com/tributary-gql/tributary/schema/querygraph"
)

// shapeOperation makes the shape of the whole operation.
func (r *run) shapeOperation() error {
	root, err := r.shapes.fromSet(r.op.Root)
	if err != nil {
		return err
	}
	r.rootShapes = []*shape{root}
	if r.op.Kind == ast.Mutation {
		r.rootShapes = nil
		for _, f := range root.fields {
			r.rootShapes = append(r.rootShapes, r.shapes.intern(root.typeName, root.possible, []*shapeField{f}))
		}
	}
	return nil
}

// solveRoot solves the position at the operation's root: for a mutation one for each of its fields, as they are made
// one after the other, each with what follows from it.
func (r *run) solveRoot() error {
	for _, sh := range r.rootShapes {
		p, err := r.solver.position(sh)
		if err != nil {
			return err
		}
		if p.failed != nil {
			return p.failed
		}
		r.roots = append(r.roots, p)
	}
	return nil
}

// hold is the @defer that holds a field, nil when it is in the initial response.
func (r *run) hold(f *operation.Field) *operation.Defer {
	if !r.options.Defer {
		return nil
	}
	return f.Defer
}

// denial is what some runtime types of a position demand of the caller before they show a field.
type denial struct {
	types querygraph.TypeSet
	guard guard
}

// denials divides a field's runtime types by what they demand; nil when none of them demands anything.
func (r *run) denials(set *operation.SelectionSet, f *operation.Field) []denial {
	if r.auth.none() || f.Name == "__typename" {
		return nil
	}
	names := f.Types
	if names == nil {
		names = set.Possible
	}
	var parts []denial
	any := false
	for _, name := range names {
		object, ok := r.graph.Object(name)
		if !ok {
			continue
		}
		g := guard(0)
		if demands := r.auth.demands(f.Through, name, f.Name, r.facts.fieldType(name, f.Name)); len(demands) > 0 {
			g, any = r.guards.authorization(demands), true
		}
		found := false
		for i := range parts {
			if parts[i].guard == g {
				parts[i].types = parts[i].types.Union(querygraph.NewTypeSet(object))
				found = true
			}
		}
		if !found {
			parts = append(parts, denial{querygraph.NewTypeSet(object), g})
		}
	}
	if !any {
		return nil
	}
	return parts
}
