package subgraph

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
)

var rootUsedCodes = map[ast.Operation]diag.Code{
	ast.Query: diag.RootQueryUsed, ast.Mutation: diag.RootMutationUsed, ast.Subscription: diag.RootSubscriptionUsed,
}

// renameRoots gives the root types their default names, everywhere.
func (b *builder) renameRoots() {
	renamed := map[string]string{}
	for _, t := range b.s.Types {
		if t.Root == "" || t.Name == defaultRootName(t.Root) {
			continue
		}
		name := defaultRootName(t.Root)
		if other := b.s.types[name]; other != nil {
			b.addAt(rootUsedCodes[t.Root], []diag.Location{b.s.Location(other.Position), b.s.Location(t.Position)},
				"Rename type \""+name+"\", or make it the root.",
				"There is a type %q, but the %s root type is %q: a type with a root's default name must be that root.", name, t.Root, t.Name)
			continue
		}
		renamed[t.Name] = name
	}
	if len(renamed) > 0 {
		b.s.rename(renamed)
	}
}

// rename changes the names of types and all references to them.
func (s *Subgraph) rename(to map[string]string) {
	name := func(old string) string {
		if n, ok := to[old]; ok {
			return n
		}
		return old
	}
	for _, t := range s.Types {
		if n, ok := to[t.Name]; ok {
			delete(s.types, t.Name)
			t.Name = n
			s.types[n] = t
		}
		renameReferences(t.Interfaces, t.interfaces, to)
		renameReferences(t.Members, t.members, to)
		for _, f := range t.Fields {
			f.Type = renameType(f.Type, name)
			for _, arg := range f.Arguments {
				arg.Type = renameType(arg.Type, name)
			}
		}
	}
	for _, d := range s.Directives {
		for _, arg := range d.Arguments {
			arg.Type = renameType(arg.Type, name)
		}
	}
}

func renameReferences(refs []*Reference, index map[string]bool, to map[string]string) {
	for _, ref := range refs {
		if n, ok := to[ref.Name]; ok {
			delete(index, ref.Name)
			ref.Name = n
			index[n] = true
		}
	}
}
