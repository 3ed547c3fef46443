package property

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/routertest/document"
	"github.com/tributary-gql/tributary/router/routertest/world"
)

// asked is what an operation asks at one place of its response.
type asked struct {
	// here are the fields that land at the place; none at the root.
	here   []*ast.Field
	fields map[string]*asked
	merged map[*ast.Field]bool
	spread map[string]bool
}

func newAsked() *asked {
	return &asked{fields: map[string]*asked{}, merged: map[*ast.Field]bool{}, spread: map[string]bool{}}
}

func (a *asked) add(set ast.SelectionSet) {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			child := a.fields[s.Alias]
			if child == nil {
				child = newAsked()
				a.fields[s.Alias] = child
			}
			if !child.merged[s] {
				child.merged[s] = true
				child.here = append(child.here, s)
				child.add(s.SelectionSet)
			}
		case *ast.InlineFragment:
			a.add(s.SelectionSet)
		case *ast.FragmentSpread:
			if !a.spread[s.Name] {
				a.spread[s.Name] = true
				a.add(s.Definition.SelectionSet)
			}
		}
	}
}

// nulls knows where an operation's response may be null. That is up to the runtime types of the objects: an interface's
// field may be null where one of its object types forbids it. They are not known, but which of them can be.
type nulls struct {
	schema *ast.Schema
	root   *asked
	on     *ast.Definition // root type
}

// nullsOf is where a request's operation may have them.
func nullsOf(w *world.World, c Case) (*nulls, error) {
	parsed, err := document.Load(w.API, c.Request.Document)
	if err != nil {
		return nil, err
	}
	return newNulls(w.API, parsed.Operations.ForName(c.Request.Name)), nil
}

func newNulls(schema *ast.Schema, operation *ast.OperationDefinition) *nulls {
	n := &nulls{schema: schema, root: newAsked(), on: schema.Query}
	if operation.Operation == ast.Mutation {
		n.on = schema.Mutation
	}
	n.root.add(operation.SelectionSet)
	return n
}

// standing is a place on the way down a path, with the types that may be declared for its value. There are none where the
// path leads further than was asked.
type standing struct {
	asked *asked
	types []*ast.Type
}

func (n *nulls) start() standing {
	return standing{n.root, []*ast.Type{ast.NamedType(n.on.Name, nil)}}
}

// step goes to an element of a path.
func (n *nulls) step(at standing, element any) standing {
	name, isName := element.(string)
	if !isName {
		next := standing{asked: at.asked}
		for _, t := range at.types {
			if t.Elem != nil {
				next.types = append(next.types, t.Elem)
			}
		}
		return next
	}
	child := at.asked.fields[name]
	if child == nil {
		return standing{asked: at.asked}
	}
	return standing{child, n.declared(child, at.types)}
}

// declared are the types of the fields that land at a place, one for each runtime type that the object around may have.
func (n *nulls) declared(a *asked, around []*ast.Type) []*ast.Type {
	var types []*ast.Type
	for _, object := range n.objects(around) {
		for _, f := range a.here {
			if !slices.Contains(n.schema.GetPossibleTypes(f.ObjectDefinition), object) {
				continue
			}
			declared := f.Definition.Type
			if own := object.Fields.ForName(f.Name); own != nil { // not of __typename
				declared = own.Type
			}
			if !slices.ContainsFunc(types, func(t *ast.Type) bool { return t.String() == declared.String() }) {
				types = append(types, declared)
			}
		}
	}
	return types
}

// objects are the runtime types of values of some types.
func (n *nulls) objects(types []*ast.Type) []*ast.Definition {
	var objects []*ast.Definition
	for _, t := range types {
		for _, object := range n.schema.GetPossibleTypes(n.schema.Types[t.Name()]) {
			if !slices.Contains(objects, object) {
				objects = append(objects, object)
			}
		}
	}
	return objects
}

func isNonNull(t *ast.Type) bool { return t.NonNull }

func isNullable(t *ast.Type) bool { return !t.NonNull }

// forbidden tells whether null is forbidden at a path, whatever the runtime types are.
func (n *nulls) forbidden(path []any) bool {
	at := n.start()
	for _, element := range path {
		at = n.step(at, element)
	}
	return len(path) > 0 && len(at.types) > 0 && !slices.ContainsFunc(at.types, isNullable)
}

// goesUp tells whether null at the end of a path can go up to the value that the first elements lead to: null is forbidden
// all the way, or in a field beside, which may be missing for the same reason.
func (n *nulls) goesUp(path []any, first int) bool {
	at := n.start()
	for i, element := range path {
		around := at
		at = n.step(at, element)
		if len(at.types) == 0 {
			return true // further down than was asked
		}
		if i < first || slices.ContainsFunc(at.types, isNonNull) {
			continue
		}
		_, isName := element.(string)
		return isName && n.hasNonNull(around)
	}
	return true
}

// hasNonNull tells whether a field of the object at a place forbids null.
func (n *nulls) hasNonNull(at standing) bool {
	for _, f := range at.asked.fields {
		if slices.ContainsFunc(n.declared(f, at.types), isNonNull) {
			return true
		}
	}
	return false
}
