package diff

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// appliedKinds are the kinds of change of directives that are applied to one sort of element; "" where it cannot be.
type appliedKinds struct {
	deprecated, deprecationRemoved, deprecationReason Kind
	specifiedBy, oneOfAdded, oneOfRemoved             Kind
}

var (
	typeDirectives      = appliedKinds{specifiedBy: SpecifiedByChanged, oneOfAdded: OneOfAdded, oneOfRemoved: OneOfRemoved}
	fieldDirectives     = appliedKinds{deprecated: FieldDeprecated, deprecationRemoved: FieldDeprecationRemoved, deprecationReason: FieldDeprecationReasonChanged}
	enumValueDirectives = appliedKinds{deprecated: EnumValueDeprecated, deprecationRemoved: EnumValueDeprecationRemoved, deprecationReason: EnumValueDeprecationReasonChanged}
)

// applied compares the directives that clients see by introspection.
func (d *differ) applied(kinds appliedKinds, coordinate string, before, after ast.DirectiveList) {
	if kinds.deprecated != "" {
		d.deprecation(kinds, coordinate, before.ForName("deprecated"), after.ForName("deprecated"))
	}
	if kinds.specifiedBy == "" {
		return
	}
	if was, is := argument(before.ForName("specifiedBy"), "url"), argument(after.ForName("specifiedBy"), "url"); was != is {
		d.add(kinds.specifiedBy, coordinate, "The specification of the scalar %q changed.", coordinate).from(was, is)
	}
	switch was, is := before.ForName("oneOf") != nil, after.ForName("oneOf") != nil; {
	case !was && is:
		d.add(kinds.oneOfAdded, coordinate, "The input %q takes exactly one of its fields now.", coordinate)
	case was && !is:
		d.add(kinds.oneOfRemoved, coordinate, "The input %q may take several of its fields now.", coordinate)
	}
}

func (d *differ) deprecation(kinds appliedKinds, coordinate string, before, after *ast.Directive) {
	was, is := argument(before, "reason"), argument(after, "reason")
	switch {
	case before == nil && after != nil:
		d.add(kinds.deprecated, coordinate, "%q is deprecated now.", coordinate).from("", is)
	case before != nil && after == nil:
		d.add(kinds.deprecationRemoved, coordinate, "%q is not deprecated any more.", coordinate).from(was, "")
	case was != is:
		d.add(kinds.deprecationReason, coordinate, "The reason for the deprecation of %q changed.", coordinate).from(was, is)
	}
}

// argument is a directive's text argument, "" without one.
func argument(d *ast.Directive, name string) string {
	if d == nil {
		return ""
	}
	if a := d.Arguments.ForName(name); a != nil && a.Value != nil {
		return a.Value.Raw
	}
	return ""
}

// directives compares the definitions of directives that clients may use.
func (d *differ) directives() {
	for _, name := range unionOfKeys(d.before.Directives, d.after.Directives) {
		before, after := d.before.Directives[name], d.after.Directives[name]
		if specified(before) || specified(after) {
			continue
		}
		at := "@" + name
		switch {
		case before == nil:
			d.add(DirectiveAdded, at, "The directive %q was added.", at)
		case after == nil:
			d.add(DirectiveRemoved, at, "The directive %q was removed.", at)
		default:
			d.directive(at, before, after)
		}
	}
}

// specified tells whether a directive is part of the specification: every schema has it.
func specified(d *ast.DirectiveDefinition) bool {
	return d != nil && slices.Contains([]string{"skip", "include", "deprecated", "specifiedBy", "oneOf", "defer"}, d.Name)
}

func (d *differ) directive(at string, before, after *ast.DirectiveDefinition) {
	if before.Description != after.Description {
		d.add(DirectiveDescriptionChanged, at, "The description of %q changed.", at).from(before.Description, after.Description)
	}
	removed, added := compare(locations(before), locations(after))
	for _, location := range removed {
		d.add(DirectiveLocationRemoved, at, "The directive %q cannot stand on %s any more.", at, location).from(location, "")
	}
	for _, location := range added {
		d.add(DirectiveLocationAdded, at, "The directive %q can stand on %s now.", at, location).from("", location)
	}
	switch {
	case before.IsRepeatable && !after.IsRepeatable:
		d.add(DirectiveRepeatableRemoved, at, "The directive %q cannot be repeated any more.", at)
	case !before.IsRepeatable && after.IsRepeatable:
		d.add(DirectiveRepeatableAdded, at, "The directive %q can be repeated now.", at)
	}
	d.arguments(directiveArgumentKinds, func(name string) string { return at + "(" + name + ":)" }, before.Arguments, after.Arguments)
}

func locations(d *ast.DirectiveDefinition) []string {
	out := make([]string, len(d.Locations))
	for i, l := range d.Locations {
		out[i] = string(l)
	}
	return out
}
