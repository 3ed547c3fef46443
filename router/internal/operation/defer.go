package operation

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// deferrals makes one Defer for each application of @defer in each enclosing Defer.
type deferrals struct {
	byKey map[deferKey]*Defer
}

type deferKey struct {
	node   any
	parent *Defer
}

// enter is the Defer of what is inside a fragment: a new one when the fragment has an active @defer, else the
// enclosing one.
func (d *deferrals) enter(directives ast.DirectiveList, node any, enclosing *Defer) *Defer {
	directive := directives.ForName("defer")
	if directive == nil {
		return enclosing
	}
	made := &Defer{Parent: enclosing}
	if condition := directive.Arguments.ForName("if"); condition != nil {
		switch condition.Value.Kind {
		case ast.BooleanValue:
			if condition.Value.Raw == "false" {
				return enclosing
			}
		case ast.Variable:
			made.If = strings.Clone(condition.Value.Raw)
		}
	}
	if label := directive.Arguments.ForName("label"); label != nil {
		made.Label = strings.Clone(label.Value.Raw)
	}
	key := deferKey{node: node, parent: enclosing}
	if known, ok := d.byKey[key]; ok {
		return known
	}
	made.ID = len(d.byKey)
	d.byKey[key] = made
	return made
}

// number identifies a Defer in keys: 0 is none.
func (d *Defer) number() int {
	if d == nil {
		return 0
	}
	return d.ID + 1
}

// holdOf decides which Defer holds a field that several entries ask for: none if one entry is not deferred, else the
// outermost, of those equally deep the first.
func holdOf(entries []entry) *Defer {
	hold := entries[0].hold
	for _, e := range entries[1:] {
		if e.hold.depth() < hold.depth() {
			hold = e.hold
		}
	}
	return hold
}

// holds tells whether what other holds comes with d or later: d is other or encloses it.
func (d *Defer) holds(other *Defer) bool {
	for ; other != nil; other = other.Parent {
		if other == d {
			return true
		}
	}
	return d == nil
}

func (d *Defer) depth() int {
	depth := 0
	for ; d != nil; d = d.Parent {
		depth++
	}
	return depth
}
