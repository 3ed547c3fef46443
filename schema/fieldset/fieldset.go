// Package fieldset reads and prints field sets: the selections inside @key, @requires, @provides and (with a context
// in front) @fromContext, for example "id organization { id name }".
//
// It knows syntax only. What the names mean in a subgraph, and which rules hold there, is package subgraph's matter.
// A Set never changes after Parse returned it.
package fieldset

import (
	"sort"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Set is one parsed field set.
type Set struct {
	Text       string // as written, surrounding braces and all
	Selections []*Selection
}

// Selection is one field or one inline fragment of a Set.
type Selection struct {
	Field      string            // the field's name; "" for an inline fragment
	Alias      string            // "" when the field has none
	Arguments  ast.ArgumentList  // of a field
	On         string            // the type condition of an inline fragment; "" when it has none
	Directives ast.DirectiveList // no federation directive allows any; kept so that they can be reported
	Sub        []*Selection      // nil for a leaf
	Offset     int               // of the selection's first character in Text, counted in runes
}

// IsFragment tells an inline fragment from a field.
func (s *Selection) IsFragment() bool { return s.Field == "" }

// String prints the set on one line without outer braces, normalised: one space between tokens, arguments as written.
// Equal sets that only differ in white space, commas and comments print the same.
func (s *Set) String() string {
	var b strings.Builder
	write(&b, s.Selections)
	return b.String()
}

func write(b *strings.Builder, selections []*Selection) {
	for i, sel := range selections {
		if i > 0 {
			b.WriteByte(' ')
		}
		switch {
		case !sel.IsFragment():
			if sel.Alias != "" {
				b.WriteString(sel.Alias)
				b.WriteString(": ")
			}
			b.WriteString(sel.Field)
			writeArguments(b, sel.Arguments)
		case sel.On != "":
			b.WriteString("... on ")
			b.WriteString(sel.On)
		default:
			b.WriteString("...")
		}
		for _, d := range sel.Directives {
			b.WriteString(" @")
			b.WriteString(d.Name)
			writeArguments(b, d.Arguments)
		}
		if sel.Sub != nil {
			b.WriteString(" { ")
			write(b, sel.Sub)
			b.WriteString(" }")
		}
	}
}

func writeArguments(b *strings.Builder, args ast.ArgumentList) {
	if len(args) == 0 {
		return
	}
	b.WriteByte('(')
	for i, arg := range args {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(arg.Name)
		b.WriteString(": ")
		b.WriteString(arg.Value.String())
	}
	b.WriteByte(')')
}

// Canonical prints selections like Set.String, but so that those with the same meaning print the same: sorted, with repeated
// fields merged.
func Canonical(selections []*Selection) string {
	var b strings.Builder
	write(&b, canonical(selections))
	return b.String()
}

func canonical(selections []*Selection) []*Selection {
	merged := map[string]*Selection{}
	var keys []string
	for _, sel := range selections {
		head := *sel
		head.Sub = nil
		var b strings.Builder
		write(&b, []*Selection{&head})
		key := b.String()
		if first := merged[key]; first != nil {
			first.Sub = append(first.Sub, sel.Sub...)
			continue
		}
		head.Sub = append([]*Selection(nil), sel.Sub...)
		merged[key] = &head
		keys = append(keys, key)
	}
	sort.Strings(keys)
	out := make([]*Selection, len(keys))
	for i, key := range keys {
		out[i] = merged[key]
		if len(out[i].Sub) == 0 {
			out[i].Sub = nil
		} else {
			out[i].Sub = canonical(out[i].Sub)
		}
	}
	return out
}
