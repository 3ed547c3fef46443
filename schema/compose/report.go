package compose

import (
	"fmt"
	"strings"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
	"github.com/tributary-gql/tributary/schema/subgraph"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// report collects the diagnostics of a composition.
type report struct {
	subgraphs []*subgraph.Subgraph
	errors    []diag.Diagnostic
	hints     []diag.Diagnostic
}

func (r *report) hasErrors() bool { return len(r.errors) > 0 }

// error notes an error. fix says what to do about it, or is "".
func (r *report) error(code diag.Code, at []diag.Location, fix, format string, args ...any) {
	r.errors = append(r.errors, diag.Diagnostic{
		Code: code, Severity: diag.Error, Message: fmt.Sprintf(format, args...), Fix: fix, Locations: at,
	})
}

// hint notes a hint of the severity that its code has.
func (r *report) hint(code diag.Code, at []diag.Location, fix, format string, args ...any) {
	r.hints = append(r.hints, diag.Diagnostic{
		Code: code, Severity: hintSeverities()[code], Message: fmt.Sprintf(format, args...), Fix: fix, Locations: at,
	})
}

// hintSeverities holds what the registry says.
var hintSeverities = sync.OnceValue(func() map[diag.Code]diag.Severity {
	severities := map[diag.Code]diag.Severity{}
	for _, e := range diag.Registry() {
		if !e.IsError() {
			severities[e.Code] = e.Severity
		}
	}
	return severities
})

// at is the place of an element in a subgraph.
func (r *report) at(g supergraph.GraphID, pos *ast.Position) diag.Location {
	return r.subgraphs[g].Location(pos)
}

// maxListed bounds how many names a message spells out.
const maxListed = 10

// quoted lists names as `"a", "b" and "c"`.
func quoted(names []string) string {
	phrases := make([]string, len(names))
	for i, name := range names {
		phrases[i] = fmt.Sprintf("%q", name)
	}
	return joined(phrases)
}

// name returns a subgraph's name.
func (r *report) name(g supergraph.GraphID) string { return r.subgraphs[g].Name }

// listed names subgraphs: `subgraph "a"`, or `subgraphs "a" and "b"`.
func (r *report) listed(graphs []supergraph.GraphID) string {
	names := make([]string, len(graphs))
	for i, g := range graphs {
		names[i] = r.subgraphs[g].Name
	}
	if len(names) == 1 {
		return "subgraph " + quoted(names)
	}
	return "subgraphs " + quoted(names)
}

// tally groups subgraphs by what they say, in the order it was first said.
type tally struct {
	said   []string
	graphs map[string][]supergraph.GraphID
}

func (t *tally) add(what string, g supergraph.GraphID) {
	if t.graphs == nil {
		t.graphs = map[string][]supergraph.GraphID{}
	}
	if _, ok := t.graphs[what]; !ok {
		t.said = append(t.said, what)
	}
	t.graphs[what] = append(t.graphs[what], g)
}

// words returns the tally as one phrase: `X in subgraph "a" but Y in subgraphs "b" and "c"`.
func (r *report) words(t *tally) string {
	parts := make([]string, len(t.said))
	for i, what := range t.said {
		parts[i] = what + " in " + r.listed(t.graphs[what])
	}
	if len(parts) == 2 {
		return parts[0] + " but " + parts[1]
	}
	return joined(parts)
}

// joined lists phrases as "a, b and c".
func joined(phrases []string) string {
	if len(phrases) > maxListed {
		phrases = append(phrases[:maxListed:maxListed], fmt.Sprintf("%d more", len(phrases)-maxListed))
	}
	if len(phrases) < 2 {
		return strings.Join(phrases, "")
	}
	last := len(phrases) - 1
	return strings.Join(phrases[:last], ", ") + " and " + phrases[last]
}

// shorten cuts a text for use within a message.
func shorten(text string) string {
	const limit = 100
	runes := []rune(text)
	if len(runes) <= limit {
		return text
	}
	return string(runes[:limit]) + "…"
}
