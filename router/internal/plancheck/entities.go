package plancheck

import (
	"slices"
	"strings"

	"github.com/tributary-gql/tributary/router/internal/plan"
	"github.com/tributary-gql/tributary/schema/fieldset"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// entity is how the objects of a position are described to a subgraph.
type entity struct {
	graph          supergraph.GraphID
	representation *plan.Representation
	node           *node
	closure        fetchSet
}

// typeIn is what the subgraph answers for an entity of runtime type i: the type that the representation names, or, when
// that is an interface, the runtime type itself.
func (e *entity) typeIn(w *world, i int) string {
	name := e.representation.Typename
	if w.resolvesInterface(e.graph, name) && !w.isInterfaceObject(e.graph, name) {
		return w.objects[i]
	}
	return name
}

// position is a node that a path leads to, with the runtime types and the condition for which it does.
type position struct {
	node  *node
	types types
	guard truth
	trail []*node // that the path leads through, from the root on
}

// resolve follows a path through what the fetches waited for have written.
func (r *run) resolve(req *request, path plan.Path) []position {
	at := []position{{node: r.root, types: r.root.possible, guard: r.conditions.always}}
	for i, element := range path {
		var next []position
		for _, p := range at {
			if !r.spend() {
				return nil
			}
			next = r.step(req, p, element, next)
			for _, other := range element.Also {
				next = r.step(req, p, other, next)
			}
		}
		if len(next) == 0 {
			r.report(RuleOrder, req.ID, path[:i+1].String(), "no fetch it waits for brings what the path %q leads through", path.String())
			return nil
		}
		at = next
	}
	return at
}

// step goes on from a position through one field.
func (r *run) step(req *request, p position, element plan.PathElement, next []position) []position {
	set := p.types
	if element.Types != nil {
		set = set.and(r.world.of(element.Types))
		if !set.equal(p.types) {
			r.needsTypename(req, p.node, p.types, element.StoreName)
		}
	}
	inside, _ := p.node.split(element.StoreName, set)
	for _, s := range inside {
		when := s.written(r.conditions, r.closures[req.ID], req.reads)
		if s.child != nil && !when.isNever() {
			next = append(next, position{
				node: s.child, types: s.child.possible, guard: p.guard.and(when), trail: append(slices.Clip(p.trail), p.node),
			})
		}
	}
	return next
}

// needsTypename demands that the runtime type of a position was fetched.
func (r *run) needsTypename(req *request, n *node, set types, where string) {
	if set.count() <= 1 {
		return
	}
	inside, rest := n.split("__typename", set)
	for _, s := range inside {
		if s.written(r.conditions, r.closures[req.ID], req.reads).isNever() || s.writes[0].value.field != "__typename" {
			rest = rest.or(s.types)
		}
	}
	if !rest.isEmpty() {
		r.report(RuleOrder, req.ID, where, "it depends on the runtime type, which is not fetched before for %s",
			strings.Join(r.world.names(rest), ", "))
	}
}

// entityFetch enters the answer of a fetch of entities.
func (r *run) entityFetch(req *request, guard truth) {
	for _, e := range req.Entities {
		f := fieldFor(req.document.Root, e.ResponseName, req.document.Root.Type)
		if f == nil || f.Name != "_entities" {
			r.report(RuleMirror, req.ID, "", "the document does not ask _entities as %q", e.ResponseName)
			continue
		}
		if len(f.Args) != 1 || f.Args[0].Value.Raw != e.Variable {
			r.report(RuleMirror, req.ID, "", "the representations of %q are not $%s", e.ResponseName, e.Variable)
		}
		own := guard.and(r.conditions.guard(r.plan, e.Guard))
		for _, path := range e.Paths {
			for _, p := range r.resolve(req, path) {
				for _, c := range e.Context {
					r.context(req, c, append(slices.Clip(p.trail), p.node), path.String())
				}
				r.entitiesAt(req, e, p, application{
					request: req, at: p.node, sub: f.Selections, selection: e.Selection, guard: own.and(p.guard), where: path.String(),
				})
			}
		}
	}
	if len(req.document.Root.Fields) != len(req.Entities) {
		r.report(RuleMirror, req.ID, "", "the document asks %d root fields for %d kinds of entities", len(req.document.Root.Fields), len(req.Entities))
	}
}

// context checks that the values of ancestors which a subgraph takes as a variable were fetched, for every runtime type
// of an ancestor that some choice is for.
func (r *run) context(req *request, c plan.ContextVariable, ancestors []*node, where string) {
	chosen := map[int]types{}
	for _, choice := range c.Choices {
		if choice.Depth < 0 || choice.Depth >= len(ancestors) {
			r.report(RuleEntities, req.ID, where, "$%s comes from %d elements into the path", c.Variable, choice.Depth)
			continue
		}
		ancestor := ancestors[choice.Depth]
		set := ancestor.possible
		if choice.Types != nil {
			set = set.and(r.world.of(choice.Types))
		}
		if before := chosen[choice.Depth]; before != nil {
			set = set.without(before)
			chosen[choice.Depth] = before.or(set)
		} else {
			chosen[choice.Depth] = set
		}
		r.follow(req, ancestor, set, choice.Path, c.Variable, where)
	}
}

// follow goes to a context's value below an ancestor.
func (r *run) follow(req *request, n *node, set types, path plan.Path, variable, where string) {
	if len(path) == 0 || set.isEmpty() || !r.spend() {
		return
	}
	if path[0].Types != nil {
		set = set.and(r.world.of(path[0].Types))
	}
	inside, missing := n.split(path[0].StoreName, set)
	for _, s := range inside {
		if s.written(r.conditions, r.closures[req.ID], req.reads).isNever() {
			missing = missing.or(s.types)
		} else if s.child != nil {
			r.follow(req, s.child, s.child.possible, path[1:], variable, where)
		}
	}
	if !missing.isEmpty() {
		r.report(RuleOrder, req.ID, where, "$%s needs %q of an ancestor, and no fetch waited for brings it for %s",
			variable, path[0].StoreName, strings.Join(r.world.names(missing), ", "))
	}
}

// entitiesAt enters what comes back for the entities of one position: for each representation those of its types.
func (r *run) entitiesAt(req *request, e *plan.Entities, p position, a application) {
	left := p.types
	for _, representation := range e.Representations {
		set := left
		if representation.Types != nil {
			set = left.and(r.world.of(representation.Types))
			if !set.equal(p.types) {
				r.needsTypename(req, p.node, p.types, a.where)
			}
		}
		left = left.without(set)
		a.entity = &entity{graph: req.graph, representation: representation, node: p.node, closure: r.closures[req.ID]}
		for i := range set.each {
			one := a
			one.types = r.world.none.with(i)
			one.guard = a.guard.and(r.representation(&one, i))
			r.apply(one)
		}
	}
}

// representation checks that an entity of runtime type i can be described to the subgraph and returns when it can.
func (r *run) representation(a *application, i int) truth {
	e := a.entity
	object, name := r.world.objects[i], e.representation.Typename
	if name != object && !r.world.includes(name, object) {
		r.report(RuleEntities, a.ID, a.where, "a %s is described as a %s", object, name)
		return r.conditions.never
	}
	if r.world.resolvesInterface(a.graph, name) && name != object || name == object {
		if !slices.ContainsFunc(r.world.keysOf(a.graph, name), func(key []*fieldset.Selection) bool {
			return describes(e.representation.Fields, key)
		}) {
			r.report(RuleEntities, a.ID, a.where, "the representation has no key that %q resolves for %s", a.Subgraph, name)
		}
	} else {
		r.report(RuleEntities, a.ID, a.where, "%q does not resolve %s as an entity", a.Subgraph, name)
	}
	var names []string
	for _, f := range e.representation.Fields {
		if f.Types != nil && !slices.Contains(f.Types, object) {
			continue
		}
		if slices.Contains(names, f.Name) {
			r.report(RuleEntities, a.ID, a.where, "the representation of %s has %q twice", object, f.Name)
		}
		names = append(names, f.Name)
	}
	when := r.conditions.always
	for _, f := range e.representation.Fields {
		when = when.and(r.available(a, e.node, r.world.none.with(i), f, a.where))
	}
	return when
}

// describes tells whether a representation holds all fields of a selection.
func describes(fields []*plan.RepresentationField, selections []*fieldset.Selection) bool {
	for _, s := range selections {
		if s.IsFragment() {
			if !describes(fields, s.Sub) {
				return false
			}
			continue
		}
		if !slices.ContainsFunc(fields, func(f *plan.RepresentationField) bool {
			return f.Name == s.Field && describes(f.Fields, s.Sub)
		}) {
			return false
		}
	}
	return true
}

// available is when a field of a representation has been fetched for all types of a position.
func (r *run) available(a *application, n *node, set types, f *plan.RepresentationField, where string) truth {
	if f.Types != nil {
		narrowed := set.and(r.world.of(f.Types))
		if !narrowed.equal(set) {
			r.needsTypename(a.request, n, set, where)
		}
		set = narrowed
	}
	where += "." + f.StoreName
	inside, missing := n.split(f.StoreName, set)
	when := r.conditions.always
	for _, s := range inside {
		own := s.written(r.conditions, a.entity.closure, a.reads)
		if own.isNever() {
			missing = missing.or(s.types)
			continue
		}
		if s.writes[0].value.field != f.Name {
			r.report(RuleEntities, a.ID, where, "%q of the representation is taken from %q", f.Name, s.writes[0].value.field)
		}
		when = when.and(own)
		for _, sub := range f.Fields {
			if s.child == nil {
				r.report(RuleEntities, a.ID, where, "it has no subfields in the tree, in the representation it has")
				break
			}
			when = when.and(r.available(a, s.child, s.child.possible, sub, where))
		}
	}
	if !missing.isEmpty() {
		r.report(RuleOrder, a.ID, where, "the representation needs it, and no fetch waited for brings it for %s",
			strings.Join(r.world.names(missing), ", "))
		return r.conditions.never
	}
	return when
}

// requires checks that a representation carries the required fields of a field, with the right arguments.
func (r *run) requires(a *application, m *matched, text, where string) {
	for i := range m.types.each {
		r.carries(a, a.entity.node, r.world.none.with(i), a.entity.representation.Fields, parseFields(text), where)
	}
}

// carries checks that fields of a representation are a selection, for objects of the runtime types set.
func (r *run) carries(
	a *application, n *node, set types, fields []*plan.RepresentationField, selections []*fieldset.Selection, where string,
) {
	for _, s := range selections {
		if s.IsFragment() {
			on := set
			if s.On != "" {
				on = set.and(r.world.possible[s.On])
			}
			r.carries(a, n, on, fields, s.Sub, where)
			continue
		}
		for i := range set.each {
			object := r.world.objects[i]
			at := slices.IndexFunc(fields, func(f *plan.RepresentationField) bool {
				return f.Name == s.Field && (f.Types == nil || slices.Contains(f.Types, object))
			})
			if at < 0 {
				r.report(RuleEntities, a.ID, where, "the required field %q of %s is not in the representation", s.Field, object)
				continue
			}
			for _, slot := range n.fields[fields[at].StoreName] {
				if !slot.types.has(i) || len(slot.writes) == 0 {
					continue
				}
				if want := literalArguments(s.Arguments); slot.writes[0].value.arguments != want {
					r.report(RuleEntities, a.ID, where, "%s(%s) is required, the tree has %s(%s)",
						s.Field, want, s.Field, slot.writes[0].value.arguments)
				}
				if slot.child != nil {
					r.carries(a, slot.child, slot.child.possible, fields[at].Fields, s.Sub, where)
				}
			}
		}
	}
}
