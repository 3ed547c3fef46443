package planner

import (
	"encoding/binary"
	"slices"

	"github.com/tributary-gql/tributary/router/internal/operation"
	"github.com/tributary-gql/tributary/router/internal/plan"
	"github.com/tributary-gql/tributary/schema/querygraph"
)

// source is a place in a subgraph where the object of a position is known from the start: the field that leads to the
// position was asked there. A position has several when a value without a key has its fields in several subgraphs.
type source struct {
	node  querygraph.NodeID
	level int // round trips after the position's first source
	// given are the contexts that the fetch has as variables (sorted): fields can take them right there.
	given []*contextUse
	// hold is the @defer that holds the field which leads to the position, nil for none.
	hold *operation.Defer
}

// position is the solved question of who answers what is asked of an object known in some sources. Positions are
// memoised and shared.
type position struct {
	id      int
	shape   *shape
	sources []source
	// prelude answers for objects whose runtime type no source knows, as all are interface objects; else nil. Classes
	// then start from its steps.
	prelude *class
	// classes are disjoint sets of runtime types, in the order of their least type.
	classes []*class
	// types are the runtime types that can occur; for an unknown one those of the shape.
	types querygraph.TypeSet
	// askType: "__typename" must be in the response tree. It is asked of the first source that knows it, or of the
	// prelude's discovery step.
	askType   bool
	discovery int // the prelude's step that learns the runtime type, -1 for none
	profile   profile
	hops      int // entity look-ups below
	failed    *UnplannableError
}

// class is what is done for some runtime types of a position.
type class struct {
	types querygraph.TypeSet
	// steps: first the position's sources (and the prelude's steps), then entries, each after those that it needs.
	steps []*step
	given int // how many of steps are given from outside
	items []*item
	// provides are the contexts that are taken from the class's objects further down.
	provides []provided
}

// step is one subgraph that is asked about the object: at a source, or by an entry.
type step struct {
	node  querygraph.NodeID
	entry *querygraph.Entry // nil for sources and root types
	root  bool              // a root type is entered
	needs []need
	guard guard
	hold  *operation.Defer // that its request is made for: nil for the initial response
	// contexts are the arguments that its fields, or fields further down in the same fetch, take from ancestors or from
	// the class's objects themselves.
	contexts []*contextUse
	// own are those that the class's objects themselves give, awaits their values: known before, but not sent with them.
	own    []*contextUse
	awaits []need
}

// need is something that must be known before a step is taken.
type need struct {
	item  int         // the class's item that answers it
	field *shapeField // with what is needed below it
	name  string      // in the representation
	key   bool
}

// item is one field that a step answers.
type item struct {
	field *shapeField
	steps []int // one; several when a value's fields are in several subgraphs
	nodes []querygraph.NodeID
	child *position // nil for leaves
	guard guard

	ways   []*way // what steps were made from
	joined bool   // a condition was added to what is asked below
}

// solver solves positions.
type solver struct {
	run       *run
	positions map[string]*position
	busy      map[string]bool
	reaches   map[string]*reach
	key       []byte
	// cut counts how often a position was taken as impossible only because it was being solved already: then what
	// depends on it is not remembered as impossible.
	cut int
}

func newSolver(r *run) *solver {
	return &solver{
		run: r, positions: map[string]*position{}, busy: map[string]bool{}, reaches: map[string]*reach{},
	}
}

// position solves a shape for an object known in those sources. Whether it failed is in the answer; the error is a limit
// or the context's.
func (s *solver) position(sh *shape, sources ...source) (*position, error) {
	k := binary.LittleEndian.AppendUint32(s.key[:0], uint32(sh.id))
	k = appendSources(k, sources)
	s.key = k
	if known, ok := s.positions[string(k)]; ok {
		return known, nil
	}
	p := &position{id: -1, shape: sh, sources: slices.Clone(sources), discovery: -1}
	if s.busy[string(k)] {
		s.cut++
		p.failed = &UnplannableError{Type: sh.typeName}
		return p, nil
	}
	if err := s.run.spend(len(sh.fields) + 1); err != nil {
		return nil, err
	}
	key, before := string(k), s.cut
	s.busy[key] = true
	err := s.solve(p)
	delete(s.busy, key)
	if err != nil {
		return nil, err
	}
	if p.failed != nil && s.cut != before {
		return p, nil
	}
	p.id = len(s.positions)
	s.positions[key] = p
	return p, nil
}

func appendSources(k []byte, sources []source) []byte {
	for _, src := range sources {
		k = binary.LittleEndian.AppendUint32(k, uint32(src.node))
		k = binary.LittleEndian.AppendUint16(k, uint16(src.level))
		k = append(k, byte(len(src.given)))
		for _, use := range src.given {
			k = binary.LittleEndian.AppendUint32(k, uint32(use.id))
		}
		k = binary.LittleEndian.AppendUint32(k, uint32(holdNumber(src.hold)))
	}
	return k
}

func (s *solver) solve(p *position) error {
	known, first := false, true
	for _, src := range p.sources {
		t := s.run.graph.Node(src.node).Type
		if t.InterfaceObject {
			continue
		}
		known = true
		if first {
			p.types, first = p.shape.possible, false
		}
		p.types = p.types.Intersect(t.Possible)
	}
	if len(p.sources) == 0 { // the root of the operation
		p.types, known = p.shape.possible, true
	}
	if !known {
		return s.solveUnknown(p)
	}
	if err := s.solveClasses(p, p.sources, p.shape.fields); err != nil {
		return err
	}
	p.askType = s.needsType(p)
	return nil
}

// solveClasses solves each runtime type and puts equal answers together.
func (s *solver) solveClasses(p *position, sources []source, fields []*shapeField) error {
	for t := range p.types.All() {
		subject := subject{object: t, name: s.run.graph.Objects[t]}
		made, err := s.solveClass(p, subject, sources, fields)
		if err != nil || p.failed != nil {
			return err
		}
		if same := slices.IndexFunc(p.classes, made.equal); same >= 0 {
			p.classes[same].types = p.classes[same].types.Union(made.types)
			continue
		}
		p.classes = append(p.classes, made)
	}
	return nil
}

// equal tells whether two classes do the same; nodes may differ, as they are of the classes' own types.
func (c *class) equal(other *class) bool {
	return len(c.steps) == len(other.steps) && len(c.items) == len(other.items) &&
		slices.EqualFunc(c.steps, other.steps, (*step).equal) && slices.EqualFunc(c.items, other.items, (*item).equal) &&
		slices.EqualFunc(c.provides, other.provides, func(a, b provided) bool {
			return a.use == b.use && slices.Equal(a.needs, b.needs)
		})
}

func (st *step) equal(other *step) bool {
	if st.root != other.root || st.guard != other.guard || st.hold != other.hold || (st.entry == nil) != (other.entry == nil) {
		return false
	}
	if st.entry != nil && (st.entry.Subgraph != other.entry.Subgraph || st.entry.Interface != other.entry.Interface) {
		return false
	}
	return slices.Equal(st.needs, other.needs) && slices.Equal(st.contexts, other.contexts) && slices.Equal(st.awaits, other.awaits) &&
		slices.Equal(st.own, other.own)
}

func (it *item) equal(other *item) bool {
	return it.field == other.field && it.child == other.child && it.guard == other.guard &&
		slices.Equal(it.steps, other.steps)
}

// needsType tells whether the runtime type must be in the response tree. It need not where it is known from the schema.
func (s *solver) needsType(p *position) bool {
	if len(p.sources) == 0 {
		return false
	}
	for _, f := range p.shape.fields {
		switch {
		case f.sent:
			return true
		case (f.name == "__typename" || f.types != nil) && p.shape.possible.Len() > 1:
			return true
		}
	}
	for _, src := range p.sources {
		t := s.run.graph.Node(src.node).Type
		if t.InterfaceObject {
			continue
		}
		if !t.Possible.SubsetOf(p.shape.possible) {
			return true // what the client must not see, it becomes null
		}
		if t.Possible.Len() > 1 && slices.ContainsFunc(p.classes, (*class).leaves) {
			return true
		}
	}
	return len(p.classes) > 1
}

// leaves tells whether the class enters another subgraph.
func (c *class) leaves() bool { return len(c.steps) > c.given }

// guardSteps sets the guards of steps and of the items that only conditions ask: those of whoever needs them. The step
// kept, if not -1, is taken whether or not its items are asked.
func (c *class) guardSteps(g *guards, kept int) {
	for i := len(c.steps) - 1; i >= 0; i-- {
		st := c.steps[i]
		st.guard = never
		if i == kept {
			st.guard = plan.Always
		}
		for _, it := range c.items {
			if slices.Contains(it.steps, i) {
				st.guard = g.or(st.guard, it.guard)
			}
		}
		if i < c.given {
			continue
		}
		for _, n := range slices.Concat(st.needs, st.awaits) {
			needed := c.items[n.item]
			needed.guard = g.or(needed.guard, st.guard)
		}
	}
	for _, st := range c.steps[:c.given] {
		if st.guard == never {
			st.guard = plan.Always
		}
	}
}
