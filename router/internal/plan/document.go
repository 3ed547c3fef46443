package plan

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// document is a fetch's minified operation, read again to be shown.
type document struct{ parsed *ast.QueryDocument }

func readDocument(text string) (*document, error) {
	parsed, err := parser.ParseQuery(&ast.Source{Input: text})
	if err != nil {
		return nil, err
	}
	return &document{parsed: parsed}, nil
}

// selection is the operation's selection set, a line for each field, without the braces around it.
func (d *document) selection() []string {
	if len(d.parsed.Operations) == 0 {
		return nil
	}
	return selectionLines(d.parsed.Operations[0].SelectionSet)
}

// entities is what is selected of the _entities field of that response name.
func (d *document) entities(responseName string) []string {
	if len(d.parsed.Operations) == 0 {
		return nil
	}
	for _, s := range d.parsed.Operations[0].SelectionSet {
		if f, ok := s.(*ast.Field); ok && f.Alias == responseName {
			return selectionLines(f.SelectionSet)
		}
	}
	return nil
}

func (d *document) fragments() [][]string {
	all := make([][]string, len(d.parsed.Fragments))
	for i, f := range d.parsed.Fragments {
		all[i] = braced("fragment "+f.Name+" on "+f.TypeCondition+directivesText(f.Directives), selectionLines(f.SelectionSet))
	}
	return all
}

func selectionLines(set ast.SelectionSet) []string {
	var lines []string
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			head := s.Name
			if s.Alias != s.Name {
				head = s.Alias + ": " + s.Name
			}
			head += argumentsText(s.Arguments) + directivesText(s.Directives)
			if len(s.SelectionSet) == 0 {
				lines = append(lines, head)
			} else {
				lines = append(lines, braced(head, selectionLines(s.SelectionSet))...)
			}
		case *ast.InlineFragment:
			head := "..."
			if s.TypeCondition != "" {
				head += " on " + s.TypeCondition
			}
			lines = append(lines, braced(head+directivesText(s.Directives), selectionLines(s.SelectionSet))...)
		case *ast.FragmentSpread:
			lines = append(lines, "..."+s.Name+directivesText(s.Directives))
		}
	}
	return lines
}

// braced are lines inside braces after head, indented.
func braced(head string, lines []string) []string {
	all := make([]string, 0, len(lines)+2)
	all = append(all, head+" {")
	for _, l := range lines {
		all = append(all, "  "+l)
	}
	return append(all, "}")
}

func argumentsText(arguments ast.ArgumentList) string {
	if len(arguments) == 0 {
		return ""
	}
	texts := make([]string, len(arguments))
	for i, a := range arguments {
		texts[i] = a.Name + ": " + a.Value.String()
	}
	return "(" + strings.Join(texts, ", ") + ")"
}

func directivesText(directives ast.DirectiveList) string {
	var text strings.Builder
	for _, d := range directives {
		text.WriteString(" @" + d.Name + argumentsText(d.Arguments))
	}
	return text.String()
}

// requiredSelection shows what is sent of each entity.
func requiredSelection(e *Entities) []string {
	var lines []string
	for _, r := range e.Representations {
		fields := append([]string{"__typename"}, requiredLines(r.Fields)...)
		lines = append(lines, braced("... on "+r.Typename, fields)...)
	}
	return lines
}

func requiredLines(fields []*RepresentationField) []string {
	var lines []string
	for _, f := range fields {
		own := []string{f.Name}
		if f.Fields != nil {
			own = braced(f.Name, requiredLines(f.Fields))
		}
		if f.Types != nil {
			own = braced("... on "+strings.Join(f.Types, "|"), own)
		}
		lines = append(lines, own...)
	}
	return lines
}

// shapeLines shows a response shape. What is shared and nests is shown once, then as an ellipsis: a shape that fragments
// expand to 2^n positions is printed in n parts.
func shapeLines(o *Object) []string { return shownOnce(map[*Object]bool{}).lines(o) }

type shownOnce map[*Object]bool

func (shown shownOnce) lines(o *Object) []string {
	if shown[o] && nests(o) {
		return []string{"…"}
	}
	shown[o] = true
	var lines []string
	for _, f := range o.Fields {
		head := f.Name
		if f.ResponseName != f.Name {
			head = f.ResponseName + ": " + f.Name
		}
		own := []string{head}
		if f.Object != nil {
			own = braced(head, shown.lines(f.Object))
		}
		if f.Types != nil {
			own = braced("... on "+strings.Join(f.Types, "|"), own)
		}
		lines = append(lines, own...)
	}
	return lines
}

func nests(o *Object) bool {
	for _, f := range o.Fields {
		if f.Object != nil {
			return true
		}
	}
	return false
}
