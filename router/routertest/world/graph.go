package world

import (
	"fmt"
	"maps"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/supergraph"
)

// Graph is one subgraph as the world sees it: what it declares and what it can answer.
type Graph struct {
	Name  string
	Types map[string]*GraphType
	// SDL is the subgraph's own schema, without federation directives but with _entities and _service; Schema is the
	// same, loaded.
	SDL    string
	Schema *ast.Schema

	order      []string // type names in the order of declaration
	contexts   map[string][]string
	directives []*ast.DirectiveDefinition // those that operations may use
}

// GraphType is a type in one subgraph.
type GraphType struct {
	Name string
	Kind ast.DefinitionKind // Object for an interface object
	// InterfaceObject: the subgraph treats an interface of the supergraph as an object type.
	InterfaceObject bool
	Keys            []*Key
	Fields          map[string]*GraphField
	// Possible are the runtime types of the supergraph (sorted) that the subgraph may return where it declares this
	// type. For an interface object these are all implementations that exist anywhere.
	Possible []string

	fieldOrder []string
	interfaces []string
	members    []string
	values     []string
}

// Key is one @key of a type in one subgraph.
type Key struct {
	Text       string
	Selection  ast.SelectionSet
	Resolvable bool
}

// GraphField is a field of a type in one subgraph.
type GraphField struct {
	Name     string
	Type     *ast.Type
	Args     ast.ArgumentDefinitionList // those of @fromContext included
	External bool
	// Requires and Provides are nil when the directive is absent.
	Requires ast.SelectionSet
	Provides ast.SelectionSet
	// Label is that of a progressive @override; Overriding tells on which side of it this subgraph stands.
	Label      string
	Overriding bool
	Context    []supergraph.ContextArgument
	Default    *ast.Value // of input fields
}

// Resolvable tells whether the subgraph resolves the field by itself, where no @provides helps, with these override
// labels.
func (f *GraphField) Resolvable(labels map[string]bool) bool {
	if f.External {
		return false
	}
	return f.Label == "" || labels[f.Label] == f.Overriding
}

// Answers tells whether the subgraph can return an object of that runtime type where it declares t.
func (t *GraphType) Answers(runtimeType string) bool {
	_, found := slices.BinarySearch(t.Possible, runtimeType)
	return found
}

// views are the types that the subgraph may take an object of that runtime type for: the type itself, or interface
// objects that stand for it.
func (g *Graph) views(runtimeType string) []*GraphType {
	if t := g.Types[runtimeType]; t != nil {
		return []*GraphType{t}
	}
	var views []*GraphType
	for _, name := range g.order {
		if t := g.Types[name]; t.InterfaceObject && t.Answers(runtimeType) {
			views = append(views, t)
		}
	}
	return views
}

// fieldOf is the subgraph's declaration of a field of an object of that runtime type, nil when it has none.
func (g *Graph) fieldOf(runtimeType, field string) *GraphField {
	for _, t := range g.views(runtimeType) {
		if f := t.Fields[field]; f != nil {
			return f
		}
	}
	return nil
}

// ViewAs is View where the subgraph declares a type: of several interface objects that could stand for the object it is
// the one that the declared type is or allows.
func (g *Graph) ViewAs(runtimeType, declared string) string {
	for _, t := range g.views(runtimeType) {
		d := g.Types[declared]
		if t.Name == declared || (d != nil && (slices.Contains(t.interfaces, declared) || slices.Contains(d.members, t.Name))) {
			return t.Name
		}
	}
	return g.View(runtimeType)
}

// View is the name under which the subgraph knows an object of that runtime type: its own name, or that of the
// interface object that stands for it; "" when the subgraph knows neither.
func (g *Graph) View(runtimeType string) string {
	if views := g.views(runtimeType); len(views) > 0 {
		return views[0].Name
	}
	return ""
}

// deriveGraphs reads each subgraph's view out of the join directives.
func deriveGraphs(super *supergraph.Supergraph) ([]*Graph, error) {
	graphs := make([]*Graph, len(super.Graphs))
	for i, g := range super.Graphs {
		graphs[i] = &Graph{Name: g.Name, Types: map[string]*GraphType{}, contexts: contextsOf(super)}
		for _, directive := range super.Directives {
			if executable(directive) {
				graphs[i].directives = append(graphs[i].directives, directive)
			}
		}
	}
	for _, t := range super.Types {
		if err := addType(graphs, t); err != nil {
			return nil, fmt.Errorf("type %s: %w", t.Name, err)
		}
	}
	return graphs, nil
}

// addType adds one supergraph type to the subgraphs that have it.
func addType(graphs []*Graph, t *supergraph.Type) error {
	for _, join := range t.Joins {
		g := graphs[join.Graph]
		gt := g.Types[t.Name]
		if gt == nil {
			gt = &GraphType{Name: t.Name, Kind: t.Kind, Fields: map[string]*GraphField{}}
			g.Types[t.Name] = gt
			g.order = append(g.order, t.Name)
		}
		if join.IsInterfaceObject {
			gt.InterfaceObject, gt.Kind = true, ast.Object
		}
		if join.Key != "" {
			selection, err := parseSelection(join.Key)
			if err != nil {
				return err
			}
			gt.Keys = append(gt.Keys, &Key{Text: join.Key, Selection: selection, Resolvable: join.Resolvable})
		}
	}
	for _, join := range t.Implements {
		if gt := graphs[join.Graph].Types[t.Name]; gt != nil {
			gt.interfaces = append(gt.interfaces, join.Interface)
		}
	}
	for _, join := range t.Members {
		if gt := graphs[join.Graph].Types[t.Name]; gt != nil {
			gt.members = append(gt.members, join.Member)
		}
	}
	for _, value := range t.EnumValues {
		for i, g := range graphs {
			if gt := g.Types[t.Name]; gt != nil && (len(value.Joins) == 0 || slices.Contains(value.Joins, supergraph.GraphID(i))) {
				gt.values = append(gt.values, value.Name)
			}
		}
	}
	for _, field := range t.Fields {
		if err := addField(graphs, t, field); err != nil {
			return fmt.Errorf("field %s: %w", field.Name, err)
		}
	}
	return nil
}

// addField adds one field to the subgraphs that declare it.
func addField(graphs []*Graph, t *supergraph.Type, field *supergraph.Field) error {
	if len(field.Joins) == 0 {
		for _, g := range graphs {
			if gt := g.Types[t.Name]; gt != nil {
				gt.add(&GraphField{Name: field.Name, Type: field.Type, Args: field.Args, Default: field.Default})
			}
		}
		return nil
	}
	for _, join := range field.Joins {
		if !join.HasGraph {
			continue
		}
		gt := graphs[join.Graph].Types[t.Name]
		if gt == nil {
			return fmt.Errorf("is joined to subgraph %s, which does not have the type", graphs[join.Graph].Name)
		}
		gf := &GraphField{
			Name: field.Name, Type: field.Type, Args: field.Args, Default: field.Default,
			External:   join.External || join.UsedOverridden,
			Label:      join.OverrideLabel,
			Overriding: join.Override != "",
			Context:    join.ContextArguments,
		}
		if join.Type != nil {
			gf.Type = join.Type
		}
		for _, argument := range join.ContextArguments {
			gf.Args = append(slices.Clip(gf.Args), &ast.ArgumentDefinition{Name: argument.Name, Type: argument.Type})
		}
		var err error
		if gf.Requires, err = parseSelection(join.Requires); err != nil {
			return err
		}
		if gf.Provides, err = parseSelection(join.Provides); err != nil {
			return err
		}
		gt.add(gf)
	}
	return nil
}

func (t *GraphType) add(f *GraphField) {
	t.Fields[f.Name] = f
	t.fieldOrder = append(t.fieldOrder, f.Name)
}

// settlePossible fills Possible once all types are known.
func (g *Graph) settlePossible(super *supergraph.Supergraph) {
	for _, name := range g.order {
		t := g.Types[name]
		set := map[string]bool{}
		switch {
		case t.InterfaceObject:
			collectImplementations(super, name, set)
		case t.Kind == ast.Object:
			set[name] = true
		case t.Kind == ast.Union:
			for _, member := range t.members {
				set[member] = true
			}
		case t.Kind == ast.Interface:
			for _, other := range g.order {
				if o := g.Types[other]; o.Kind == ast.Object && slices.Contains(o.interfaces, name) {
					if o.InterfaceObject {
						collectImplementations(super, other, set)
					} else {
						set[other] = true
					}
				}
			}
		}
		t.Possible = slices.Sorted(maps.Keys(set))
	}
}

// collectImplementations adds the object types that implement an interface in any subgraph.
func collectImplementations(super *supergraph.Supergraph, name string, into map[string]bool) {
	for _, t := range super.Types {
		if t.Kind != ast.Object {
			continue
		}
		for _, join := range t.Implements {
			if join.Interface == name {
				into[t.Name] = true
			}
		}
	}
}

// TakesContext tells whether a field of that name takes an argument from its ancestors anywhere.
func (w *World) TakesContext(field string) bool {
	for _, g := range w.Graphs {
		for _, t := range g.Types {
			if f := t.Fields[field]; f != nil && len(f.Context) > 0 {
				return true
			}
		}
	}
	return false
}
