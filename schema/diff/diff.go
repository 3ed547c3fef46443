// Package diff compares two API schemas and gives the typed, ordered list of what changed. Each kind of change has one
// class (breaking, dangerous, safe) with one reason, in one table; whether a change matters to somebody, for example
// because of what clients really ask, is judged elsewhere.
package diff

import (
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Class says what a change does to clients that worked before.
type Class string

// The classes, worst first.
const (
	Breaking  Class = "BREAKING"  // operations that were valid are not, or fail
	Dangerous Class = "DANGEROUS" // operations stay valid but may behave differently
	Safe      Class = "SAFE"      // nothing changes for operations that worked
)

// Change is one difference.
type Change struct {
	Kind Kind `json:"kind"`
	// Coordinate is where: a schema coordinate such as "User", "User.name", "User.posts(first:)", "Color.RED" or "@cached".
	Coordinate string `json:"coordinate"`
	Message    string `json:"message"`       // what changed, in one sentence
	Old        string `json:"old,omitempty"` // the old value, where there is one to show
	New        string `json:"new,omitempty"`
}

// Class is the change's class.
func (c Change) Class() Class { return kinds[c.Kind].class }

// Reason says why the change has its class.
func (c Change) Reason() string { return kinds[c.Kind].reason }

// Schemas lists what changed from one schema to another: root types, then types in the order of their names, then
// directives. Within a type the order is that of the old schema, additions follow in the order of the new one.
func Schemas(before, after *ast.Schema) []Change {
	d := &differ{before: before, after: after, uses: usesOf(before, after)}
	d.roots()
	d.types()
	d.directives()
	return d.changes
}

// Worst is the worst class among changes; Safe when there are none.
func Worst(changes []Change) Class {
	worst := Safe
	for _, c := range changes {
		switch c.Class() {
		case Breaking:
			return Breaking
		case Dangerous:
			worst = Dangerous
		}
	}
	return worst
}

type differ struct {
	before, after *ast.Schema
	uses          map[string]use
	changes       []Change
}

func (d *differ) add(kind Kind, coordinate, format string, args ...any) *Change {
	d.changes = append(d.changes, Change{Kind: kind, Coordinate: coordinate, Message: fmt.Sprintf(format, args...)})
	return &d.changes[len(d.changes)-1]
}

// from notes the values that a change is about.
func (c *Change) from(before, after string) { c.Old, c.New = before, after }

func (d *differ) roots() {
	for _, root := range []struct {
		name          string
		before, after *ast.Definition
	}{
		{"query", d.before.Query, d.after.Query}, {"mutation", d.before.Mutation, d.after.Mutation},
		{"subscription", d.before.Subscription, d.after.Subscription},
	} {
		switch {
		case root.before == nil && root.after == nil:
		case root.before == nil:
			d.add(RootTypeAdded, root.after.Name, "The schema has %s operations now.", root.name)
		case root.after == nil:
			d.add(RootTypeRemoved, root.before.Name, "The schema has no %s operations any more.", root.name)
		case root.before.Name != root.after.Name:
			d.add(RootTypeChanged, root.after.Name, "The %s root type is %q and was %q.", root.name, root.after.Name, root.before.Name).
				from(root.before.Name, root.after.Name)
		}
	}
}

func (d *differ) types() {
	for _, name := range unionOfKeys(d.before.Types, d.after.Types) {
		before, after := d.before.Types[name], d.after.Types[name]
		if builtIn(before) || builtIn(after) {
			continue
		}
		switch {
		case before == nil:
			d.add(TypeAdded, name, "The %s %q was added.", kindName(after.Kind), name)
		case after == nil:
			d.add(TypeRemoved, name, "The %s %q was removed.", kindName(before.Kind), name)
		case before.Kind != after.Kind:
			d.add(TypeKindChanged, name, "%q is %s and was %s.", name, withArticle(after.Kind), withArticle(before.Kind)).
				from(kindName(before.Kind), kindName(after.Kind))
		default:
			d.typeOf(before, after)
		}
	}
}

func (d *differ) typeOf(before, after *ast.Definition) {
	if before.Description != after.Description {
		d.add(TypeDescriptionChanged, before.Name, "The description of %q changed.", before.Name).from(before.Description, after.Description)
	}
	d.applied(typeDirectives, before.Name, before.Directives, after.Directives)
	switch before.Kind {
	case ast.Object, ast.Interface:
		d.interfaces(before, after)
		d.fields(before, after)
	case ast.InputObject:
		d.inputFields(before, after)
	case ast.Union:
		d.members(before, after)
	case ast.Enum:
		d.enumValues(before, after)
	}
}

func (d *differ) interfaces(before, after *ast.Definition) {
	removed, added := compare(before.Interfaces, after.Interfaces)
	for _, name := range removed {
		d.add(InterfaceRemoved, before.Name, "%q does not implement %q any more.", before.Name, name).from(name, "")
	}
	for _, name := range added {
		d.add(InterfaceAdded, before.Name, "%q implements %q now.", before.Name, name).from("", name)
	}
}

func (d *differ) members(before, after *ast.Definition) {
	removed, added := compare(before.Types, after.Types)
	for _, name := range removed {
		d.add(UnionMemberRemoved, before.Name, "%q is not a member of the union %q any more.", name, before.Name).from(name, "")
	}
	for _, name := range added {
		d.add(UnionMemberAdded, before.Name, "%q is a member of the union %q now.", name, before.Name).from("", name)
	}
}

func (d *differ) enumValues(before, after *ast.Definition) {
	for _, value := range before.EnumValues {
		coordinate := before.Name + "." + value.Name
		now := after.EnumValues.ForName(value.Name)
		if now == nil {
			d.add(EnumValueRemoved, coordinate, "The value %q was removed from the enum %q.", value.Name, before.Name)
			continue
		}
		if value.Description != now.Description {
			d.add(EnumValueDescriptionChanged, coordinate, "The description of %q changed.", coordinate).from(value.Description, now.Description)
		}
		d.applied(enumValueDirectives, coordinate, value.Directives, now.Directives)
	}
	for _, value := range after.EnumValues {
		if before.EnumValues.ForName(value.Name) != nil {
			continue
		}
		kind := EnumValueAdded
		if d.uses[before.Name] == usedAsInput {
			kind = InputEnumValueAdded
		}
		d.add(kind, before.Name+"."+value.Name, "The value %q was added to the enum %q.", value.Name, before.Name)
	}
}

func (d *differ) fields(before, after *ast.Definition) {
	for _, field := range before.Fields {
		coordinate := before.Name + "." + field.Name
		if strings.HasPrefix(field.Name, "__") {
			continue
		}
		now := after.Fields.ForName(field.Name)
		if now == nil {
			kind := FieldRemoved
			if field.Directives.ForName("deprecated") != nil {
				kind = DeprecatedFieldRemoved
			}
			d.add(kind, coordinate, "The field %q was removed.", coordinate)
			continue
		}
		d.field(coordinate, field, now)
	}
	for _, field := range after.Fields {
		if before.Fields.ForName(field.Name) == nil && !strings.HasPrefix(field.Name, "__") {
			d.add(FieldAdded, before.Name+"."+field.Name, "The field %q was added.", before.Name+"."+field.Name)
		}
	}
}

func (d *differ) field(coordinate string, before, after *ast.FieldDefinition) {
	if before.Description != after.Description {
		d.add(FieldDescriptionChanged, coordinate, "The description of %q changed.", coordinate).from(before.Description, after.Description)
	}
	d.applied(fieldDirectives, coordinate, before.Directives, after.Directives)
	if was, is := before.Type.String(), after.Type.String(); was != is {
		kind := FieldTypeChanged
		if narrows(before.Type, after.Type) {
			kind = FieldTypeNarrowed
		}
		d.add(kind, coordinate, "The field %q is of type %q and was of type %q.", coordinate, is, was).from(was, is)
	}
	d.arguments(argumentKinds, func(name string) string { return coordinate + "(" + name + ":)" }, before.Arguments, after.Arguments)
}

func (d *differ) inputFields(before, after *ast.Definition) {
	as := func(fields ast.FieldList) ast.ArgumentDefinitionList {
		list := make(ast.ArgumentDefinitionList, len(fields))
		for i, f := range fields {
			list[i] = &ast.ArgumentDefinition{Name: f.Name, Description: f.Description, Type: f.Type, DefaultValue: f.DefaultValue, Directives: f.Directives}
		}
		return list
	}
	d.arguments(inputFieldKinds, func(name string) string { return before.Name + "." + name }, as(before.Fields), as(after.Fields))
}

// inputKinds are the kinds of change of one sort of input: arguments, input fields, or directives' arguments.
type inputKinds struct {
	what                                                     string
	removed, addedRequired, addedOptional                    Kind
	typeChanged, typeWidened, description                    Kind
	defaultAdded, defaultRemoved, defaultChanged, deprecated Kind
	deprecationRemoved, deprecationReason                    Kind
}

func (d *differ) arguments(kinds inputKinds, coordinate func(string) string, before, after ast.ArgumentDefinitionList) {
	for _, argument := range before {
		at := coordinate(argument.Name)
		now := after.ForName(argument.Name)
		if now == nil {
			d.add(kinds.removed, at, "The %s %q was removed.", kinds.what, at)
			continue
		}
		d.argument(kinds, at, argument, now)
	}
	for _, argument := range after {
		if before.ForName(argument.Name) != nil {
			continue
		}
		at := coordinate(argument.Name)
		if argument.Type.NonNull && argument.DefaultValue == nil {
			d.add(kinds.addedRequired, at, "The required %s %q was added.", kinds.what, at)
		} else {
			d.add(kinds.addedOptional, at, "The optional %s %q was added.", kinds.what, at)
		}
	}
}

func (d *differ) argument(kinds inputKinds, at string, before, after *ast.ArgumentDefinition) {
	if before.Description != after.Description {
		d.add(kinds.description, at, "The description of %q changed.", at).from(before.Description, after.Description)
	}
	d.applied(appliedKinds{deprecated: kinds.deprecated, deprecationRemoved: kinds.deprecationRemoved, deprecationReason: kinds.deprecationReason}, at, before.Directives, after.Directives)
	if was, is := before.Type.String(), after.Type.String(); was != is {
		kind := kinds.typeChanged
		if widens(before.Type, after.Type) {
			kind = kinds.typeWidened
		}
		d.add(kind, at, "The %s %q is of type %q and was of type %q.", kinds.what, at, is, was).from(was, is)
	}
	was, is := valueText(before.DefaultValue), valueText(after.DefaultValue)
	switch {
	case was == is:
	case was == "":
		d.add(kinds.defaultAdded, at, "The %s %q has the default %s now.", kinds.what, at, is).from("", is)
	case is == "":
		d.add(kinds.defaultRemoved, at, "The %s %q has no default any more; it was %s.", kinds.what, at, was).from(was, "")
	default:
		d.add(kinds.defaultChanged, at, "The default of the %s %q is %s and was %s.", kinds.what, at, is, was).from(was, is)
	}
}

func valueText(v *ast.Value) string {
	if v == nil {
		return ""
	}
	return v.String()
}
