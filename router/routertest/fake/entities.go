package fake

import (
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
	b.checkFields(object, representation, b.allowed(object, t), text)
	return world.Value{Kind: world.Composite, Object: object, Extra: standing{representation: representation}}
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
	for _, name := range slices.Compact([]string{t.Name, b.graph.View(o.Type)}) {
		view := b.graph.Types[name]
		if view == nil {
			continue
		}
		for _, key := range view.Keys {
			selections = append(selections, key.Selection)
		}
		for _, field := range sortedNames(view.Fields) {
			if requires := view.Fields[field].Requires; requires != nil {
				selections = append(selections, requires)
			}
		}
	}
	return selections
}

// checkFields compares all that a representation says of an object with the world.
func (b *backend) checkFields(o *world.Object, fields map[string]any, allowed []ast.SelectionSet, text string) {
	for _, name := range sortedNames(fields) {
		if name == "__typename" {
			if given, _ := fields[name].(string); !b.graph.Matches(given, o.Type) && given != b.graph.View(o.Type) {
				b.violate("a representation calls a %s %q: %s", o.Type, given, text)
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
			b.violate("a representation carries %q, which is neither key nor required: %s", name, text)
			continue
		}
		b.checkField(o, fields[name], variants, text)
	}
}

// checkField compares one field with the world. Variants ask for it with different arguments or below: the value has
// to be right for the arguments of one of them.
func (b *backend) checkField(o *world.Object, given any, variants []*ast.Field, text string) {
	var below []ast.SelectionSet
	for _, f := range variants {
		below = append(below, f.SelectionSet)
	}
	for i, f := range variants {
		value, err := b.world.FieldSetValue(b.graph, o, f)
		if err != nil {
			b.violate("%v", err)
			return
		}
		last := i == len(variants)-1
		if b.fits(value, given) || last {
			b.compare(value, given, below, f.Name, text)
			return
		}
	}
}

// fits tells whether a given value can be meant: leaves equal, lists as long, nulls in the same place.
func (b *backend) fits(value world.Value, given any) bool {
	switch value.Kind {
	case world.Leaf:
		parsed, err := coerce.Parse([]byte(value.Raw))
		return err == nil && coerce.Canonical(parsed) == coerce.Canonical(given)
	case world.List:
		items, isList := given.([]any)
		if !isList || len(items) != len(value.Items) {
			return false
		}
		for i := range items {
			if !b.fits(value.Items[i], items[i]) {
				return false
			}
		}
		return true
	case world.Composite:
		_, isMap := given.(map[string]any)
		return isMap
	}
	return given == nil
}

func (b *backend) compare(value world.Value, given any, below []ast.SelectionSet, name, text string) {
	if !b.fits(value, given) {
		b.violate("a representation has a wrong value of %q: %s", name, text)
		return
	}
	switch value.Kind {
	case world.List:
		for i, item := range given.([]any) {
			b.compare(value.Items[i], item, below, name, text)
		}
	case world.Composite:
		b.checkFields(value.Object, given.(map[string]any), below, text)
	}
}

func sortedNames[V any](fields map[string]V) []string {
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
