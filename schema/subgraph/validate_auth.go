package subgraph

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
)

// checkAuth rejects @authenticated, @requiresScopes and @policy on interfaces and their fields, and on interface objects: what
// guards an interface follows from what guards the types behind it.
func (b *builder) checkAuth() {
	for _, t := range b.s.Types {
		if t.Kind != ast.Interface && !t.InterfaceObject {
			continue
		}
		what := "interface"
		if t.InterfaceObject {
			what = "interface object"
		}
		b.rejectAuth(t.Applied, what+" \""+t.Name+"\"")
		if t.Kind == ast.Interface {
			for _, f := range t.Fields {
				b.rejectAuth(f.Applied, "interface field \""+f.Coordinate()+"\"")
			}
		}
	}
}

func (b *builder) rejectAuth(applied []*Application, place string) {
	for _, app := range applied {
		switch app.Known {
		case KnownAuthenticated, KnownRequiresScopes, KnownPolicy:
			b.add(diag.AuthRequirementsAppliedOnInterface, atSign(app.Position), "Put it on the object types that implement the interface.",
				"@%s cannot be used on %s.", app.Name, place)
		}
	}
}
