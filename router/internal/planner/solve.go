package planner

import (
	"slices"

	"github.com/tributary-gql/tributary/schema/querygraph"
)

// solveClass solves what is asked of one runtime type.
func (s *solver) solveClass(p *position, sub subject, sources []source, fields []*shapeField) (*class, error) {
	rc, err := s.reach(sub, sources, p.conditionSources())
	if err != nil {
		return nil, err
	}
	all, failed, err := s.candidates(rc, fields)
	if err != nil {
		return nil, err
	}
	if failed != nil {
		p.failed = &UnplannableError{Type: sub.name, Name: failed.name, Path: failed.response}
		return nil, nil
	}
	if err := s.choose(all, p.profile); err != nil {
		return nil, err
	}
	a := s.newAssembly(p, rc, sources)
	for _, c := range all {
		a.addItem(c)
	}
	if err := a.addContexts(); err != nil {
		return nil, err
	}
	made, err := a.finish()
	if err != nil || made == nil {
		return nil, err
	}
	if sub.object != unknownObject {
		made.types = querygraph.NewTypeSet(sub.object)
	}
	return made, nil
}

// conditionSources is how many of a class's first sources know the object's interface only: those before the prelude's.
func (p *position) conditionSources() int {
	if p.prelude == nil {
		return 0
	}
	return len(p.sources)
}

// solveUnknown solves a position whose sources are interface objects: what is asked of all runtime types alike is
// answered without knowing the type; for the rest a subgraph is asked that knows it.
func (s *solver) solveUnknown(p *position) error {
	p.types = p.shape.possible
	sub := subject{object: unknownObject, name: s.run.graph.Node(p.sources[0].node).Type.Name}
	rc, err := s.reach(sub, p.sources, 0)
	if err != nil {
		return err
	}
	var uniform, typed []*shapeField
	typeAsked := false
	for _, f := range p.shape.fields {
		if f.types != nil || f.name == "__typename" && (f.sent || p.shape.possible.Len() > 1) {
			typeAsked = true // where the client can see one type only, it is known
		}
		switch {
		case f.name == "__typename":
		case f.types != nil:
			typed = append(typed, f)
		default:
			c, err := s.candidate(rc, f)
			if err != nil {
				return err
			}
			if len(c.options) > 0 {
				uniform = append(uniform, f)
			} else {
				typed = append(typed, f)
			}
		}
	}
	typeAsked = typeAsked || len(typed) > 0 || p.shape.possible.Len() < s.run.graph.Possible(sub.name).Len()
	all, _, err := s.candidates(rc, uniform)
	if err != nil {
		return err
	}
	discovery := rc.discovery(s)
	if typeAsked && discovery == nil {
		p.failed = &UnplannableError{Type: sub.name, Name: "__typename", Path: ""}
		return nil
	}
	taken := profile(nil)
	if typeAsked {
		taken = discovery.codes
	}
	if err := s.choose(all, taken); err != nil {
		return err
	}
	a := s.newAssembly(p, rc, p.sources)
	for _, c := range all {
		a.addItem(c)
	}
	if typeAsked {
		a.keep = discovery
	}
	if err := a.addContexts(); err != nil {
		return err
	}
	if p.prelude, err = a.finish(); err != nil || p.prelude == nil {
		return err
	}
	p.prelude.types = p.types
	if !typeAsked {
		return nil
	}
	p.askType, p.discovery = true, a.kept
	known := s.run.graph.Node(discovery.node).Type.Possible
	p.types = p.types.Intersect(known)
	if len(typed) == 0 {
		return nil
	}
	sources := append(slices.Clone(p.sources), source{node: discovery.node, level: discovery.level, hold: p.sources[0].hold})
	return s.solveClasses(p, sources, typed)
}

// discovery is the way that learns the runtime type of an object of which only the interface is known; nil for none.
func (rc *reach) discovery(s *solver) *way {
	var best *way
	for _, w := range rc.ways[rc.sources:] {
		if s.run.graph.Node(w.node).Type.IsAbstract() && (best == nil || w.before(best)) {
			best = w
		}
	}
	return best
}

// assembly puts a class together: the chosen ways become steps, what they need becomes items.
type assembly struct {
	solver *solver
	p      *position
	rc     *reach
	class  *class
	byWay  map[*way]int
	ways   []*way // by step
	// asked are the items that somebody wants for themselves: the client, or a shape that conditions were added to.
	asked map[*item]bool
	keep  *way // a way to take even if no item needs it
	kept  int  // its step
}

func (s *solver) newAssembly(p *position, rc *reach, sources []source) *assembly {
	a := &assembly{
		solver: s, p: p, rc: rc, class: &class{given: len(sources)}, byWay: map[*way]int{}, asked: map[*item]bool{}, kept: -1,
	}
	for i := range sources {
		a.byWay[rc.ways[i]] = i
		a.class.steps = append(a.class.steps, &step{node: rc.ways[i].node})
		a.ways = append(a.ways, rc.ways[i])
	}
	return a
}

// addItem adds a field of the shape as chosen. Its steps are filled in by finish, when conditions are known.
func (a *assembly) addItem(c *candidate) {
	o := c.options[c.chosen]
	it := &item{field: c.field, child: o.child, guard: c.field.guard}
	it.ways = []*way{o.way}
	it.nodes = []querygraph.NodeID{o.to}
	if o.split != nil {
		it.ways, it.nodes = nil, nil
		for _, part := range o.split {
			it.ways = append(it.ways, part.way)
			it.nodes = append(it.nodes, part.to)
		}
	}
	a.class.items = append(a.class.items, it)
	a.asked[it] = true
}

// finish takes the ways that the items chose, in order of their level, each after what it needs.
func (a *assembly) finish() (*class, error) {
	var ways []*way
	for _, it := range a.class.items {
		ways = append(ways, it.ways...)
	}
	if a.keep != nil {
		ways = append(ways, a.keep)
	}
	slices.SortStableFunc(ways, func(x, y *way) int {
		if x.hold == y.hold || x.hold != a.rc.hold && y.hold != a.rc.hold {
			return x.level - y.level
		} else if x.hold == a.rc.hold {
			return -1 // what a deferred way needs may be known by then
		}
		return 1
	})
	for _, w := range ways {
		if err := a.take(w); err != nil {
			return nil, err
		}
	}
	if a.p.failed != nil {
		return nil, nil //nolint:nilerr // the position keeps why it failed
	}
	for _, it := range a.class.items {
		for _, w := range it.ways {
			it.steps = append(it.steps, a.byWay[w])
		}
	}
	a.collect()
	a.class.guardSteps(a.solver.run.guards, a.kept)
	a.measure()
	return a.class, nil
}

// take makes a step of a way, after making known what it needs. A step whose items all moved to other steps is dropped
// by collect.
func (a *assembly) take(w *way) error {
	if _, ok := a.byWay[w]; ok {
		return nil
	}
	st := &step{node: w.node, entry: w.entry, root: w.root, contexts: w.contexts, own: w.own, hold: w.hold}
	for i, conditions := range []*resolution{w.key, w.requires, w.rides} {
		if conditions == nil {
			continue
		}
		for _, one := range conditions.fields {
			one.way = a.deferredWith(w, one.way)
			if err := a.take(one.way); err != nil {
				return err
			}
			n, err := a.need(one, i == 0)
			if err != nil || a.p.failed != nil {
				return err
			}
			if conditions == w.rides {
				st.awaits = append(st.awaits, n)
				continue
			}
			if !slices.ContainsFunc(st.needs, func(other need) bool { return other.item == n.item && other.field == n.field }) {
				st.needs = append(st.needs, n)
			}
		}
	}
	a.byWay[w] = len(a.class.steps)
	a.class.steps = append(a.class.steps, st)
	a.ways = append(a.ways, w)
	return nil
}

// need makes one field of a condition known: by an item there is, or by one of its own.
func (a *assembly) need(one resolved, key bool) (need, error) {
	t, unknown := a.rc.subject.object, a.p.prelude != nil
	if t == unknownObject {
		t, unknown = a.p.shape.possible.First(), true
	}
	bound, _ := a.solver.run.bindField(one.field, a.p.shape, nil, t, unknown)
	bound = a.solver.run.shapes.internField(bound)
	n := need{field: bound, name: one.field.Name, key: key}
	for i, it := range a.class.items {
		if it.field.store != bound.store || len(it.ways) > 1 {
			continue
		}
		same := it.ways[0] == one.way
		if bound.child == nil {
			if _, taken := a.byWay[it.ways[0]]; !same && !taken {
				it.ways[0], it.nodes[0] = one.way, one.to // it is asked there anyway
			}
			n.item = i
			return n, nil
		}
		if !same {
			continue
		}
		joined, err := a.join(it, bound, one)
		if err != nil {
			return n, err
		}
		if joined {
			n.item = i
			return n, nil
		}
	}
	it := &item{field: bound, ways: []*way{one.way}, nodes: []querygraph.NodeID{one.to}, guard: never}
	if bound.child != nil {
		child, err := a.solver.position(bound.child, source{node: one.to})
		if err != nil {
			return n, err
		}
		if child.failed != nil {
			a.p.failed = child.failed
			return n, nil //nolint:nilerr // the position keeps why it failed
		}
		it.child = child
	}
	n.item = len(a.class.items)
	a.class.items = append(a.class.items, it)
	return n, nil
}

// join adds what a condition needs below a field to what is asked below it already; false when that cannot be answered
// from there together.
func (a *assembly) join(it *item, bound *shapeField, one resolved) (bool, error) {
	shapes := a.solver.run.shapes
	asked := it.child.shape
	if a.asked[it] && !it.joined {
		asked = shapes.withGuard(asked, it.guard) // from here on the field is asked under a weaker guard
	}
	together := shapes.union(asked, bound.child)
	child, err := a.solver.position(together, source{node: one.to, given: it.child.sources[0].given, hold: it.child.sources[0].hold})
	if err != nil || child.failed != nil {
		return false, err
	}
	it.child, it.joined = child, true
	return true, nil
}

// collect drops the steps and items that nobody needs any more, and renumbers the others.
func (a *assembly) collect() {
	c := a.class
	liveItems, liveSteps := make([]bool, len(c.items)), make([]bool, len(c.steps))
	for i := range c.given {
		liveSteps[i] = true
	}
	if a.keep != nil {
		a.markStep(a.byWay[a.keep], liveSteps, liveItems)
	}
	for i, it := range c.items {
		if a.asked[it] {
			a.markItem(i, liveSteps, liveItems)
		}
	}
	stepAt, itemAt := renumber(liveSteps), renumber(liveItems)
	var ways []*way
	for i, live := range liveSteps {
		if live {
			ways = append(ways, a.ways[i])
		}
	}
	a.ways = ways
	c.steps = keep(c.steps, liveSteps)
	c.items = keep(c.items, liveItems)
	for _, st := range c.steps {
		for i := range st.needs {
			st.needs[i].item = itemAt[st.needs[i].item]
		}
		for i := range st.awaits {
			st.awaits[i].item = itemAt[st.awaits[i].item]
		}
	}
	for _, it := range c.items {
		for i := range it.steps {
			it.steps[i] = stepAt[it.steps[i]]
		}
	}
	for _, value := range c.provides {
		for i := range value.needs {
			value.needs[i].item = itemAt[value.needs[i].item]
		}
	}
	if a.keep != nil {
		a.kept = stepAt[a.byWay[a.keep]]
	}
}

func (a *assembly) markItem(i int, liveSteps, liveItems []bool) {
	if liveItems[i] {
		return
	}
	liveItems[i] = true
	for _, step := range a.class.items[i].steps {
		a.markStep(step, liveSteps, liveItems)
	}
}

func (a *assembly) markStep(i int, liveSteps, liveItems []bool) {
	if liveSteps[i] && i >= a.class.given {
		return
	}
	liveSteps[i] = true
	for _, n := range slices.Concat(a.class.steps[i].needs, a.class.steps[i].awaits) {
		a.markItem(n.item, liveSteps, liveItems)
	}
}

// renumber gives each live index its place among the live ones.
func renumber(live []bool) []int {
	at, next := make([]int, len(live)), 0
	for i, is := range live {
		at[i] = next
		if is {
			next++
		}
	}
	return at
}

func keep[T any](all []T, live []bool) []T {
	kept := all[:0:0]
	for i, one := range all {
		if live[i] {
			kept = append(kept, one)
		}
	}
	return kept
}

// measure adds the class's requests and look-ups to the position's.
func (a *assembly) measure() {
	for i, w := range a.ways {
		if i < a.class.given {
			continue
		}
		a.p.profile = a.p.profile.with(w.codes)
		a.p.hops++
	}
	for _, it := range a.class.items {
		if it.child == nil || len(it.child.profile) == 0 {
			continue
		}
		first := it.ways[0].level
		for _, w := range it.ways {
			first = min(first, w.level)
		}
		a.p.profile = a.p.profile.with(it.child.profile.later(first))
		a.p.hops += it.child.hops
	}
}
