package plancheck

import (
	"slices"

	"github.com/tributary-gql/tributary/schema/fieldset"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// keyFields are the fields, as "Type.field", that stand in a key of the subgraph.
func (w *world) keyFields(g supergraph.GraphID) map[string]bool {
	found := map[string]bool{}
	var collect func(typeName string, selections []*fieldset.Selection)
	collect = func(typeName string, selections []*fieldset.Selection) {
		t := w.sg.Type(typeName)
		if t == nil {
			return
		}
		for _, s := range selections {
			if s.IsFragment() {
				collect(orElse(s.On, typeName), s.Sub)
				continue
			}
			found[typeName+"."+s.Field] = true
			if f := t.Field(s.Field); f != nil {
				collect(f.Type.Name(), s.Sub)
			}
		}
	}
	for _, t := range w.sg.Types {
		for _, j := range t.Joins {
			if j.Graph == g && j.Key != "" {
				collect(t.Name, parseFields(j.Key))
			}
		}
	}
	return found
}

// parseFields reads a field set of a supergraph, which Read has made sure can be read.
func parseFields(text string) []*fieldset.Selection {
	set, err := fieldset.Parse(text)
	if err != nil {
		return nil
	}
	return set.Selections
}

func orElse(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}

// provided are the selections that @provides has promised at a position.
type provided []*fieldset.Selection

// below are the promises below a field of an object of a type, those of the field's own @provides included.
func (p provided) below(w *world, typeName, field string, join *supergraph.FieldJoin) provided {
	var found provided
	p.eachField(w, typeName, func(s *fieldset.Selection) {
		if s.Field == field {
			found = append(found, s.Sub...)
		}
	})
	if join != nil && join.Provides != "" {
		found = append(found, parseFields(join.Provides)...)
	}
	return found
}

func (p provided) has(w *world, typeName, field string) bool {
	found := false
	p.eachField(w, typeName, func(s *fieldset.Selection) { found = found || s.Field == field })
	return found
}

// eachField goes through the promised fields that apply to an object type.
func (p provided) eachField(w *world, typeName string, visit func(*fieldset.Selection)) {
	for _, s := range p {
		switch {
		case !s.IsFragment():
			visit(s)
		case s.On == "" || s.On == typeName || w.includes(s.On, typeName):
			provided(s.Sub).eachField(w, typeName, visit)
		}
	}
}

// includes tells whether an object type is one of an abstract type's.
func (w *world) includes(abstract, object string) bool {
	i, ok := w.index[object]
	set, known := w.possible[abstract]
	return ok && known && set.has(i)
}

// asked is one field of a type in a subgraph, as a fetch asks for it.
type asked struct {
	fetch    int
	graph    supergraph.GraphID
	view     *view
	typeName string // in the subgraph
	field    string
	provided provided
	where    string
}

// owned reports a field that the subgraph declares but cannot resolve, and returns its join, nil when it has none.
func (r *run) owned(a asked) *supergraph.FieldJoin {
	t := r.world.sg.Type(a.typeName)
	if t == nil || t.Field(a.field) == nil {
		return nil
	}
	f := t.Field(a.field)
	if len(f.Joins) == 0 {
		return nil
	}
	join := joinIn(a.graph, f)
	if join == nil {
		return nil // the document is not valid then, which is reported
	}
	refuse := func(why string) {
		r.report(RuleOwnership, a.fetch, a.where, "%s.%s cannot be resolved in %q: %s", a.typeName, a.field, r.world.sg.Graphs[a.graph].Name, why)
	}
	inKey := a.view.keyFields[a.typeName+"."+a.field]
	switch {
	case join.OverrideLabel != "":
		if r.options.Labels[join.OverrideLabel] != (join.Override != "") {
			refuse("the override label " + join.OverrideLabel + " gives it to another subgraph")
		}
	case join.UsedOverridden && !inKey && !a.provided.has(r.world, a.typeName, a.field):
		refuse("another subgraph has taken it over")
	case join.External && !inKey && !a.provided.has(r.world, a.typeName, a.field):
		refuse("it is @external and not provided here")
	}
	return join
}

// keysOf are the selections of the keys by which a subgraph resolves entities of a type.
func (w *world) keysOf(g supergraph.GraphID, typeName string) [][]*fieldset.Selection {
	t := w.sg.Type(typeName)
	if t == nil {
		return nil
	}
	var keys [][]*fieldset.Selection
	for _, j := range t.Joins {
		if j.Graph == g && j.Key != "" && j.Resolvable {
			keys = append(keys, parseFields(j.Key))
		}
	}
	return keys
}

// resolvesInterface tells whether a subgraph has an interface with a key, so that it can be asked by the interface's
// name.
func (w *world) resolvesInterface(g supergraph.GraphID, name string) bool {
	_, abstract := w.possible[name]
	return abstract && !slices.Contains(w.objects, name) && len(w.keysOf(g, name)) > 0
}
