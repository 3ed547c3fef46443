package plancheck

import (
	"slices"

	"github.com/tributary-gql/tributary/router/internal/operation"
	"github.com/tributary-gql/tributary/router/internal/plan"
)

// maxConditions is how many variables and authorizations one plan may depend on: truth tables double with each.
const maxConditions = 14

// truth is a Boolean function of a request's conditions as its table: bit i says whether it is true when condition j is
// bit j of i. Tables of one plan have one length, so that equal functions are equal tables.
type truth []uint64

// conditions number what a plan's guards ask about.
type conditions struct {
	variables map[string]int
	grants    map[int]int // by index in Plan.Authorizations
	always    truth
	never     truth
}

// newConditions numbers the conditions of an operation and its plan; false when they are too many.
func newConditions(o *operation.Operation, p *plan.Plan) (*conditions, bool) {
	c := &conditions{variables: map[string]int{}, grants: map[int]int{}}
	count := 0
	variable := func(name string) {
		if _, known := c.variables[name]; !known {
			c.variables[name] = count
			count++
		}
	}
	for _, set := range o.Sets() {
		for _, f := range set.Fields {
			if f.Condition == nil {
				continue
			}
			for _, row := range f.Condition.AnyOf {
				for _, l := range row {
					variable(l.Variable)
				}
			}
		}
	}
	for _, g := range p.Guards {
		for _, row := range g.AnyOf {
			for _, t := range row {
				if t.Kind == plan.VariableTerm {
					variable(t.Name)
				} else if _, known := c.grants[t.Index]; !known {
					c.grants[t.Index] = count
					count++
				}
			}
		}
	}
	if count > maxConditions {
		return nil, false
	}
	c.never = make(truth, (1<<count+63)/64)
	c.always = slices.Clone(c.never)
	for i := range 1 << count {
		c.always[i/64] |= 1 << (i % 64)
	}
	return c, true
}

// condition is the table of one numbered condition.
func (c *conditions) condition(number int, negated bool) truth {
	table := slices.Clone(c.never)
	for i := range 64 * len(table) {
		if c.always[i/64]&(1<<(i%64)) != 0 && (i>>number&1 == 1) != negated {
			table[i/64] |= 1 << (i % 64)
		}
	}
	return table
}

func (c *conditions) anyOf(rows int, row func(int) truth) truth {
	table := slices.Clone(c.never)
	for i := range rows {
		table = table.or(row(i))
	}
	return table
}

// guard is the table of a plan's guard; the checks of structure have made sure that it exists.
func (c *conditions) guard(p *plan.Plan, id plan.GuardID) truth {
	if id == plan.Always {
		return c.always
	}
	g := p.Guards[id-1]
	return c.anyOf(len(g.AnyOf), func(i int) truth {
		table := c.always
		for _, t := range g.AnyOf[i] {
			number := c.variables[t.Name]
			if t.Kind == plan.AuthorizationTerm {
				number = c.grants[t.Index]
			}
			table = table.and(c.condition(number, t.Negated))
		}
		return table
	})
}

// asked is the table of an operation's condition, with resolve giving the table of a variable.
func (c *conditions) asked(condition *operation.Condition, resolve func(variable string) truth) truth {
	if condition == nil {
		return c.always
	}
	return c.anyOf(len(condition.AnyOf), func(i int) truth {
		table := c.always
		for _, l := range condition.AnyOf[i] {
			value := resolve(l.Variable)
			if l.Negated {
				value = c.always.without(value)
			}
			table = table.and(value)
		}
		return table
	})
}

// variable is the table of a Boolean variable of the operation; never for one that no condition asks about.
func (c *conditions) variable(name string) truth {
	if number, known := c.variables[name]; known {
		return c.condition(number, false)
	}
	return c.never
}

func (t truth) and(other truth) truth     { return combine(t, other, both) }
func (t truth) or(other truth) truth      { return combine(t, other, either) }
func (t truth) without(other truth) truth { return combine(t, other, onlyFirst) }

func (t truth) equal(other truth) bool { return slices.Equal(t, other) }

func (t truth) isNever() bool {
	return !slices.ContainsFunc(t, func(word uint64) bool { return word != 0 })
}

func (t truth) implies(other truth) bool { return t.without(other).isNever() }
