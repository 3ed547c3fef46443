package diag

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// TextOptions say how Text prints.
type TextOptions struct {
	Color bool
	// Source returns the SDL of a subgraph, for the excerpts; nil, or false, leaves them out.
	Source func(subgraph string) (sdl string, ok bool)
}

// maxExcerpts bounds the places that are shown of one diagnostic; the others are only named.
const maxExcerpts = 4

// Text prints diagnostics for people: the message, each place with the line and a caret under the fault, and the fix.
func Text(w io.Writer, diagnostics []Diagnostic, options TextOptions) error {
	out := bufio.NewWriter(w)
	p := textPrinter{out: out, options: options, lines: map[string][]string{}}
	for i, d := range diagnostics {
		if i > 0 {
			p.line("")
		}
		p.diagnostic(d)
	}
	return out.Flush()
}

type textPrinter struct {
	out     *bufio.Writer
	options TextOptions
	lines   map[string][]string // by subgraph
}

// The colours, as terminals know them.
const (
	bold   = "1"
	red    = "1;31"
	yellow = "1;33"
	blue   = "1;34"
	green  = "32"
)

func (p *textPrinter) paint(color, text string) string {
	if !p.options.Color {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

func (p *textPrinter) line(text string) {
	p.out.WriteString(text)
	p.out.WriteByte('\n')
}

func severityColor(s Severity) string {
	switch s {
	case Error:
		return red
	case Warn:
		return yellow
	default:
		return blue
	}
}

func (p *textPrinter) diagnostic(d Diagnostic) {
	p.line(p.paint(severityColor(d.Severity), d.Severity.String()+"["+string(d.Code)+"]") + ": " + p.paint(bold, d.Message))
	for i, l := range d.Locations {
		p.out.WriteString("  " + p.paint(blue, "-->") + " ")
		p.line(l.String())
		if i < maxExcerpts {
			p.excerpt(l)
		}
	}
	if d.Fix != "" {
		p.line("  " + p.paint(green, "fix:") + " " + d.Fix)
	}
}

// String gives the place in the form that editors understand, "file:line:column", with the subgraph's name where the file does not
// tell it.
func (l Location) String() string {
	name := l.File
	if name == "" {
		name = l.Subgraph
	}
	if l.Line > 0 {
		name += ":" + strconv.Itoa(l.Line) + ":" + strconv.Itoa(l.Column)
	}
	if l.File != "" && l.Subgraph != "" {
		name += " (subgraph " + l.Subgraph + ")"
	}
	return name
}

// excerpt prints the line of a place, and a caret below its column.
func (p *textPrinter) excerpt(l Location) {
	text, ok := p.sourceLine(l)
	if !ok {
		return
	}
	text, column := window(text, l.Column)
	number := strconv.Itoa(l.Line)
	margin := strings.Repeat(" ", len(number))
	bar := p.paint(blue, "|")
	p.line(" " + margin + " " + bar)
	p.line(" " + p.paint(blue, number) + " " + bar + " " + text)
	p.line(" " + margin + " " + bar + " " + indent(text, column) + p.paint(red, "^"))
}

func (p *textPrinter) sourceLine(l Location) (string, bool) {
	if l.Line <= 0 || p.options.Source == nil {
		return "", false
	}
	lines, known := p.lines[l.Subgraph]
	if !known {
		if sdl, ok := p.options.Source(l.Subgraph); ok {
			lines = strings.Split(strings.ReplaceAll(strings.ReplaceAll(sdl, "\r\n", "\n"), "\r", "\n"), "\n")
		}
		p.lines[l.Subgraph] = lines
	}
	if l.Line > len(lines) {
		return "", false
	}
	return lines[l.Line-1], true
}

// window cuts a long line down to what surrounds the column, and returns the column in it.
func window(text string, column int) (string, int) {
	const before, width = 60, 120
	runes := []rune(text)
	if len(runes) <= width {
		return text, column
	}
	start := max(min(column-1-before, len(runes)-width), 0)
	end := min(start+width, len(runes))
	cut := string(runes[start:end])
	if start > 0 {
		cut = "…" + cut
		column++
	}
	if end < len(runes) {
		cut += "…"
	}
	return cut, column - start
}

// indent is the white space before a column, tabs kept, so that the caret stands right however wide they are.
func indent(text string, column int) string {
	var b strings.Builder
	for i, r := range []rune(text) {
		if i >= column-1 {
			break
		}
		if r == '\t' {
			b.WriteByte('\t')
		} else {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// Summary counts diagnostics in words: "2 errors, 1 warning".
func Summary(diagnostics []Diagnostic) string {
	counts := map[Severity]int{}
	for _, d := range diagnostics {
		counts[d.Severity]++
	}
	var parts []string
	for _, s := range []Severity{Error, Warn, Info, Debug} {
		switch n := counts[s]; {
		case n == 1 || n > 1 && s >= Info:
			parts = append(parts, fmt.Sprintf("%d %s", n, s))
		case n > 1:
			parts = append(parts, fmt.Sprintf("%d %ss", n, s))
		}
	}
	if len(parts) == 0 {
		return "no problems"
	}
	return strings.Join(parts, ", ")
}
