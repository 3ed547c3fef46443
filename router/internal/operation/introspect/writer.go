package introspect

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/internal/gqlerr"
	"github.com/tributary-gql/tributary/router/internal/operation"
)

// writer writes one answer as it goes through the selections.
type writer struct {
	*Introspector
	values map[string][]byte
	out    []byte
	failed error
}

func (w *writer) root(field *operation.Field) {
	if field.Name == "__schema" {
		w.schemaObject(field.Selections)
		return
	}
	var name string
	for _, a := range field.Args {
		if a.Name == "name" {
			// The value was coerced to a String!: it is a JSON string.
			w.failed = json.Unmarshal(w.values[a.Value.Raw], &name)
		}
	}
	w.named(name, field.Selections)
}

// object writes an object with what member writes for each field that is asked.
func (w *writer) object(set *operation.SelectionSet, member func(*operation.Field)) {
	w.out = append(w.out, '{')
	first := true
	for _, f := range set.Fields {
		if w.failed != nil || !w.asked(f.Condition) {
			continue
		}
		if len(w.out) > w.maxBytes {
			w.failed = gqlerr.New(gqlerr.OperationTooLarge, "The introspection would answer more than %d bytes: ask for less at once.", w.maxBytes)
			return
		}
		if !first {
			w.out = append(w.out, ',')
		}
		first = false
		w.out = append(gqlerr.AppendString(w.out, f.ResponseName), ':')
		if f.Name == "__typename" {
			w.text(set.Type)
		} else {
			member(f)
		}
	}
	w.out = append(w.out, '}')
}

// asked evaluates @skip and @include.
func (w *writer) asked(c *operation.Condition) bool {
	return c == nil || slices.ContainsFunc(c.AnyOf, func(row []operation.Literal) bool {
		return !slices.ContainsFunc(row, func(l operation.Literal) bool {
			return (string(w.values[l.Variable]) == "true") == l.Negated
		})
	})
}

// includesDeprecated evaluates the argument of that name.
func (w *writer) includesDeprecated(f *operation.Field) bool {
	for _, a := range f.Args {
		if a.Name == "includeDeprecated" {
			return string(w.values[a.Value.Raw]) == "true"
		}
	}
	return false
}

func (w *writer) text(s string) { w.out = gqlerr.AppendString(w.out, s) }

// textOrNull writes null for the empty string.
func (w *writer) textOrNull(s string) {
	if s == "" {
		w.null()
		return
	}
	w.text(s)
}

func (w *writer) null() { w.out = append(w.out, "null"...) }

func (w *writer) boolean(b bool) {
	if b {
		w.out = append(w.out, "true"...)
	} else {
		w.out = append(w.out, "false"...)
	}
}

// list writes an array of the items that keep holds for; keep nil holds for all.
func list[T any](w *writer, items []T, keep func(T) bool, write func(T)) {
	w.out = append(w.out, '[')
	first := true
	for _, item := range items {
		if w.failed != nil {
			return
		}
		if keep != nil && !keep(item) {
			continue
		}
		if !first {
			w.out = append(w.out, ',')
		}
		first = false
		write(item)
	}
	w.out = append(w.out, ']')
}

func (w *writer) schemaObject(set *operation.SelectionSet) {
	schema := w.schema.AST
	w.object(set, func(f *operation.Field) {
		switch f.Name {
		case "description":
			w.textOrNull(schema.Description)
		case "types":
			list(w, w.types, nil, func(name string) { w.named(name, f.Selections) })
		case "queryType":
			w.definition(schema.Query, f.Selections)
		case "mutationType":
			w.definition(schema.Mutation, f.Selections)
		case "subscriptionType":
			w.definition(schema.Subscription, f.Selections)
		case "directives":
			list(w, w.directives, nil, func(name string) { w.directive(schema.Directives[name], f.Selections) })
		default:
			w.null()
		}
	})
}

func (w *writer) named(name string, set *operation.SelectionSet) {
	w.definition(w.schema.AST.Types[name], set)
}

// typeRef writes a __Type for a reference: wrappers one by one, the named type inside.
func (w *writer) typeRef(t *ast.Type, set *operation.SelectionSet) {
	kind, inner := "LIST", t.Elem
	switch {
	case t.NonNull:
		bare := *t
		bare.NonNull = false
		kind, inner = "NON_NULL", &bare
	case t.Elem == nil:
		w.named(t.NamedType, set)
		return
	}
	w.object(set, func(f *operation.Field) {
		switch f.Name {
		case "kind":
			w.text(kind)
		case "ofType":
			w.typeRef(inner, f.Selections)
		default:
			w.null()
		}
	})
}

// definition writes a __Type for a named type, null for nil.
func (w *writer) definition(t *ast.Definition, set *operation.SelectionSet) {
	if t == nil {
		w.null()
		return
	}
	w.object(set, func(f *operation.Field) {
		switch f.Name {
		case "kind":
			w.text(string(t.Kind))
		case "name":
			w.text(t.Name)
		case "description":
			w.textOrNull(t.Description)
		case "specifiedByURL":
			w.textOrNull(directiveText(t.Directives, "specifiedBy", "url"))
		case "isOneOf":
			if t.Kind == ast.InputObject {
				w.boolean(t.Directives.ForName("oneOf") != nil)
			} else {
				w.null()
			}
		default:
			w.members(t, f)
		}
	})
}

// members writes the lists that a named type has by its kind, null for those it does not have.
func (w *writer) members(t *ast.Definition, f *operation.Field) {
	composite := t.Kind == ast.Object || t.Kind == ast.Interface
	switch {
	case f.Name == "fields" && composite:
		list(w, ownFields(t), keepField(w.includesDeprecated(f)), func(d *ast.FieldDefinition) { w.field(d, f.Selections) })
	case f.Name == "interfaces" && composite:
		list(w, t.Interfaces, nil, func(name string) { w.named(name, f.Selections) })
	case f.Name == "possibleTypes" && t.IsAbstractType():
		list(w, w.schema.PossibleTypes(t.Name), nil, func(name string) { w.named(name, f.Selections) })
	case f.Name == "enumValues" && t.Kind == ast.Enum:
		deprecated := w.includesDeprecated(f)
		keep := func(v *ast.EnumValueDefinition) bool { return deprecated || !isDeprecated(v.Directives) }
		list(w, t.EnumValues, keep, func(v *ast.EnumValueDefinition) { w.enumValue(v, f.Selections) })
	case f.Name == "inputFields" && t.Kind == ast.InputObject:
		list(w, t.Fields, keepField(w.includesDeprecated(f)), func(d *ast.FieldDefinition) {
			w.inputValue(&ast.ArgumentDefinition{
				Name: d.Name, Description: d.Description, Type: d.Type, DefaultValue: d.DefaultValue, Directives: d.Directives,
			}, f.Selections)
		})
	default:
		w.null()
	}
}

func keepField(deprecated bool) func(*ast.FieldDefinition) bool {
	return func(d *ast.FieldDefinition) bool { return deprecated || !isDeprecated(d.Directives) }
}

func (w *writer) field(d *ast.FieldDefinition, set *operation.SelectionSet) {
	w.object(set, func(f *operation.Field) {
		switch f.Name {
		case "name":
			w.text(d.Name)
		case "description":
			w.textOrNull(d.Description)
		case "args":
			w.arguments(d.Arguments, f)
		case "type":
			w.typeRef(d.Type, f.Selections)
		default:
			w.deprecation(d.Directives, f)
		}
	})
}

func (w *writer) arguments(arguments ast.ArgumentDefinitionList, f *operation.Field) {
	deprecated := w.includesDeprecated(f)
	keep := func(a *ast.ArgumentDefinition) bool { return deprecated || !isDeprecated(a.Directives) }
	list(w, arguments, keep, func(a *ast.ArgumentDefinition) { w.inputValue(a, f.Selections) })
}

func (w *writer) inputValue(a *ast.ArgumentDefinition, set *operation.SelectionSet) {
	w.object(set, func(f *operation.Field) {
		switch f.Name {
		case "name":
			w.text(a.Name)
		case "description":
			w.textOrNull(a.Description)
		case "type":
			w.typeRef(a.Type, f.Selections)
		case "defaultValue":
			if a.DefaultValue == nil {
				w.null()
			} else {
				w.text(valueText(a.DefaultValue))
			}
		default:
			w.deprecation(a.Directives, f)
		}
	})
}

func (w *writer) enumValue(v *ast.EnumValueDefinition, set *operation.SelectionSet) {
	w.object(set, func(f *operation.Field) {
		switch f.Name {
		case "name":
			w.text(v.Name)
		case "description":
			w.textOrNull(v.Description)
		default:
			w.deprecation(v.Directives, f)
		}
	})
}

func (w *writer) directive(d *ast.DirectiveDefinition, set *operation.SelectionSet) {
	w.object(set, func(f *operation.Field) {
		switch f.Name {
		case "name":
			w.text(d.Name)
		case "description":
			w.textOrNull(d.Description)
		case "isRepeatable":
			w.boolean(d.IsRepeatable)
		case "locations":
			list(w, d.Locations, nil, func(l ast.DirectiveLocation) { w.text(string(l)) })
		case "args":
			w.arguments(d.Arguments, f)
		default:
			w.deprecation(d.Directives, f)
		}
	})
}

// deprecation writes isDeprecated and deprecationReason.
func (w *writer) deprecation(directives ast.DirectiveList, f *operation.Field) {
	switch {
	case f.Name == "isDeprecated":
		w.boolean(isDeprecated(directives))
	case f.Name == "deprecationReason" && isDeprecated(directives):
		if d := directives.ForName("deprecated"); d.Arguments.ForName("reason") == nil {
			w.text("No longer supported") // the default that the specification gives the argument
		} else {
			w.textOrNull(directiveText(directives, "deprecated", "reason"))
		}
	default:
		w.null()
	}
}

func isDeprecated(directives ast.DirectiveList) bool { return directives.ForName("deprecated") != nil }

// directiveText is a directive's string argument, "" when it is not there or null.
func directiveText(directives ast.DirectiveList, name, argument string) string {
	d := directives.ForName(name)
	if d == nil {
		return ""
	}
	if a := d.Arguments.ForName(argument); a != nil && (a.Value.Kind == ast.StringValue || a.Value.Kind == ast.BlockValue) {
		return a.Value.Raw
	}
	return ""
}

// valueText writes a default value in GraphQL.
func valueText(v *ast.Value) string {
	switch v.Kind {
	case ast.ListValue:
		items := make([]string, len(v.Children))
		for i, c := range v.Children {
			items[i] = valueText(c.Value)
		}
		return "[" + strings.Join(items, ", ") + "]"
	case ast.ObjectValue:
		members := make([]string, len(v.Children))
		for i, c := range v.Children {
			members[i] = c.Name + ": " + valueText(c.Value)
		}
		return "{" + strings.Join(members, ", ") + "}"
	default:
		return v.String()
	}
}
