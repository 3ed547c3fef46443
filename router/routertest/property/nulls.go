package property

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/routertest/document"
	"github.com/tributary-gql/tributary/router/routertest/world"
)

// asked is what an operation asks at one place of its response: where null is allowed is the same for all fields that
// land there.
type asked struct {
	typ    *ast.Type // nil at the root
	fields map[string]*asked
	merged map[*ast.Field]bool
	spread map[string]bool
}

func newAsked(typ *ast.Type) *asked {
	return &asked{typ: typ, fields: map[string]*asked{}, merged: map[*ast.Field]bool{}, spread: map[string]bool{}}
}

// askedBy is what a request's operation asks.
func askedBy(w *world.World, c Case) (*asked, error) {
	parsed, err := document.Load(w.API, c.Request.Document)
	if err != nil {
		return nil, err
	}
	root := newAsked(nil)
	root.add(parsed.Operations.ForName(c.Request.Name).SelectionSet)
	return root, nil
}

func (a *asked) add(set ast.SelectionSet) {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			child := a.fields[s.Alias]
			if child == nil {
				child = newAsked(s.Definition.Type)
				a.fields[s.Alias] = child
			}
			if !child.merged[s] {
				child.merged[s] = true
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

// forbidsNull tells whether null is forbidden at a path.
func (a *asked) forbidsNull(path []any) bool {
	typ := a.typ
	for _, element := range path {
		if a, typ = a.step(typ, element); typ == nil {
			return false
		}
	}
	return typ != nil && typ.NonNull
}

// goesUp tells whether null at the end of a path can go up to the value that the first elements lead to: null is forbidden
// all the way, or in a field beside, which may be missing for the same reason.
func (a *asked) goesUp(path []any, first int) bool {
	typ := a.typ
	for i, element := range path {
		around := a
		if a, typ = a.step(typ, element); typ == nil {
			return true // further down than was asked
		}
		if i < first || typ.NonNull {
			continue
		}
		_, isName := element.(string)
		return isName && around.hasNonNull()
	}
	return true
}

// step is what is asked at an element of a path, and its type; nil where it was not asked.
func (a *asked) step(typ *ast.Type, element any) (*asked, *ast.Type) {
	name, isName := element.(string)
	if !isName {
		return a, typ.Elem
	}
	if child := a.fields[name]; child != nil {
		return child, child.typ
	}
	return a, nil
}

func (a *asked) hasNonNull() bool {
	for _, f := range a.fields {
		if f.typ.NonNull {
			return true
		}
	}
	return false
}
