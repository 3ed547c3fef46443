package compose

import (
	"github.com/tributary-gql/tributary/schema/diag"
	"github.com/tributary-gql/tributary/schema/subgraph"
)

// mergeInterface merges the fields of an interface, some of whose declarations may be interface objects.
func (c *composition) mergeInterface(t *mergedType) {
	hasKey := c.validateInterfaceKeys(t)
	c.validateInterfaceObjects(t)
	for _, f := range t.fields {
		if !hasKey && !t.providesByObject(f.name) {
			c.hintOnMissingField(f, diag.InconsistentInterfaceValueTypeField, "interface type")
		}
		c.validateOverrides(f)
		c.mergeField(f)
	}
}

// validateInterfaceKeys checks that a subgraph that resolves an interface by a key knows all implementations: it may be
// asked for any of them. It reports whether there is any key.
func (c *composition) validateInterfaceKeys(t *mergedType) bool {
	hasKey := false
	for _, s := range t.sources {
		if s.typ.InterfaceObject {
			continue
		}
		hasKey = hasKey || s.typ.IsEntity()
		key := resolvableKey(s.typ)
		if key == nil {
			continue
		}
		var missing []string
		for _, implementer := range t.implementers {
			if own := implementer.source(s.graph); own == nil || !own.Implements(t.name) {
				missing = append(missing, implementer.name)
			}
		}
		if len(missing) == 0 {
			continue
		}
		c.report.error(diag.InterfaceKeyMissingImplementationType, c.report.typePlaces([]typeSource{s}),
			"Define the missing types there, or mark the key as @key(…, resolvable: false).",
			"Interface %q can be resolved by the key %q in subgraph %q, which lacks %s of its implementations: %s.",
			t.name, key.Text, c.report.name(s.graph), plural(len(missing), "one", "some"), quoted(missing))
	}
	return hasKey
}

func resolvableKey(t *subgraph.Type) *subgraph.Key {
	for _, k := range t.Keys {
		if k.Resolvable {
			return k
		}
	}
	return nil
}

// plural chooses a word by a count.
func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
