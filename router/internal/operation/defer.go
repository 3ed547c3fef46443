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

// holdOf decides which Defer holds a field that several entries ask for: the innermost that encloses all of them, as each
// of them may come first. A leaf that is in several unconditional fragments comes with the outermost, of those equally
// deep with the first.
func holdOf(entries []entry) *Defer {
	hold, conditional := entries[0].hold, false
	common := hold
	for _, e := range entries {
		for !common.holds(e.hold) {
			common = common.Parent
		}
		if e.hold.depth() < hold.depth() {
			hold = e.hold
		}
		conditional = conditional || e.hold.isConditional()
	}
	if conditional || len(entries[0].field.SelectionSet) > 0 {
		return common
	}
	return hold
}

// isConditional tells whether the request decides if d, or a fragment around it, is deferred.
func (d *Defer) isConditional() bool {
	for ; d != nil; d = d.Parent {
		if d.If != "" {
			return true
		}
	}
	return false
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
