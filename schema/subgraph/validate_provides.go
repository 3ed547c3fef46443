package subgraph

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
)

var providesRules = fieldSetRules{
	invalidType:     diag.ProvidesInvalidFieldsType,
	invalid:         diag.ProvidesInvalidFields,
	hasDirectives:   diag.ProvidesDirectiveInFieldsArg,
	hasArguments:    diag.ProvidesFieldsHasArgs,
	missingExternal: diag.ProvidesFieldsMissingExternal,
}

// checkProvides checks @provides. Its field set may only name fields that are otherwise resolved by other subgraphs.
func (b *builder) checkProvides() {
	b.eachField(func(t *Type, f *Field) {
		for _, app := range f.Applied {
			if app.Known == KnownProvides {
				b.checkProvided(t, f, app)
			}
		}
	})
}

func (b *builder) checkProvided(t *Type, f *Field, app *Application) {
	if f.External {
		b.add(diag.ExternalCollisionWithAnotherDirective, atSign(app.Position), "Remove @external or @"+app.Name+".",
			"Field %q cannot have both @external and @%s: it is either resolved here, or not.", f.Coordinate(), app.Name)
		return
	}
	if t.Kind == ast.Interface {
		b.add(diag.ProvidesUnsupportedOnInterface, atSign(app.Position), "Put it on the fields of the object types that implement the interface.",
			"@%s cannot be used on field %q of an interface.", app.Name, f.Coordinate())
	}
	target := b.s.types[typeName(f.Type)]
	if target == nil || !isComposite(target) {
		b.add(diag.ProvidesOnNonObjectField, atSign(app.Position), "Remove it.",
			"@%s cannot be used on field %q, whose type %q has no fields to provide.", app.Name, f.Coordinate(), f.Type)
		return
	}
	b.checkFieldSet(app, target, place{f: f}, providesRules)
}
