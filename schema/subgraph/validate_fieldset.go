package subgraph

import (
	"errors"
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
	"github.com/tributary-gql/tributary/schema/fieldset"
)

// fieldSetRules are the rules of one directive for its field sets.
type fieldSetRules struct {
	invalidType     diag.Code // the argument is no string
	invalid         diag.Code // syntax, unknown names
	hasDirectives   diag.Code
	hasArguments    diag.Code // "": fields with arguments are fine
	missingExternal diag.Code // "": fields of the subgraph's own are fine
	noAbstract      diag.Code // interfaces and unions, and lists of them, cannot be selected; "": they can
}

// fieldSetCheck checks the field set of one application. Problems that keep the set from being read are one error, the first's code with
// all their places; the others are one error each.
type fieldSetCheck struct {
	b     *builder
	rules fieldSetRules
	app   *Application
	place place
	text  string
	value *ast.Value

	unreadable []problem
	others     []problem
}

// place is the element that carries an application: a type, or a field when that is set.
type place struct {
	t *Type
	f *Field
}

func (p place) String() string {
	if p.f != nil {
		return "field \"" + p.f.Coordinate() + "\""
	}
	return "type \"" + p.t.Name + "\""
}

// where begins every message: `On type "T", for @key(fields: "id")`.
func (c *fieldSetCheck) where() string {
	return fmt.Sprintf("On %s, for @%s(fields: %s)", c.place, c.app.Name, quoteShort(c.text))
}

type problem struct {
	code diag.Code
	at   *ast.Position
	fix  string
	text string
}

// checkFieldSet checks the field set of an application against the type it selects from. It reports whether the set is fine.
func (b *builder) checkFieldSet(app *Application, from *Type, at place, rules fieldSetRules) bool {
	before := len(b.found)
	b.findFieldSetProblems(app, from, at, rules)
	return len(b.found) == before
}

func (b *builder) findFieldSetProblems(app *Application, from *Type, on place, rules fieldSetRules) {
	c := &fieldSetCheck{b: b, rules: rules, app: app, place: on}
	text, ok := fieldsText(app)
	if !ok {
		at := atSign(app.Position)
		if arg := app.Arguments.ForName("fields"); arg != nil {
			at = arg.Value.Position
		}
		b.add(rules.invalidType, at, "Write the field set as one string: @"+app.Name+"(fields: \"a b\").",
			"On %s, the argument \"fields\" of @%s must be a string.", on, app.Name)
		return
	}
	c.value = app.Arguments.ForName("fields").Value
	c.text = text
	parsed := b.s.parseSet(text)
	if parsed.err != nil {
		var syntax *fieldset.SyntaxError
		offset := 0
		if errors.As(parsed.err, &syntax) {
			offset = syntax.Offset
		}
		b.add(rules.invalid, b.s.inString(c.value, offset), "", "%s: syntax error: %v.", c.where(), parsed.err)
		return
	}
	c.read(from, parsed.set.Selections)
	if len(c.unreadable) == 0 {
		c.apply(from, parsed.set.Selections, false)
	}
	c.report()
}

func quoteShort(text string) string {
	const most = 60
	text = strings.Join(strings.Fields(text), " ")
	if r := []rune(text); len(r) > most {
		text = string(r[:most]) + "…"
	}
	return `"` + text + `"`
}

func (c *fieldSetCheck) report() {
	if len(c.unreadable) > 0 {
		first := c.unreadable[0]
		var places []diag.Location
		var texts []string
		for i, p := range c.unreadable {
			if i < 20 {
				places = append(places, c.b.s.Location(p.at))
				texts = append(texts, p.text)
			}
		}
		c.b.addAt(first.code, places, first.fix, "%s: %s.", c.where(), strings.Join(texts, "; "))
		return
	}
	for _, p := range c.others {
		c.b.add(p.code, p.at, p.fix, "%s: %s.", c.where(), p.text)
	}
}

func (c *fieldSetCheck) cannotRead(code diag.Code, sel *selection, fix, format string, args ...any) {
	c.unreadable = append(c.unreadable, problem{code, c.b.s.inString(c.value, sel.Offset), fix, fmt.Sprintf(format, args...)})
}

func (c *fieldSetCheck) note(code diag.Code, sel *selection, fix, format string, args ...any) {
	c.others = append(c.others, problem{code, c.b.s.inString(c.value, sel.Offset), fix, fmt.Sprintf(format, args...)})
}

// read checks that the selections mean something on the type.
func (c *fieldSetCheck) read(t *Type, selections []*selection) {
	for _, sel := range selections {
		if sel.IsFragment() {
			c.readFragment(t, sel)
			continue
		}
		if sel.Alias != "" {
			c.cannotRead(c.rules.invalid, sel, "Remove the alias.", "alias %q cannot be used here", sel.Alias)
		}
		if sel.Field == "__typename" {
			continue
		}
		f := t.Field(sel.Field)
		if f == nil {
			c.unknownField(t, sel)
			continue
		}
		c.readField(f, sel)
	}
}

func (c *fieldSetCheck) unknownField(t *Type, sel *selection) {
	fix := c.b.suggest(sel.Field, func() []string { return fieldNames(t.Fields) })
	if fix == "" {
		fix = "If another subgraph defines the field, declare it here too, with @external."
	}
	c.cannotRead(c.rules.invalid, sel, fix, "type %q has no field %q in this subgraph", t.Name, sel.Field)
}

func (c *fieldSetCheck) readField(f *Field, sel *selection) {
	target := c.b.s.types[typeName(f.Type)]
	composite := target != nil && isComposite(target)
	switch {
	case c.rules.noAbstract != "" && target != nil && (target.Kind == ast.Interface || target.Kind == ast.Union):
		c.cannotRead(c.rules.noAbstract, sel, "Select other fields.",
			"field %q cannot be selected, as %q is %s", f.Coordinate(), target.Name, kindName(target.Kind))
	case composite && sel.Sub == nil:
		c.cannotRead(c.rules.invalid, sel, "Name the fields that are needed: "+sel.Field+" { … }.",
			"field %q has type %q, so its own fields must be selected", f.Coordinate(), f.Type)
	case !composite && sel.Sub != nil:
		c.cannotRead(c.rules.invalid, sel, "Remove the braces.", "field %q has type %q, which has no fields to select", f.Coordinate(), f.Type)
	case composite:
		c.read(target, sel.Sub)
	}
	if c.rules.hasArguments == "" {
		c.readArguments(f, sel)
	}
}

func (c *fieldSetCheck) readArguments(f *Field, sel *selection) {
	for _, arg := range sel.Arguments {
		definition := f.Argument(arg.Name)
		if definition == nil {
			c.cannotRead(c.rules.invalid, sel, "", "field %q has no argument %q in this subgraph", f.Coordinate(), arg.Name)
			continue
		}
		if _, problem := c.b.s.invalidValue(arg.Value, definition.Type); problem != "" {
			c.cannotRead(c.rules.invalid, sel, "", "%s does not fit argument \"%s(%s:)\" of type %q: %s",
				arg.Value, f.Coordinate(), arg.Name, definition.Type, problem)
		}
	}
	for _, definition := range f.Arguments {
		if definition.Type.NonNull && definition.Default == nil && sel.Arguments.ForName(definition.Name) == nil {
			c.cannotRead(c.rules.invalid, sel, "Give it a value.", "argument \"%s(%s:)\" is required", f.Coordinate(), definition.Name)
		}
	}
}

func (c *fieldSetCheck) readFragment(t *Type, sel *selection) {
	on := t
	if sel.On != "" {
		on = c.b.s.types[sel.On]
		switch {
		case on == nil || on.machinery:
			c.cannotRead(c.rules.invalid, sel, "", "there is no type %q in this subgraph", sel.On)
			return
		case !isComposite(on):
			c.cannotRead(c.rules.invalid, sel, "", "a fragment cannot be on %q, which is %s", sel.On, kindName(on.Kind))
			return
		case !c.b.s.overlap(t, on):
			c.cannotRead(c.rules.invalid, sel, "", "a fragment on %q can never match within %q", sel.On, t.Name)
			return
		}
	}
	c.read(on, sel.Sub)
}

// overlap tells whether an object can be of both types.
func (s *Subgraph) overlap(a, b *Type) bool {
	if a == b {
		return true
	}
	if len(s.Implementations(a.Name)) > len(s.Implementations(b.Name)) {
		a, b = b, a
	}
	for _, t := range s.Implementations(a.Name) {
		if !s.spend(1) || t == b || t.Implements(b.Name) || b.HasMember(t.Name) {
			return true
		}
	}
	return false
}

func isComposite(t *Type) bool {
	return t.Kind == ast.Object || t.Kind == ast.Interface || t.Kind == ast.Union
}

// apply checks what the directive asks of the selected fields. underExternal tells that a field on the way is external: then the
// fields below it need not be.
func (c *fieldSetCheck) apply(t *Type, selections []*selection, underExternal bool) {
	for _, sel := range selections {
		if len(sel.Directives) > 0 {
			c.note(c.rules.hasDirectives, sel, "Remove it.", "directives cannot be applied here, but there is \"@%s\"", sel.Directives[0].Name)
		}
		if sel.IsFragment() {
			on := t
			if sel.On != "" {
				on = c.b.s.types[sel.On]
			}
			c.apply(on, sel.Sub, underExternal)
			continue
		}
		f := t.Field(sel.Field)
		if f == nil { // __typename
			if c.rules.missingExternal != "" && !underExternal {
				c.note(c.rules.missingExternal, sel, "Remove it from the field set.", "every subgraph resolves \"__typename\" by itself")
			}
			continue
		}
		if c.rules.hasArguments != "" && len(f.Arguments) > 0 {
			c.note(c.rules.hasArguments, sel, "Select fields without arguments only.", "field %q has arguments and cannot be selected", f.Coordinate())
		}
		if sel.Sub != nil {
			c.apply(c.b.s.types[typeName(f.Type)], sel.Sub, underExternal || f.External || c.b.s.externalBelow(f))
			continue
		}
		if c.rules.missingExternal != "" && !underExternal && !f.External && !c.b.s.externalBelow(f) {
			c.noteMissingExternal(f, sel)
		}
	}
}

// externalBelow tells whether an interface's field is external on one of the types that implement it.
func (s *Subgraph) externalBelow(f *Field) bool {
	if f.Parent.Kind != ast.Interface {
		return false
	}
	for _, t := range s.Implementations(f.Parent.Name) {
		if g := t.Field(f.Name); !s.spend(1) || g != nil && g.External {
			return true
		}
	}
	return false
}

func (c *fieldSetCheck) noteMissingExternal(f *Field, sel *selection) {
	if f.fakeExternal {
		c.note(c.rules.missingExternal, sel, "Remove it from the field set.",
			"field %q is resolved by this subgraph already (it is marked @external, but that has no effect on the key fields of an extension)", f.Coordinate())
		return
	}
	c.note(c.rules.missingExternal, sel, "Mark the field @external if another subgraph resolves it, or else remove it from the field set.",
		"field %q is resolved by this subgraph already, as it is not marked @external", f.Coordinate())
}
