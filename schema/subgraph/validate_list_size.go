package subgraph

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
)

// checkListSizes checks @listSize.
func (b *builder) checkListSizes() {
	b.eachField(func(_ *Type, f *Field) {
		if app := First(f.Applied, KnownListSize); app != nil {
			b.checkListSize(f, app)
		}
	})
}

func (b *builder) checkListSize(f *Field, app *Application) {
	sized := stringList(app, "sizedFields")
	if len(sized) == 0 && f.Type.Elem == nil {
		b.add(diag.ListSizeAppliedToNonList, atSign(app.Position), "Remove it, or name the lists among its fields: sizedFields: [\"…\"].",
			"@%s is on field %q, whose type %q is no list.", app.Name, f.Coordinate(), f.Type)
	}
	if arg := app.Arguments.ForName("assumedSize"); arg != nil && arg.Value.Kind == ast.IntValue && strings.HasPrefix(arg.Value.Raw, "-") && arg.Value.Raw != "-0" {
		b.add(diag.ListSizeInvalidAssumedSize, arg.Value.Position, "",
			"The assumed size of field %q cannot be negative.", f.Coordinate())
	}
	arguments := argumentIndex(f.Arguments)
	for _, v := range stringList(app, "slicingArguments") {
		b.checkSlicingArgument(f, arguments, v)
	}
	for _, v := range sized {
		b.checkSizedField(f, v)
	}
}

// stringList returns the strings in a list argument, or the one string given in its place.
func stringList(app *Application, name string) []*ast.Value {
	arg := app.Arguments.ForName(name)
	if arg == nil {
		return nil
	}
	if arg.Value.Kind != ast.ListValue {
		if arg.Value.Kind == ast.StringValue || arg.Value.Kind == ast.BlockValue {
			return []*ast.Value{arg.Value}
		}
		return nil
	}
	var out []*ast.Value
	for _, child := range arg.Value.Children {
		out = append(out, child.Value)
	}
	return out
}

// checkSlicingArgument checks the name of an argument, or the path to a field within one: "page.first".
func (b *builder) checkSlicingArgument(f *Field, arguments map[string]*Argument, v *ast.Value) {
	name, rest, nested := strings.Cut(v.Raw, ".")
	arg := arguments[name]
	if arg == nil {
		fix := b.suggest(name, func() []string { return argumentNames(f.Arguments) })
		b.add(diag.ListSizeInvalidSlicingArgument, v.Position, fix,
			"Slicing argument %q is no argument of field %q.", v.Raw, f.Coordinate())
		return
	}
	t := arg.Type
	for nested {
		name, rest, nested = strings.Cut(rest, ".")
		input := b.s.types[t.NamedType]
		if input == nil || input.Kind != ast.InputObject || input.Field(name) == nil {
			b.add(diag.ListSizeInvalidSlicingArgument, v.Position, "",
				"Slicing argument %q of field %q leads nowhere: type %q has no input field %q.", v.Raw, f.Coordinate(), t, name)
			return
		}
		t = input.Field(name).Type
	}
	if t.Elem != nil || t.NamedType != "Int" {
		b.add(diag.ListSizeInvalidSlicingArgument, v.Position, "",
			"Slicing argument \"%s(%s:)\" must be of type Int or Int!, not %q.", f.Coordinate(), v.Raw, t)
	}
}

func (b *builder) checkSizedField(f *Field, v *ast.Value) {
	target := b.s.types[typeName(f.Type)]
	if target == nil || target.Kind != ast.Object && target.Kind != ast.Interface {
		b.add(diag.ListSizeInvalidSizedField, v.Position, "Remove \"sizedFields\".",
			"Field %q cannot have sized fields: its type %q has no fields.", f.Coordinate(), f.Type)
		return
	}
	switch field := target.Field(v.Raw); {
	case field == nil:
		fix := b.suggest(v.Raw, func() []string { return fieldNames(target.Fields) })
		b.add(diag.ListSizeInvalidSizedField, v.Position, fix,
			"Sized field %q is no field of type %q.", v.Raw, target.Name)
	case field.Type.Elem == nil:
		b.add(diag.ListSizeAppliedToNonList, v.Position, "Name a field that is a list.",
			"Sized field %q must be a list, but has type %q.", field.Coordinate(), field.Type)
	}
}
