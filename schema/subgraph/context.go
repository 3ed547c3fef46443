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

// areFragments tells a selection made of type conditions from one of fields; mixed tells one that is both.
func areFragments(selections []*selection) (fragments, mixed bool) {
	count := 0
	for _, sel := range selections {
		if sel.IsFragment() {
			count++
		}
	}
	return count > 0, count > 0 && count < len(selections)
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
	if sel.Field == "__typename" && sel.Sub == nil {
		return contextResult{typ: ast.NonNullNamedType("String", nil)}
	}
	f := t.Field(sel.Field)
	if f == nil {
		return contextProblem("type \"" + t.Name + "\" has no field \"" + sel.Field + "\"")
	}
	for _, given := range sel.Arguments {
		if f.Argument(given.Name) == nil {
			return contextProblem("field \"" + f.Coordinate() + "\" has no argument \"" + given.Name + "\"")
		}
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

// conditionTwice returns the type that two type conditions name, or "".
func conditionTwice(fragments []*selection) string {
	seen := map[string]bool{}
	for _, sel := range fragments {
		if seen[sel.On] {
			return sel.On
		}
		seen[sel.On] = true
	}
	return ""
}

// conditionProblem says why a fragment's type condition cannot be used, or "".
func (s *Subgraph) conditionProblem(sel *selection) string {
	switch t := s.types[sel.On]; {
	case t == nil || !isComposite(t):
		return "there is no type \"" + sel.On + "\" with fields"
	case t.Kind != ast.Object:
		return "type conditions must be object types, and \"" + sel.On + "\" is " + kindName(t.Kind)
	}
	return ""
}

// contextFragments follows the type conditions that name an object type that t can be: all must select one field. What they name is
// added to used.
func (s *Subgraph) contextFragments(t *Type, fragments []*selection, used map[string]bool) []contextResult {
	var results []contextResult
	for _, object := range s.Implementations(t.Name) {
		if !s.spend(len(fragments)) {
			break
		}
		for _, sel := range fragments {
			if sel.On == object.Name {
				used[sel.On] = true
				results = append(results, s.contextField(object, sel.Sub))
			}
		}
	}
	return results
}

// fitsArgument tells whether a context's value of type t can be given to an argument of type want. The value may be missing, as much
// of a query as there is may fail, so no part of want can be non-null, whatever t promises.
func fitsArgument(t, want *ast.Type) bool {
	if want.NonNull || (t.Elem == nil) != (want.Elem == nil) {
		return false
	}
	if t.Elem != nil {
		return fitsArgument(t.Elem, want.Elem)
	}
	return t.NamedType == want.NamedType
}

func isNullable(t *ast.Type) bool {
	for ; t != nil; t = t.Elem {
		if t.NonNull {
			return false
		}
	}
	return true
}
