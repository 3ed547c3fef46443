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

// deferPayloads adds the later payloads to a plan whose response is the initial one.
func (r *run) deferPayloads(w *responses) error {
	p := &payloads{run: r, holding: map[*operation.SelectionSet]bool{}, needed: map[neededKey]map[*fetch]bool{}}
	if !r.options.Defer || !p.holds(r.op.Root) {
		return nil
	}
	roots := r.rootPlaces()
	r.plan.ResponseWaitsFor = p.waits(r.op.Root, roots, nil)
	p.walk(w, r.op.Root, roots, nil, current{id: -1})
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
func (p *payloads) walk(w *responses, set *operation.SelectionSet, places []*place, path plan.Path, at current) {
	started := map[*operation.Defer]current{at.hold: at}
	for _, f := range set.Fields {
		hold := p.run.hold(f)
		if p.err != nil || f.Selections == nil && hold == at.hold {
			continue
		}
		part, ok := started[hold]
		if !ok {
			part = p.start(w, set, places, path, at, hold)
			started[hold] = part
		}
		if f.Selections == nil || !p.holds(f.Selections) {
			continue
		}
		element := plan.PathElement{
			StoreName: f.ResponseName, ResponseName: f.ResponseName, Types: f.Types, List: listLevels(f.Definition.Type),
		}
		p.walk(w, f.Selections, below(places, f), append(slices.Clip(path), element), part)
	}
}

func (p *payloads) start(
	w *responses, set *operation.SelectionSet, places []*place, path plan.Path, at current, hold *operation.Defer,
) current {
	if len(places) == 0 {
		return at // no subgraph can have such an object here
	}
	if len(p.parts) >= maxPayloads {
		p.err = &LimitError{What: "deferred payloads", Limit: maxPayloads}
		return at
	}
	made := &plan.Deferred{
		ID: len(p.parts), Label: hold.Label, Parent: at.id, Path: path, Response: w.object(set, hold),
		WaitsFor: p.waits(set, places, hold),
	}
	p.parts = append(p.parts, made)
	return current{hold: hold, id: made.ID}
}

// below are the places of a field's value.
func below(places []*place, f *operation.Field) []*place {
	var found []*place
	for _, o := range places {
		for _, part := range o.parts() {
			for i, it := range part.class.items {
				if child := part.children[i]; it.field.store == f.ResponseName && child != nil && !slices.Contains(found, child) {
					found = append(found, child)
				}
			}
		}
	}
	return found
}

// waits are the fetches that a payload's fields at some places need.
func (p *payloads) waits(set *operation.SelectionSet, places []*place, hold *operation.Defer) []int {
	ids := []int{}
	for _, o := range places {
		for f := range p.fetches(o, set, hold) {
			ids = append(ids, f.id)
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
				if it.field.store != f.ResponseName {
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

// deferring tells whether the plan gets several payloads.
func (r *run) deferring() bool {
	return r.options.Defer && slices.ContainsFunc(r.op.Sets(), func(set *operation.SelectionSet) bool {
		return slices.ContainsFunc(set.Fields, func(f *operation.Field) bool { return r.hold(f) != nil })
	})
}
