package compose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
	"github.com/tributary-gql/tributary/schema/subgraph"
)

// validateInaccessible checks that what remains without @inaccessible elements is a schema: the API.
func (c *composition) validateInaccessible() {
	v := inaccessibleValidator{c, c.features.names[subgraph.KnownInaccessible]}
	if v.name == "" {
		return
	}
	for _, t := range c.types {
		switch {
		case v.isFeatureType(t):
			v.validateFeatureType(t)
		case !v.hides(t.out.Directives):
			v.validateType(t)
		case t.name == queryType:
			c.report.error(diag.QueryRootTypeInaccessible, c.report.typePlaces(t.sources), "Remove @inaccessible from the type.",
				"The query root type %q is @inaccessible.", t.name)
		}
	}
	v.validateDirectives()
}

type inaccessibleValidator struct {
	*composition
	name string // of @inaccessible
}

// hides reports whether an element with these directives is @inaccessible.
func (v inaccessibleValidator) hides(directives ast.DirectiveList) bool {
	return directives.ForName(v.name) != nil
}

func (v inaccessibleValidator) hidesType(name string) bool {
	t := v.byName[name]
	return t != nil && v.hides(t.out.Directives)
}

// isFeatureType tells the types of composed specifications, which are not part of the API anyway.
func (v inaccessibleValidator) isFeatureType(t *mergedType) bool {
	for _, link := range v.composed.links {
		if strings.HasPrefix(t.name, linkName(link)+"__") {
			return true
		}
	}
	return false
}

func (v inaccessibleValidator) validateFeatureType(t *mergedType) {
	hidden := v.hides(t.out.Directives)
	for _, f := range t.out.Fields {
		hidden = hidden || v.hides(f.Directives)
	}
	for _, e := range t.out.EnumValues {
		hidden = hidden || v.hides(e.Directives)
	}
	if hidden {
		v.report.error(diag.DisallowedInaccessible, v.report.typePlaces(t.sources), "Remove @inaccessible.",
			"Type %q belongs to a linked specification, where nothing can be @inaccessible.", t.name)
	}
}

// validateType checks a type of the API.
func (v inaccessibleValidator) validateType(t *mergedType) {
	visible := 0
	what := "fields"
	switch t.kind {
	case ast.Union:
		what = "members"
		for _, m := range t.members {
			if !v.hidesType(m) {
				visible++
			}
		}
	case ast.Enum:
		what = "values"
		for _, e := range t.out.EnumValues {
			if !v.hides(e.Directives) {
				visible++
			}
		}
	case ast.Scalar:
		return
	default:
		for _, f := range t.fields {
			switch {
			case f.dropped:
			case v.hides(f.out.Directives):
				v.validateHiddenField(f)
			default:
				visible++
				v.validateField(f)
			}
		}
	}
	if visible == 0 {
		v.report.error(diag.OnlyInaccessibleChildren, v.report.typePlaces(t.sources),
			"Mark the type @inaccessible too, or make something in it accessible.",
			"Type %q is part of the API, but all its %s are @inaccessible.", t.name, what)
	}
}

// validateHiddenField checks what others expect of an @inaccessible field.
func (v inaccessibleValidator) validateHiddenField(f *mergedField) {
	if f.parent.kind == ast.InputObject {
		if isRequired(f.out.Type, f.out.Default) {
			v.report.error(diag.RequiredInaccessible, v.report.fieldPlaces(f.sources), "Make the field optional, or accessible.",
				"Input field %q is @inaccessible, but must be given.", f.coordinate())
		}
		return
	}
	for _, i := range f.parent.interfaces {
		want := i.field[f.name]
		if want == nil || v.hides(i.out.Directives) || v.hides(want.out.Directives) {
			continue
		}
		v.report.error(diag.ImplementedByInaccessible, append(v.report.fieldPlaces(f.sources), v.report.fieldPlaces(want.sources)...),
			"Mark the interface's field @inaccessible too, or make this one accessible.",
			"Field %q is @inaccessible, but implements %q, which is part of the API.", f.coordinate(), want.coordinate())
	}
}

// validateField checks a field of the API.
func (v inaccessibleValidator) validateField(f *mergedField) {
	v.validateReference(fmt.Sprintf("field %q", f.coordinate()), f.out.Type, v.report.fieldPlaces(f.sources))
	v.validateDefault(fmt.Sprintf("input field %q", f.coordinate()), f.out.Default, f.out.Type, v.report.fieldPlaces(f.sources))
	for _, a := range f.out.Args {
		places := v.argumentPlaces(f, a.Name)
		coordinate := fmt.Sprintf("%s(%s:)", f.coordinate(), a.Name)
		if v.hides(a.Directives) {
			v.validateHiddenArgument(f, a, places)
			continue
		}
		v.validateReference(fmt.Sprintf("argument %q", coordinate), a.Type, places)
		v.validateDefault(fmt.Sprintf("argument %q", coordinate), a.DefaultValue, a.Type, places)
		if !isRequired(a.Type, a.DefaultValue) {
			continue
		}
		for _, i := range f.parent.interfaces {
			if want := v.interfaceArgument(i, f.name, a.Name); want != nil && v.hides(want.Directives) {
				v.report.error(diag.RequiredInaccessible, places, "Make the argument optional, or the interface's accessible.",
					"Argument %q must be given, but is @inaccessible in the interface %q.", coordinate, i.name)
			}
		}
	}
}

// interfaceArgument returns the argument of an interface's field if both are part of the API.
func (v inaccessibleValidator) interfaceArgument(i *mergedType, field, argument string) *ast.ArgumentDefinition {
	f := i.field[field]
	if f == nil || v.hides(i.out.Directives) || v.hides(f.out.Directives) {
		return nil
	}
	return f.out.Args.ForName(argument)
}

func (v inaccessibleValidator) validateHiddenArgument(f *mergedField, a *ast.ArgumentDefinition, places []diag.Location) {
	coordinate := fmt.Sprintf("%s(%s:)", f.coordinate(), a.Name)
	if isRequired(a.Type, a.DefaultValue) {
		v.report.error(diag.RequiredInaccessible, places, "Make the argument optional, or accessible.",
			"Argument %q is @inaccessible, but must be given.", coordinate)
	}
	for _, i := range f.parent.interfaces {
		if want := v.interfaceArgument(i, f.name, a.Name); want != nil && !v.hides(want.Directives) {
			v.report.error(diag.ImplementedByInaccessible, append(places, v.argumentPlaces(i.field[f.name], a.Name)...),
				"Mark the interface's argument @inaccessible too, or make this one accessible.",
				"Argument %q is @inaccessible, but implements \"%s.%s(%s:)\", which is part of the API.", coordinate, i.name, f.name, a.Name)
		}
	}
}

// validateReference checks that an element of the API has a type of the API.
func (v inaccessibleValidator) validateReference(what string, t *ast.Type, places []diag.Location) {
	if !v.hidesType(t.Name()) {
		return
	}
	hidden := v.byName[t.Name()]
	v.report.error(diag.ReferencedInaccessible, append(places, v.report.typePlaces(hidden.sources)...),
		fmt.Sprintf("Mark %s @inaccessible too, or make the type accessible.", what),
		"Type %q is @inaccessible, but %s, which is part of the API, has that type.", hidden.name, what)
}

// validateDefault checks that the default value of an element of the API can be written with the API.
func (v inaccessibleValidator) validateDefault(what string, value *ast.Value, t *ast.Type, places []diag.Location) {
	var hidden []string
	v.hiddenIn(value, t, &hidden)
	for _, coordinate := range hidden {
		v.report.error(diag.DefaultValueUsesInaccessible, places, "Choose another default, or make what it uses accessible.",
			"The default value of %s, which is part of the API, uses %q, which is @inaccessible.", what, coordinate)
	}
}

// hiddenIn collects the @inaccessible enum values and input fields that a literal uses, each once.
func (v inaccessibleValidator) hiddenIn(value *ast.Value, t *ast.Type, found *[]string) {
	if value == nil {
		return
	}
	if t.Elem != nil {
		for _, item := range items(value) {
			v.hiddenIn(item, t.Elem, found)
		}
		return
	}
	named := v.byName[t.NamedType]
	if named == nil {
		return
	}
	add := func(name string, directives ast.DirectiveList) {
		if coordinate := named.name + "." + name; v.hides(directives) && !slices.Contains(*found, coordinate) {
			*found = append(*found, coordinate)
		}
	}
	switch named.kind {
	case ast.Enum:
		for _, e := range named.out.EnumValues {
			if e.Name == value.Raw {
				add(e.Name, e.Directives)
			}
		}
	case ast.InputObject:
		for _, child := range value.Children {
			if f := named.field[child.Name]; f != nil && f.out.Type != nil {
				add(f.name, f.out.Directives)
				v.hiddenIn(child.Value, f.out.Type, found)
			}
		}
	}
}

// validateDirectives checks the arguments of directives.
func (v inaccessibleValidator) validateDirectives() {
	isComposed := func(name string) bool {
		return slices.ContainsFunc(v.composed.list, func(d *composedDirective) bool { return d.name == name })
	}
	for _, d := range v.out.Directives {
		if v.features.definitions[d.Name] != nil {
			continue
		}
		var places []diag.Location
		for _, s := range v.subgraphs {
			if own := s.Directive(d.Name); own != nil {
				places = append(places, s.Location(own.Position))
			}
		}
		for _, a := range d.Arguments {
			coordinate := fmt.Sprintf("@%s(%s:)", d.Name, a.Name)
			hidden := v.hides(a.Directives)
			switch {
			case isComposed(d.Name):
				if hidden {
					v.report.error(diag.DisallowedInaccessible, places, "Remove @inaccessible.",
						"Argument %q cannot be @inaccessible: the directive belongs to a linked specification.", coordinate)
				}
			case !hidden:
				v.validateReference(fmt.Sprintf("argument %q", coordinate), a.Type, places)
				v.validateDefault(fmt.Sprintf("argument %q", coordinate), a.DefaultValue, a.Type, places)
			case isRequired(a.Type, a.DefaultValue):
				v.report.error(diag.RequiredInaccessible, places, "Make the argument optional, or accessible.",
					"Argument %q is @inaccessible, but must be given.", coordinate)
			}
		}
	}
}
