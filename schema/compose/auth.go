package compose

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/subgraph"
)

// authDirectives are the directives that guard data.
var authDirectives = []subgraph.Known{subgraph.KnownAuthenticated, subgraph.KnownRequiresScopes, subgraph.KnownPolicy}

func isAuth(k subgraph.Known) bool {
	return k == subgraph.KnownAuthenticated || k == subgraph.KnownRequiresScopes || k == subgraph.KnownPolicy
}

// usesAuth reports whether any subgraph guards anything.
func (c *composition) usesAuth() bool {
	for _, k := range authDirectives {
		if c.features.names[k] != "" {
			return true
		}
	}
	return false
}

// inheritedByType returns what guards an interface: all that guards one of its implementations. Who may query the interface
// may see any of them.
func (c *composition) inheritedByType(t *mergedType) []element {
	if t.kind != ast.Interface || !c.usesAuth() {
		return nil
	}
	var out []element
	for _, implementer := range t.implementers {
		out = appendGuards(out, typeElements(implementer.sources))
	}
	return out
}

// inheritedByField returns what guards a field of an interface: all that guards it in an implementation; and what guards a field of
// an implementation: all that guards it in an interface object, which stands for it.
func (c *composition) inheritedByField(f *mergedField) []element {
	if !c.usesAuth() {
		return nil
	}
	var out []element
	if f.parent.kind == ast.Interface {
		for _, implementer := range f.parent.implementers {
			if own := implementer.field[f.name]; own != nil {
				out = appendGuards(out, fieldElements(own.sources))
			}
		}
		return out
	}
	for _, i := range f.parent.interfaces {
		for _, s := range i.sources {
			if !s.typ.InterfaceObject {
				continue
			}
			if field := s.typ.Field(f.name); field != nil {
				out = appendGuards(out, []element{{s.graph, "", field.Applied, field.Position}})
			}
		}
	}
	return out
}

// appendGuards appends the elements that are guarded, reduced to what guards them.
func appendGuards(out, elements []element) []element {
	for _, e := range elements {
		var guards []*subgraph.Application
		for _, a := range e.applied {
			if isAuth(a.Known) {
				guards = append(guards, a)
			}
		}
		if len(guards) > 0 {
			e.applied = guards
			out = append(out, e)
		}
	}
	return out
}

// withoutAuth returns the applications that do not guard data.
func (c *composition) withoutAuth(list ast.DirectiveList) ast.DirectiveList {
	var out ast.DirectiveList
	for _, d := range list {
		isGuard := false
		for _, k := range authDirectives {
			isGuard = isGuard || d.Name == c.features.names[k]
		}
		if !isGuard {
			out = append(out, d)
		}
	}
	return out
}
