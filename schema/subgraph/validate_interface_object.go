package subgraph

import (
	"github.com/tributary-gql/tributary/schema/diag"
)

// checkInterfaceObjects checks @interfaceObject: only entities can stand in for an interface.
func (b *builder) checkInterfaceObjects() {
	for _, t := range b.s.Types {
		if !t.InterfaceObject || First(t.Applied, KnownKey) != nil {
			continue
		}
		app := First(t.Applied, KnownInterfaceObject)
		b.add(diag.InterfaceObjectUsageError, atSign(app.Position), "Give it the @key that the interface has in the subgraph that defines it.",
			"@%s can only be used on entities, but type %q has no @key in this subgraph.", app.Name, t.Name)
	}
}
