package generate

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/tributary-gql/tributary/router/routertest/coerce"
	"github.com/tributary-gql/tributary/router/routertest/world"
)

// variable is a declared variable.
type variable struct {
	name     string
	typ      *ast.Type
	fallback string // default value as printed, "" for none
}

func (v *variable) declaration() string {
	text := "$" + v.name + ": " + v.typ.String()
	if v.fallback != "" {
		text += " = " + v.fallback
	}
	return text
}

// arguments makes the arguments of a field, as printed.
func (g *operationGenerator) arguments(definitions ast.ArgumentDefinitionList) string {
	var given []string
	for _, definition := range definitions {
		required := definition.Type.NonNull && definition.DefaultValue == nil
		if required || g.chance(60) {
			given = append(given, definition.Name+": "+g.argument(definition.Type))
		}
	}
	if len(given) == 0 {
		return ""
	}
	return "(" + strings.Join(given, ", ") + ")"
}

// argument makes one value in the document: a literal or a variable.
func (g *operationGenerator) argument(t *ast.Type) string {
	if g.chance(45) {
		return "$" + g.variable(t).name
	}
	return g.literal(t, 0)
}

// variable makes a variable for a place of a type, or takes one that is there already.
func (g *operationGenerator) variable(t *ast.Type) *variable {
	for _, v := range g.variables {
		if v.typ.String() == t.String() && v.fallback == "" && g.chance(40) {
			return v
		}
	}
	v := &variable{name: fmt.Sprintf("v%d", len(g.variables)+1), typ: t}
	g.variables = append(g.variables, v)
	switch g.random.IntN(6) {
	case 0: // stricter than the place
		v.typ = nonNull(t)
		g.values[v.name] = g.value(v.typ, 0)
	case 1: // a default for a place that wants a value
		v.typ = nullable(t)
		v.fallback = g.constant(nonNull(t))
		if g.chance(50) {
			g.values[v.name] = g.value(nonNull(t), 0)
		}
	case 2: // without a value where that is allowed
		if t.NonNull {
			g.values[v.name] = g.value(t, 0)
		}
	default:
		g.values[v.name] = g.value(t, 0)
	}
	return v
}

// condition makes @skip or @include for one selection in eight.
func (g *operationGenerator) condition() string {
	if !g.chance(12) {
		return ""
	}
	name := []string{"skip", "include"}[g.random.IntN(2)]
	if g.chance(10) {
		return fmt.Sprintf(" @%s(if: %t)", name, g.chance(50))
	}
	value := g.variable(ast.NonNullNamedType("Boolean", nil)).name
	text := fmt.Sprintf(" @%s(if: $%s)", name, value)
	if g.chance(10) {
		other := map[string]string{"skip": "include", "include": "skip"}[name]
		text += fmt.Sprintf(" @%s(if: $%s)", other, g.variable(ast.NonNullNamedType("Boolean", nil)).name)
	}
	return text
}

// onFragment makes the directives of a fragment.
func (g *operationGenerator) onFragment() string {
	text := g.condition()
	if !g.options.Defer || !g.chance(40) {
		return text
	}
	g.deferred++
	text += fmt.Sprintf(" @defer(label: \"d%d\"", g.deferred)
	if g.chance(20) {
		text += ", if: $" + g.variable(ast.NonNullNamedType("Boolean", nil)).name
	}
	return text + ")"
}

// constant is a literal without variables.
func (g *operationGenerator) constant(t *ast.Type) string {
	return literalOf(g.value(t, 0), t, g.world.API)
}

// literal makes a value as printed in the document; lists and input objects may hold variables.
func (g *operationGenerator) literal(t *ast.Type, depth int) string {
	definition := g.world.API.Types[t.Name()]
	if !t.NonNull && g.chance(10) {
		return "null"
	}
	if t.Elem != nil {
		items := make([]string, g.random.IntN(3))
		for i := range items {
			items[i] = g.nested(t.Elem, depth)
		}
		return "[" + strings.Join(items, ", ") + "]"
	}
	if definition.Kind != ast.InputObject {
		return g.constant(nonNull(t))
	}
	if isOneOf(definition) {
		field := definition.Fields[g.random.IntN(len(definition.Fields))]
		return "{" + field.Name + ": " + g.oneValue(field.Type, depth+1) + "}"
	}
	var fields []string
	for _, field := range definition.Fields {
		required := field.Type.NonNull && field.DefaultValue == nil
		if required || (depth < 3 && g.chance(50)) {
			fields = append(fields, field.Name+": "+g.nested(field.Type, depth+1))
		}
	}
	return "{" + strings.Join(fields, ", ") + "}"
}

func (g *operationGenerator) nested(t *ast.Type, depth int) string {
	if g.chance(25) {
		return "$" + g.variable(t).name
	}
	return g.literal(t, depth)
}

func isOneOf(definition *ast.Definition) bool { return definition.Directives.ForName("oneOf") != nil }

// oneValue makes the value of the one field of a @oneOf input: never null, nor a variable that may be.
func (g *operationGenerator) oneValue(t *ast.Type, depth int) string {
	if !g.chance(40) {
		return g.literal(nonNull(t), depth)
	}
	v := &variable{name: fmt.Sprintf("v%d", len(g.variables)+1), typ: nonNull(t)}
	g.variables = append(g.variables, v)
	g.values[v.name] = g.value(v.typ, depth)
	return "$" + v.name
}

// value makes a JSON value of an input type.
func (g *operationGenerator) value(t *ast.Type, depth int) any {
	if !t.NonNull && g.chance(10) {
		return nil
	}
	if t.Elem != nil {
		items := make([]any, g.random.IntN(3))
		for i := range items {
			items[i] = g.value(t.Elem, depth)
		}
		return items
	}
	definition := g.world.API.Types[t.NamedType]
	switch definition.Kind {
	case ast.Enum:
		return definition.EnumValues[g.random.IntN(len(definition.EnumValues))].Name
	case ast.InputObject:
		if isOneOf(definition) {
			field := definition.Fields[g.random.IntN(len(definition.Fields))]
			return map[string]any{field.Name: g.value(nonNull(field.Type), depth+1)}
		}
		fields := map[string]any{}
		for _, field := range definition.Fields {
			required := field.Type.NonNull && field.DefaultValue == nil
			if required || (depth < 3 && g.chance(50)) {
				fields[field.Name] = g.value(field.Type, depth+1)
			}
		}
		return fields
	}
	return g.scalar(t.NamedType)
}

func (g *operationGenerator) scalar(name string) any {
	n := g.random.IntN(1000)
	switch name {
	case "Int":
		return json.Number(strconv.Itoa(n - 500))
	case "Float":
		return json.Number([]string{"1.0", "-0.5", "2e3", "7", "12.25"}[n%5])
	case "Boolean":
		return n%2 == 0
	case "ID":
		return fmt.Sprintf("id-%d", n)
	case "String":
		return []string{"plain", "", "with \"quotes\" \\ and é 😀", "line\nbreak\ttab", "<&>", "null"}[n%6]
	}
	switch n % 5 {
	case 0:
		return map[string]any{"k": json.Number("1.0"), "l": []any{true, "x"}}
	case 1:
		return json.Number("9223372036854775808")
	case 2:
		return []any{json.Number("1"), "two"}
	}
	return fmt.Sprintf("custom-%d", n)
}

// literalOf prints a JSON value as a GraphQL literal of a type.
func literalOf(value any, t *ast.Type, schema *ast.Schema) string {
	switch value := value.(type) {
	case []any:
		items := make([]string, len(value))
		elem := t
		if t != nil && t.Elem != nil {
			elem = t.Elem
		}
		for i, item := range value {
			items[i] = literalOf(item, elem, schema)
		}
		return "[" + strings.Join(items, ", ") + "]"
	case map[string]any:
		var fields []string
		for _, name := range slices.Sorted(maps.Keys(value)) {
			var inner *ast.Type
			if t != nil {
				if field := schema.Types[t.Name()].Fields.ForName(name); field != nil {
					inner = field.Type
				}
			}
			fields = append(fields, name+": "+literalOf(value[name], inner, schema))
		}
		return "{" + strings.Join(fields, ", ") + "}"
	case string:
		if t != nil && schema.Types[t.Name()].Kind == ast.Enum {
			return value
		}
		return (&ast.Value{Kind: ast.StringValue, Raw: value}).String()
	}
	return coerce.Canonical(value)
}

func nonNull(t *ast.Type) *ast.Type {
	return &ast.Type{NamedType: t.NamedType, Elem: t.Elem, NonNull: true}
}

func nullable(t *ast.Type) *ast.Type {
	return &ast.Type{NamedType: t.NamedType, Elem: t.Elem}
}

// VariablesFor makes values for the variables of an operation's document, as a JSON object.
func VariablesFor(w *world.World, document string, seed uint64) ([]byte, error) {
	parsed, err := parser.ParseQuery(&ast.Source{Input: document})
	if err != nil {
		return nil, err
	}
	g := &operationGenerator{world: w, random: rand.New(rand.NewPCG(seed, 0x7a1)), values: map[string]any{}}
	for _, operation := range parsed.Operations {
		for _, v := range operation.VariableDefinitions {
			if w.API.Types[v.Type.Name()] == nil {
				return nil, fmt.Errorf("variable $%s: the API has no type %s", v.Variable, v.Type)
			}
			if v.Type.NonNull && v.DefaultValue == nil || g.chance(80) {
				g.values[v.Variable] = g.value(v.Type, 0)
			}
		}
	}
	return []byte(coerce.Canonical(g.values)), nil
}
