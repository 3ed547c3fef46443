package querygraph

import (
	"cmp"
	"fmt"
	"slices"
	"sort"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/supergraph"
)

func findField(fields []*Field, name string) (int, bool) {
	return sort.Find(len(fields), func(i int) int { return cmp.Compare(name, fields[i].Name) })
}

func sortArguments(args []Argument) {
	slices.SortFunc(args, func(a, b Argument) int { return cmp.Compare(a.Name, b.Name) })
}

// viewBuilder makes the per-subgraph views of a graph under construction.
type viewBuilder struct {
	graph    *Graph
	sources  map[string][]ContextSource // by context and selection: sources are shared between fields
	contexts map[string][]string        // context's full name -> types that set it
	views    map[string][]*Type         // by type, sorted by subgraph
}

func (b *viewBuilder) build() error {
	s := b.graph.Supergraph
	for i, g := range s.Graphs {
		b.graph.Subgraphs = append(b.graph.Subgraphs, &Subgraph{
			ID: SubgraphID(i), Name: g.Name, byName: map[string]*Type{},
		})
	}
	b.collectObjects()
	b.views = make(map[string][]*Type, len(s.Types))
	for _, t := range s.Types {
		if isComposite(t.Kind) {
			b.addType(t)
		}
	}
	for _, t := range s.Types {
		b.addPossible(t)
	}
	b.collectContexts()
	for _, t := range s.Types {
		if !isComposite(t.Kind) {
			continue
		}
		if err := b.addKeys(t); err != nil {
			return err
		}
		for _, f := range t.Fields {
			if err := b.addField(t, f); err != nil {
				return err
			}
		}
	}
	for _, subgraph := range b.graph.Subgraphs {
		for _, t := range subgraph.Types {
			slices.SortFunc(t.Fields, func(a, b *Field) int { return cmp.Compare(a.Name, b.Name) })
		}
		for _, t := range subgraph.Types {
			for _, key := range t.Keys {
				markResolvable(t, key.Selection, key.Extension)
			}
		}
	}
	for _, t := range s.Types {
		b.markOverriddenKeyFields(t)
	}
	return nil
}

func isComposite(kind ast.DefinitionKind) bool {
	return kind == ast.Object || kind == ast.Interface || kind == ast.Union
}

// collectObjects numbers the object types and finds the possible types of all composite ones, over all subgraphs.
func (b *viewBuilder) collectObjects() {
	g := b.graph
	for _, t := range g.Supergraph.Types {
		if t.Kind == ast.Object {
			g.Objects = append(g.Objects, t.Name)
		}
	}
	slices.Sort(g.Objects)
	g.objectByName = make(map[string]ObjectID, len(g.Objects))
	g.possible = make(map[string]TypeSet, len(g.Objects))
	for i, name := range g.Objects {
		g.objectByName[name] = ObjectID(i)
		g.possible[name] = NewTypeSet(ObjectID(i))
	}
	for _, t := range g.Supergraph.Types {
		switch t.Kind {
		case ast.Object:
			for _, j := range t.Implements {
				g.possible[j.Interface] = g.possible[j.Interface].with(g.objectByName[t.Name])
			}
		case ast.Union:
			for _, j := range t.Members {
				if member, ok := g.objectByName[j.Member]; ok {
					g.possible[t.Name] = g.possible[t.Name].with(member)
				}
			}
		}
	}
}

// addType adds the type to the subgraphs that join it, with its possible types there.
func (b *viewBuilder) addType(t *supergraph.Type) {
	var views []*Type // each once
	for _, join := range t.Joins {
		subgraph := b.graph.Subgraphs[join.Graph]
		view := subgraph.byName[t.Name]
		if view == nil {
			view = &Type{Subgraph: join.Graph, Name: t.Name, Kind: t.Kind}
			subgraph.byName[t.Name] = view
			subgraph.Types = append(subgraph.Types, view)
			views = append(views, view)
		}
		if join.IsInterfaceObject {
			view.InterfaceObject, view.Kind = true, ast.Object
		}
	}
	slices.SortFunc(views, func(a, b *Type) int { return cmp.Compare(a.Subgraph, b.Subgraph) })
	b.views[t.Name] = views
	for _, view := range views {
		if t.Kind == ast.Object {
			view.Possible = b.graph.possible[t.Name]
		}
	}
}

// addPossible finds the possible types that abstract types have in each subgraph: the implementations and members that are
// joined to them there.
func (b *viewBuilder) addPossible(t *supergraph.Type) {
	object, isObject := b.graph.objectByName[t.Name]
	for _, j := range t.Implements {
		subgraph := b.graph.Subgraphs[j.Graph]
		view := subgraph.byName[j.Interface]
		if isObject && view != nil && view.IsAbstract() && subgraph.byName[t.Name] != nil {
			view.Possible = view.Possible.with(object)
		}
	}
	for _, j := range t.Members {
		member, isMember := b.graph.objectByName[j.Member]
		if view := b.graph.Subgraphs[j.Graph].byName[t.Name]; isMember && view != nil && view.IsAbstract() {
			view.Possible = view.Possible.with(member)
		}
	}
}

func (b *viewBuilder) addKeys(t *supergraph.Type) error {
	for _, join := range t.Joins {
		if join.Key == "" {
			continue
		}
		selection, err := b.graph.Compile(t.Name, join.Key)
		if err != nil {
			return fmt.Errorf("key in subgraph %q: %w", b.graph.Subgraphs[join.Graph].Name, err)
		}
		view := b.graph.Subgraphs[join.Graph].byName[t.Name]
		view.Keys = append(view.Keys, &Key{
			Text: join.Key, Resolvable: join.Resolvable, Extension: join.Extension, Selection: selection,
		})
	}
	return nil
}

// addField adds the field to every subgraph that has it.
func (b *viewBuilder) addField(t *supergraph.Type, f *supergraph.Field) error {
	if len(f.Joins) == 0 {
		for _, view := range b.views[t.Name] {
			field := &Field{Name: f.Name, Type: f.Type, Resolvable: true}
			field.Composite = b.graph.Subgraphs[view.Subgraph].byName[f.Type.Name()]
			view.Fields = append(view.Fields, field)
		}
		return nil
	}
	for _, join := range f.Joins {
		if !join.HasGraph {
			continue
		}
		if err := b.addJoinedField(t, f, join); err != nil {
			return fmt.Errorf("field %s.%s in subgraph %q: %w", t.Name, f.Name, b.graph.Subgraphs[join.Graph].Name, err)
		}
	}
	return nil
}

func (b *viewBuilder) addJoinedField(t *supergraph.Type, f *supergraph.Field, join supergraph.FieldJoin) error {
	subgraph := b.graph.Subgraphs[join.Graph]
	view := subgraph.byName[t.Name]
	if view == nil {
		return fmt.Errorf("the subgraph does not have the type")
	}
	field := &Field{Name: f.Name, Type: f.Type}
	if join.Type != nil {
		field.Type = join.Type
	}
	field.Composite = subgraph.byName[field.Type.Name()]
	// What another subgraph took over is still in this one's schema where a key or a requirement uses it. Without a label
	// it is no better than external.
	field.External = join.External || join.UsedOverridden && join.OverrideLabel == ""
	field.Resolvable = !field.External
	if join.OverrideLabel != "" {
		field.Label = &Label{Name: join.OverrideLabel, Value: join.Override != ""}
	}
	var err error
	if join.Requires != "" {
		if field.Requires, err = b.graph.Compile(t.Name, join.Requires); err != nil {
			return fmt.Errorf("requires: %w", err)
		}
	}
	if join.Provides != "" {
		if field.Provides, err = b.graph.Compile(field.Type.Name(), join.Provides); err != nil {
			return fmt.Errorf("provides: %w", err)
		}
	}
	for _, argument := range join.ContextArguments {
		sources, err := b.contextSources(argument)
		if err != nil {
			return fmt.Errorf("argument %s: %w", argument.Name, err)
		}
		field.Context = append(field.Context, ContextArgument{Name: argument.Name, Type: argument.Type, Sources: sources})
	}
	view.Fields = append(view.Fields, field)
	return nil
}

// collectContexts finds the types that set each context.
func (b *viewBuilder) collectContexts() {
	b.contexts, b.sources = map[string][]string{}, map[string][]ContextSource{}
	for _, t := range b.graph.Supergraph.Types {
		for _, directive := range t.Directives {
			if directive.Name != "context" {
				continue
			}
			if name := directive.Arguments.ForName("name"); name != nil {
				b.contexts[name.Value.Raw] = append(b.contexts[name.Value.Raw], t.Name)
			}
		}
	}
}

func (b *viewBuilder) contextSources(argument supergraph.ContextArgument) ([]ContextSource, error) {
	key := argument.Context + " " + argument.Selection
	if sources, ok := b.sources[key]; ok {
		return sources, nil
	}
	var sources []ContextSource
	for _, name := range b.contexts[argument.Context] {
		selection, err := b.graph.Compile(name, argument.Selection)
		if err != nil {
			return nil, err
		}
		sources = append(sources, ContextSource{Type: name, Selection: selection})
	}
	if len(sources) == 0 {
		return nil, fmt.Errorf("no type sets the context %s", argument.Context)
	}
	b.sources[key] = sources
	return sources, nil
}

// markOverriddenKeyFields makes those fields resolvable that another subgraph took over and that are in the subgraph's keys:
// it answers them all the same.
func (b *viewBuilder) markOverriddenKeyFields(t *supergraph.Type) {
	for _, f := range t.Fields {
		for _, join := range f.Joins {
			if !join.HasGraph || !join.UsedOverridden {
				continue
			}
			view := b.graph.Subgraphs[join.Graph].byName[t.Name]
			if view == nil || !inKeys(view, f.Name) {
				continue
			}
			if field := view.Field(f.Name); field != nil {
				field.External, field.Resolvable = false, true
			}
		}
	}
}

// markResolvable makes the external fields of a type extension's key resolvable, down through its nested selections:
// federation 1 wants keys to be marked @external there, and the subgraph answers them all the same.
func markResolvable(t *Type, selection *Selection, extension bool) {
	for _, f := range selection.Fields {
		field := t.Field(f.Name)
		if field == nil {
			continue
		}
		if extension {
			field.External, field.Resolvable = false, true
		}
		if f.Sub != nil && field.Composite != nil {
			markResolvable(field.Composite, f.Sub, extension)
		}
	}
}

func inKeys(t *Type, name string) bool {
	for _, key := range t.Keys {
		for _, f := range key.Selection.Fields {
			if f.Name == name {
				return true
			}
		}
	}
	return false
}
