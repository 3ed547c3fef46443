package diff

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// narrows tells whether every value of the new output type was allowed by the old one and is asked for in the same way.
// An implementation in place of its interface is another thing: fragments on other implementations are not valid then.
func narrows(before, after *ast.Type) bool {
	if before.NonNull && !after.NonNull {
		return false
	}
	if before.Elem != nil || after.Elem != nil {
		return before.Elem != nil && after.Elem != nil && narrows(before.Elem, after.Elem)
	}
	return before.NamedType == after.NamedType
}

// widens tells whether every value of the old input type is allowed by the new one.
func widens(before, after *ast.Type) bool {
	if after.NonNull && !before.NonNull {
		return false
	}
	if after.Elem != nil && before.Elem == nil {
		// A single value is taken for a list of one, but a variable's type must fit as it is written.
		return false
	}
	if before.Elem != nil || after.Elem != nil {
		return before.Elem != nil && after.Elem != nil && widens(before.Elem, after.Elem)
	}
	return before.NamedType == after.NamedType
}

// use says on which side of operations an enum stands.
type use int

const (
	usedNowhere use = 0
	usedAsInput use = 1 << iota
	usedAsOutput
)

// usesOf finds how enums are used in either schema.
func usesOf(schemas ...*ast.Schema) map[string]use {
	uses := map[string]use{}
	for _, s := range schemas {
		for _, t := range s.Types {
			if builtIn(t) {
				continue
			}
			for _, f := range t.Fields {
				if t.Kind == ast.InputObject {
					uses[f.Type.Name()] |= usedAsInput
				} else {
					uses[f.Type.Name()] |= usedAsOutput
				}
				for _, a := range f.Arguments {
					uses[a.Type.Name()] |= usedAsInput
				}
			}
		}
		for _, directive := range s.Directives {
			for _, a := range directive.Arguments {
				uses[a.Type.Name()] |= usedAsInput
			}
		}
	}
	return uses
}

func builtIn(t *ast.Definition) bool {
	return t != nil && (t.BuiltIn || len(t.Name) > 1 && t.Name[:2] == "__" || slices.Contains([]string{"Int", "Float", "String", "Boolean", "ID"}, t.Name))
}

// unionOfKeys gives the keys of both maps, sorted.
func unionOfKeys[V any](a, b map[string]V) []string {
	keys := make([]string, 0, len(a))
	for k := range a {
		keys = append(keys, k)
	}
	for k := range b {
		if _, ok := a[k]; !ok {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return keys
}

// compare gives what is only in before and only in after, in their orders.
func compare(before, after []string) (removed, added []string) {
	for _, name := range before {
		if !slices.Contains(after, name) {
			removed = append(removed, name)
		}
	}
	for _, name := range after {
		if !slices.Contains(before, name) {
			added = append(added, name)
		}
	}
	return removed, added
}

func kindName(k ast.DefinitionKind) string {
	switch k {
	case ast.Object:
		return "object type"
	case ast.Interface:
		return "interface"
	case ast.Union:
		return "union"
	case ast.Enum:
		return "enum"
	case ast.InputObject:
		return "input"
	}
	return "scalar"
}

func withArticle(k ast.DefinitionKind) string {
	name := kindName(k)
	if slices.Contains([]byte("aeiou"), name[0]) {
		return "an " + name
	}
	return "a " + name
}
