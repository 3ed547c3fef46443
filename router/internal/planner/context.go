package planner

import (
	"maps"
	"slices"

	"github.com/tributary-gql/tributary/router/internal/plan"
	"github.com/tributary-gql/tributary/schema/querygraph"
)

// provided is what a class's objects give to fields further down: the value of a context.
type provided struct {
	use   *contextUse
	needs []need
}

// addContexts makes known what fields below take from the class's objects.
func (a *assembly) addContexts() error {
	t := a.rc.subject.object
	if t == unknownObject {
		return nil // interface objects set no context: which type sets it must be known
	}
	var uses []*contextUse
	for _, f := range a.p.shape.fields {
		if f.child == nil || !f.asked(t) {
			continue
		}
		for _, use := range f.child.uses {
			if use.types.Has(t) {
				uses = append(uses, use)
			}
		}
	}
	slices.SortFunc(uses, compareUses)
	for _, use := range slices.Compact(uses) {
		if err := a.provide(use, t); err != nil || a.p.failed != nil {
			return err
		}
	}
	return nil
}

func (a *assembly) provide(use *contextUse, t querygraph.ObjectID) error {
	selection := use.selection(t)
	found, err := a.solver.resolve(a.rc, selection)
	if err != nil {
		return err
	}
	if found == nil {
		a.p.failed = &UnplannableError{Type: a.rc.subject.name, Name: selection.Text}
		return nil
	}
	value := provided{use: use}
	for _, one := range found.fields {
		if err := a.take(one.way); err != nil {
			return err
		}
		n, err := a.need(one, false)
		if err != nil || a.p.failed != nil {
			return err
		}
		value.needs = append(value.needs, n)
		it := a.class.items[n.item]
		a.asked[it] = true
		it.guard = plan.Always
	}
	a.class.provides = append(a.class.provides, value)
	return nil
}

// contextFetches are the fetches after which a context is known at a place.
func (d *draft) contextFetches(o *place, use *contextUse) []*fetch {
	var waits []*fetch
	for _, found := range d.contextProviders(o, use) {
		for _, n := range found.needs {
			it := found.placed.class.items[n.item]
			for _, s := range it.steps {
				waits = append(waits, found.placed.fetches[s])
			}
			if n.field.child != nil {
				waits = append(waits, d.knownBelow(found.placed.children[n.item], n.field.child)...)
			}
		}
	}
	return waits
}

// contextProvider is a class of an ancestor that gives a context.
type contextProvider struct {
	placed *placed
	needs  []need
	above  int // path elements from the ancestor to the entity
}

// contextProviders are the nearest ancestors of a place that give a context, by their runtime types. Places that take
// contexts have one way to them.
func (d *draft) contextProviders(o *place, use *contextUse) []contextProvider {
	var chain []*link
	for at := o; len(at.up) > 0; at = at.up[0].parent {
		chain = append(chain, at.up[0])
	}
	var found []contextProvider
	for i, l := range chain {
		left := l.types
		for _, part := range l.parent.parts() {
			if !part.class.types.Intersects(l.types) {
				continue
			}
			for _, value := range part.class.provides {
				if value.use == use {
					found = append(found, contextProvider{placed: part, needs: value.needs, above: i + 1})
					left = left.Minus(part.class.types)
				}
			}
		}
		if left.IsEmpty() {
			break
		}
	}
	return found
}

// addContextVariables gives each context that a bucket's fields take a variable, with the places its value can come from.
// Their depths are counted from the entity, until placeContexts knows the paths to it.
func (r *run) addContextVariables(a *asking, o *place, bucket []taken) {
	var uses []*contextUse
	for _, t := range bucket {
		uses = append(uses, t.class.steps[t.step].contexts...)
	}
	slices.SortFunc(uses, compareUses)
	for _, use := range slices.Compact(uses) {
		if a.uses == nil {
			a.uses = map[*contextUse]string{}
		}
		variable := plan.ContextVariable{Type: use.argument.Type.String()}
		for _, provider := range r.draft.contextProvidersOf(o, use, bucket) {
			for _, n := range provider.needs {
				for _, way := range r.valuePaths(n.field) {
					variable.Choices = append(variable.Choices, plan.ContextChoice{
						Depth: provider.above, Types: r.contextTypes(provider), Path: way,
					})
				}
			}
		}
		a.uses[use] = ""
		a.contexts = append(a.contexts, variable)
		a.order = append(a.order, use)
	}
}

// contextProvidersOf are the providers of a context for the steps of a bucket: the entity itself, or its ancestors.
func (d *draft) contextProvidersOf(o *place, use *contextUse, bucket []taken) []contextProvider {
	var found []contextProvider
	above := false
	for _, t := range bucket {
		st := t.class.steps[t.step]
		if !slices.Contains(st.own, use) {
			above = above || slices.Contains(st.contexts, use)
			continue
		}
		for _, part := range o.parts() {
			for _, value := range part.class.provides {
				if part.class == t.class && value.use == use {
					found = append(found, contextProvider{placed: part, needs: value.needs})
				}
			}
		}
	}
	if above {
		found = append(found, d.contextProviders(o, use)...)
	}
	return found
}

// placeContexts makes an asking of its own for each path where contexts are taken: their values are found by counting
// elements of the path, of which there may be more on one way to a place than on another.
func (a *asking) placeContexts() []*asking {
	if len(a.contexts) == 0 {
		return []*asking{a}
	}
	parts := make([]*asking, len(a.paths))
	for p, path := range a.paths {
		one := *a
		one.paths, one.uses, one.contexts = []plan.Path{path}, maps.Clone(a.uses), slices.Clone(a.contexts)
		for i, variable := range one.contexts {
			choices := slices.Clone(variable.Choices)
			for n := range choices {
				choices[n].Depth = len(path) - choices[n].Depth
			}
			one.contexts[i].Choices = choices
		}
		parts[p] = &one
	}
	return parts
}

// contextTypes are the runtime types for which a provider gives the value: nil where the type is known.
func (r *run) contextTypes(provider contextProvider) []string {
	if provider.placed.only {
		return nil
	}
	return r.graph.Names(provider.placed.class.types)
}

// valuePaths are the paths below an object to the leaf that a condition's field selects: one for each runtime type on the
// way where these differ.
func (r *run) valuePaths(f *shapeField) []plan.Path {
	element := plan.PathElement{StoreName: f.store, ResponseName: f.response, List: f.list}
	if f.types != nil {
		element.Types = r.graph.Names(f.types)
	}
	if f.child == nil {
		return []plan.Path{{element}}
	}
	var ways []plan.Path
	for _, below := range f.child.fields {
		for _, rest := range r.valuePaths(below) {
			ways = append(ways, append(plan.Path{element}, rest...))
		}
	}
	return ways
}
