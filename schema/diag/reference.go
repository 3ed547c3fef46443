package diag

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// Reference writes the reference page of all codes, in Markdown.
func Reference(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprint(out, `# Composition codes

Composition runs in phases: each subgraph alone, merging, the merged graph, and whether every query can be answered.
A phase reports all problems it finds; a later phase runs only when the earlier ones are clean. Hints never stop composition.

This page is generated from the table that the code uses. On the command line: `+"`fed codes CODE`"+`.
`)
	var phase Phase = -1
	hints := false
	for _, e := range Registry() {
		switch {
		case e.IsError() && e.Phase != phase:
			phase = e.Phase
			fmt.Fprintf(out, "\n## Errors: %s\n", phase)
		case !e.IsError() && !hints:
			hints = true
			fmt.Fprint(out, "\n## Hints\n")
		}
		writeReference(out, e)
	}
	return out.Flush()
}

func writeReference(out io.Writer, e Entry) {
	fmt.Fprintf(out, "\n### %s\n\n", e.Code)
	if !e.IsError() {
		fmt.Fprintf(out, "Level: %s. ", e.Severity)
	}
	fmt.Fprintf(out, "%s\n\n%s\n\n**What to do:** %s\n", e.Summary, e.Explanation, e.Fix)
	if len(e.Aliases) > 0 {
		fmt.Fprintf(out, "\nAlso known as %s.\n", aliasList(e))
	}
	if e.Example != "" {
		fmt.Fprintf(out, "\n```graphql\n%s```\n", e.Example)
	}
}

func aliasList(e Entry) string {
	names := make([]string, len(e.Aliases))
	for i, a := range e.Aliases {
		names[i] = string(a)
	}
	return strings.Join(names, ", ")
}

// Explain writes one entry for a terminal.
func Explain(w io.Writer, e Entry, color bool) error {
	out := bufio.NewWriter(w)
	p := textPrinter{out: out, options: TextOptions{Color: color}}
	p.line(p.paint(severityColor(e.Severity), e.Severity.String()+"["+string(e.Code)+"]") + ": " + p.paint(bold, e.Summary))
	p.line("")
	for _, line := range wrap(e.Explanation, 100) {
		p.line(line)
	}
	p.line("")
	p.line(p.paint(green, "fix:") + " " + e.Fix)
	if e.Phase != NoPhase {
		p.line("found in phase: " + e.Phase.String())
	}
	if len(e.Aliases) > 0 {
		p.line("also known as " + aliasList(e))
	}
	if e.Example != "" {
		p.line("")
		p.line("Example:")
		p.line("")
		for line := range strings.Lines(e.Example) {
			if line == "\n" {
				p.line("")
				continue
			}
			p.out.WriteString("  " + line)
		}
	}
	return out.Flush()
}

// wrap breaks text into lines of at most width characters where words allow it.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}
