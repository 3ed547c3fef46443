package subgraph

import (
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
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
	for _, object := range b.s.Implementations(t.Name) {
		if !b.s.spend(1 + len(object.Keys)) {
			return
		}
		switch found, resolvable := hasKey(object, key.canonical); {
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
		if key.canonical == wanted {
			return true, key.Resolvable
		}
	}
	return false, false
}

// mostListed bounds the types that one problem names.
const mostListed = 10

func (b *builder) withTypes(at *ast.Position, types []*Type) []diag.Location {
	places := []diag.Location{b.s.Location(at)}
	for _, t := range types[:min(len(types), mostListed)] {
		places = append(places, b.s.Location(t.Position))
	}
	return places
}

func typeList(types []*Type) string {
	if len(types) == 1 {
		return "type \"" + types[0].Name + "\""
	}
	var names []string
	for _, t := range types[:min(len(types), mostListed)] {
		names = append(names, `"`+t.Name+`"`)
	}
	if more := len(types) - mostListed; more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	return "types " + strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
