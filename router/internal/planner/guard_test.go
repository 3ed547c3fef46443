package planner

import (
	"testing"

	"github.com/tributary-gql/tributary/router/internal/plan"
)

func TestGuardsSimplify(t *testing.T) {
	t.Parallel()
	g := newGuards()
	term := func(name string, negated bool) guard {
		return g.intern([][]plan.Term{{{Kind: plan.VariableTerm, Name: name, Negated: negated}}})
	}
	a, notA, b := term("a", false), term("a", true), term("b", false)
	for name, c := range map[string]struct{ got, want guard }{
		"a or a":                     {g.or(a, a), a},
		"a or not a":                 {g.or(a, notA), plan.Always},
		"a and not a":                {g.and(a, notA), never},
		"a and b is b and a":         {g.and(a, b), g.and(b, a)},
		"a or (a and b)":             {g.or(a, g.and(a, b)), a},
		"(a and b) or (not a and b)": {g.or(g.and(a, b), g.and(notA, b)), b},
		"never or a":                 {g.or(never, a), a},
		"always and a":               {g.and(plan.Always, a), a},
		"never and a":                {g.and(never, a), never},
	} {
		if c.got != c.want {
			t.Errorf("%s is %v, want %v", name, g.rows(c.got), g.rows(c.want))
		}
	}
}

func TestProfilesAreSets(t *testing.T) {
	t.Parallel()
	a := profile{code(1, 2), code(2, 1)}
	b := profile{code(1, 1), code(1, 2)}
	both := a.with(b)
	if len(both) != 3 || !both.contains(a) || !both.contains(b) || both.depth() != 2 {
		t.Errorf("the union is %v", both)
	}
	if a.more(b) != costRequest+costLevel || both.more(a) != 0 || both.cost() != a.cost()+a.more(b) {
		t.Errorf("what b adds costs %d", a.more(b))
	}
	if got := a.later(1); levelOf(got[0]) != 2 || a.depth() != 2 || got.depth() != 3 {
		t.Errorf("one level later is %v", got)
	}
}
