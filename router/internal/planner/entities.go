package planner

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strconv"

	"github.com/tributary-gql/tributary/router/internal/fault"
	"github.com/tributary-gql/tributary/router/internal/plan"
	"github.com/tributary-gql/tributary/schema/querygraph"
)

// asking is one `_entities` selection of a fetch under construction, or its root selection.
type asking struct {
	places    []*place
	paths     []plan.Path
	types     querygraph.TypeSet
	reps      []*plan.Representation
	selection *selection
	contexts  []plan.ContextVariable
	order     []*contextUse          // parallel to contexts
	uses      map[*contextUse]string // the variable of each context
	guard     guard
	below     []byte // the positions of the values that are asked for
	key       string // what makes two places be asked the same way
}

// placeEntities turns the entries of each fetch into `_entities` selections: one for each way of asking, with all the
// paths whose objects are asked that way.
func (r *run) placeEntities() error {
	r.askings = make([][]*asking, len(r.draft.fetches))
	for i, f := range r.draft.fetches {
		if f.root {
			root := r.rootAsking(f)
			if err := r.findPaths(root); err != nil {
				return err
			}
			r.askings[i] = []*asking{root}
			continue
		}
		var all []*asking
		for _, e := range f.entries {
			for _, a := range r.askingsOf(e) {
				same := slices.IndexFunc(all, func(other *asking) bool { return other.key == a.key })
				if same < 0 || a.contexts != nil {
					all = append(all, a)
					continue
				}
				all[same].places = append(all[same].places, a.places...)
				all[same].guard = r.guards.or(all[same].guard, a.guard)
			}
		}
		var placed []*asking
		for _, a := range all {
			if err := r.findPaths(a); err != nil {
				return err
			}
			placed = append(placed, a.placeContexts()...)
		}
		r.askings[i] = r.joinSamePlaces(placed)
	}
	r.dropNever()
	return nil
}

// dropNever drops what no request asks: conditions above a place can contradict those at it.
func (r *run) dropNever() {
	var fetches []*fetch
	var askings [][]*asking
	for i, f := range r.draft.fetches {
		asked := slices.DeleteFunc(r.askings[i], func(a *asking) bool { return a.guard == never })
		if len(asked) == 0 {
			f.dropped = true
			continue
		}
		f.waits = slices.DeleteFunc(f.waits, func(w *fetch) bool { return w.dropped })
		f.id = len(fetches)
		fetches, askings = append(fetches, f), append(askings, asked)
	}
	r.draft.fetches, r.askings = fetches, askings
}

func (r *run) findPaths(a *asking) error {
	for _, o := range a.places {
		ways, err := r.draft.paths(o)
		if err != nil {
			return err
		}
		a.paths = append(a.paths, ways...)
	}
	return nil
}

// rootAsking is the selection of a root fetch.
func (r *run) rootAsking(f *fetch) *asking {
	a := &asking{guard: never}
	c := &collector{s: r.selects, subgraph: querygraph.SubgraphID(f.subgraph), all: r.facts.all}
	for _, e := range f.entries {
		for _, t := range e.steps {
			st := t.class.steps[t.step]
			c.on, c.all = r.graph.Node(st.node).Type, e.place.position.types
			c.addStep(e.place.position, t.class, t.step, "")
			a.guard = r.guards.or(a.guard, r.guards.and(st.guard, r.draft.guardOf(e.place)))
		}
		if len(e.place.sources) > 0 {
			a.places = append(a.places, e.place)
		}
	}
	a.selection = c.finishInOrder()
	return a
}

// askingsOf are the ways to ask the objects of an entry: one, unless different types have to be asked differently.
func (r *run) askingsOf(e *entry) []*asking {
	var all []*asking
	for _, bucket := range r.buckets(e) {
		a := r.asking(e, bucket)
		same := slices.IndexFunc(all, func(other *asking) bool {
			return other.selection == a.selection && other.guard == a.guard && len(other.contexts)+len(a.contexts) == 0 &&
				!other.types.Intersects(a.types)
		})
		if same < 0 {
			all = append(all, a)
			continue
		}
		all[same].types = all[same].types.Union(a.types)
		for _, rep := range a.reps {
			all[same].addRepresentation(rep)
		}
	}
	for _, a := range all {
		a.key = a.makeKey()
	}
	return all
}

// buckets divides the steps that a fetch takes at a place into those that can share one representation of each entity. Steps
// whose conditions contradict those of the place are left out: what would describe the entity is not there either.
func (r *run) buckets(e *entry) [][]taken {
	var buckets [][]taken
	for _, t := range e.steps {
		if r.guards.and(t.class.steps[t.step].guard, r.draft.guardOf(e.place)) == never {
			continue
		}
		fits := slices.IndexFunc(buckets, func(bucket []taken) bool {
			return !slices.ContainsFunc(bucket, func(other taken) bool { return !t.sharesWith(other) })
		})
		if fits < 0 {
			buckets = append(buckets, []taken{t})
			continue
		}
		buckets[fits] = append(buckets[fits], t)
	}
	return buckets
}

// sharesWith tells whether two steps of a place can be one: of one class they must describe the entity by the same key.
func (t taken) sharesWith(other taken) bool {
	a, b := t.class.steps[t.step], other.class.steps[other.step]
	if t.class == other.class {
		// Under different guards, what the one requires may not be there when the other is asked.
		return a.entry == b.entry && a.guard == b.guard && a.sharesContexts(b) && !a.contradicts(b)
	}
	// What one type needs and another does not cannot be said of an interface object, which stands for both.
	return !a.entry.Interface && !b.entry.Interface && slices.Equal(a.contexts, b.contexts) &&
		!t.class.types.Intersects(other.class.types)
}

// sharesContexts tells whether what two steps take from contexts is the same, or one of them takes nothing.
func (st *step) sharesContexts(other *step) bool {
	return len(st.contexts) == 0 || len(other.contexts) == 0 ||
		slices.Equal(st.contexts, other.contexts) && slices.Equal(st.own, other.own)
}

// contradicts tells whether two steps send different values under one name: what their fields require differs in arguments.
func (st *step) contradicts(other *step) bool {
	if fault.On(fault.ShareContradictions) {
		return false
	}
	for _, x := range st.needs {
		for _, y := range other.needs {
			if x.name == y.name && (x.field.store != y.field.store || x.field.contradicts(y.field)) {
				return true
			}
		}
	}
	return false
}

// contradicts tells the same of what is sent below a field that both send.
func (f *shapeField) contradicts(other *shapeField) bool {
	if f.child == other.child || f.child == nil || other.child == nil {
		return false
	}
	for _, x := range f.child.fields {
		for _, y := range other.child.fields {
			meet := x.types == nil || y.types == nil || x.types.Intersects(y.types)
			if meet && x.name == y.name && (x.store != y.store || x.contradicts(y)) {
				return true
			}
		}
	}
	return false
}

func (r *run) asking(e *entry, bucket []taken) *asking {
	p := e.place.position
	a := &asking{places: []*place{e.place}, guard: never}
	first := bucket[0].class.steps[bucket[0].step]
	c := &collector{s: r.selects, subgraph: first.entry.Subgraph}
	for _, t := range bucket {
		c.all = c.all.Union(t.class.types)
	}
	a.types = c.all
	for _, t := range bucket {
		st := t.class.steps[t.step]
		as := ""
		if r.graph.Node(st.node).Type.InterfaceObject {
			as = st.entry.Typename
		}
		c.addStep(p, t.class, t.step, as)
		a.guard = r.guards.or(a.guard, st.guard)
		a.below = t.class.appendBelow(a.below, t.step)
		if t.class == p.prelude && t.step == p.discovery {
			for _, typed := range p.classes {
				a.below = typed.appendBelow(a.below, len(p.sources))
			}
		}
		r.represent(a, p, t)
	}
	a.guard = r.guards.and(a.guard, r.draft.guardOf(e.place))
	a.selection = c.finish()
	r.addContextVariables(a, e.place, bucket)
	return a
}

// represent adds how entities of a class are described: under their own type's name, or all under an interface's.
func (r *run) represent(a *asking, p *position, t taken) {
	st := t.class.steps[t.step]
	var fields []*plan.RepresentationField
	for i, n := range st.needs {
		if fault.On(fault.ForgetKeyField) && n.key && i > 0 {
			continue
		}
		fields = addRepresented(fields, r.represented(n.name, n.field, n.key))
	}
	sortRepresented(fields)
	if !p.askType || t.class == p.prelude {
		a.addRepresentation(&plan.Representation{Typename: st.entry.Typename, Fields: fields})
		return
	}
	names := r.graph.Names(t.class.types)
	if st.entry.Interface {
		a.addRepresentation(&plan.Representation{Types: names, Typename: st.entry.Typename, Fields: fields})
		return
	}
	for _, name := range names {
		rep := &plan.Representation{Types: []string{name}, Typename: name, Fields: fields}
		if fault.On(fault.DropTypeCondition) {
			rep.Types = nil
		}
		a.addRepresentation(rep)
	}
}

// addRepresentation adds a description of entities to those there are, joining it with one that says the same.
func (a *asking) addRepresentation(rep *plan.Representation) {
	for _, other := range a.reps {
		if other.Typename != rep.Typename {
			continue
		}
		if slices.Equal(other.Types, rep.Types) { // another step of the class
			for _, f := range rep.Fields {
				other.Fields = addRepresented(other.Fields, f)
			}
			sortRepresented(other.Fields)
			return
		}
		if sameRepresented(other.Fields, rep.Fields) && other.Types != nil && rep.Types != nil {
			other.Types = append(other.Types, rep.Types...)
			slices.Sort(other.Types)
			return
		}
	}
	a.reps = append(a.reps, rep)
}

func (r *run) represented(name string, f *shapeField, key bool) *plan.RepresentationField {
	out := &plan.RepresentationField{Name: name, StoreName: f.store, Key: key}
	if f.types != nil {
		out.Types = r.graph.Names(f.types)
	}
	if f.child != nil {
		out.Fields = []*plan.RepresentationField{}
		for _, below := range f.child.fields {
			out.Fields = addRepresented(out.Fields, r.represented(below.name, below, key))
		}
	}
	return out
}

// addRepresented adds a field of a representation, joining what is sent below the same field. A field that is part of a
// key stays one.
func addRepresented(fields []*plan.RepresentationField, f *plan.RepresentationField) []*plan.RepresentationField {
	for i, other := range fields {
		if other.Name != f.Name || other.StoreName != f.StoreName || !slices.Equal(other.Types, f.Types) {
			continue
		}
		joined := *other
		joined.Key = other.Key || f.Key
		joined.Fields = slices.Clone(other.Fields)
		for _, below := range f.Fields {
			joined.Fields = addRepresented(joined.Fields, below)
		}
		fields = slices.Clone(fields)
		fields[i] = &joined
		return fields
	}
	return append(fields, f)
}

// sortRepresented orders fields by name: what is described by the same fields is described alike.
func sortRepresented(fields []*plan.RepresentationField) {
	slices.SortStableFunc(fields, func(a, b *plan.RepresentationField) int { return cmp.Compare(a.Name, b.Name) })
}

func sameRepresented(a, b []*plan.RepresentationField) bool {
	return slices.EqualFunc(a, b, func(x, y *plan.RepresentationField) bool {
		return x.Name == y.Name && x.StoreName == y.StoreName && x.Key == y.Key && slices.Equal(x.Types, y.Types) &&
			sameRepresented(x.Fields, y.Fields)
	})
}

// appendBelow adds the positions of the values that a step answers.
func (c *class) appendBelow(k []byte, step int) []byte {
	for _, it := range c.items {
		if it.child != nil && slices.Contains(it.steps, step) {
			k = append(append(k, it.field.store...), 0)
			k = binary.LittleEndian.AppendUint32(k, uint32(it.child.id))
		}
	}
	return k
}

// makeKey: places that are asked the same way share their answers, object by object. So the values asked for must be at
// the same positions as well: then whatever is written into them later is the same.
func (a *asking) makeKey() string {
	k := append(binary.LittleEndian.AppendUint32(nil, uint32(a.selection.id)), a.below...)
	for _, rep := range a.reps {
		k = append(append(k, rep.Typename...), 0)
		for _, t := range rep.Types {
			k = append(append(k, t...), ',')
		}
		k = appendRepresented(k, rep.Fields)
	}
	return string(k)
}

func appendRepresented(k []byte, fields []*plan.RepresentationField) []byte {
	k = append(k, '{')
	for _, f := range fields {
		k = append(append(k, f.Name...), ':')
		k = append(append(k, f.StoreName...), ' ')
		k = strconv.AppendBool(k, f.Key)
		for _, t := range f.Types {
			k = append(append(k, ','), t...)
		}
		k = appendRepresented(k, f.Fields)
	}
	return append(k, '}')
}

// joinSamePlaces makes one of several ways to ask the same objects, where the same representation serves them: a value
// that two conditions and the client ask separately for.
func (r *run) joinSamePlaces(all []*asking) []*asking {
	var kept []*asking
	for _, a := range all {
		same := slices.IndexFunc(kept, func(other *asking) bool {
			return other.contexts == nil && a.contexts == nil && samePaths(other.paths, a.paths) &&
				slices.EqualFunc(other.reps, a.reps, func(x, y *plan.Representation) bool {
					return x.Typename == y.Typename && slices.Equal(x.Types, y.Types) && sameRepresented(x.Fields, y.Fields)
				})
		})
		if same < 0 {
			kept = append(kept, a)
			continue
		}
		other := kept[same]
		first, second := other.selection, a.selection
		if other.guard != a.guard {
			first, second = r.selects.withGuard(first, other.guard), r.selects.withGuard(second, a.guard)
		}
		other.selection = r.selects.union(first, second)
		other.guard = r.guards.or(other.guard, a.guard)
	}
	return kept
}

func samePaths(a, b []plan.Path) bool {
	return slices.EqualFunc(a, b, func(x, y plan.Path) bool { return slices.EqualFunc(x, y, sameElement) })
}

func sameElement(a, b plan.PathElement) bool {
	return a.StoreName == b.StoreName && slices.Equal(a.Types, b.Types) && slices.EqualFunc(a.Also, b.Also, sameElement)
}
