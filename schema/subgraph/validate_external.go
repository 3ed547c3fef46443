package subgraph

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
)

// checkExternals checks @external: never on interfaces, and never without a use.
func (b *builder) checkExternals() {
	b.eachField(func(t *Type, f *Field) {
		if !f.External {
			return
		}
		at := f.Position
		if app := First(f.Applied, KnownExternal); app != nil {
			at = atSign(app.Position)
		}
		if t.Kind == ast.Interface {
			b.add(diag.ExternalOnInterface, at, "Remove it: mark the fields of the object types instead.",
				"Field %q of an interface cannot be @external: interfaces resolve nothing.", f.Coordinate())
			return
		}
		if !f.Used && f.Provides == nil { // with @provides it is told as a collision
			b.add(diag.ExternalUnused, at, "Remove the field, or @external if this subgraph resolves it.",
				"Field %q is marked @external, but no @key, @requires, @provides or context selects it, and no interface asks for it.", f.Coordinate())
		}
	})
}
