package world

import (
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// parseSelection parses a field set, with or without its braces. Empty text is a nil selection.
func parseSelection(text string) (ast.SelectionSet, error) {
	trimmed := strings.TrimSpace(text)
	if trimmed == "" {
		return nil, nil
	}
	if !strings.HasPrefix(trimmed, "{") {
		trimmed = "{" + trimmed + "}"
	}
	document, err := parser.ParseQuery(&ast.Source{Name: "field set", Input: trimmed})
	if err != nil {
		return nil, fmt.Errorf("field set %q: %w", text, err)
	}
	if len(document.Operations) != 1 {
		return nil, fmt.Errorf("field set %q: want one selection", text)
	}
	return document.Operations[0].SelectionSet, nil
}

// FieldsOn calls visit for each field that the selection asks of an object of the given runtime type, fragments
// resolved by the subgraph's own view of its types, in order.
func (g *Graph) FieldsOn(runtimeType string, selection ast.SelectionSet, visit func(*ast.Field)) {
	for _, s := range selection {
		switch s := s.(type) {
		case *ast.Field:
			visit(s)
		case *ast.InlineFragment:
			if s.TypeCondition == "" || g.Matches(s.TypeCondition, runtimeType) {
				g.FieldsOn(runtimeType, s.SelectionSet, visit)
			}
		}
	}
}

// Matches tells whether, for the subgraph, an object of that runtime type satisfies a type condition.
func (g *Graph) Matches(condition, runtimeType string) bool {
	if condition == runtimeType {
		return true
	}
	t := g.Types[condition]
	return t != nil && t.Answers(runtimeType)
}
