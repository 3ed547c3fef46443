package subgraph

import (
	"errors"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
	"github.com/tributary-gql/tributary/schema/fieldset"
)

// checkContexts checks @context and @fromContext.
func (b *builder) checkContexts() {
	for _, t := range b.s.Types {
		for _, app := range t.Applied {
			if app.Known == KnownContext {
				b.checkContextName(app)
			}
		}
	}
	for _, d := range b.s.Directives {
		for _, arg := range d.Arguments {
			if app := First(arg.Applied, KnownFromContext); app != nil {
				b.add(diag.ContextNotSet, atSign(app.Position), "Remove it.",
					"@%s cannot be used on an argument of a directive: \"@%s(%s:)\".", app.Name, d.Name, arg.Name)
			}
		}
	}
	b.eachField(func(t *Type, f *Field) {
		for _, arg := range f.Arguments {
			if arg.FromContext != nil {
				b.checkFromContext(t, f, arg)
			}
		}
	})
}

func (b *builder) checkContextName(app *Application) {
	name := stringArgument(app, "name")
	fix := "Use letters and digits only, a letter first."
	at := atSign(app.Position)
	if arg := app.Arguments.ForName("name"); arg != nil {
		at = arg.Value.Position
	}
	switch {
	case strings.Contains(name, "_"):
		b.add(diag.ContextNameInvalid, at, fix, "Context name %q cannot contain an underscore.", name)
	case !namePattern.MatchString(name):
		b.add(diag.ContextNameInvalid, at, fix, "Context name %q is not a name.", name)
	}
}

func (b *builder) checkFromContext(t *Type, f *Field, arg *Argument) {
	c := arg.FromContext
	at := atSign(c.Application.Position)
	coordinate := f.Coordinate() + "(" + arg.Name + ":)"
	if t.Kind != ast.Object {
		b.add(diag.ContextNotSet, at, "Put it on the fields of the object types that implement the interface.",
			"@%s cannot be used on a field of an interface: %q.", c.Application.Name, coordinate)
		return
	}
	for _, i := range t.Interfaces {
		if itf := b.s.types[i.Name]; itf != nil && itf.Field(f.Name) != nil {
			b.add(diag.ContextNotSet, at, "Take the field out of the interface.",
				"@%s cannot be used on %q, as the field implements the interface field \"%s.%s\".", c.Application.Name, coordinate, itf.Name, f.Name)
		}
	}
	if arg.Default != nil {
		b.add(diag.ContextNotSet, arg.Default.Position, "Remove the default value.",
			"The argument %q takes its value from a context and cannot have a default value.", coordinate)
	}
	b.checkContextSelection(arg, coordinate)
	for _, key := range t.Keys {
		if key.Resolvable {
			return
		}
	}
	b.add(diag.ContextNoResolvableKey, at, "Give the type a @key, without \"resolvable: false\".",
		"Type %q has a field with an argument from a context, %q, but no resolvable key.", t.Name, coordinate)
}

// checkContextSelection checks what the argument takes from which context.
func (b *builder) checkContextSelection(arg *Argument, coordinate string) {
	c := arg.FromContext
	at := atSign(c.Application.Position)
	var value *ast.Value
	if given := c.Application.Arguments.ForName("field"); given != nil {
		value, at = given.Value, given.Value.Position
	}
	if c.Context == "" || strings.TrimSpace(c.Selection) == "" {
		b.add(diag.NoContextInSelection, at, "Write the context's name and one field: \"$name { field }\".",
			"The argument %q does not say which context it takes what from.", coordinate)
		return
	}
	setters := b.s.contextTypes(c.Context)
	if len(setters) == 0 {
		b.add(diag.ContextNotSet, at, b.contextFix(c.Context), "Context %q, which argument %q takes its value from, is never set in this subgraph.", c.Context, coordinate)
		return
	}
	invalid := func(at *ast.Position, reason string) {
		b.add(diag.ContextInvalidSelection, at, "", "Argument %q cannot take its value from context %q: %s.", coordinate, c.Context, reason)
	}
	// Offsets of the selection's own parts; the context's name stands before it.
	inside := func(offset int) *ast.Position {
		return b.s.inString(value, len([]rune(value.Raw))-len([]rune(c.Selection))+offset)
	}
	parsed := b.s.parseSet(c.Selection)
	if parsed.err != nil {
		var syntax *fieldset.SyntaxError
		if errors.As(parsed.err, &syntax) {
			invalid(inside(syntax.Offset), "the selection has a syntax error: "+syntax.Message)
		}
		return
	}
	if offset, reason := plainSelections(parsed.set.Selections); reason != "" {
		invalid(inside(offset), reason)
		return
	}
	reject := func(reason string) { invalid(inside(0), reason) }
	switch fragments, mixed := areFragments(parsed.set.Selections); {
	case mixed:
		reject("it mixes fields and type conditions")
	case fragments:
		b.checkContextFragments(setters, parsed.set.Selections, arg, reject)
	default:
		for _, t := range setters {
			if !b.s.spend(1) || !contextFits(t, b.s.contextField(t, parsed.set.Selections), arg, reject) {
				return
			}
		}
	}
}

// contextFits tells whether what a selection gives on a type that sets the context fits the argument; it is rejected if not.
func contextFits(t *Type, result contextResult, arg *Argument, reject func(reason string)) bool {
	switch {
	case result.problem != "":
		reject("the selection is invalid for type \"" + t.Name + "\", which sets the context: " + result.problem)
	case !isNullable(arg.Type):
		reject("the argument has the type \"" + arg.Type.String() + "\", which must not be non-null anywhere, as a context may have no value")
	case !fitsArgument(result.typ, arg.Type):
		reject("on type \"" + t.Name + "\" the selection gives a value of type \"" + result.typ.String() +
			"\", but the argument has type \"" + arg.Type.String() + "\"")
	default:
		return true
	}
	return false
}

// checkContextFragments checks a selection made of type conditions: they name object types, each type that sets the context can be
// one of those, and each of those is one that sets it.
func (b *builder) checkContextFragments(setters []*Type, fragments []*selection, arg *Argument, reject func(reason string)) {
	if twice := conditionTwice(fragments); twice != "" {
		reject("it has two type conditions on \"" + twice + "\"")
		return
	}
	for _, sel := range fragments {
		if sel.On == "" {
			reject("fragments must have a type condition")
			return
		}
		on := b.s.types[sel.On]
		if on == nil || !isComposite(on) {
			continue
		}
		if result := b.s.contextField(on, sel.Sub); result.problem != "" {
			reject("the selection is invalid for type \"" + on.Name + "\": " + result.problem)
			return
		}
	}
	used := map[string]bool{}
	for _, t := range setters {
		if !b.s.spend(1) {
			return
		}
		for _, sel := range fragments {
			if problem := b.s.conditionProblem(sel); problem != "" {
				reject(problem)
			}
		}
		results := b.s.contextFragments(t, fragments, used)
		if len(results) == 0 {
			reject("no type condition matches type \"" + t.Name + "\", which sets the context")
			return
		}
		for _, result := range results {
			if !contextFits(t, result, arg, reject) {
				return
			}
		}
	}
	for _, sel := range fragments {
		if !used[sel.On] {
			reject("no type that sets the context can be \"" + sel.On + "\", which a type condition names")
		}
	}
}

func (b *builder) contextFix(name string) string {
	fix := b.suggest(name, func() []string {
		var names []string
		for _, t := range b.s.Types {
			for _, app := range t.Applied {
				if app.Known == KnownContext {
					names = append(names, stringArgument(app, "name"))
				}
			}
		}
		return names
	})
	if fix != "" {
		return fix
	}
	return "Mark the type that has the value: @context(name: \"" + name + "\")."
}

// plainSelections rejects aliases, arguments and directives, at any depth.
func plainSelections(selections []*selection) (offset int, reason string) {
	for _, sel := range selections {
		switch {
		case sel.Alias != "":
			return sel.Offset, "aliases are not allowed in the selection"
		case len(sel.Directives) > 0:
			return sel.Offset, "directives are not allowed in the selection"
		}
		if offset, reason := plainSelections(sel.Sub); reason != "" {
			return offset, reason
		}
	}
	return 0, ""
}
