package validate

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// overlappingFields checks that fields which end up under one response name can be merged (FieldsInSetCanMerge).
//
// The specification compares pairs of fields. What it compares are equalities (same field, same arguments, same shape),
// so a group of fields that must all agree is checked by comparing each with the first, and the selections below them
// are checked as one group. Equal selections are one selection, and a group that comes again was checked: the cost is
// that of the different groups there are.
func (c *check) overlappingFields() {
	m := &merger{
		check: c, sets: map[string]*fieldSet{}, ofField: map[*ast.Field]*fieldSet{}, fieldIDs: map[string]int{},
		checked: map[string]bool{}, reported: map[[2]*ast.Position]bool{},
	}
	for _, o := range c.document.Operations {
		m.merge([]*fieldSet{m.setOf(o.SelectionSet)}, true)
	}
	for _, f := range c.unused { // the others were met on the way
		m.merge([]*fieldSet{m.setOf(f.SelectionSet)}, true)
	}
}

// merger checks groups of selection sets.
type merger struct {
	*check
	sets     map[string]*fieldSet // by content
	ofField  map[*ast.Field]*fieldSet
	fieldIDs map[string]int // by content
	checked  map[string]bool
	reported map[[2]*ast.Position]bool
}

// fieldSet is a selection set by its content; those with the same content are the same pointer.
type fieldSet struct {
	id         int
	selections ast.SelectionSet
	flat       []*mergeField // what it asks, fragments gone into; nil until it is needed
}

// mergeField is one field of a selection set; those with the same content on the same type are equal by id.
type mergeField struct {
	id        int
	name      string // response name
	field     *ast.Field
	arguments string
	below     *fieldSet // nil for leaves
}

func (f *mergeField) parent() *ast.Definition { return f.field.ObjectDefinition }

// onObject tells whether the field is asked of one object type, which other object types cannot be.
func (f *mergeField) onObject() bool { return f.parent() != nil && f.parent().Kind == ast.Object }

// setOf finds the set of some selections.
func (m *merger) setOf(selections ast.SelectionSet) *fieldSet {
	key := m.appendSelections(nil, selections)
	set, ok := m.sets[string(key)]
	if !ok {
		set = &fieldSet{id: len(m.sets) + 1, selections: selections}
		m.sets[string(key)] = set
	}
	return set
}

// below is the set of what is selected of a field, nil for leaves.
func (m *merger) below(f *ast.Field) *fieldSet {
	if len(f.SelectionSet) == 0 {
		return nil
	}
	set, ok := m.ofField[f]
	if !ok {
		set = m.setOf(f.SelectionSet)
		m.ofField[f] = set
	}
	return set
}

func (m *merger) appendSelections(key []byte, selections ast.SelectionSet) []byte {
	m.spend(len(selections))
	for _, selection := range selections {
		switch s := selection.(type) {
		case *ast.Field:
			key = binary.AppendUvarint(append(key, 'f'), uint64(m.idOf(s)))
		case *ast.InlineFragment: // the types are in the IDs of the fields
			key = m.appendSelections(key, s.SelectionSet)
		case *ast.FragmentSpread:
			key = append(append(append(key, 's'), s.Name...), 0)
		}
	}
	return key
}

// idOf numbers a field by everything that merging depends on.
func (m *merger) idOf(f *ast.Field) int {
	key := append(append([]byte(f.Alias), 0), f.Name...)
	key = append(key, 0)
	if f.ObjectDefinition != nil {
		key = append(key, f.ObjectDefinition.Name...)
	}
	key = append(append(append(key, 0), argumentsText(f.Arguments)...), 0)
	if below := m.below(f); below != nil {
		key = binary.AppendUvarint(key, uint64(below.id))
	}
	id, ok := m.fieldIDs[string(key)]
	if !ok {
		id = len(m.fieldIDs) + 1
		m.fieldIDs[string(key)] = id
	}
	return id
}

// argumentsText writes arguments so that equal ones are equal text, whatever their order.
func argumentsText(arguments ast.ArgumentList) string {
	if len(arguments) == 0 {
		return ""
	}
	texts := make([]string, len(arguments))
	for i, a := range arguments {
		texts[i] = a.Name + ":" + valueText(a.Value)
	}
	slices.Sort(texts)
	return strings.Join(texts, ",")
}

func valueText(v *ast.Value) string {
	switch v.Kind {
	case ast.ListValue:
		items := make([]string, len(v.Children))
		for i, c := range v.Children {
			items[i] = valueText(c.Value)
		}
		return "[" + strings.Join(items, ",") + "]"
	case ast.ObjectValue:
		members := make([]string, len(v.Children))
		for i, c := range v.Children {
			members[i] = c.Name + ":" + valueText(c.Value)
		}
		slices.Sort(members)
		return "{" + strings.Join(members, ",") + "}"
	default:
		return v.String()
	}
}

// flatten lists what a set asks, each field once.
func (m *merger) flatten(set *fieldSet) []*mergeField {
	if set.flat == nil {
		f := flattener{merger: m, seen: map[int]bool{}, visited: map[*ast.FragmentDefinition]bool{}, flat: []*mergeField{}}
		f.add(set.selections)
		set.flat = f.flat
	}
	return set.flat
}

type flattener struct {
	*merger
	seen    map[int]bool
	visited map[*ast.FragmentDefinition]bool
	flat    []*mergeField
}

func (f *flattener) add(selections ast.SelectionSet) {
	if !f.spend(len(selections)) {
		return
	}
	for _, selection := range selections {
		switch s := selection.(type) {
		case *ast.Field:
			id := f.idOf(s)
			if !f.seen[id] {
				f.seen[id] = true
				f.flat = append(f.flat, &mergeField{
					id: id, name: s.Alias, field: s, arguments: argumentsText(s.Arguments), below: f.below(s),
				})
			}
		case *ast.InlineFragment:
			f.add(s.SelectionSet)
		case *ast.FragmentSpread:
			if s.Definition != nil && !f.visited[s.Definition] {
				f.visited[s.Definition] = true
				f.add(s.Definition.SelectionSet)
			}
		}
	}
}

// merge checks sets that are merged at one position. Without values only the shapes must agree: the sets belong to
// objects of different types (SameResponseShape).
func (m *merger) merge(sets []*fieldSet, values bool) {
	slices.SortFunc(sets, func(a, b *fieldSet) int { return cmp.Compare(a.id, b.id) })
	sets = slices.Compact(sets)
	key := []byte{'s'}
	if values {
		key[0] = 'v'
	}
	for _, s := range sets {
		key = binary.AppendUvarint(key, uint64(s.id))
	}
	if len(sets) == 0 || m.checked[string(key)] || !m.spend(len(sets)) {
		return
	}
	m.checked[string(key)] = true
	var order []string
	groups := map[string][]*mergeField{}
	seen := map[int]bool{}
	for _, s := range sets {
		for _, f := range m.flatten(s) {
			if seen[f.id] {
				continue
			}
			seen[f.id] = true
			if groups[f.name] == nil {
				order = append(order, f.name)
			}
			groups[f.name] = append(groups[f.name], f)
		}
	}
	if !m.spend(len(seen)) {
		return
	}
	for _, name := range order {
		if values {
			m.group(groups[name])
		} else {
			m.shapes(groups[name])
			m.mergeBelow(groups[name], false)
		}
	}
}

// group checks fields of one response name of which those must be equal that can meet on one object.
func (m *merger) group(fields []*mergeField) {
	m.shapes(fields)
	var abstract []*mergeField
	var objects []string
	byObject := map[string][]*mergeField{}
	for _, f := range fields {
		if !f.onObject() {
			abstract = append(abstract, f)
			continue
		}
		name := f.parent().Name
		if byObject[name] == nil {
			objects = append(objects, name)
		}
		byObject[name] = append(byObject[name], f)
	}
	if len(objects) == 0 {
		m.equal(abstract)
		m.mergeBelow(abstract, true)
		return
	}
	for _, name := range objects {
		together := slices.Concat(abstract, byObject[name])
		if !m.spend(len(together)) {
			return
		}
		m.equal(together)
		m.mergeBelow(together, true)
	}
	if len(objects) > 1 {
		m.mergeBelow(fields, false)
	}
}

func (m *merger) mergeBelow(fields []*mergeField, values bool) {
	var sets []*fieldSet
	for _, f := range fields {
		if f.below != nil {
			sets = append(sets, f.below)
		}
	}
	m.merge(sets, values)
}

// equal checks that fields are one field with the same arguments.
func (m *merger) equal(fields []*mergeField) {
	first := fields[0]
	for _, f := range fields[1:] {
		switch {
		case f.field.Name != first.field.Name:
			m.conflict(first, f, `"`+first.field.Name+`" and "`+f.field.Name+`" are different fields`)
		case f.arguments != first.arguments:
			m.conflict(first, f, "they have differing arguments")
		}
	}
}

// shapes checks that the values of fields can stand in one place of a response.
func (m *merger) shapes(fields []*mergeField) {
	var first *mergeField
	for _, f := range fields {
		if f.field.Definition == nil {
			continue
		}
		if first == nil {
			first = f
		} else if !m.sameShape(first.field.Definition.Type, f.field.Definition.Type) {
			m.conflict(first, f, `they return conflicting types "`+first.field.Definition.Type.String()+
				`" and "`+f.field.Definition.Type.String()+`"`)
		}
	}
}

func (m *merger) sameShape(a, b *ast.Type) bool {
	for ; a.NonNull == b.NonNull && a.Elem != nil && b.Elem != nil; a, b = a.Elem, b.Elem {
	}
	if a.NonNull != b.NonNull || a.Elem != nil || b.Elem != nil {
		return false
	}
	if a.NamedType == b.NamedType {
		return true
	}
	ta, tb := m.schema.Types[a.NamedType], m.schema.Types[b.NamedType]
	return ta == nil || tb == nil || ta.IsCompositeType() && tb.IsCompositeType()
}

func (m *merger) conflict(a, b *mergeField, reason string) {
	pair := [2]*ast.Position{a.field.Position, b.field.Position}
	if m.reported[pair] {
		return
	}
	m.reported[pair] = true
	m.report(OverlappingFields, at(a.field.Position, b.field.Position),
		`Fields "%s" conflict because %s. Use different aliases on the fields to fetch both if this was intentional.`, a.name, reason)
}
