package plancheck

import (
	"slices"
	"strings"

	"github.com/tributary-gql/tributary/router/internal/operation"
	"github.com/tributary-gql/tributary/router/internal/plan"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// application is a selection of a fetch that is entered at one position.
type application struct {
	*request
	at        *node
	types     types // runtime types for which the fetch answers here
	sub       *operation.SelectionSet
	selection *plan.Selection
	guard     truth
	provided  provided
	entity    *entity // set for the fields of an entity itself
	where     string
}

// typeIn is what the subgraph calls the runtime type i at this position, "" when it cannot return it.
func (a *application) typeIn(w *world, i int) string {
	if a.entity != nil {
		return a.entity.typeIn(w, i)
	}
	return typeIn(w, a.graph, a.sub, i)
}

// typeIn finds a runtime type among those that a subgraph's selection set is for: by its name, or as the interface
// object that stands for it.
func typeIn(w *world, g supergraph.GraphID, sub *operation.SelectionSet, i int) string {
	name := w.objects[i]
	if slices.Contains(sub.Possible, name) {
		return name
	}
	for _, possible := range sub.Possible {
		if w.isInterfaceObject(g, possible) && w.includes(possible, name) {
			return possible
		}
	}
	return ""
}

// matched is a field of a selection together with the document's field that it stands for.
type matched struct {
	typeName string // in the subgraph
	selected *plan.SelectionField
	asked    *operation.Field
	types    types
}

// apply enters a selection into the tree.
func (r *run) apply(a application) {
	if !r.spend() || a.guard.isNever() {
		return
	}
	for _, m := range r.match(&a) {
		r.applyField(&a, m)
	}
}

// match pairs the fields of the selection with those of the document, for each of the types.
func (r *run) match(a *application) []*matched {
	var pairs []*matched
	for i := range a.types.each {
		typeName := a.typeIn(r.world, i)
		if typeName == "" {
			continue
		}
		object := r.world.objects[i]
		var stored []string
		for _, s := range a.selection.Fields {
			if s.Types != nil && !slices.Contains(s.Types, object) {
				continue
			}
			f := fieldFor(a.sub, s.ResponseName, typeName)
			if f == nil {
				r.report(RuleMirror, a.ID, a.where, "the selection has %q for %s, the document does not ask it", s.ResponseName, object)
				continue
			}
			if slices.Contains(stored, s.ResponseName) {
				r.report(RuleMirror, a.ID, a.where, "the selection has %q twice for %s", s.ResponseName, object)
				continue
			}
			stored = append(stored, s.ResponseName)
			pairs = addPair(pairs, typeName, s, f, r.world.none.with(i))
		}
		for _, f := range a.sub.Fields {
			if appliesTo(f, typeName) && !stores(a.selection, f.ResponseName) && f.Name != "__typename" {
				r.report(RuleMirror, a.ID, a.where, "the document asks %q of %s, the selection does not have it", f.ResponseName, object)
			}
		}
	}
	return pairs
}

// stores tells whether a selection has a field for some type: a document may ask more types than are of use, where that
// makes it shorter.
func stores(selection *plan.Selection, responseName string) bool {
	return slices.ContainsFunc(selection.Fields, func(s *plan.SelectionField) bool { return s.ResponseName == responseName })
}

func addPair(pairs []*matched, typeName string, s *plan.SelectionField, f *operation.Field, set types) []*matched {
	for _, m := range pairs {
		if m.typeName == typeName && m.selected == s && m.asked == f {
			m.types = m.types.or(set)
			return pairs
		}
	}
	return append(pairs, &matched{typeName: typeName, selected: s, asked: f, types: set})
}

func appliesTo(f *operation.Field, typeName string) bool {
	return f.Types == nil || slices.Contains(f.Types, typeName)
}

func fieldFor(sub *operation.SelectionSet, responseName, typeName string) *operation.Field {
	for _, f := range sub.Fields {
		if f.ResponseName == responseName && appliesTo(f, typeName) {
			return f
		}
	}
	return nil
}

// applyField checks one field and enters it.
func (r *run) applyField(a *application, m *matched) {
	where := strings.TrimPrefix(a.where+"."+m.selected.StoreName, ".")
	when := r.condition(a.request, m.asked.Condition)
	guard := a.guard.and(r.conditions.guard(r.plan, m.selected.Guard))
	if !guard.equal(a.guard.and(when)) {
		r.report(RuleMirror, a.ID, where, "the selection has %q under another condition than the document", m.selected.ResponseName)
	}
	if (m.selected.Selection == nil) != (m.asked.Selections == nil) {
		r.report(RuleMirror, a.ID, where, "%q has subfields in the selection or in the document, but not in both", m.selected.ResponseName)
		return
	}
	var join *supergraph.FieldJoin
	written := value{field: m.asked.Name}
	if m.asked.Name == "__typename" {
		if r.world.isInterfaceObject(a.graph, m.typeName) {
			written.field = "__typename of the interface object " + m.typeName
		}
	} else {
		join = r.owned(asked{
			fetch: a.ID, graph: a.graph, view: a.view, typeName: m.typeName, field: m.asked.Name, provided: a.provided, where: where,
		})
		var contextual []supergraph.ContextArgument
		if join != nil {
			contextual = join.ContextArguments
			r.needs(a, m, join, where)
		}
		written.arguments = a.argumentsOf(m.asked, contextual)
	}
	for _, s := range a.at.open(m.selected.StoreName, m.types) {
		r.write(a, s, write{fetch: a.ID, guard: guard, value: written}, where)
		if m.asked.Selections != nil {
			r.descend(a, m, s, join, guard, where)
		}
	}
}

// write enters a write into a slot, unless it contradicts another one.
func (r *run) write(a *application, s *slot, w write, where string) {
	for _, other := range s.writes {
		if other.value != w.value && !other.guard.and(w.guard).isNever() {
			r.report(RuleCollision, a.ID, where, "it writes %s(%s), where fetch %d has written %s(%s)",
				w.value.field, w.value.arguments, other.fetch, other.value.field, other.value.arguments)
		}
	}
	s.writes = append(s.writes, w)
}

// descend enters what is below a field.
func (r *run) descend(a *application, m *matched, s *slot, join *supergraph.FieldJoin, guard truth, where string) {
	if s.child == nil {
		s.child = newNode(r.world)
	}
	below := r.world.none
	for i := range s.types.each {
		below = below.or(r.world.below(i, m.asked.Name))
	}
	returned := r.world.none
	for i := range below.each {
		if typeIn(r.world, a.graph, m.asked.Selections, i) != "" {
			returned = returned.with(i)
		}
	}
	s.child.answered(r.world, guard, returned)
	r.apply(application{
		request: a.request, at: s.child, types: returned, sub: m.asked.Selections, selection: m.selected.Selection,
		guard: guard, provided: a.provided.below(r.world, m.typeName, m.asked.Name, join), where: where,
	})
}

// needs checks what a field demands besides its type's key: required fields and contexts.
func (r *run) needs(a *application, m *matched, join *supergraph.FieldJoin, where string) {
	if join.Requires != "" {
		if a.entity == nil {
			r.report(RuleEntities, a.ID, where, "%s.%s requires %q and is asked elsewhere than on an entity", m.typeName, m.asked.Name, join.Requires)
		} else {
			r.requires(a, m, join.Requires, where)
		}
	}
	for _, c := range join.ContextArguments {
		i := slices.IndexFunc(m.asked.Args, func(arg operation.Argument) bool { return arg.Name == c.Name })
		if i < 0 || !a.context[m.asked.Args[i].Value.Raw] {
			r.report(RuleEntities, a.ID, where, "the argument %q is not given from the context", c.Name)
		}
	}
}
