package planner

import (
	"encoding/binary"
	"slices"

	"github.com/tributary-gql/tributary/router/internal/fault"
	"github.com/tributary-gql/tributary/router/internal/plan"
	"github.com/tributary-gql/tributary/schema/querygraph"
)

// draft is the fetch graph under construction.
type draft struct {
	run     *run
	fetches []*fetch
	byKey   map[fetchKey]*fetch
	places  map[string]*place
	known   map[knownKey][]*fetch
	roots   []*place
	part    int // the mutation field (with what follows from it) being built; 0 in other operations
	key     []byte
}

// fetchKey: everything that one subgraph is asked at one level is one request. Root types entered in the middle of an
// operation have requests of their own, one for each place.
type fetchKey struct {
	subgraph, level, part int
	place                 int // of a root type in the middle, else -1
	hold                  int // holdNumber of the @defer that it is made for
	root                  bool
}

type knownKey struct {
	place *place
	shape int
}

// fetch is one request under construction.
type fetch struct {
	id       int // its place in the order of creation, later in the plan
	subgraph int
	level    int
	part     int
	hold     int
	kind     plan.Kind
	waits    []*fetch
	entries  []*entry
	root     bool   // roots are asked for, not entities
	into     *fetch // the fetch that it was put into, nil for none
	dropped  bool   // no request makes it
}

// entry is what a fetch asks about the objects of one place.
type entry struct {
	place *place
	steps []taken
}

// taken is a step of a class, taken at a place.
type taken struct {
	class *class
	step  int
}

// place is where a position stands in the response: every path that leads to it from objects that came with the same
// fetches. A position that stands at many paths is few places.
type place struct {
	id       int
	position *position
	sources  []*fetch
	up       []*link
	prelude  *placed
	classes  []*placed
	guard    guard // of its objects being there at all
	guarded  bool  // guard is computed

	ways []plan.Path // computed once by paths
}

// placed is a class with the fetches that its steps became, and the places of its items' values.
type placed struct {
	class    *class
	fetches  []*fetch
	children []*place
	only     bool // the position's only class, and the runtime type need not be in the response tree
}

// link leads from an object to the value of one of its fields.
type link struct {
	parent *place
	field  *shapeField
	types  querygraph.TypeSet
	guard  guard
}

// buildFetches places every step of every position in a fetch.
func (r *run) buildFetches() error {
	d := &draft{run: r, byKey: map[fetchKey]*fetch{}, places: map[string]*place{}, known: map[knownKey][]*fetch{}}
	r.draft = d
	for i, root := range r.roots {
		if i > 0 && !d.sameSubgraph(r.roots[i-1], root) {
			d.part++
		}
		o, err := d.placeOf(root, nil, nil)
		if err != nil {
			return err
		}
		d.roots = append(d.roots, o)
	}
	return nil
}

// sameSubgraph tells whether two fields of a mutation that follow each other are asked of one subgraph: in one request.
func (d *draft) sameSubgraph(a, b *position) bool {
	subgraph := func(p *position) querygraph.SubgraphID {
		for _, c := range p.classes {
			for _, st := range c.steps {
				return d.run.graph.Node(st.node).Subgraph
			}
		}
		return -1
	}
	return subgraph(a) == subgraph(b)
}

// placeOf is the place of a position whose objects come with those fetches.
func (d *draft) placeOf(p *position, sources []*fetch, from *link) (*place, error) {
	d.key = binary.LittleEndian.AppendUint32(d.key[:0], uint32(p.id))
	d.key = binary.LittleEndian.AppendUint32(d.key, uint32(d.part))
	for _, f := range sources {
		d.key = binary.LittleEndian.AppendUint32(d.key, uint32(f.id))
	}
	if from != nil && len(p.shape.uses) > 0 {
		// Which ancestor gives a context depends on the way here.
		d.key = binary.LittleEndian.AppendUint32(d.key, uint32(from.parent.id))
		d.key = append(d.key, from.field.store...)
	}
	key := string(d.key)
	o := d.places[key]
	if o == nil {
		o = &place{id: len(d.places), position: p, sources: sources}
		d.places[key] = o
		o.addLink(from)
		if err := d.run.spend(1); err != nil {
			return nil, err
		}
		return o, d.placeClasses(o)
	}
	o.addLink(from)
	return o, nil
}

// addLink adds a way to the place. Links from different classes of one place are one.
func (o *place) addLink(from *link) {
	if from == nil {
		return
	}
	for _, known := range o.up {
		if known.parent == from.parent && known.field.store == from.field.store && known.guard == from.guard {
			known.types = known.types.Union(from.types)
			return
		}
	}
	o.up = append(o.up, from)
}

func (d *draft) placeClasses(o *place) error {
	p := o.position
	given := o.sources
	if p.prelude != nil {
		o.prelude = newPlaced(o, p.prelude, given)
		if err := d.placeClass(o, o.prelude); err != nil {
			return err
		}
		if p.discovery >= 0 {
			given = append(slices.Clone(given), o.prelude.fetches[p.discovery])
		}
	}
	for _, c := range p.classes {
		made := newPlaced(o, c, given)
		o.classes = append(o.classes, made)
		if err := d.placeClass(o, made); err != nil {
			return err
		}
	}
	return nil
}

func newPlaced(o *place, c *class, given []*fetch) *placed {
	return &placed{
		class: c, fetches: slices.Clone(given), children: make([]*place, len(c.items)), only: !o.position.askType,
	}
}

// placeClass places the class's steps, and after each step the values that are complete with it. Values below which a
// context is taken come last: then everything that the class gives to contexts has its place.
func (d *draft) placeClass(o *place, made *placed) error {
	for i, st := range made.class.steps {
		if i >= made.class.given {
			f, err := d.placeStep(o, made, st)
			if err != nil {
				return err
			}
			made.fetches = append(made.fetches, f)
			f.addStep(o, taken{made.class, i})
		}
		for n, it := range made.class.items {
			if slices.Max(it.steps) != i || it.child != nil && len(it.child.shape.uses) > 0 {
				continue
			}
			if err := d.placeItem(o, made, n); err != nil {
				return err
			}
		}
	}
	for n := range made.class.items {
		if err := d.placeItem(o, made, n); err != nil {
			return err
		}
	}
	return nil
}

// placeStep finds the fetch for a step: at the first level at which all that it needs has arrived.
func (d *draft) placeStep(o *place, made *placed, st *step) (*fetch, error) {
	var waits []*fetch
	for _, n := range slices.Concat(st.needs, st.awaits) {
		if err := d.placeItem(o, made, n.item); err != nil {
			return nil, err
		}
		it := made.class.items[n.item]
		for _, step := range it.steps {
			waits = append(waits, made.fetches[step])
		}
		if n.field.child != nil && !fault.On(fault.MissDependency) {
			waits = append(waits, d.knownBelow(made.children[n.item], n.field.child)...)
		}
	}
	if given := made.class.given; given > 0 { // the object itself, and its type
		waits = append(waits, made.fetches[0], made.fetches[given-1])
	}
	for _, use := range st.contexts {
		if !slices.Contains(st.own, use) {
			waits = append(waits, d.contextFetches(o, use)...)
		}
	}
	key := fetchKey{
		subgraph: int(d.run.graph.Node(st.node).Subgraph), level: 1, part: d.part, place: -1, root: st.root, hold: holdNumber(st.hold),
	}
	if st.root && len(o.sources) == 0 {
		waits = append(waits, d.previousParts()...)
	} else if st.root {
		key.place = o.id
	}
	for _, f := range waits {
		key.level = max(key.level, f.level+1)
	}
	f := d.byKey[key]
	if f == nil {
		f = &fetch{id: len(d.fetches), subgraph: key.subgraph, level: key.level, part: d.part, hold: key.hold, kind: plan.Query, root: st.root}
		if st.root && len(o.sources) == 0 {
			f.kind = d.run.kind()
		}
		d.byKey[key] = f
		d.fetches = append(d.fetches, f)
	}
	for _, w := range waits {
		f.wait(w)
	}
	return f, d.run.spend(1)
}

func (f *fetch) wait(other *fetch) {
	if !slices.Contains(f.waits, other) {
		f.waits = append(f.waits, other)
	}
}

// previousParts are the fetches that a mutation's next field waits for: all that the fields before it started, but for
// what is deferred.
func (d *draft) previousParts() []*fetch {
	var last []*fetch
	for _, f := range d.fetches {
		if f.part == d.part-1 && f.hold == 0 && !fault.On(fault.ReorderMutations) {
			last = append(last, f)
		}
	}
	return last
}

func (f *fetch) addStep(o *place, t taken) {
	for _, e := range f.entries {
		if e.place == o {
			e.steps = append(e.steps, t)
			return
		}
	}
	f.entries = append(f.entries, &entry{place: o, steps: []taken{t}})
}

// placeItem places the value of an item whose steps have their fetches.
func (d *draft) placeItem(o *place, made *placed, n int) error {
	it := made.class.items[n]
	if it.child == nil || made.children[n] != nil {
		return nil
	}
	sources := make([]*fetch, len(it.steps))
	for k, s := range it.steps {
		sources[k] = made.fetches[s]
	}
	child, err := d.placeOf(it.child, sources, &link{parent: o, field: it.field, types: made.class.types, guard: it.guard})
	made.children[n] = child
	return err
}

// knownBelow are the fetches after which everything that a condition asks of the objects at a place is known.
func (d *draft) knownBelow(o *place, sh *shape) []*fetch {
	key := knownKey{o, sh.id}
	if found, ok := d.known[key]; ok {
		return found
	}
	var found []*fetch
	add := func(fetches ...*fetch) {
		for _, f := range fetches {
			if !slices.Contains(found, f) {
				found = append(found, f)
			}
		}
	}
	if slices.ContainsFunc(sh.fields, func(f *shapeField) bool { return f.name == "__typename" }) {
		add(o.sources[0])
		if at := o.position.discovery; at >= 0 {
			add(o.prelude.fetches[at])
		}
	}
	for _, part := range o.parts() {
		for _, f := range sh.fields {
			if f.types != nil && !f.types.Intersects(part.class.types) {
				continue
			}
			i := part.class.itemFor(f)
			if i < 0 {
				continue
			}
			for _, s := range part.class.items[i].steps {
				add(part.fetches[s])
			}
			if f.child != nil {
				add(d.knownBelow(part.children[i], f.child)...)
			}
		}
	}
	d.known[key] = found
	return found
}

// parts are the place's classes with the prelude before them.
func (o *place) parts() []*placed {
	if o.prelude == nil {
		return o.classes
	}
	return append([]*placed{o.prelude}, o.classes...)
}

// itemFor is the item that answers a condition's field with all that is asked below it; -1 when there is none.
func (c *class) itemFor(f *shapeField) int {
	return slices.IndexFunc(c.items, func(it *item) bool {
		return it.field.store == f.store && (f.child == nil || it.child != nil && it.child.shape.holds(f.child))
	})
}

// holds tells whether everything that other asks is asked by sh as well.
func (sh *shape) holds(other *shape) bool {
	if sh == other {
		return true
	}
	for _, f := range other.fields {
		if !slices.ContainsFunc(sh.fields, func(own *shapeField) bool {
			return own.store == f.store && (f.child == nil || own.child != nil && own.child.holds(f.child))
		}) {
			return false
		}
	}
	return true
}

// guardOf is the guard of a place's objects being there.
func (d *draft) guardOf(o *place) guard {
	if o.guarded {
		return o.guard
	}
	o.guarded = true
	if len(o.up) > 0 {
		o.guard = never
		for _, l := range o.up {
			o.guard = d.run.guards.or(o.guard, d.run.guards.and(d.guardOf(l.parent), l.guard))
		}
	}
	return o.guard
}

// mergeFetches puts fetches of one subgraph together when the earlier one can wait for what the later one waits for, and
// the longest chain of the plan stays as it is. An early answer that nobody needs early is worth less than a request.
func (r *run) mergeFetches() error {
	d := r.draft
	for merged := true; merged; {
		merged = false
		latest := d.latest()
		slices.SortStableFunc(d.fetches, func(a, b *fetch) int { return a.level - b.level })
		for _, early := range d.fetches {
			if late := d.partner(early, latest); late != nil {
				d.merge(early, late)
				merged = true
				break
			}
		}
		if err := r.spend(len(d.fetches)); err != nil {
			return err
		}
	}
	return nil
}

// latest is the last level at which each fetch may be made without the plan getting longer, nor what comes first of it. A
// mutation's parts keep their own order: the next part waits for all of the one before.
func (d *draft) latest() map[*fetch]int {
	type stretch struct{ part, hold int }
	depth := map[stretch]int{}
	for _, f := range d.fetches {
		s := stretch{f.part, f.hold}
		depth[s] = max(depth[s], f.level)
	}
	latest := make(map[*fetch]int, len(d.fetches))
	for _, f := range d.fetches {
		latest[f] = depth[stretch{f.part, f.hold}]
	}
	for changed := true; changed; {
		changed = false
		for _, f := range d.fetches {
			for _, w := range f.waits {
				if w.part == f.part && latest[w] > latest[f]-1 {
					latest[w] = latest[f] - 1
					changed = true
				}
			}
		}
	}
	return latest
}

// partner is the nearest later fetch that an early one can be put into; nil for none.
func (d *draft) partner(early *fetch, latest map[*fetch]int) *fetch {
	if early.root {
		return nil
	}
	for _, late := range d.fetches {
		if late != early && !late.root && late.subgraph == early.subgraph && late.part == early.part && late.hold == early.hold &&
			late.level > early.level && latest[early] >= late.level && !late.follows(early, map[*fetch]bool{}) {
			return late
		}
	}
	return nil
}

// follows tells whether f waits for other, directly or not.
func (f *fetch) follows(other *fetch, seen map[*fetch]bool) bool {
	for _, w := range f.waits {
		if w == other {
			return true
		}
		if w.level > other.level && !seen[w] {
			seen[w] = true
			if w.follows(other, seen) {
				return true
			}
		}
	}
	return false
}

func (d *draft) merge(early, late *fetch) {
	early.into = late
	for _, w := range early.waits {
		late.wait(w)
	}
	for _, e := range early.entries {
		for _, t := range e.steps {
			late.addStep(e.place, t)
		}
	}
	d.fetches = slices.DeleteFunc(d.fetches, func(f *fetch) bool { return f == early })
	for _, f := range d.fetches {
		if i := slices.Index(f.waits, early); i >= 0 {
			f.waits = slices.Delete(f.waits, i, i+1)
			f.wait(late)
		}
	}
	d.relevel()
}

// relevel computes the levels anew.
func (d *draft) relevel() {
	for changed := true; changed; {
		changed = false
		for _, f := range d.fetches {
			for _, w := range f.waits {
				if f.level <= w.level {
					f.level = w.level + 1
					changed = true
				}
			}
		}
	}
}

// orderFetches numbers fetches by level, subgraph and creation: a topological order.
func (r *run) orderFetches() error {
	d := r.draft
	slices.SortStableFunc(d.fetches, func(a, b *fetch) int {
		switch {
		case a.level != b.level:
			return a.level - b.level
		case a.subgraph != b.subgraph:
			return a.subgraph - b.subgraph
		default:
			return a.id - b.id
		}
	})
	for i, f := range d.fetches {
		f.id = i
	}
	return nil
}
