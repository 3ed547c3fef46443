package diag

import (
	"slices"
	"strings"
)

// Phase is the part of composition that finds a problem. Where one finds errors, later ones do not run.
type Phase int

// The phases, in their order. A code without a phase comes up outside of composition, or anywhere.
const (
	NoPhase Phase = iota
	PhaseSubgraph
	PhaseMerge
	PhaseMerged
	PhaseSatisfiability
)

// String says what is looked at in the phase.
func (p Phase) String() string {
	switch p {
	case PhaseSubgraph:
		return "each subgraph alone"
	case PhaseMerge:
		return "merging the subgraphs"
	case PhaseMerged:
		return "the merged graph"
	case PhaseSatisfiability:
		return "whether every query can be answered"
	default:
		return "anywhere"
	}
}

// String is the severity's name in reports.
func (s Severity) String() string {
	switch s {
	case Error:
		return "error"
	case Warn:
		return "warning"
	case Info:
		return "info"
	default:
		return "debug"
	}
}

// Entry is what the registry says about one code.
type Entry struct {
	Code        Code
	Severity    Severity
	Phase       Phase
	Summary     string // one sentence: when it comes up
	Explanation string // why it is a problem, and what composition does; a few sentences
	Fix         string // what to do about it
	Example     string // SDL of subgraphs that give it, each after a line "# subgraph NAME"; "" where SDL alone cannot
	Aliases     []Code // other names that the code is known under
}

// IsError tells errors from hints.
func (e Entry) IsError() bool { return e.Severity == Error }

// ExampleSubgraph is one subgraph of an example.
type ExampleSubgraph struct{ Name, SDL string }

// Subgraphs takes the example apart.
func (e Entry) Subgraphs() []ExampleSubgraph {
	var out []ExampleSubgraph
	for line := range strings.Lines(e.Example) {
		if name, ok := strings.CutPrefix(line, "# subgraph "); ok {
			out = append(out, ExampleSubgraph{Name: strings.TrimSpace(name)})
		} else if len(out) > 0 {
			out[len(out)-1].SDL += line
		}
	}
	return out
}

// Registry returns all entries: errors by phase, then hints. The slice is the caller's.
func Registry() []Entry {
	return slices.Concat(
		subgraphEntries(), linkEntries(), fieldSetEntries(), directiveEntries(), contextEntries(),
		mergeEntries(), mergeDirectiveEntries(), mergedEntries(), satisfiabilityEntries(), otherEntries(),
		hintEntries(), directiveHintEntries(),
	)
}

// Describe returns the entries of a code: none for a code that does not exist, two for the one that is an error as well as a hint.
// Case and aliases do not matter.
func Describe(code Code) []Entry {
	var out []Entry
	for _, e := range Registry() {
		if strings.EqualFold(string(e.Code), string(code)) || slices.ContainsFunc(e.Aliases, func(a Code) bool {
			return strings.EqualFold(string(a), string(code))
		}) {
			out = append(out, e)
		}
	}
	return out
}
