package subgraph

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
)

// checkCosts checks @cost: the fields of an interface cost what the types behind it say.
func (b *builder) checkCosts() {
	b.eachField(func(t *Type, f *Field) {
		app := First(f.Applied, KnownCost)
		if app != nil && t.Kind == ast.Interface {
			b.add(diag.CostAppliedToInterfaceField, atSign(app.Position), "Put it on the fields of the object types that implement the interface.",
				"@%s cannot be used on field %q of an interface.", app.Name, f.Coordinate())
		}
	})
}
