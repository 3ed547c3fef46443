package operation

import (
	"encoding/binary"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/internal/gqlerr"
)

// normaliser turns a validated operation into hash-consed selection sets.
//
// A selection set is made from parts: the fields of the document that are merged at its position. Equal parts in an
// equal situation give the same set, and it is made once; so fragments that expand to 2^n positions cost n sets.
type normaliser struct {
	schema     *Schema
	options    Options
	sets       *typeSets
	conditions *conditions
	facts      *documentFacts
	alike      alikeSelections
	defers     deferrals
	children   map[childKey]childPosition
	memo       map[string]*SelectionSet // by situation
	consed     map[string]*SelectionSet // by content
	ids        map[any]int              // of document nodes, typed by first use
	work       int
	key        []byte
}

// part is one contribution to a position: selections of the document, by their number among those that ask the same,
// which are asked when row is true.
type part struct {
	id         int
	selections ast.SelectionSet
	row        *row
	hold       *Defer
}

// entry is one field of the document met while the parts of one position are collected.
type entry struct {
	field *ast.Field
	types *typeSet
	row   *row
	hold  *Defer
	order int
}

func newNormaliser(s *Schema, options Options) *normaliser {
	n := &normaliser{
		schema: s, options: options, sets: newTypeSets(s), conditions: newConditions(),
		facts:    newDocumentFacts(),
		defers:   deferrals{byKey: map[deferKey]*Defer{}},
		children: map[childKey]childPosition{},
		memo:     map[string]*SelectionSet{}, consed: map[string]*SelectionSet{}, ids: map[any]int{},
	}
	n.alike = alikeSelections{n: n, below: map[*ast.Field]int{}, byKey: map[string]int{}}
	return n
}

// spend counts work, so that no document makes the router work without bound.
func (n *normaliser) spend(units int) error {
	n.work += units
	if n.work > n.options.MaxWork {
		return gqlerr.New(gqlerr.QueryPlanLimit,
			"The operation expands to too many selections (limit %d): use fewer nested fragments or conditions.", n.options.MaxWork)
	}
	return nil
}

// id numbers a node of the document.
func (n *normaliser) id(node any) int {
	i, ok := n.ids[node]
	if !ok {
		i = len(n.ids) + 1
		n.ids[node] = i
	}
	return i
}

// selectionSet makes the set for a position of a declared type, where known rows are known to be true (one of them).
func (n *normaliser) selectionSet(declared string, possible *typeSet, parts []part, known []*row) (*SelectionSet, error) {
	situation := n.situation(declared, possible, parts, known)
	if set, ok := n.memo[situation]; ok {
		return set, nil
	}
	c := collector{normaliser: n, known: known, visited: map[*ast.FragmentDefinition][]visit{}, groups: map[string]int{}}
	for _, p := range parts {
		if r := c.narrow(p.row, nil); r != nil {
			if err := c.collect(p.selections, possible, r, p.hold); err != nil {
				return nil, err
			}
		}
	}
	var fields []placedField
	for _, group := range c.entries {
		merged, err := n.merge(group, known)
		if err != nil {
			return nil, err
		}
		fields = append(fields, merged...)
	}
	slices.SortStableFunc(fields, func(a, b placedField) int { return a.order - b.order })
	fields, err := n.joinAlike(fields)
	if err != nil {
		return nil, err
	}
	set := n.cons(declared, possible, fields)
	n.memo[situation] = set
	return set, nil
}

// situation is the key of everything that decides a selection set.
func (n *normaliser) situation(declared string, possible *typeSet, parts []part, known []*row) string {
	key := append(n.key[:0], declared...)
	key = append(key, 0)
	key = binary.AppendUvarint(key, uint64(possible.id))
	key = binary.AppendUvarint(key, uint64(len(parts)))
	for _, p := range parts {
		key = binary.AppendUvarint(key, uint64(p.id))
		key = binary.AppendUvarint(key, uint64(p.row.id))
		key = binary.AppendUvarint(key, uint64(p.hold.number()))
	}
	for _, r := range known {
		key = binary.AppendUvarint(key, uint64(r.id))
	}
	n.key = key
	return string(key)
}

// collector gathers the fields of one position, grouped by response name in the order of first appearance.
type collector struct {
	*normaliser
	known   []*row
	visited map[*ast.FragmentDefinition][]visit
	groups  map[string]int
	entries [][]entry
	count   int
}

// visit is a fragment that was gone into already.
type visit struct {
	types *typeSet
	row   *row
	hold  *Defer
}

func (c *collector) collect(selections ast.SelectionSet, types *typeSet, r *row, hold *Defer) error {
	if err := c.spend(len(selections)); err != nil {
		return err
	}
	for _, selection := range selections {
		switch s := selection.(type) {
		case *ast.Field:
			if narrowed := c.narrow(r, s.Directives); narrowed != nil {
				c.add(s, types, narrowed, hold)
			}
		case *ast.InlineFragment:
			if err := c.enter(s.TypeCondition, s.Directives, s, s.SelectionSet, types, r, hold); err != nil {
				return err
			}
		case *ast.FragmentSpread:
			if err := c.spread(s, types, r, hold); err != nil {
				return err
			}
		}
	}
	return nil
}

// narrow is apply, less what is known at this position.
func (c *collector) narrow(r *row, directives ast.DirectiveList) *row {
	narrowed := c.conditions.apply(r, directives)
	if narrowed != nil && len(c.known) == 1 {
		narrowed = c.conditions.given(narrowed, c.known[0])
	}
	return narrowed
}

func (c *collector) add(f *ast.Field, types *typeSet, r *row, hold *Defer) {
	if len(types.types) == 0 {
		return
	}
	group, ok := c.groups[f.Alias]
	if !ok {
		group = len(c.entries)
		c.groups[f.Alias] = group
		c.entries = append(c.entries, nil)
	}
	c.entries[group] = append(c.entries[group], entry{field: f, types: types, row: r, hold: hold, order: c.count})
	c.count++
}

// enter goes into a fragment, if it can apply.
func (c *collector) enter(
	typeCondition string, directives ast.DirectiveList, node any, selections ast.SelectionSet,
	types *typeSet, r *row, hold *Defer,
) error {
	if r = c.narrow(r, directives); r == nil {
		return nil
	}
	if typeCondition != "" {
		types = c.sets.intersect(types, c.sets.possible(typeCondition))
	}
	if len(types.types) == 0 {
		return nil
	}
	if c.options.Defer {
		hold = c.defers.enter(directives, node, hold)
	}
	return c.collect(selections, types, r, hold)
}

// spread goes into a named fragment for the types for which it has not been gone into under a condition as weak.
func (c *collector) spread(s *ast.FragmentSpread, types *typeSet, r *row, hold *Defer) error {
	if s.Definition == nil {
		return nil
	}
	if r = c.narrow(r, s.Directives); r == nil {
		return nil
	}
	if c.options.Defer {
		hold = c.defers.enter(s.Directives, s, hold)
	}
	types = c.sets.intersect(types, c.sets.possible(s.Definition.TypeCondition))
	before := c.visited[s.Definition]
	if err := c.spend(1 + len(before)); err != nil {
		return err
	}
	for _, v := range before {
		if v.hold.holds(hold) && implies(r, v.row) {
			types = c.sets.subtract(types, v.types)
		}
	}
	if len(types.types) == 0 {
		return nil
	}
	c.visited[s.Definition] = append(before, visit{types: types, row: r, hold: hold})
	return c.collect(s.Definition.SelectionSet, types, r, hold)
}
