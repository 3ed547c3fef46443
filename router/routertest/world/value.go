package world

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/routertest/coerce"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// Call asks for the value of one field.
type Call struct {
	Field string
	// Arguments are the coerced arguments, those of @fromContext included.
	Arguments map[string]any
	// Required is the canonical JSON of the required values where the field's value depends on them (see DependsOn).
	Required string
}

// Value gives the value of a field of an object. The field must exist on the object's type.
func (w *World) Value(o *Object, call Call) Value {
	s := w.shapes[o.Type][call.Field]
	if s == nil {
		return Value{Kind: Failed, Message: fmt.Sprintf("%s.%s does not exist in this world", o.Type, call.Field)}
	}
	arguments := w.argumentText(o.Type, call)
	// A field of two types is one field: what an interface object says of an entity holds for every concrete type.
	identity := digest(o.identity, call.Field, arguments, call.Required)
	generator := generator{
		world: w, shape: s, parent: o, field: call.Field, identity: identity,
		isKey:  w.keys[o.Type][call.Field] && o.ordinal != noOrdinal,
		random: source{state: identity},
	}
	if w.fails(o, call.Field, s, &generator) {
		return Value{Kind: Failed, Message: "deliberate failure of " + call.Field}
	}
	return generator.value(s.typ, identity)
}

// fails decides whether a value fails. Keys never fail, nor what other values are made of, so that the effect of a
// failure does not depend on the way to it; and only where every subgraph nulls the same position.
func (w *World) fails(o *Object, field string, s *shape, g *generator) bool {
	if w.options.Failures == 0 || g.isKey || !s.uniform || w.needed[o.Type][field] || (s.typ.NonNull && w.nulling[o.Type]) {
		return false
	}
	return g.random.permille(w.options.Failures)
}

// argumentText is the canonical text of the arguments that matter: those that all subgraphs know, and contextual ones.
func (w *World) argumentText(runtimeType string, call Call) string {
	if len(call.Arguments) == 0 {
		return ""
	}
	field := w.Super.Type(runtimeType).Field(call.Field)
	kept := map[string]any{}
	for name, value := range call.Arguments {
		if definition := field.Args.ForName(name); definition != nil {
			kept[name] = w.knownInput(definition.Type, value)
		} else if value != nil && w.contextual(runtimeType, call.Field, name) {
			kept[name] = value
		}
	}
	if len(kept) == 0 {
		return ""
	}
	return coerce.Canonical(kept)
}

// knownInput removes the input fields that the supergraph does not have.
func (w *World) knownInput(t *ast.Type, value any) any {
	switch value := value.(type) {
	case []any:
		if t.Elem == nil {
			return value
		}
		items := make([]any, len(value))
		for i, item := range value {
			items[i] = w.knownInput(t.Elem, item)
		}
		return items
	case map[string]any:
		input := w.Super.Type(t.Name())
		if input == nil || input.Kind != ast.InputObject {
			return value
		}
		kept := map[string]any{}
		for name, v := range value {
			if field := input.Field(name); field != nil {
				kept[name] = w.knownInput(field.Type, v)
			}
		}
		return kept
	}
	return value
}

// contextual tells whether any subgraph takes that argument from a context.
func (w *World) contextual(runtimeType, field, argument string) bool {
	for _, speaker := range w.speakers(runtimeType, field) {
		for _, c := range speaker.field.Context {
			if c.Name == argument {
				return true
			}
		}
	}
	return false
}

// generator makes one value.
type generator struct {
	world    *World
	shape    *shape
	parent   *Object
	field    string
	identity uint64
	isKey    bool
	random   source
}

// value makes a value of a type; identity is that of an object at this position.
func (g *generator) value(t *ast.Type, identity uint64) Value {
	if !t.NonNull && g.random.permille(g.nullRate()) {
		return Value{Kind: Null}
	}
	if t.Elem != nil {
		items := make([]Value, g.length(t.Elem))
		for i := range items {
			items[i] = g.value(t.Elem, digest(identity, "item", itoa(i)))
		}
		return Value{Kind: List, Items: items}
	}
	switch {
	case g.shape.barren():
		return Value{Kind: Null}
	case g.shape.leaf:
		return Value{Kind: Leaf, Raw: g.leaf(t.NamedType)}
	default:
		return Value{Kind: Composite, Object: g.object(identity)}
	}
}

func (g *generator) nullRate() int {
	if g.isKey {
		return g.world.options.NullKeys
	}
	return g.world.options.Nulls
}

// length of a list: none, one, several.
func (g *generator) length(elem *ast.Type) int {
	if g.shape.barren() && elem.NonNull {
		return 0
	}
	if g.isKey {
		return 1 // so that what the key tells apart stays apart
	}
	return []int{0, 1, 1, 2, 2, 2, 3, 3}[g.random.below(8)]
}

// object chooses the object at a position.
func (g *generator) object(identity uint64) *Object {
	w := g.world
	name := g.shape.possible[g.random.below(len(g.shape.possible))]
	if name == w.Super.Query || name == w.Super.Mutation || name == w.Super.Subscription {
		return w.rootObject(name)
	}
	if p := w.pools[name]; p != nil && len(p.members[name]) > 0 {
		members := p.members[name]
		if g.isKey {
			return members[g.parent.ordinal%len(members)]
		}
		return members[g.random.below(len(members))]
	}
	o := &Object{Type: name, identity: identity, ordinal: noOrdinal}
	if g.isKey {
		o.ordinal = g.parent.ordinal
	}
	return o
}

// leaf makes a scalar or enum value as JSON.
func (g *generator) leaf(name string) string {
	if g.shape.enum {
		i := g.random.below(len(g.shape.values))
		if g.isKey {
			i = g.parent.ordinal % len(g.shape.values)
		}
		return strconv.Quote(g.shape.values[i])
	}
	if g.isKey {
		return g.keyLeaf(name)
	}
	choices := leaves[name]
	if choices == nil {
		choices = leaves["custom"]
	}
	return choices[g.random.below(len(choices))](&g.random)
}

// keyLeaf makes a value that differs for every ordinal, in a style of the field's own.
func (g *generator) keyLeaf(name string) string {
	style := source{state: digest(g.world.options.Seed, "key style", g.field, name)}
	n := g.parent.ordinal
	switch name {
	case "Int":
		return itoa(style.below(2000) - 1000 + n*(1+style.below(5)))
	case "Float":
		return itoa(style.below(100)+n) + []string{".0", ".5", ".25"}[style.below(3)]
	case "Boolean":
		return strconv.FormatBool(n%2 == 0)
	}
	switch style.below(5) {
	case 0:
		return fmt.Sprintf(`"%d"`, 1+n)
	case 1:
		return fmt.Sprintf(`"%s\"%d\\"`, g.field, n)
	case 2:
		return fmt.Sprintf(`"\u00e9\ud83d\ude00/%d"`, n)
	default:
		return fmt.Sprintf(`"%s-%d"`, g.field, n)
	}
}

// leaves are makers of values by scalar. Each is written as subgraphs write JSON, with all its freedom, because values
// have to pass through byte for byte.
var leaves = map[string][]func(*source) string{
	"Int": {
		func(r *source) string { return itoa(r.below(1000)) },
		func(r *source) string { return itoa(-r.below(1000)) },
		func(*source) string { return "0" },
		func(*source) string { return "2147483647" },
	},
	"Float": {
		func(*source) string { return "1.0" },
		func(r *source) string { return itoa(r.below(100)) + "." + itoa(1+r.below(999)) },
		func(r *source) string { return "-" + itoa(1+r.below(9)) + ".50e-3" },
		func(r *source) string { return itoa(1+r.below(9)) + "E+10" },
		func(r *source) string { return itoa(r.below(100)) },
	},
	"String": {
		func(r *source) string { return `"word-` + itoa(r.below(1000)) + `"` },
		func(r *source) string { return `"word-` + itoa(r.below(1000)) + `"` },
		func(r *source) string { return `"esc \"q\" \\ \/ \n\t ` + itoa(r.below(10)) + `"` },
		func(r *source) string { return `"é \u00e9 \ud83d\ude00 <&> ` + itoa(r.below(10)) + `"` },
		func(*source) string { return `""` },
	},
	"ID": {
		func(r *source) string { return `"id-` + itoa(r.below(1000)) + `"` },
		func(r *source) string { return `"` + itoa(r.below(1000)) + `"` },
	},
	"Boolean": {
		func(*source) string { return "true" },
		func(*source) string { return "false" },
	},
	"custom": {
		func(r *source) string { return `{"b":1.0,"a":[true,null,"x\u00e9"],"n":` + itoa(r.below(10)) + `}` },
		func(*source) string { return "9223372036854775808" },
		func(*source) string { return "1.0" },
		func(*source) string { return `"2024-02-29T00:00:00Z"` },
		func(r *source) string { return `[1,[2,"` + itoa(r.below(10)) + `"],{}]` },
		func(*source) string { return "false" },
	},
}

// settleNeeded notes the fields that other values are made of: in @requires and in contexts.
func (w *World) settleNeeded() {
	w.needed, w.context = map[string]map[string]bool{}, map[string]map[string]bool{}
	for _, g := range w.Graphs {
		for _, name := range g.order {
			t := g.Types[name]
			for _, fieldName := range t.fieldOrder {
				f := t.Fields[fieldName]
				markNeeded(w.needed, g, name, f.Requires)
				for _, c := range f.Context {
					selection, err := parseSelection(c.Selection)
					if err != nil {
						continue // reported where it is used
					}
					for _, contextType := range g.contexts[c.Context] {
						markNeeded(w.needed, g, contextType, selection)
						markNeeded(w.context, g, contextType, selection)
					}
				}
			}
		}
	}
}

// settleNulling notes the object types inside of keys and needed fields: a non-null field of theirs that fails would
// null what is needed.
func (w *World) settleNulling() {
	w.nulling = map[string]bool{}
	var mark func(runtimeType, field string)
	mark = func(runtimeType, field string) {
		s := w.shapes[runtimeType][field]
		if s == nil {
			return
		}
		for _, target := range s.possible {
			if w.nulling[target] {
				continue
			}
			w.nulling[target] = true
			for name, inner := range w.shapes[target] {
				if inner.typ.NonNull {
					mark(target, name)
				}
			}
		}
	}
	for _, fields := range []map[string]map[string]bool{w.needed, w.keys} {
		for runtimeType, names := range fields {
			for name := range names {
				mark(runtimeType, name)
			}
		}
	}
}

// markNeeded notes, by runtime type, the fields that a selection on a type takes.
func markNeeded(needed map[string]map[string]bool, g *Graph, typeName string, selection ast.SelectionSet) {
	t := g.Types[typeName]
	if t == nil {
		return
	}
	for _, runtimeType := range t.Possible {
		g.FieldsOn(runtimeType, selection, func(f *ast.Field) {
			declared := g.fieldOf(runtimeType, f.Name)
			if declared == nil {
				return
			}
			if needed[runtimeType] == nil {
				needed[runtimeType] = map[string]bool{}
			}
			needed[runtimeType][f.Name] = true
			markNeeded(needed, g, declared.Type.Name(), f.SelectionSet)
		})
	}
}

// InContext tells whether fields further down may take the value of a field as an argument.
func (w *World) InContext(runtimeType, field string) bool { return w.context[runtimeType][field] }

// contextsOf are the types that set each context, by its full name.
func contextsOf(super *supergraph.Supergraph) map[string][]string {
	names := contextNames(super)
	contexts := map[string][]string{}
	for _, t := range super.Types {
		for _, directive := range t.Directives {
			if !slices.Contains(names, directive.Name) {
				continue
			}
			if argument := directive.Arguments.ForName("name"); argument != nil {
				contexts[argument.Value.Raw] = append(contexts[argument.Value.Raw], t.Name)
			}
		}
	}
	return contexts
}
