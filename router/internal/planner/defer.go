package planner

import (
	"slices"

	"github.com/tributary-gql/tributary/router/internal/operation"
	"github.com/tributary-gql/tributary/router/internal/plan"
)

// Deferred fragments are planned with the rest of the operation. What comes later is decided here: the response is
// divided into payloads, each of which waits for the fetches that its own fields need. A deferred field that the
// initial response's fetches bring anyway has nothing to wait for and follows at once.

// maxPayloads is how many places deferred fragments may stand at.
const maxPayloads = 1000

// payloads divides an operation's response.
type payloads struct {
	run     *run
	holding map[*operation.SelectionSet]bool // whether a field below is deferred
	needed  map[neededKey]map[*fetch]bool
	parts   []*plan.Deferred
	err     error
}

type neededKey struct {
	place *place
	set   *operation.SelectionSet
	hold  *operation.Defer
}

// current is the payload that fields at hand belong to.
type current struct {
	hold *operation.Defer
	id   int // -1: the initial response
}

// trail is a way to the objects of a selection set.
type trail struct {
	path  plan.Path
	guard guard // of the fields on it being in the response, with a value
}

// deferPayloads adds the later payloads to a plan whose response is the initial one.
func (r *run) deferPayloads(w *responses) error {
	p := &payloads{run: r, holding: map[*operation.SelectionSet]bool{}, needed: map[neededKey]map[*fetch]bool{}}
	if !r.options.Defer || !p.holds(r.op.Root) {
		return nil
	}
	roots := r.rootPlaces()
	r.plan.ResponseWaitsFor = p.waits(r.op.Root, roots, nil)
	p.walk(w, r.op.Root, roots, trail{guard: plan.Always}, current{id: -1})
	r.plan.Deferred = p.parts
	return p.err
}

// rootPlaces are the places of the operation's root: one for each field of a mutation.
func (r *run) rootPlaces() []*place {
	var roots []*place
	for _, o := range r.draft.roots {
		if !slices.Contains(roots, o) {
			roots = append(roots, o)
		}
	}
	return roots
}

// holds tells whether something below a selection set is deferred. Memoised.
func (p *payloads) holds(set *operation.SelectionSet) bool {
	if known, ok := p.holding[set]; ok {
		return known
	}
	found := false
	for _, f := range set.Fields {
		found = found || p.run.hold(f) != nil || f.Selections != nil && p.holds(f.Selections)
	}
	p.holding[set] = found
	return found
}

// walk finds the places at which a payload starts: where a field's @defer is not that of the payload at hand.
func (p *payloads) walk(w *responses, set *operation.SelectionSet, places []*place, way trail, at current) {
	started := map[*operation.Defer]current{at.hold: at}
	for _, f := range set.Fields {
		hold := p.run.hold(f)
		if p.err != nil || f.Selections == nil && hold == at.hold {
			continue
		}
		part := p.start(w, set, places, way, at, hold, started)
		if f.Selections == nil || !p.holds(f.Selections) {
			continue
		}
		for _, next := range p.along(way, set, f) {
			p.walk(w, f.Selections, p.below(places, f), next, part)
		}
	}
}

// along are the ways on through a field: one for each part of its runtime types that demands something else of the caller.
func (p *payloads) along(way trail, set *operation.SelectionSet, f *operation.Field) []trail {
	element := plan.PathElement{
		StoreName: storeName(f), ResponseName: f.ResponseName, Types: f.Types, List: listLevels(f.Definition.Type),
	}
	guards := p.run.guards
	shown := guards.and(way.guard, guards.condition(f.Condition))
	parts := p.run.denials(set, f)
	if parts == nil {
		return []trail{{append(slices.Clip(way.path), element), shown}}
	}
	var ways []trail
	for _, part := range parts {
		if len(parts) > 1 {
			element.Types = p.run.graph.Names(part.types)
		}
		ways = append(ways, trail{append(slices.Clip(way.path), element), guards.and(shown, part.guard)})
	}
	return ways
}

// start gives the payload for what a @defer holds at some places, beginning with those around it.
func (p *payloads) start(
	w *responses, set *operation.SelectionSet, places []*place, way trail, at current, hold *operation.Defer,
	started map[*operation.Defer]current,
) current {
	if part, ok := started[hold]; ok {
		return part
	}
	if len(places) == 0 {
		return at // no subgraph can have such an object here
	}
	parent := at
	for around := hold.Parent; around != at.hold; around = around.Parent {
		// Where the inner one is not active, what it holds comes with the one around it.
		if hold.If != "" || slices.ContainsFunc(set.Fields, func(f *operation.Field) bool { return p.run.hold(f) == around }) {
			parent = p.start(w, set, places, way, at, around, started)
			break
		}
	}
	guard := p.run.guards.and(way.guard, p.run.guards.deferred(hold))
	if guard == never {
		if way.guard != never { // it is never deferred: the payload around it shows it
			p.await(parent, p.waits(set, places, hold))
		}
		started[hold] = parent
		return parent
	}
	if len(p.parts) >= maxPayloads {
		p.err = &LimitError{What: "deferred payloads", Limit: maxPayloads}
		return at
	}
	made := &plan.Deferred{
		ID: len(p.parts), Label: hold.Label, Parent: parent.id, Path: way.path, Response: w.object(set, hold),
		Guard: guard, WaitsFor: p.waits(set, places, hold),
	}
	p.parts = append(p.parts, made)
	started[hold] = current{hold: hold, id: made.ID}
	return started[hold]
}

// await makes a payload wait for more fetches.
func (p *payloads) await(at current, fetches []int) {
	waits := &p.run.plan.ResponseWaitsFor
	if at.id >= 0 {
		waits = &p.parts[at.id].WaitsFor
	}
	*waits = append(*waits, fetches...)
	slices.Sort(*waits)
	*waits = slices.Compact(*waits)
}

// below are the places of a field's value.
func (p *payloads) below(places []*place, f *operation.Field) []*place {
	var found []*place
	for _, o := range places {
		for _, part := range o.parts() {
			if !p.concerns(f, part.class) {
				continue
			}
			for i, it := range part.class.items {
				if child := part.children[i]; it.field.store == storeName(f) && child != nil && !slices.Contains(found, child) {
					found = append(found, child)
				}
			}
		}
	}
	return found
}

// concerns tells whether a field is asked of objects of a class.
func (p *payloads) concerns(f *operation.Field, c *class) bool {
	return f.Types == nil || p.run.shapes.typeSet(f.Types).Intersects(c.types)
}

// waits are the fetches that a payload's fields at some places need.
func (p *payloads) waits(set *operation.SelectionSet, places []*place, hold *operation.Defer) []int {
	ids := []int{}
	for _, o := range places {
		for f := range p.fetches(o, set, hold) {
			if !f.dropped {
				ids = append(ids, f.id)
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// fetches are those that bring what a payload shows of the objects at a place. Memoised.
func (p *payloads) fetches(o *place, set *operation.SelectionSet, hold *operation.Defer) map[*fetch]bool {
	key := neededKey{o, set, hold}
	if known, ok := p.needed[key]; ok {
		return known
	}
	found := map[*fetch]bool{}
	p.needed[key] = found
	for _, f := range o.sources {
		found[f.final()] = true
	}
	if at := o.position.discovery; at >= 0 {
		found[o.prelude.fetches[at].final()] = true
	}
	for _, f := range set.Fields {
		if p.run.hold(f) != hold {
			continue
		}
		for _, part := range o.parts() {
			for i, it := range part.class.items {
				if it.field.store != storeName(f) || !p.concerns(f, part.class) {
					continue
				}
				for _, step := range it.steps {
					found[part.fetches[step].final()] = true
				}
				if part.children[i] != nil && f.Selections != nil {
					for below := range p.fetches(part.children[i], f.Selections, hold) {
						found[below] = true
					}
				}
			}
		}
	}
	return found
}

// final is the fetch that f was put into.
func (f *fetch) final() *fetch {
	for f.into != nil {
		f = f.into
	}
	return f
}
