package subgraph

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
)

var requiresRules = fieldSetRules{
	invalidType:     diag.RequiresInvalidFieldsType,
	invalid:         diag.RequiresInvalidFields,
	hasDirectives:   diag.RequiresDirectiveInFieldsArg,
	missingExternal: diag.RequiresFieldsMissingExternal,
}

// checkRequires checks @requires. Its field set may give arguments, but may only name fields of other subgraphs.
func (b *builder) checkRequires() {
	b.eachField(func(t *Type, f *Field) {
		for _, app := range f.Applied {
			if app.Known != KnownRequires {
				continue
			}
			if t.Kind == ast.Interface {
				b.add(diag.RequiresUnsupportedOnInterface, atSign(app.Position), "Put it on the fields of the object types that implement the interface.",
					"@%s cannot be used on field %q of an interface.", app.Name, f.Coordinate())
			}
			b.checkFieldSet(app, t, place{f: f}, requiresRules)
		}
	})
}
