package fieldset

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
)

// maxTokens bounds one field set; people write a dozen tokens, generators a few hundred.
const maxTokens = 50_000

// SyntaxError says what is wrong with the text of a field set.
type SyntaxError struct {
	Message string
	Offset  int // of the place in the text, counted in runes
}

// Error returns the message; the offset only means something to those who have the text.
func (e *SyntaxError) Error() string { return e.Message }

// Parse reads a field set, with or without braces around it. An error is a *SyntaxError.
func Parse(text string) (*Set, error) {
	if !utf8.ValidString(text) {
		return nil, &SyntaxError{Message: "the text is not valid UTF-8"}
	}
	document, shift := text, 0
	if !strings.HasPrefix(strings.TrimLeft(text, " \t\r\n,\uFEFF"), "{") {
		// The closing brace goes on a line of its own, or a comment at the end of the text would swallow it.
		document, shift = "{"+text+"\n}", 1
	}
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: document}, maxTokens)
	if err != nil {
		return nil, syntaxError(err, text, document, shift)
	}
	if len(doc.Operations) != 1 || len(doc.Fragments) > 0 || !isBareSelection(doc.Operations[0]) {
		return nil, &SyntaxError{Message: "it must be one selection of fields and nothing else"}
	}
	c := converter{shift: shift}
	set := &Set{Text: text, Selections: c.selections(doc.Operations[0].SelectionSet)}
	if c.err != nil {
		return nil, c.err
	}
	return set, nil
}

// isBareSelection tells "{ a b }" from "query { a b }" and its like.
func isBareSelection(op *ast.OperationDefinition) bool {
	return op.Name == "" && op.Operation == ast.Query && len(op.VariableDefinitions) == 0 && len(op.Directives) == 0 &&
		len(op.SelectionSet) > 0
}

// converter turns the parser's nodes into selections; the first problem it meets stays in err.
type converter struct {
	shift int
	err   *SyntaxError
}

func (c *converter) fail(pos *ast.Position, format string, args ...any) {
	if c.err == nil {
		c.err = &SyntaxError{Message: fmt.Sprintf(format, args...), Offset: c.offset(pos)}
	}
}

func (c *converter) offset(pos *ast.Position) int {
	if pos == nil {
		return 0
	}
	return max(pos.Start-c.shift, 0)
}

func (c *converter) selections(nodes ast.SelectionSet) []*Selection {
	if nodes == nil {
		return nil
	}
	out := make([]*Selection, 0, len(nodes))
	for _, node := range nodes {
		switch node := node.(type) {
		case *ast.Field:
			sel := &Selection{
				Field: node.Name, Arguments: node.Arguments, Directives: node.Directives,
				Sub: c.selections(node.SelectionSet), Offset: c.offset(node.Position),
			}
			if node.Alias != node.Name {
				sel.Alias = node.Alias
			}
			for _, arg := range node.Arguments {
				c.rejectVariables(arg.Value)
			}
			out = append(out, sel)
		case *ast.InlineFragment:
			out = append(out, &Selection{
				On: node.TypeCondition, Directives: node.Directives,
				Sub: c.selections(node.SelectionSet), Offset: c.offset(node.Position),
			})
		case *ast.FragmentSpread:
			c.fail(node.Position, "named fragments like %q cannot be used here", "..."+node.Name)
		}
	}
	return out
}

func (c *converter) rejectVariables(v *ast.Value) {
	if v == nil {
		return
	}
	if v.Kind == ast.Variable {
		c.fail(v.Position, "variables like %q cannot be used here", "$"+v.Raw)
	}
	for _, child := range v.Children {
		c.rejectVariables(child.Value)
	}
}

// syntaxError translates the parser's error, whose line and column are those of the document, to the text.
func syntaxError(err error, text, document string, shift int) *SyntaxError {
	out := &SyntaxError{Message: err.Error()}
	var located *gqlerror.Error
	if !errors.As(err, &located) {
		return out
	}
	out.Message = lowerFirst(located.Message)
	if strings.Contains(out.Message, "<Invalid>") {
		out.Message = "unexpected character"
	}
	if len(located.Locations) == 0 {
		return out
	}
	end := utf8.RuneCountInString(text)
	offset := runeOffset(document, located.Locations[0].Line, located.Locations[0].Column) - shift
	out.Offset = min(max(offset, 0), end)
	switch {
	case strings.TrimSpace(text) == "":
		out.Message = "nothing is selected"
	case offset >= end && shift > 0 && !strings.Contains(text, "}"):
		out.Message = "the text ends too early"
	case strings.HasPrefix(located.Message, "expected at least one definition"):
		out.Message = "there is nothing between the braces"
	}
	return out
}

// runeOffset is the number of runes before the given place; lines and columns count from 1.
func runeOffset(text string, line, column int) int {
	offset := 0
	for line > 1 {
		end := strings.IndexByte(text, '\n')
		if end < 0 {
			break
		}
		offset += utf8.RuneCountInString(text[:end+1])
		text = text[end+1:]
		line--
	}
	return offset + column - 1
}

func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}
