package subgraph

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
	"github.com/tributary-gql/tributary/schema/fieldset"
)

// checkInterfaceKeys checks that every object type that implements an interface has the interface's keys, and resolves by them if
// the interface says so.
func (b *builder) checkInterfaceKeys() {
	for _, t := range b.s.Types {
		if t.Kind != ast.Interface {
			continue
		}
		for _, key := range t.Keys {
			if !b.badKeys[key.Application] {
				b.checkInterfaceKey(t, key)
			}
		}
	}
}

func (b *builder) checkInterfaceKey(t *Type, key *Key) {
	var missing, unresolvable []*Type
	wanted := canonical(key.Set.Selections)
	for _, object := range b.s.Implementations(t.Name) {
		switch found, resolvable := hasKey(object, wanted); {
		case !found:
			missing = append(missing, object)
		case key.Resolvable && !resolvable:
			unresolvable = append(unresolvable, object)
		}
	}
	at := atSign(key.Application.Position)
	switch {
	case len(missing) > 0:
		b.addAt(diag.InterfaceKeyNotOnImplementation, b.withTypes(at, missing), "Add the same @key to each of them.",
			"Key %s of interface %q is missing on %s.", quoteShort(key.Text), t.Name, typeList(missing))
	case len(unresolvable) > 0:
		b.addAt(diag.InterfaceKeyNotOnImplementation, b.withTypes(at, unresolvable), "Make them resolvable, or the interface's key not.",
			"Key %s of interface %q is resolvable, but \"resolvable: false\" on %s.", quoteShort(key.Text), t.Name, typeList(unresolvable))
	}
}

// hasKey looks for a key with the same fields. Only the first one counts, as the same key cannot be had twice.
func hasKey(t *Type, wanted string) (found, resolvable bool) {
	for _, key := range t.Keys {
		if canonical(key.Set.Selections) == wanted {
			return true, key.Resolvable
		}
	}
	return false, false
}

func (b *builder) withTypes(at *ast.Position, types []*Type) []diag.Location {
	places := []diag.Location{b.s.Location(at)}
	for _, t := range types {
		places = append(places, b.s.Location(t.Position))
	}
	return places
}

func typeList(types []*Type) string {
	var names []string
	for _, t := range types {
		names = append(names, `"`+t.Name+`"`)
	}
	if len(names) == 1 {
		return "type " + names[0]
	}
	return "types " + strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// canonical prints a selection so that equal ones print the same whatever the order of their fields.
func canonical(selections []*selection) string { return fieldset.Canonical(selections) }
