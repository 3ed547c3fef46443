package subgraph

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
)

var keyRules = fieldSetRules{
	invalidType:   diag.KeyInvalidFieldsType,
	invalid:       diag.KeyInvalidFields,
	hasDirectives: diag.KeyDirectiveInFieldsArg,
	hasArguments:  diag.KeyFieldsHasArgs,
	noAbstract:    diag.KeyFieldsSelectInvalidType,
}

// checkKeys checks @key.
func (b *builder) checkKeys() {
	b.badKeys = map[*Application]bool{}
	for _, t := range b.s.Types {
		for _, app := range t.Applied {
			if app.Known != KnownKey {
				continue
			}
			if t.Kind == ast.Interface && !b.s.LinkedVersion.AtLeast(2, 3) {
				b.add(diag.KeyUnsupportedOnInterface, atSign(app.Position), "Link "+FederationIdentity+"/v2.3 or later.",
					"@%s cannot be used on interface %q before federation 2.3.", app.Name, t.Name)
			}
			if !b.checkFieldSet(app, t, place{t: t}, keyRules) {
				b.badKeys[app] = true
			}
		}
	}
}
