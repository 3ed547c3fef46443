package supergraph

import (
	"fmt"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
)

// Coordinate names an element of a supergraph: a type, a field or enum value of it, an argument of that field; or a
// directive and an argument of it.
type Coordinate struct{ Directive, Type, Member, Argument string }

// String returns the coordinate as GraphQL writes it: Type.field(argument:), @directive(argument:).
func (c Coordinate) String() string {
	text := c.Type
	if c.Directive != "" {
		text = "@" + c.Directive
	}
	if c.Member != "" {
		text += "." + c.Member
	}
	if c.Argument != "" {
		text += "(" + c.Argument + ":)"
	}
	return text
}

// words names the element with its kind.
func (c Coordinate) words() string {
	switch {
	case c.Argument != "":
		return fmt.Sprintf("argument %q", c)
	case c.Member != "":
		return fmt.Sprintf("field %q", c)
	}
	return fmt.Sprintf("type %q", c)
}

// Problem is a rule that a supergraph breaks. At names the elements involved, the one to look at first before the others.
type Problem struct {
	Code    diag.Code
	Message string
	Fix     string
	At      []Coordinate
}

// CheckInaccessible returns every way in which @inaccessible leaves no valid API schema: what is inaccessible must not be
// needed by what is not.
func (s *Supergraph) CheckInaccessible() []Problem {
	fs := featuresOf(s.Links)
	c := inaccessibleChecker{s: s, features: &fs, name: fs.inaccessible()}
	if c.name == "" {
		return nil
	}
	for _, t := range s.Types {
		switch {
		case c.isFeatureType(t):
			c.checkFeatureType(t)
		case !c.hides(t.Directives):
			c.checkType(t)
		case t.Name == s.Query:
			c.add(diag.QueryRootTypeInaccessible, "Remove @inaccessible from the type.",
				[]Coordinate{{Type: t.Name}}, "The query root type %q is @inaccessible.", t.Name)
		}
	}
	c.checkDirectives()
	return c.problems
}

type inaccessibleChecker struct {
	s        *Supergraph
	features *features
	name     string // of @inaccessible
	problems []Problem
}

func (c *inaccessibleChecker) add(code diag.Code, fix string, at []Coordinate, format string, args ...any) {
	c.problems = append(c.problems, Problem{Code: code, Message: fmt.Sprintf(format, args...), Fix: fix, At: at})
}

// hides reports whether an element with these directives is @inaccessible.
func (c *inaccessibleChecker) hides(directives ast.DirectiveList) bool {
	return directives.ForName(c.name) != nil
}

// isFeatureType tells the types of linked specifications, which are not part of the API anyway.
func (c *inaccessibleChecker) isFeatureType(t *Type) bool { return c.features.ownsType(t.Name) }

func (c *inaccessibleChecker) checkFeatureType(t *Type) {
	hidden := c.hides(t.Directives)
	for _, f := range t.Fields {
		hidden = hidden || c.hides(f.Directives)
	}
	for _, v := range t.EnumValues {
		hidden = hidden || c.hides(v.Directives)
	}
	if hidden {
		c.add(diag.DisallowedInaccessible, "Remove @inaccessible.", []Coordinate{{Type: t.Name}},
			"Type %q belongs to a linked specification, where nothing can be @inaccessible.", t.Name)
	}
}

// checkType checks a type of the API.
func (c *inaccessibleChecker) checkType(t *Type) {
	visible, what := 0, "fields"
	switch t.Kind {
	case ast.Scalar:
		return
	case ast.Union:
		what = "members"
		for _, name := range t.MemberNames() {
			if m := c.s.Type(name); m != nil && !c.hides(m.Directives) {
				visible++
			}
		}
	case ast.Enum:
		what = "values"
		for _, v := range t.EnumValues {
			if !c.hides(v.Directives) {
				visible++
			}
		}
	default:
		interfaces := c.visibleInterfaces(t)
		for _, f := range t.Fields {
			if c.hides(f.Directives) {
				c.checkHiddenField(t, f, interfaces)
			} else {
				visible++
				c.checkField(t, f, interfaces)
			}
		}
	}
	if visible == 0 {
		c.add(diag.OnlyInaccessibleChildren, "Mark the type @inaccessible too, or make something in it accessible.",
			[]Coordinate{{Type: t.Name}}, "Type %q is part of the API, but all its %s are @inaccessible.", t.Name, what)
	}
}

// visibleInterfaces returns the interfaces of the type that are part of the API.
func (c *inaccessibleChecker) visibleInterfaces(t *Type) []*Type {
	var out []*Type
	for _, name := range t.InterfaceNames() {
		if i := c.s.Type(name); i != nil && !c.hides(i.Directives) {
			out = append(out, i)
		}
	}
	return out
}

// checkHiddenField checks what others expect of an @inaccessible field.
func (c *inaccessibleChecker) checkHiddenField(t *Type, f *Field, interfaces []*Type) {
	at := Coordinate{Type: t.Name, Member: f.Name}
	if t.Kind == ast.InputObject && f.Type.NonNull && f.Default == nil {
		c.add(diag.RequiredInaccessible, "Make the field optional, or accessible.", []Coordinate{at},
			"Input field %q is @inaccessible, but must be given.", at)
	}
	for _, i := range interfaces {
		if want := i.Field(f.Name); want != nil && !c.hides(want.Directives) {
			wanted := Coordinate{Type: i.Name, Member: f.Name}
			c.add(diag.ImplementedByInaccessible, "Mark the interface's field @inaccessible too, or make this one accessible.",
				[]Coordinate{at, wanted}, "Field %q is @inaccessible, but implements %q, which is part of the API.", at, wanted)
		}
	}
}

// checkField checks a field of the API.
func (c *inaccessibleChecker) checkField(t *Type, f *Field, interfaces []*Type) {
	at := Coordinate{Type: t.Name, Member: f.Name}
	c.checkReference(at, f.Type)
	c.checkDefault(at, f.Default, f.Type)
	for _, a := range f.Args {
		at.Argument = a.Name
		if c.hides(a.Directives) {
			c.checkHiddenArgument(at, a, interfaces)
			continue
		}
		c.checkReference(at, a.Type)
		c.checkDefault(at, a.DefaultValue, a.Type)
		if !a.Type.NonNull || a.DefaultValue != nil {
			continue
		}
		for _, i := range interfaces {
			if want := c.interfaceArgument(i, f.Name, a.Name); want != nil && c.hides(want.Directives) {
				c.add(diag.RequiredInaccessible, "Make the argument optional, or the interface's accessible.",
					[]Coordinate{at, {Type: i.Name, Member: f.Name, Argument: a.Name}},
					"Argument %q must be given, but is @inaccessible in the interface %q.", at, i.Name)
			}
		}
	}
}

// interfaceArgument returns the argument of an interface's field, if that is part of the API.
func (c *inaccessibleChecker) interfaceArgument(i *Type, field, argument string) *ast.ArgumentDefinition {
	f := i.Field(field)
	if f == nil || c.hides(f.Directives) {
		return nil
	}
	return f.Args.ForName(argument)
}

func (c *inaccessibleChecker) checkHiddenArgument(at Coordinate, a *ast.ArgumentDefinition, interfaces []*Type) {
	if a.Type.NonNull && a.DefaultValue == nil {
		c.add(diag.RequiredInaccessible, "Make the argument optional, or accessible.", []Coordinate{at},
			"Argument %q is @inaccessible, but must be given.", at)
	}
	for _, i := range interfaces {
		if want := c.interfaceArgument(i, at.Member, a.Name); want != nil && !c.hides(want.Directives) {
			wanted := Coordinate{Type: i.Name, Member: at.Member, Argument: a.Name}
			c.add(diag.ImplementedByInaccessible, "Mark the interface's argument @inaccessible too, or make this one accessible.",
				[]Coordinate{at, wanted}, "Argument %q is @inaccessible, but implements %q, which is part of the API.", at, wanted)
		}
	}
}

// checkReference checks that an element of the API has a type of the API.
func (c *inaccessibleChecker) checkReference(at Coordinate, t *ast.Type) {
	if to := c.s.Type(t.Name()); to != nil && c.hides(to.Directives) {
		c.add(diag.ReferencedInaccessible, fmt.Sprintf("Mark %s @inaccessible too, or make the type accessible.", at.words()),
			[]Coordinate{at, {Type: to.Name}}, "Type %q is @inaccessible, but %s, which is part of the API, has that type.", to.Name, at.words())
	}
}

// checkDefault checks that the default value of an element of the API can be written with the API.
func (c *inaccessibleChecker) checkDefault(at Coordinate, value *ast.Value, t *ast.Type) {
	var used []Coordinate
	c.hiddenIn(value, t, &used)
	for _, hidden := range used {
		c.add(diag.DefaultValueUsesInaccessible, "Choose another default, or make what it uses accessible.", []Coordinate{at, hidden},
			"The default value of %s, which is part of the API, uses %q, which is @inaccessible.", at.words(), hidden)
	}
}

// hiddenIn collects the @inaccessible enum values and input fields that a literal uses, each once. Those of a type that is itself
// @inaccessible are told by the reference to it.
func (c *inaccessibleChecker) hiddenIn(value *ast.Value, t *ast.Type, used *[]Coordinate) {
	if value == nil {
		return
	}
	if t.Elem != nil {
		if value.Kind != ast.ListValue { // a single value stands for a list of it
			c.hiddenIn(value, t.Elem, used)
			return
		}
		for _, item := range value.Children {
			c.hiddenIn(item.Value, t.Elem, used)
		}
		return
	}
	named := c.s.Type(t.NamedType)
	if named == nil {
		return
	}
	add := func(name string, directives ast.DirectiveList) {
		at := Coordinate{Type: named.Name, Member: name}
		if c.hides(directives) && !c.hides(named.Directives) && !slices.Contains(*used, at) {
			*used = append(*used, at)
		}
	}
	switch named.Kind {
	case ast.Enum:
		for _, v := range named.EnumValues {
			if v.Name == value.Raw {
				add(v.Name, v.Directives)
			}
		}
	case ast.InputObject:
		for _, child := range value.Children {
			if f := named.Field(child.Name); f != nil {
				add(f.Name, f.Directives)
				c.hiddenIn(child.Value, f.Type, used)
			}
		}
	}
}

// checkDirectives checks the arguments of directives that operations may use, and that others have none hidden.
func (c *inaccessibleChecker) checkDirectives() {
	for _, d := range c.s.Directives {
		isFeature := c.features.ownsDirective(d.Name)
		for _, a := range d.Arguments {
			at := Coordinate{Directive: d.Name, Argument: a.Name}
			hidden := c.hides(a.Directives)
			switch {
			case isFeature && hidden:
				c.add(diag.DisallowedInaccessible, "Remove @inaccessible.", []Coordinate{at},
					"Argument %q cannot be @inaccessible: the directive belongs to a linked specification.", at)
			case isFeature:
			case !hidden:
				c.checkReference(at, a.Type)
				c.checkDefault(at, a.DefaultValue, a.Type)
			case a.Type.NonNull && a.DefaultValue == nil:
				c.add(diag.RequiredInaccessible, "Make the argument optional, or accessible.", []Coordinate{at},
					"Argument %q is @inaccessible, but must be given.", at)
			}
		}
	}
}
