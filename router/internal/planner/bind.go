package planner

import (
	"hash/fnv"
	"slices"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/internal/plan"
	"github.com/tributary-gql/tributary/schema/querygraph"
)

// Conditions (keys, requirements, contexts) are asked in the same response tree as what the client asks. Binding gives
// each of their fields a store name there: that of the client's field where the client asks the same field with the same
// arguments, else the field's own name, unless the client uses that name for something else.

// bindPlain is the shape of a condition's selection below an edge, by itself: for finding out what it costs.
func (r *run) bindPlain(f *querygraph.SelectionField, edge querygraph.Edge) *shape {
	return r.bindBelow(f.Sub, r.fieldTypeOf(edge.Field), nil, nil)
}

// fieldTypeOf is the supergraph's name of the type of a field in a subgraph's view: type names are the same everywhere.
func (r *run) fieldTypeOf(f *querygraph.Field) string { return f.Type.Name() }

// bindBelow is the shape of a selection on objects of the named type, next to what the client asks of them (nil:
// nothing), and beside what it asks of those that may turn out to be of some type: there names must not clash.
func (r *run) bindBelow(selection *querygraph.Selection, typeName string, client *shape, beside []*shape) *shape {
	possible := r.graph.Possible(typeName)
	var fields []*shapeField
	if r.describesType(selection, typeName) {
		none := r.shapes.internText("", nil)
		fields = append(fields, &shapeField{store: "__typename", name: "__typename", args: none, suffix: none, guard: plan.Always, sent: true})
	}
	for _, f := range selection.Fields {
		if f.Name == "__typename" {
			continue
		}
		on := possible
		if f.On != nil {
			on = f.On.Intersect(possible)
		}
		for rest := on; !rest.IsEmpty(); {
			t := rest.First()
			bound, same := r.bindField(f, client, beside, t, false)
			// Types for which the client asks alike are bound alike.
			types := rest.Intersect(same)
			rest = rest.Minus(types)
			if bound.types = types; types.Equal(possible) {
				bound.types = nil
			}
			fields = append(fields, bound)
		}
	}
	return r.shapes.intern(typeName, possible, fields)
}

// describesType tells whether the runtime type is part of what a condition needs of an object: where it is asked for, and
// where a subgraph could not tell otherwise what it is sent.
func (r *run) describesType(selection *querygraph.Selection, typeName string) bool {
	if t := r.super.Type(typeName); t != nil && t.Kind != ast.Object {
		return true
	}
	return slices.ContainsFunc(selection.Fields, func(f *querygraph.SelectionField) bool { return f.Name == "__typename" })
}

// bindField binds one field for objects of runtime type t, and tells for which types it is bound alike. With unknown, the
// field may be asked of objects of other types as well, as an interface object is: then it must suit all of them.
func (r *run) bindField(
	f *querygraph.SelectionField, client *shape, beside []*shape, t querygraph.ObjectID, unknown bool,
) (*shapeField, querygraph.TypeSet) {
	bound := &shapeField{
		store: f.Name, name: f.Name, args: r.shapes.fromConstants(f.Args), suffix: r.shapes.fromDirectives(nil), guard: plan.Always,
	}
	same := r.facts.all
	var reused *shapeField
	taken := false
	if client != nil {
		for _, asked := range client.fields {
			equal := asked.name == bound.name && asked.args == bound.args
			if unknown {
				taken = taken || asked.store == bound.name && !equal
			}
			if !asked.asked(t) {
				same = same.Minus(asked.types)
				continue
			}
			if asked.types != nil {
				same = same.Intersect(asked.types)
			}
			if reused == nil && equal && !(unknown && asked.types != nil) {
				reused = asked
			}
			taken = taken || asked.store == bound.name && !equal
		}
	}
	if reused != nil && bound.clashes(reused.store, beside) {
		reused = nil
	}
	var below *shape
	switch {
	case reused != nil:
		bound.store, below = reused.store, reused.child
	case taken || bound.args.text != "" || bound.clashes(bound.name, beside):
		bound.store = r.privateStore(bound, client, beside)
	}
	if f.Sub != nil {
		typeName := r.facts.fieldType(r.graph.Objects[t], f.Name)
		if unknown {
			beside = append(slices.Clone(beside), client)
		}
		bound.child = r.bindBelow(f.Sub, typeName, below, bound.askedBelow(beside, below))
	}
	bound.list = r.facts.listLevels(r.graph.Objects[t], f.Name)
	return bound, same
}

// clashes tells whether the client may ask for something else under a store name.
func (f *shapeField) clashes(store string, beside []*shape) bool {
	return slices.ContainsFunc(beside, func(other *shape) bool {
		return slices.ContainsFunc(other.fields, func(asked *shapeField) bool {
			return asked.store == store && (asked.name != f.name || asked.args != f.args)
		})
	})
}

// askedBelow is what the client may ask below a field, except what is known.
func (f *shapeField) askedBelow(beside []*shape, known *shape) []*shape {
	var below []*shape
	for _, other := range beside {
		if other == nil {
			continue
		}
		for _, asked := range other.fields {
			if asked.store == f.store && asked.child != nil && asked.child != known {
				below = append(below, asked.child)
			}
		}
	}
	return below
}

// privateStore is a store name that the client does not use. It depends on the field and its arguments alone, so that
// different conditions that mean the same value agree.
func (r *run) privateStore(f *shapeField, client *shape, beside []*shape) string {
	store := f.name + "__"
	if f.args.text != "" {
		hash := fnv.New32a()
		hash.Write([]byte(f.args.text))
		store += strconv.FormatUint(uint64(hash.Sum32()), 36)
	}
	isStore := func(asked *shapeField) bool { return asked.store == store }
	for client != nil && slices.ContainsFunc(client.fields, isStore) || f.clashes(store, beside) {
		store += "_"
	}
	return store
}
