package fake

import (
	"fmt"
	"maps"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/routertest/coerce"
	"github.com/tributary-gql/tributary/router/routertest/world"
)

// entities resolves representations, one by one.
func (b *backend) entities(argument any) world.Value {
	representations, _ := argument.([]any)
	b.asked, b.sent = true, b.sent+len(representations)
	seen := map[string]bool{}
	items := make([]world.Value, len(representations))
	for i, r := range representations {
		text := coerce.Canonical(r)
		if seen[text] {
			b.violate("a representation is sent twice: %s", text)
		}
		seen[text] = true
		items[i] = b.entity(r, text)
	}
	return world.Value{Kind: world.List, Items: items}
}

// entity finds the object that a representation speaks of, and checks everything it says.
func (b *backend) entity(r any, text string) world.Value {
	failed := world.Value{Kind: world.Failed, Message: "bad representation"}
	representation, isMap := r.(map[string]any)
	if !isMap {
		b.violate("a representation is no object: %s", text)
		return failed
	}
	typeName, _ := representation["__typename"].(string)
	t := b.graph.Types[typeName]
	if t == nil || (t.Kind != ast.Object && t.Kind != ast.Interface) {
		b.violate("a representation's __typename is no entity here: %s", text)
		return failed
	}
	object, known := b.findByKeys(t, representation, text)
	if object == nil {
		if !known {
			b.violate("a representation has no key that the subgraph resolves: %s", text)
		}
		return failed
	}
	for _, wrong := range b.wrongFields(object, representation, b.allowed(object, t)) {
		b.violate("a representation %s: %s", wrong, text)
	}
	return world.Value{Kind: world.Composite, Object: object, Extra: standing{view: b.graph.ViewAs(object.Type, typeName), representation: representation}}
}

// findByKeys looks the entity up by every key that the representation has in full. known tells that it had one.
func (b *backend) findByKeys(t *world.GraphType, representation map[string]any, text string) (found *world.Object, known bool) {
	for _, key := range t.Keys {
		if !key.Resolvable {
			continue
		}
		values, complete := extract(representation, key.Selection)
		if !complete {
			continue
		}
		known = true
		object := b.world.FindByKey(b.graph, key, values)
		if object == nil {
			b.violate("no %s has the key { %s } of representation %s", t.Name, key.Text, text)
			return nil, true
		}
		if found != nil && found != object {
			b.violate("the keys of a representation are of different entities: %s", text)
		}
		found = object
		b.noteKey(t, key)
	}
	return found, known
}

// extract takes a key's fields out of a representation; complete is false when one is absent or null.
func extract(value any, selection ast.SelectionSet) (any, bool) {
	if items, isList := value.([]any); isList {
		extracted := make([]any, len(items))
		for i, item := range items {
			var complete bool
			if extracted[i], complete = extract(item, selection); !complete {
				return nil, false
			}
		}
		return extracted, true
	}
	if len(selection) == 0 {
		return value, value != nil
	}
	fields, isMap := value.(map[string]any)
	if !isMap {
		return nil, false
	}
	result := map[string]any{}
	for _, s := range selection {
		switch s := s.(type) {
		case *ast.Field:
			inner, present := fields[s.Name]
			if !present {
				return nil, false
			}
			extracted, complete := extract(inner, s.SelectionSet)
			if !complete {
				return nil, false
			}
			result[s.Name] = extracted
		case *ast.InlineFragment:
			// Keys have no runtime types in them that would decide: what is there counts.
			if extracted, complete := extract(fields, s.SelectionSet); complete {
				for name, inner := range extracted.(map[string]any) {
					result[name] = inner
				}
			}
		}
	}
	return result, true
}

// allowed are the selections that a representation may be made of: keys, and what the fields of the type require.
func (b *backend) allowed(o *world.Object, t *world.GraphType) []ast.SelectionSet {
	var selections []ast.SelectionSet
	for _, name := range slices.Compact([]string{t.Name, b.graph.ViewAs(o.Type, t.Name)}) {
		view := b.graph.Types[name]
		if view == nil {
			continue
		}
		for _, key := range view.Keys {
			selections = append(selections, key.Selection)
		}
		for _, field := range slices.Sorted(maps.Keys(view.Fields)) {
			if requires := view.Fields[field].Requires; requires != nil {
				selections = append(selections, requires)
			}
		}
	}
	return selections
}

// wrongFields says what is wrong with the fields that a representation, or an object in it, has.
func (b *backend) wrongFields(o *world.Object, fields map[string]any, allowed []ast.SelectionSet) []string {
	var wrong []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if name == "__typename" {
			if given, _ := fields[name].(string); !b.graph.Matches(given, o.Type) && given != b.graph.View(o.Type) {
				wrong = append(wrong, fmt.Sprintf("calls a %s %q", o.Type, given))
			}
			continue
		}
		var variants []*ast.Field
		for _, selection := range allowed {
			b.graph.FieldsOn(o.Type, selection, func(f *ast.Field) {
				if f.Name == name {
					variants = append(variants, f)
				}
			})
		}
		if len(variants) == 0 {
			wrong = append(wrong, fmt.Sprintf("carries %q, which is neither key nor required", name))
			continue
		}
		wrong = append(wrong, b.wrongField(o, fields[name], variants)...)
	}
	return wrong
}

// wrongField compares one field with the world. Variants ask for it with different arguments or with more below: the
// value has to be right for the arguments of one of them.
func (b *backend) wrongField(o *world.Object, given any, variants []*ast.Field) []string {
	var wrong []string
	for _, f := range variants {
		value, err := b.world.FieldSetValue(b.graph, o, f)
		if err != nil {
			return []string{err.Error()}
		}
		var below []ast.SelectionSet
		for _, other := range variants {
			if sameArguments(f, other) {
				below = append(below, other.SelectionSet)
			}
		}
		if wrong = b.wrongValue(value, given, below, f.Name); len(wrong) == 0 {
			return nil
		}
	}
	return wrong
}

func sameArguments(a, b *ast.Field) bool {
	if len(a.Arguments) != len(b.Arguments) {
		return false
	}
	for _, argument := range a.Arguments {
		other := b.Arguments.ForName(argument.Name)
		if other == nil || other.Value.String() != argument.Value.String() {
			return false
		}
	}
	return true
}

// wrongValue compares a value in a representation with the world's.
func (b *backend) wrongValue(value world.Value, given any, below []ast.SelectionSet, name string) []string {
	wrong := []string{fmt.Sprintf("has a wrong value of %q", name)}
	switch value.Kind {
	case world.Leaf:
		parsed, err := coerce.Parse([]byte(value.Raw))
		if err != nil || coerce.Canonical(parsed) != coerce.Canonical(given) {
			return wrong
		}
		return nil
	case world.List:
		items, isList := given.([]any)
		if !isList || len(items) != len(value.Items) {
			return wrong
		}
		var found []string
		for i, item := range items {
			found = append(found, b.wrongValue(value.Items[i], item, below, name)...)
		}
		return found
	case world.Composite:
		fields, isMap := given.(map[string]any)
		if !isMap {
			return wrong
		}
		return b.wrongFields(value.Object, fields, below)
	}
	if given != nil {
		return wrong
	}
	return nil
}
