package subgraph

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
)

// checkShareables checks @shareable: on objects and their fields only, and once on each declaration. It may be repeated, but only so
// that a type's definition and its extensions can each have it.
func (b *builder) checkShareables() {
	for _, t := range b.s.Types {
		b.checkShareableOnce(t.Applied, "the same declaration of type \""+t.Name+"\"")
		for _, f := range t.Fields {
			app := First(f.Applied, KnownShareable)
			if app == nil {
				continue
			}
			if t.Kind == ast.Interface {
				b.add(diag.InvalidShareableUsage, atSign(app.Position), "Remove it: mark the fields of the object types instead.",
					"@%s cannot be used on field %q of an interface.", app.Name, f.Coordinate())
			}
			b.checkShareableOnce(f.Applied, "field \""+f.Coordinate()+"\"")
		}
	}
}

func (b *builder) checkShareableOnce(applied []*Application, place string) {
	reported, seen := map[int]bool{}, map[int]bool{}
	for _, app := range applied {
		if app.Known != KnownShareable {
			continue
		}
		if seen[app.declaration] && !reported[app.declaration] {
			reported[app.declaration] = true
			b.add(diag.InvalidShareableUsage, atSign(app.Position), "Remove it.", "@%s is applied twice to %s.", app.Name, place)
		}
		seen[app.declaration] = true
	}
}
