package supergraph

import (
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
)

// The codes of this package's errors.
const (
	codeInvalid     diag.Code = "INVALID_FEDERATION_SUPERGRAPH"
	codeUnsupported diag.Code = "UNSUPPORTED_FEATURE"
)

// maxProblems bounds how many problems one Read reports; a document that is no supergraph at all has one for each line.
const maxProblems = 50

// Error is why a document is not a supergraph that can be used. It holds at least one diagnostic, in document order.
type Error struct{ Diagnostics []diag.Diagnostic }

// Error returns all messages, one a line.
func (e *Error) Error() string {
	var b strings.Builder
	for i, d := range e.Diagnostics {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s: ", d.Code)
		if len(d.Locations) > 0 {
			fmt.Fprintf(&b, "%d:%d: ", d.Locations[0].Line, d.Locations[0].Column)
		}
		b.WriteString(d.Message)
	}
	return b.String()
}

// problems collects diagnostics while a document is read.
type problems struct{ found []diag.Diagnostic }

func (p *problems) full() bool { return len(p.found) >= maxProblems }

// invalid notes that the document breaks the join specification or GraphQL at pos, which may be nil.
func (p *problems) invalid(pos *ast.Position, format string, args ...any) {
	p.add(codeInvalid, pos, "Recompose the supergraph from its subgraphs; it may have been edited or cut short.", format, args...)
}

func (p *problems) add(code diag.Code, pos *ast.Position, fix, format string, args ...any) {
	if p.full() {
		return
	}
	d := diag.Diagnostic{Code: code, Severity: diag.Error, Message: fmt.Sprintf(format, args...), Fix: fix}
	if pos != nil {
		line, column := pos.Line, pos.Column
		if pos.Src != nil {
			line, column = lineColumn(pos.Src.Input, pos.Start)
		}
		d.Locations = []diag.Location{{Line: line, Column: column}}
	}
	p.found = append(p.found, d)
}

// lineColumn returns the place, counted from 1, of the rune at an offset counted in runes. The parser's own lines and columns
// are off after block strings and carriage returns.
func lineColumn(text string, offset int) (line, column int) {
	line, column = 1, 1
	seen, afterReturn := 0, false
	for _, r := range text {
		if seen == offset {
			break
		}
		seen++
		switch {
		case r == '\n' && afterReturn: // the second half of one line end
		case r == '\n' || r == '\r':
			line, column = line+1, 1
		default:
			column++
		}
		afterReturn = r == '\r'
	}
	return line, column
}

// err returns what was collected, or nil.
func (p *problems) err() error {
	if len(p.found) == 0 {
		return nil
	}
	return &Error{Diagnostics: p.found}
}
