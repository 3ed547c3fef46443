package planner

import (
	"slices"

	"github.com/tributary-gql/tributary/schema/querygraph"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// facts are look-ups about a supergraph that the query graph does not offer. Built once, immutable.
type facts struct {
	super *supergraph.Supergraph
	all   querygraph.TypeSet // every object type
	// taking are the fields that take an argument from a context in some subgraph, by object type and field.
	taking map[string]map[string][]*contextUse
	uses   map[*querygraph.Field][]*contextUse
}

func newFacts(g *querygraph.Graph) *facts {
	f := &facts{
		super: g.Supergraph, taking: map[string]map[string][]*contextUse{}, uses: map[*querygraph.Field][]*contextUse{},
	}
	ids := make([]querygraph.ObjectID, len(g.Objects))
	for i := range g.Objects {
		ids[i] = querygraph.ObjectID(i)
	}
	f.all = querygraph.NewTypeSet(ids...)
	next := 0
	for _, subgraph := range g.Subgraphs {
		for _, t := range subgraph.Types {
			for _, field := range t.Fields {
				for i := range field.Context {
					use := newContextUse(g, next, subgraph.ID, &field.Context[i])
					next++
					f.uses[field] = append(f.uses[field], use)
					f.addTaking(g, t, field.Name, use)
				}
			}
		}
	}
	return f
}

func (f *facts) addTaking(g *querygraph.Graph, t *querygraph.Type, field string, use *contextUse) {
	for object := range g.Possible(t.Name).All() {
		name := g.Objects[object]
		if f.taking[name] == nil {
			f.taking[name] = map[string][]*contextUse{}
		}
		f.taking[name][field] = append(f.taking[name][field], use)
	}
}

// fieldType is the name of a field's type in the supergraph, "" when the type does not have the field.
func (f *facts) fieldType(typeName, field string) string {
	if t := f.super.Type(typeName); t != nil {
		if definition := t.Field(field); definition != nil {
			return definition.Type.Name()
		}
	}
	return ""
}

// listLevels is how many list levels a field has in the supergraph.
func (f *facts) listLevels(typeName, field string) int {
	if t := f.super.Type(typeName); t != nil {
		if definition := t.Field(field); definition != nil {
			return listLevels(definition.Type)
		}
	}
	return 0
}

// contextUse is one argument of a field in a subgraph that comes from an ancestor's context.
type contextUse struct {
	id       int
	subgraph querygraph.SubgraphID // where the argument is
	argument *querygraph.ContextArgument
	types    querygraph.TypeSet // of the ancestors that set the context
	sources  []contextSource
}

type contextSource struct {
	types     querygraph.TypeSet
	selection *querygraph.Selection
}

func newContextUse(
	g *querygraph.Graph, id int, subgraph querygraph.SubgraphID, argument *querygraph.ContextArgument,
) *contextUse {
	use := &contextUse{id: id, subgraph: subgraph, argument: argument}
	for _, source := range argument.Sources {
		types := g.Possible(source.Type)
		use.types = use.types.Union(types)
		use.sources = append(use.sources, contextSource{types: types, selection: source.Selection})
	}
	return use
}

// selection is what is selected of an ancestor of that type, nil when it does not set the context.
func (u *contextUse) selection(t querygraph.ObjectID) *querygraph.Selection {
	for _, source := range u.sources {
		if source.types.Has(t) {
			return source.selection
		}
	}
	return nil
}

func compareUses(a, b *contextUse) int { return a.id - b.id }

// contextUses are the contexts that a shape's objects, or objects below them, take from above: those of its own fields,
// and of fields below as far as the objects themselves don't set the context.
func (r *run) contextUses(sh *shape) []*contextUse {
	if len(r.facts.taking) == 0 {
		return nil
	}
	var uses []*contextUse
	for _, f := range sh.fields {
		for t := range sh.possible.All() {
			if f.asked(t) {
				uses = append(uses, r.facts.taking[r.graph.Objects[t]][f.name]...)
			}
		}
		if f.child == nil {
			continue
		}
		for _, use := range f.child.uses {
			if !sh.possible.SubsetOf(use.types) {
				uses = append(uses, use)
			}
		}
	}
	slices.SortFunc(uses, compareUses)
	return slices.Compact(uses)
}

// use is the contextUse of the i-th context argument of a field.
func (r *run) use(f *querygraph.Field, i int) *contextUse { return r.facts.uses[f][i] }
