package subgraph

import (
	"regexp"

	"github.com/vektah/gqlparser/v2/ast"
)

// contextReference is "$name" and what follows it. White space, commas and comments may stand before and after the "$".
var contextReference = regexp.MustCompile(`^(?:[\n\r\t ,]|#[^\n\r]*[\n\r])*\$(?:[\n\r\t ,]|#[^\n\r]*[\n\r])*([A-Za-z_]\w*)([\s\S]*)$`)

// readFromContext reads the argument of @fromContext. Context is "" when the argument names none, Set is nil when the selection cannot
// be read.
func (s *Subgraph) readFromContext(app *Application) *FromContext {
	c := &FromContext{Application: app}
	match := contextReference.FindStringSubmatch(stringArgument(app, "field"))
	if match == nil {
		return c
	}
	c.Context, c.Selection = match[1], match[2]
	c.Set = s.parseSet(c.Selection).set
	return c
}

// contextResult is the type that a context's selection gives on one type that sets the context.
type contextResult struct {
	typ     *ast.Type
	problem string // what is wrong with the selection; typ is nil then
}

func contextProblem(text string) contextResult { return contextResult{problem: text} }

// contextType follows the selection on a type that sets the context.
func (s *Subgraph) contextType(t *Type, selections []*selection) contextResult {
	fragments := 0
	for _, sel := range selections {
		if sel.IsFragment() {
			fragments++
		}
	}
	switch {
	case fragments == 0:
		return s.contextField(t, selections)
	case fragments < len(selections):
		return contextProblem("it mixes fields and type conditions")
	}
	return s.contextFragments(t, selections)
}

// contextField follows a selection of exactly one field.
func (s *Subgraph) contextField(t *Type, selections []*selection) contextResult {
	switch {
	case t.InterfaceObject:
		return contextProblem("type \"" + t.Name + "\" is an interface object, whose fields other subgraphs may resolve")
	case len(selections) == 0:
		return contextProblem("it selects nothing")
	case len(selections) > 1:
		return contextProblem("it selects several fields; it must select exactly one")
	}
	sel := selections[0]
	if sel.IsFragment() {
		return contextProblem("type conditions can only be used at its start")
	}
	f := t.Field(sel.Field)
	if f == nil {
		return contextProblem("type \"" + t.Name + "\" has no field \"" + sel.Field + "\"")
	}
	target := s.types[typeName(f.Type)]
	if target == nil || !isComposite(target) {
		if sel.Sub != nil {
			return contextProblem("field \"" + f.Coordinate() + "\" has type \"" + f.Type.String() + "\", which has no fields to select")
		}
		return contextResult{typ: f.Type}
	}
	if sel.Sub == nil {
		return contextProblem("field \"" + f.Coordinate() + "\" has type \"" + f.Type.String() + "\", so one of its own fields must be selected")
	}
	inner := s.contextField(target, sel.Sub)
	if inner.problem == "" {
		inner.typ = inLists(f.Type, inner.typ)
	}
	return inner
}

// inLists wraps a type in the lists of the field that was passed on the way to it.
func inLists(passed, t *ast.Type) *ast.Type {
	for ; passed.Elem != nil; passed = passed.Elem {
		t = ast.ListType(t, nil)
	}
	return t
}

// contextFragments follows a selection made of type conditions: those that can match must all select one field, of the same type.
func (s *Subgraph) contextFragments(t *Type, fragments []*selection) contextResult {
	seen := map[string]bool{}
	for _, sel := range fragments {
		switch {
		case sel.On == "":
			return contextProblem("fragments must have a type condition")
		case seen[sel.On]:
			return contextProblem("it has two type conditions on \"" + sel.On + "\"")
		case s.types[sel.On] == nil || !isComposite(s.types[sel.On]):
			return contextProblem("there is no type \"" + sel.On + "\" with fields")
		}
		seen[sel.On] = true
	}
	result := contextResult{}
	for _, object := range s.Implementations(t.Name) {
		matched := !s.spend(len(fragments))
		for _, sel := range fragments {
			if sel.On != object.Name && !object.Implements(sel.On) && !s.types[sel.On].HasMember(object.Name) {
				continue
			}
			matched = true
			one := s.contextField(s.types[sel.On], sel.Sub)
			if one.problem != "" {
				return one
			}
			if result.typ != nil && !sameType(nullable(result.typ), nullable(one.typ)) {
				return contextProblem("its type conditions give values of different types, \"" + result.typ.String() + "\" and \"" + one.typ.String() + "\"")
			}
			if result.typ == nil || !one.typ.NonNull {
				result.typ = one.typ
			}
		}
		if !matched {
			return contextProblem("no type condition matches type \"" + object.Name + "\"")
		}
	}
	if result.typ == nil {
		return contextProblem("no type condition matches type \"" + t.Name + "\"")
	}
	return result
}

// fitsArgument tells whether a context's value of type t can be given to an argument of type want.
func fitsArgument(t, want *ast.Type) bool {
	if want.NonNull && !t.NonNull || (t.Elem == nil) != (want.Elem == nil) {
		return false
	}
	if t.Elem != nil {
		return fitsArgument(t.Elem, want.Elem)
	}
	return t.NamedType == want.NamedType
}
