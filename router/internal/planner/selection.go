package planner

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/internal/fault"
	"github.com/tributary-gql/tributary/router/internal/plan"
	"github.com/tributary-gql/tributary/schema/querygraph"
)

// selection is what one subgraph is asked of the objects of a position. Selections are interned, so that equal ones are
// printed once and shared in the plan.
type selection struct {
	id     int
	on     *querygraph.Type // the declared type in the subgraph; nil directly below _entities
	fields []*selectedField
	plain  bool // neither it nor anything below takes contexts: it may be printed once for several uses
	plan   *plan.Selection
}

// selectedField is one field of a selection.
type selectedField struct {
	store    string
	response string // in the subgraph's answer
	name     string
	args     *arguments
	suffix   *arguments
	types    querygraph.TypeSet // runtime types it is asked of; nil: all
	as       string             // directly below _entities: the interface object that stands for types, else ""
	guard    guard
	declared *ast.Type // in the subgraph, for types
	child    *selection
	contexts []*contextUse
}

// selections makes and interns selections.
type selections struct {
	run      *run
	byKey    map[string]*selection
	bySource map[sourceKey]*selection
	unions   map[[2]int]*selection
	alike    map[[2]int]bool
	key      []byte
}

// sourceKey: what is asked of a position at one of its sources.
type sourceKey struct {
	position *position
	source   int
}

func newSelections(r *run) *selections {
	return &selections{
		run: r, byKey: map[string]*selection{}, bySource: map[sourceKey]*selection{},
		unions: map[[2]int]*selection{}, alike: map[[2]int]bool{},
	}
}

// collector collects the fields of one selection.
type collector struct {
	s        *selections
	on       *querygraph.Type
	subgraph querygraph.SubgraphID
	all      querygraph.TypeSet // runtime types that the objects can have
	fields   []*selectedField
}

// ofSource is what is asked of a position at one of its sources.
func (s *selections) ofSource(p *position, index int) *selection {
	key := sourceKey{p, index}
	if known, ok := s.bySource[key]; ok {
		return known
	}
	node := s.run.graph.Node(p.sources[index].node)
	c := &collector{s: s, on: node.Type, subgraph: node.Subgraph, all: p.types}
	if p.askType && p.discovery < 0 && index == p.typeSource(s.run.graph) && !fault.On(fault.ForgetTypename) {
		c.addTypename()
	}
	for _, part := range p.parts() {
		c.addStep(p, part, index, "")
	}
	made := c.finish()
	s.bySource[key] = made
	return made
}

// typeSource is the first source that knows the runtime type.
func (p *position) typeSource(g *querygraph.Graph) int {
	return slices.IndexFunc(p.sources, func(src source) bool { return !g.Node(src.node).Type.InterfaceObject })
}

// parts are the classes with the prelude before them.
func (p *position) parts() []*class {
	if p.prelude == nil {
		return p.classes
	}
	return append([]*class{p.prelude}, p.classes...)
}

// addStep adds the items that a class has answered by one of its steps. as names the interface object that stands for
// the class's types directly below _entities.
func (c *collector) addStep(p *position, from *class, step int, as string) {
	if from == p.prelude && p.discovery == step {
		c.addTypename()
		for _, typed := range p.classes {
			c.addStep(p, typed, len(p.sources), as)
		}
	}
	for _, it := range from.items {
		at := slices.Index(it.steps, step)
		if at < 0 {
			continue
		}
		f := selectedField{
			store: it.field.store, response: it.field.store, name: it.field.name, args: it.field.args, suffix: it.field.suffix,
			guard: it.guard, as: as,
		}
		if it.child != nil {
			f.child = c.s.ofSource(it.child, at)
		}
		if step >= from.given {
			f.contexts = c.contextsOf(from.steps[step].node, from.steps[step].contexts, f.name)
		} else if step < len(p.sources) {
			f.contexts = c.contextsOf(from.steps[step].node, p.sources[step].given, f.name)
		}
		c.addByType(f, from.types)
	}
}

// contextsOf are the arguments of a field at a node that come from ancestors: with the contexts that the fetch has.
func (c *collector) contextsOf(at querygraph.NodeID, contexts []*contextUse, field string) []*contextUse {
	if len(contexts) == 0 {
		return nil
	}
	declared := c.s.run.graph.Node(at).Type.Field(field)
	if declared == nil {
		return nil
	}
	uses := c.s.run.facts.uses[declared]
	if !containsUses(contexts, uses) {
		return nil
	}
	return uses
}

// addByType adds a field once for each type that it has in the subgraph: runtime types may differ.
func (c *collector) addByType(f selectedField, types querygraph.TypeSet) {
	byText := map[string]int{}
	var parts []selectedField
	view := c.s.run.graph.Subgraphs[c.subgraph]
	for t := range types.All() {
		name := c.s.run.graph.Objects[t]
		if f.as != "" {
			name = f.as
		} else if c.on != nil && !c.on.IsAbstract() {
			name = c.on.Name
		}
		object := view.Type(name)
		if object == nil {
			continue
		}
		declared := object.Field(f.name)
		if declared == nil {
			continue
		}
		text := declared.Type.String()
		i, ok := byText[text]
		if !ok {
			i = len(parts)
			byText[text] = i
			one := f
			one.declared, one.types = declared.Type, nil
			parts = append(parts, one)
		}
		parts[i].types = parts[i].types.Union(querygraph.NewTypeSet(t))
	}
	for i := range parts {
		if c.on != nil && c.on.InterfaceObject {
			parts[i].types = c.all // it cannot be asked of some types only
		}
		c.add(&parts[i])
	}
}

// addTypename asks for the runtime type.
func (c *collector) addTypename() {
	for _, f := range c.fields {
		if f.store == "__typename" {
			return
		}
	}
	f := c.typename()
	f.types = c.all
	c.fields = append(c.fields, f)
}

func (c *collector) typename() *selectedField {
	none := c.s.run.shapes.internText("", nil)
	return &selectedField{
		store: "__typename", response: "__typename", name: "__typename", args: none, suffix: none,
		declared: ast.NonNullNamedType("String", nil),
	}
}

// add adds a field, joining it with those of the same store name for the types that both are asked of.
func (c *collector) add(f *selectedField) {
	for i := 0; i < len(c.fields) && !f.types.IsEmpty(); i++ {
		other := c.fields[i]
		both := other.types.Intersect(f.types)
		if other.store != f.store || both.IsEmpty() {
			continue
		}
		f.types = f.types.Minus(both)
		joined := c.s.join(other, f, both)
		if left := other.types.Minus(both); joined.equal(other) {
			continue
		} else if !left.IsEmpty() {
			rest := *other
			rest.types = left
			c.fields = slices.Insert(c.fields, i+1, &rest)
		}
		c.fields[i] = joined
	}
	if f.types.IsEmpty() {
		return
	}
	for _, other := range c.fields {
		if other.store == f.store && other.equal(f) {
			other.types = other.types.Union(f.types)
			return
		}
	}
	added := *f
	c.fields = append(c.fields, &added)
}

// equal tells whether both are the same field with the same guard and selection, for whichever types.
func (f *selectedField) equal(other *selectedField) bool {
	return f.same(other) && f.as == other.as && f.child == other.child && f.guard == other.guard
}

// same tells whether both are the same field, but for what is asked below.
func (f *selectedField) same(other *selectedField) bool {
	return f.name == other.name && f.args == other.args && f.suffix == other.suffix &&
		f.declared.String() == other.declared.String() && slices.Equal(f.contexts, other.contexts)
}

func (s *selections) join(a, b *selectedField, types querygraph.TypeSet) *selectedField {
	joined := *a
	joined.types = types
	if joined.guard = s.run.guards.or(a.guard, b.guard); fault.On(fault.JoinGuardsAsFirst) {
		joined.guard = a.guard
	}
	if a.child != nil && b.child != nil {
		first, second := a.child, b.child
		if a.guard != b.guard {
			first, second = s.withGuard(first, a.guard), s.withGuard(second, b.guard)
		}
		joined.child = s.union(first, second)
	}
	return &joined
}

func (s *selections) withGuard(sel *selection, g guard) *selection {
	if g == plan.Always {
		return sel
	}
	fields := make([]*selectedField, len(sel.fields))
	for i, f := range sel.fields {
		one := *f
		one.guard = s.run.guards.and(f.guard, g)
		fields[i] = &one
	}
	return s.intern(sel.on, fields)
}

// union is what either selection asks; both are of the same objects.
func (s *selections) union(a, b *selection) *selection {
	if a == b {
		return a
	}
	key := [2]int{a.id, b.id}
	if known, ok := s.unions[key]; ok {
		return known
	}
	c := &collector{s: s, on: a.on, all: s.run.facts.all}
	for _, sel := range []*selection{a, b} {
		for _, f := range sel.fields {
			one := *f
			one.response = one.store
			if one.types == nil {
				one.types = c.all
			}
			c.add(&one)
		}
	}
	made := c.finish()
	s.unions[key] = made
	return made
}

// finish interns the collected fields, in the order of their store names, so that selections of the same fields are one;
// a selection is never empty.
func (c *collector) finish() *selection {
	slices.SortStableFunc(c.fields, func(a, b *selectedField) int { return cmp.Compare(a.store, b.store) })
	return c.finishInOrder()
}

// finishInOrder keeps the order of the fields: for mutations it means something.
func (c *collector) finishInOrder() *selection {
	if len(c.fields) == 0 {
		f := c.typename()
		if c.on != nil && c.on.InterfaceObject {
			f.store, f.response = "_", "_" // not the runtime type
		}
		c.fields = append(c.fields, f)
	}
	for _, f := range c.fields {
		if f.types != nil && c.all.SubsetOf(f.types) && c.asksAll(f) {
			f.types = nil
		}
	}
	c.s.separate(c.fields)
	if c.isAmbiguous() {
		c.addTypename()
	}
	return c.s.intern(c.on, c.fields)
}

// asksAll tells whether a field that is asked of all runtime types of the position can be asked of all that the subgraph
// may return: others can be among these, which do not have the field.
func (c *collector) asksAll(f *selectedField) bool {
	return c.on == nil || !c.on.IsAbstract() || c.on.Possible.SubsetOf(f.types) || f.isOfferedBy(c.on)
}

// isAmbiguous tells whether one name in the answer stands for different fields, by runtime type: then the answer must say
// of which type it is.
func (c *collector) isAmbiguous() bool {
	for i, f := range c.fields {
		if slices.ContainsFunc(c.fields[:i], func(other *selectedField) bool { return other.response == f.response }) {
			return true
		}
	}
	return false
}

// isOfferedBy tells whether the field can be asked of an abstract type as it is of its runtime types.
func (f *selectedField) isOfferedBy(t *querygraph.Type) bool {
	own := t.Field(f.name)
	if own == nil || !sameWrapping(own.Type, f.declared) || own.Type.Name() != f.declared.Name() {
		return f.name == "__typename"
	}
	return f.child == nil || f.child.on == own.Composite
}

// separate gives fields different names in the answer where one name would make an invalid operation: fields of
// different runtime types whose values have different types in the subgraph.
func (s *selections) separate(fields []*selectedField) {
	for i, f := range fields {
		for n := 2; slices.ContainsFunc(fields[:i], func(other *selectedField) bool {
			return other.response == f.response && !s.fit(other, f)
		}); n++ {
			f.response = f.store + "__" + strconv.Itoa(n)
		}
	}
}

// fit tells whether two fields of different runtime types may have one name in an answer: GraphQL's SameResponseShape.
func (s *selections) fit(a, b *selectedField) bool {
	if !sameWrapping(a.declared, b.declared) || (a.child == nil) != (b.child == nil) {
		return false
	}
	if a.child == nil {
		return a.declared.Name() == b.declared.Name()
	}
	if a.child == b.child {
		return true
	}
	key := [2]int{min(a.child.id, b.child.id), max(a.child.id, b.child.id)}
	if known, ok := s.alike[key]; ok {
		return known
	}
	fit := true
	for _, x := range a.child.fields {
		for _, y := range b.child.fields {
			fit = fit && (x.response != y.response || s.fit(x, y))
		}
	}
	s.alike[key] = fit
	return fit
}

// sameWrapping tells whether two types have the same lists and nullability.
func sameWrapping(a, b *ast.Type) bool {
	for ; a != nil && b != nil; a, b = a.Elem, b.Elem {
		if a.NonNull != b.NonNull {
			return false
		}
	}
	return a == nil && b == nil
}

func (s *selections) intern(on *querygraph.Type, fields []*selectedField) *selection {
	k := s.key[:0]
	if on != nil {
		k = binary.LittleEndian.AppendUint16(k, uint16(on.Subgraph))
		k = append(k, on.Name...)
	}
	k = append(k, 0)
	plain := true
	for _, f := range fields {
		k = append(append(k, f.store...), 0)
		k = append(append(k, f.response...), 0)
		k = append(append(k, f.name...), 0)
		k = append(append(k, f.as...), 0)
		k = append(append(k, f.declared.String()...), 0)
		k = binary.LittleEndian.AppendUint32(k, uint32(f.args.id))
		k = binary.LittleEndian.AppendUint32(k, uint32(f.suffix.id))
		k = binary.LittleEndian.AppendUint32(k, uint32(f.guard))
		child := -1
		if f.child != nil {
			child = f.child.id
			plain = plain && f.child.plain
		}
		k = binary.LittleEndian.AppendUint32(k, uint32(child))
		k = appendTypes(k, f.types)
		k = append(k, byte(len(f.contexts)))
		for _, use := range f.contexts {
			k = binary.LittleEndian.AppendUint32(k, uint32(use.id))
			plain = false
		}
	}
	s.key = k
	if known, ok := s.byKey[string(k)]; ok {
		return known
	}
	made := &selection{id: len(s.byKey), on: on, fields: fields, plain: plain}
	s.byKey[string(k)] = made
	return made
}

// export is the selection as the plan has it.
func (s *selections) export(sel *selection) *plan.Selection {
	if sel.plan != nil {
		return sel.plan
	}
	out := &plan.Selection{}
	sel.plan = out
	for _, f := range sel.fields {
		field := &plan.SelectionField{ResponseName: f.response, StoreName: f.store, Guard: f.guard}
		if f.types != nil {
			field.Types = s.run.graph.Names(f.types)
		}
		if f.child != nil {
			field.Selection = s.export(f.child)
		}
		out.Fields = append(out.Fields, field)
	}
	return out
}
