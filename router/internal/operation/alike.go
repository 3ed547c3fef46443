package operation

import (
	"encoding/binary"

	"github.com/vektah/gqlparser/v2/ast"
)

// alikeSelections numbers the selections of a document by what they ask: equal texts on equal types have one number,
// wherever they stand, so that the same question at many places is normalised once. Literals and @defer count by their
// place in the document.
type alikeSelections struct {
	n     *normaliser
	below map[*ast.Field]int
	byKey map[string]int
}

// belowField is the number of a field's selections.
func (a *alikeSelections) belowField(f *ast.Field) int {
	if id, ok := a.below[f]; ok {
		return id
	}
	id := a.number(a.appendSelections(nil, f.SelectionSet))
	a.below[f] = id
	return id
}

func (a *alikeSelections) number(key []byte) int {
	id, ok := a.byKey[string(key)]
	if !ok {
		id = len(a.byKey) + 1
		a.byKey[string(key)] = id
	}
	return id
}

func (a *alikeSelections) appendSelections(key []byte, selections ast.SelectionSet) []byte {
	for _, selection := range selections {
		switch s := selection.(type) {
		case *ast.Field:
			key = append(append(append(append(key, 'f'), s.Alias...), 0), s.Name...)
			if s.ObjectDefinition != nil {
				key = append(append(key, 0), s.ObjectDefinition.Name...)
			}
			key = a.appendArguments(append(key, 0), s.Arguments)
			key = a.appendDirectives(key, s.Directives, s)
			key = binary.AppendUvarint(key, uint64(a.belowField(s)))
		case *ast.InlineFragment:
			key = append(append(append(key, 'i'), s.TypeCondition...), 0)
			key = a.appendDirectives(key, s.Directives, s)
			key = binary.AppendUvarint(key, uint64(a.number(a.appendSelections(nil, s.SelectionSet))))
		case *ast.FragmentSpread:
			key = append(append(append(key, 's'), s.Name...), 0)
			key = a.appendDirectives(key, s.Directives, s)
		}
	}
	return key
}

func (a *alikeSelections) appendDirectives(key []byte, directives ast.DirectiveList, node any) []byte {
	key = binary.AppendUvarint(key, uint64(len(directives)))
	for _, d := range directives {
		key = append(append(key, d.Name...), 0)
		switch d.Name {
		case "defer":
			key = binary.AppendUvarint(key, uint64(a.n.id(node)))
		case "skip", "include": // their constants are folded: the text decides
			if condition := d.Arguments.ForName("if"); condition != nil {
				key = append(append(append(key, byte(condition.Value.Kind)), condition.Value.Raw...), 0)
			}
		default:
			key = a.appendArguments(key, d.Arguments)
		}
	}
	return key
}

func (a *alikeSelections) appendArguments(key []byte, arguments ast.ArgumentList) []byte {
	key = binary.AppendUvarint(key, uint64(len(arguments)))
	for _, argument := range arguments {
		key = append(append(key, argument.Name...), 0)
		key = a.n.appendValue(key, argument.Value)
	}
	return key
}
