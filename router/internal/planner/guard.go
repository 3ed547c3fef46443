package planner

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tributary-gql/tributary/router/internal/operation"
	"github.com/tributary-gql/tributary/router/internal/plan"
)

// guard is a condition of the request: plan.Always, a plan.GuardID, or never.
type guard = plan.GuardID

// never is the guard that nothing passes. It does not appear in plans.
const never guard = -1

// maxRows is how many rows a guard may have before it is given up for a weaker one. Guards on fetches and selections
// may be weaker than the truth: something is then fetched that nobody reads.
const maxRows = 32

// guards interns guards: equal conditions are equal IDs.
type guards struct {
	list  []plan.Guard
	byKey map[string]guard
	both  map[[2]guard]guard
	any   map[[2]guard]guard
}

func newGuards() *guards {
	return &guards{byKey: map[string]guard{}, both: map[[2]guard]guard{}, any: map[[2]guard]guard{}}
}

func compareTerms(a, b plan.Term) int {
	switch {
	case a.Kind != b.Kind:
		return cmp.Compare(a.Kind, b.Kind)
	case a.Name != b.Name:
		return cmp.Compare(a.Name, b.Name)
	case a.Index != b.Index:
		return cmp.Compare(a.Index, b.Index)
	case a.Negated == b.Negated:
		return 0
	case a.Negated:
		return 1
	default:
		return -1
	}
}

func compareRows(a, b []plan.Term) int { return slices.CompareFunc(a, b, compareTerms) }

// intern simplifies the rows (each sorted) and gives them an ID.
func (g *guards) intern(rows [][]plan.Term) guard {
	rows = simplify(rows)
	if len(rows) == 0 {
		return never
	}
	if len(rows[0]) == 0 {
		return plan.Always
	}
	var key strings.Builder
	for _, row := range rows {
		for _, term := range row {
			fmt.Fprintf(&key, "%d %t %d %s\n", term.Kind, term.Negated, term.Index, term.Name)
		}
		key.WriteByte('|')
	}
	if id, ok := g.byKey[key.String()]; ok {
		return id
	}
	g.list = append(g.list, plan.Guard{AnyOf: rows})
	id := guard(len(g.list))
	g.byKey[key.String()] = id
	return id
}

// simplify drops rows that another row covers, and joins rows that differ in the sign of one term.
func simplify(rows [][]plan.Term) [][]plan.Term {
	rows = slices.Clone(rows)
	for changed := true; changed; {
		slices.SortFunc(rows, func(a, b []plan.Term) int {
			if len(a) != len(b) {
				return len(a) - len(b)
			}
			return compareRows(a, b)
		})
		kept := rows[:0:0]
		for _, row := range rows {
			if !slices.ContainsFunc(kept, func(other []plan.Term) bool { return covers(other, row) }) {
				kept = append(kept, row)
			}
		}
		rows, changed = kept, false
		for i := 0; i < len(rows) && !changed; i++ {
			for j := i + 1; j < len(rows) && !changed; j++ {
				if at := differBySign(rows[i], rows[j]); at >= 0 {
					rows[i] = slices.Delete(slices.Clone(rows[i]), at, at+1)
					changed = true
				}
			}
		}
	}
	return rows
}

// covers tells whether every term of a is in b: b asks for more.
func covers(a, b []plan.Term) bool {
	for _, term := range a {
		if _, found := slices.BinarySearchFunc(b, term, compareTerms); !found {
			return false
		}
	}
	return true
}

// differBySign is the place of the only term in which two rows differ, when it is one's negation in the other; else -1.
func differBySign(a, b []plan.Term) int {
	if len(a) != len(b) {
		return -1
	}
	at := -1
	for i := range a {
		if a[i] == b[i] {
			continue
		}
		negation := a[i]
		negation.Negated = !negation.Negated
		if at >= 0 || negation != b[i] {
			return -1
		}
		at = i
	}
	return at
}

func (g *guards) rows(id guard) [][]plan.Term {
	switch id {
	case plan.Always:
		return [][]plan.Term{nil}
	case never:
		return nil
	default:
		return g.list[id-1].AnyOf
	}
}

// or is true when a or b is, or weaker.
func (g *guards) or(a, b guard) guard {
	switch {
	case a == b || b == never || a == plan.Always:
		return a
	case a == never || b == plan.Always:
		return b
	}
	key := [2]guard{min(a, b), max(a, b)}
	if id, ok := g.any[key]; ok {
		return id
	}
	id := plan.Always
	if rows := slices.Concat(g.rows(a), g.rows(b)); len(rows) <= maxRows {
		id = g.intern(rows)
	}
	g.any[key] = id
	return id
}

// and is true when both are, or weaker.
func (g *guards) and(a, b guard) guard {
	switch {
	case a == b || b == plan.Always || a == never:
		return a
	case a == plan.Always || b == never:
		return b
	}
	key := [2]guard{min(a, b), max(a, b)}
	if id, ok := g.both[key]; ok {
		return id
	}
	first, second := g.rows(a), g.rows(b)
	id := a
	if len(first)*len(second) <= maxRows {
		var rows [][]plan.Term
		for _, x := range first {
			for _, y := range second {
				if row, ok := conjunction(x, y); ok {
					rows = append(rows, row)
				}
			}
		}
		id = g.intern(rows)
	}
	g.both[key] = id
	return id
}

// conjunction is the row with the terms of both; false when they contradict each other.
func conjunction(a, b []plan.Term) ([]plan.Term, bool) {
	row := slices.Concat(a, b)
	slices.SortFunc(row, compareTerms)
	row = slices.Compact(row)
	for i := 1; i < len(row); i++ {
		previous := row[i-1]
		previous.Negated = true
		if previous == row[i] {
			return nil, false
		}
	}
	return row, true
}

// condition is the guard of an operation's condition.
func (g *guards) condition(c *operation.Condition) guard {
	if c == nil {
		return plan.Always
	}
	rows := make([][]plan.Term, len(c.AnyOf))
	for i, literals := range c.AnyOf {
		row := make([]plan.Term, len(literals))
		for j, literal := range literals {
			row[j] = plan.Term{Kind: plan.VariableTerm, Name: literal.Variable, Negated: literal.Negated}
		}
		slices.SortFunc(row, compareTerms)
		rows[i] = row
	}
	return g.intern(rows)
}

// authorization is the guard that asks for all of those authorizations.
func (g *guards) authorization(indexes []int) guard {
	row := make([]plan.Term, len(indexes))
	for i, index := range indexes {
		row[i] = plan.Term{Kind: plan.AuthorizationTerm, Index: index}
	}
	return g.intern([][]plan.Term{row})
}

// deferred is the guard of a @defer's own condition.
func (g *guards) deferred(d *operation.Defer) guard {
	if d.If == "" {
		return plan.Always
	}
	return g.intern([][]plan.Term{{{Kind: plan.VariableTerm, Name: d.If}}})
}

// undeferred is the guard under which what one @defer holds comes with what another (nil: the initial response) does,
// which is around it: when none between them is active.
func (g *guards) undeferred(hold, around *operation.Defer) guard {
	all := plan.Always
	for ; hold != around; hold = hold.Parent {
		if hold == nil || hold.If == "" {
			return never
		}
		all = g.and(all, g.intern([][]plan.Term{{{Kind: plan.VariableTerm, Name: hold.If, Negated: true}}}))
	}
	return all
}
