package operation

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/internal/gqlerr"
)

// placedField is a merged field with what is only needed while its set is made.
type placedField struct {
	field *Field
	types *typeSet
	rows  []*row
	// application is the key of the field's arguments and directives.
	application string
	order       int
}

// class is the runtime types for which the same entries apply.
type class struct {
	types   []int32
	entries []entry
}

// merge makes the fields of one response name: one for each class of runtime types that needs one of its own.
func (n *normaliser) merge(group []entry, known []*row) ([]placedField, error) {
	if err := n.spend(costOfClasses(group)); err != nil {
		return nil, err
	}
	var fields []placedField
	for _, c := range n.classes(group) {
		if err := n.spend(len(c.entries)); err != nil {
			return nil, err
		}
		for _, alike := range n.splitByShape(c) {
			f, err := n.mergeClass(alike, known)
			if err != nil {
				return nil, err
			}
			fields = append(fields, f)
		}
	}
	return fields, nil
}

// costOfClasses is the work that classes does.
func costOfClasses(group []entry) int {
	if len(group) == 1 {
		return 1
	}
	cost := 0
	for _, e := range group {
		cost += len(e.types.types)
	}
	return cost
}

// classes partitions the types of a group by the entries that apply to them, in the order of first application.
func (n *normaliser) classes(group []entry) []class {
	uniform := true
	for _, e := range group[1:] {
		uniform = uniform && e.types == group[0].types
	}
	if uniform {
		return []class{{types: group[0].types.types, entries: group}}
	}
	// A type's signature is the path of entries that apply to it, a node of a trie.
	type step struct{ from, entry int }
	trie := map[step]int{}
	nodes := []step{{}}
	signature := map[int32]int{}
	for i, e := range group {
		for _, t := range e.types.types {
			s := step{from: signature[t], entry: i}
			to, ok := trie[s]
			if !ok {
				to = len(nodes)
				trie[s] = to
				nodes = append(nodes, s)
			}
			signature[t] = to
		}
	}
	members := make([][]int32, len(nodes))
	for t, s := range signature {
		members[s] = append(members[s], t)
	}
	var all []class
	for s, types := range members {
		if len(types) == 0 {
			continue
		}
		c := class{types: types}
		slices.Sort(c.types)
		for ; s != 0; s = nodes[s].from {
			c.entries = append(c.entries, group[nodes[s].entry])
		}
		slices.Reverse(c.entries)
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b class) int {
		return cmp.Or(a.entries[0].order-b.entries[0].order, int(a.types[0]-b.types[0]))
	})
	return all
}

// splitByShape splits a class whose types declare the field with different nullability, which decides how far a null
// spreads: the specification completes a value by the runtime type's own declaration.
func (n *normaliser) splitByShape(c class) []class {
	asked := c.entries[0].field
	if n.schema.sameShape(asked) {
		return []class{c}
	}
	var split []class
	byShape := map[string]int{}
	for _, t := range c.types {
		shape := shapeOf(n.schema.fieldOf(n.schema.objects[t], asked).Type)
		i, ok := byShape[shape]
		if !ok {
			i = len(split)
			byShape[shape] = i
			split = append(split, class{entries: c.entries})
		}
		split[i].types = append(split[i].types, t)
	}
	return split
}

// mergeClass makes the one field that the entries of a class merge to.
func (n *normaliser) mergeClass(c class, known []*row) (placedField, error) {
	asked := c.entries[0].field
	types := n.sets.intern(c.types)
	rows := make([]*row, len(c.entries))
	for i, e := range c.entries {
		rows[i] = e.row
	}
	slices.SortFunc(rows, func(a, b *row) int { return a.id - b.id })
	rows = slices.Compact(rows)
	if len(rows) > n.options.MaxConditions {
		return placedField{}, gqlerr.New(gqlerr.QueryPlanLimit,
			"Field %q is asked under more than %d combinations of conditions.", asked.Alias, n.options.MaxConditions)
	}
	rows = n.conditions.anyOf(rows)
	if rows != nil && impliedBy(known, rows) {
		rows = nil
	}
	placed := placedField{types: types, rows: rows, order: c.entries[0].order}
	placed.field = &Field{
		ResponseName: strings.Clone(asked.Alias), // nothing of an operation keeps the document's text alive
		Definition:   n.schema.definitionFor(asked, c.types),
		Args:         exportArguments(asked.Arguments),
		Condition:    n.conditions.export(rows),
		Defer:        holdOf(c.entries),
		Directives:   customDirectives(c.entries),
		Through:      n.schema.throughOf(c.entries),
	}
	placed.field.Name = placed.field.Definition.Name
	placed.application = n.applicationKey(placed.field)
	if len(asked.SelectionSet) == 0 {
		return placed, nil
	}
	child := n.childOf(asked, placed.field.Definition.Type.Name(), types)
	var err error
	placed.field.Selections, err = n.selectionSet(child.declared, child.possible,
		n.partsBelow(c.entries, rows, known), n.knownBelow(c.entries, rows, known))
	return placed, err
}

// partsBelow are the contributions of the entries to the position below the merged field.
func (n *normaliser) partsBelow(entries []entry, rows, known []*row) []part {
	asserted := rows
	if rows == nil {
		asserted = known
	}
	parts := make([]part, 0, len(entries))
	of := map[int][]part{}
	for _, e := range entries {
		p := part{id: n.alike.belowField(e.field), selections: e.field.SelectionSet, row: e.row, hold: e.hold}
		if impliedBy(asserted, []*row{e.row}) {
			p.row = n.conditions.always
		}
		if slices.ContainsFunc(of[p.id], func(q part) bool { return q.hold.holds(p.hold) && implies(p.row, q.row) }) {
			continue
		}
		of[p.id] = append(of[p.id], p)
		parts = append(parts, p)
	}
	return parts
}

// knownBelow is what is known below a field that is asked under rows: nothing where no condition could make use of it,
// so that sets are shared.
func (n *normaliser) knownBelow(entries []entry, rows, known []*row) []*row {
	if !slices.ContainsFunc(entries, func(e entry) bool {
		return len(e.row.terms) > 0 || n.facts.conditional(e.field.SelectionSet)
	}) {
		return nil
	}
	switch {
	case rows == nil:
		return known
	case len(known) != 1:
		return rows
	}
	both := make([]*row, 0, len(rows))
	for _, r := range rows {
		joined := r
		for _, t := range known[0].terms {
			if joined = n.conditions.and(joined, t); joined == nil {
				break
			}
		}
		if joined != nil {
			both = append(both, joined)
		}
	}
	return both
}

// impliedBy tells whether what is known makes rows true in any case.
func impliedBy(known, rows []*row) bool {
	if len(known) == 0 {
		return slices.ContainsFunc(rows, func(r *row) bool { return len(r.terms) == 0 })
	}
	for _, k := range known {
		if !slices.ContainsFunc(rows, func(r *row) bool { return implies(k, r) }) {
			return false
		}
	}
	return true
}

// customDirectives are the directives for subgraphs on the document's fields that became one.
func customDirectives(entries []entry) []Directive {
	var all []Directive
	var asked []*ast.Field
	for _, e := range entries {
		if slices.Contains(asked, e.field) {
			continue
		}
		asked = append(asked, e.field)
		for _, d := range exportDirectives(e.field.Directives) {
			if !slices.ContainsFunc(all, func(known Directive) bool { return known.Name == d.Name }) {
				all = append(all, d)
			}
		}
	}
	return all
}

func exportDirectives(directives ast.DirectiveList) []Directive {
	var all []Directive
	for _, d := range directives {
		switch d.Name {
		case "skip", "include", "defer":
		default:
			all = append(all, Directive{Name: strings.Clone(d.Name), Args: exportArguments(d.Arguments)})
		}
	}
	return all
}

func exportArguments(arguments ast.ArgumentList) []Argument {
	if len(arguments) == 0 {
		return nil
	}
	all := make([]Argument, len(arguments))
	for i, a := range arguments {
		all[i] = Argument{Name: strings.Clone(a.Name), Value: a.Value}
	}
	slices.SortFunc(all, func(a, b Argument) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// cons gives the one set of this content.
func (n *normaliser) cons(declared string, possible *typeSet, fields []placedField) *SelectionSet {
	key := append(n.key[:0], declared...) //nolint:gocritic // it is n.key again below
	key = append(key, 0)
	key = binary.AppendUvarint(key, uint64(possible.id))
	for _, p := range fields {
		f := p.field
		key = append(append(key, f.ResponseName...), 0)
		key = append(append(key, f.Name...), 0)
		key = append(append(key, f.Definition.Type.String()...), 0)
		key = binary.AppendUvarint(key, uint64(p.types.id))
		key = binary.AppendUvarint(key, uint64(len(p.rows)))
		for _, r := range p.rows {
			key = binary.AppendUvarint(key, uint64(r.id))
		}
		key = append(append(key, p.application...), 0)
		key = binary.AppendUvarint(key, uint64(f.Defer.number()))
		if f.Selections != nil {
			key = binary.AppendUvarint(key, uint64(f.Selections.ID))
		} else {
			key = append(key, 0)
		}
	}
	n.key = key
	if set, ok := n.consed[string(key)]; ok {
		return set
	}
	set := &SelectionSet{
		Type: declared, Possible: n.sets.names(possible), ID: len(n.consed) + 1, Fields: make([]*Field, len(fields)),
	}
	for i, p := range fields {
		if p.types != possible {
			p.field.Types = n.sets.names(p.types)
		}
		set.Fields[i] = p.field
	}
	n.consed[string(key)] = set
	return set
}
