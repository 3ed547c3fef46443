package operation

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// term is a Boolean variable (by index among the normaliser's condition variables) shifted left by one; the low bit is
// set when it is negated.
type term int32

// row is an interned conjunction of terms, ascending. The row without terms is always true.
type row struct {
	id    int
	terms []term
}

// conditions interns rows and names the variables they speak of.
type conditions struct {
	variables []string
	index     map[string]int
	rows      map[string]*row
	always    *row
}

func newConditions() *conditions {
	c := &conditions{index: map[string]int{}, rows: map[string]*row{}}
	c.always = c.intern(nil)
	return c
}

func (c *conditions) intern(terms []term) *row {
	key := make([]byte, 0, 4*len(terms))
	for _, t := range terms {
		key = binary.LittleEndian.AppendUint32(key, uint32(t))
	}
	if r, ok := c.rows[string(key)]; ok {
		return r
	}
	r := &row{id: len(c.rows), terms: terms}
	c.rows[string(key)] = r
	return r
}

// and adds a term to a row; nil when that can never be true.
func (c *conditions) and(r *row, t term) *row {
	if _, found := slices.BinarySearch(r.terms, t^1); found {
		return nil
	}
	place, found := slices.BinarySearch(r.terms, t)
	if found {
		return r
	}
	return c.intern(slices.Insert(slices.Clone(r.terms), place, t))
}

// apply narrows a row by the @skip and @include among directives; nil when the selection is never asked.
func (c *conditions) apply(r *row, directives ast.DirectiveList) *row {
	for _, d := range directives {
		if d.Name != "skip" && d.Name != "include" {
			continue
		}
		argument := d.Arguments.ForName("if")
		if argument == nil {
			continue
		}
		switch skips := d.Name == "skip"; argument.Value.Kind {
		case ast.BooleanValue:
			if (argument.Value.Raw == "true") == skips {
				return nil
			}
		case ast.Variable:
			r = c.and(r, c.term(argument.Value.Raw, skips))
		}
		if r == nil {
			return nil
		}
	}
	return r
}

func (c *conditions) term(variable string, negated bool) term {
	i, ok := c.index[variable]
	if !ok {
		i = len(c.variables)
		variable = strings.Clone(variable)
		c.index[variable] = i
		c.variables = append(c.variables, variable)
	}
	t := term(i << 1)
	if negated {
		t |= 1
	}
	return t
}

// given takes away from a row what is known to be true; nil when the row contradicts it.
func (c *conditions) given(r, known *row) *row {
	if len(known.terms) == 0 || len(r.terms) == 0 {
		return r
	}
	var rest []term
	for _, t := range r.terms {
		if _, found := slices.BinarySearch(known.terms, t^1); found {
			return nil
		}
		if _, found := slices.BinarySearch(known.terms, t); !found {
			rest = append(rest, t)
		}
	}
	return c.intern(rest)
}

// implies tells whether a being true makes b true: b asks nothing that a does not ask.
func implies(a, b *row) bool {
	if len(b.terms) > len(a.terms) {
		return false
	}
	i := 0
	for _, t := range b.terms {
		for i < len(a.terms) && a.terms[i] < t {
			i++
		}
		if i == len(a.terms) || a.terms[i] != t {
			return false
		}
	}
	return true
}

// anyOf is the disjunction of rows in a short sorted form: rows that imply another are dropped, and a row loses a term
// when another row takes care of its opposite. Nil means always.
func (c *conditions) anyOf(rows []*row) []*row {
	rows = absorb(slices.Clone(rows))
	for c.shorten(rows) {
		rows = absorb(rows)
	}
	if len(rows) == 1 && len(rows[0].terms) == 0 {
		return nil
	}
	slices.SortFunc(rows, func(a, b *row) int { return slices.Compare(a.terms, b.terms) })
	return rows
}

// shorten takes one term from one row, if it can: t from "t & x" when "!t" or "!t & x" is a row too.
func (c *conditions) shorten(rows []*row) bool {
	for i, r := range rows {
		for at, t := range r.terms {
			rest := slices.Delete(slices.Clone(r.terms), at, at+1)
			opposite := c.and(c.intern(rest), t^1)
			if slices.ContainsFunc(rows, func(other *row) bool { return implies(opposite, other) }) {
				rows[i] = c.intern(rest)
				return true
			}
		}
	}
	return false
}

// absorb drops duplicate rows and those that imply another one.
func absorb(rows []*row) []*row {
	var kept []*row
	for i, r := range rows {
		needed := true
		for j, other := range rows {
			if i != j && implies(r, other) && (r != other || j < i) {
				needed = false
				break
			}
		}
		if needed {
			kept = append(kept, r)
		}
	}
	return kept
}

// export makes a Condition of rows; nil for always. Variables are in the order of their names.
func (c *conditions) export(rows []*row) *Condition {
	if rows == nil {
		return nil
	}
	condition := &Condition{AnyOf: make([][]Literal, len(rows))}
	for i, r := range rows {
		literals := make([]Literal, len(r.terms))
		for j, t := range r.terms {
			literals[j] = Literal{Variable: c.variables[t>>1], Negated: t&1 == 1}
		}
		slices.SortFunc(literals, compareLiterals)
		condition.AnyOf[i] = literals
	}
	slices.SortFunc(condition.AnyOf, func(a, b []Literal) int { return slices.CompareFunc(a, b, compareLiterals) })
	return condition
}

func compareLiterals(a, b Literal) int {
	if byName := strings.Compare(a.Variable, b.Variable); byName != 0 {
		return byName
	}
	switch {
	case a.Negated == b.Negated:
		return 0
	case b.Negated:
		return -1
	default:
		return 1
	}
}
