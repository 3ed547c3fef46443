package world

import (
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/subgraph"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// NewFromSubgraphs makes the world of subgraphs and the supergraph that was composed from them. What each subgraph
// declares and can answer is read from its own SDL, so that mistakes of composition show as well. The subgraphs went
// through subgraph.UpgradeAll.
func NewFromSubgraphs(super *supergraph.Supergraph, subgraphs []*subgraph.Subgraph, options Options) (*World, error) {
	graphs := make([]*Graph, len(subgraphs))
	for i, s := range subgraphs {
		var err error
		if graphs[i], err = graphOf(s); err != nil {
			return nil, fmt.Errorf("world: subgraph %s: %w", s.Name, err)
		}
	}
	for i, s := range subgraphs {
		applyOverrides(graphs, graphs[i], s)
	}
	return build(super, graphs, options)
}

// graphOf is a subgraph's own view, overrides aside.
func graphOf(s *subgraph.Subgraph) (*Graph, error) {
	g := &Graph{Name: s.Name, Types: map[string]*GraphType{}, contexts: map[string][]string{}}
	for _, t := range s.Types {
		gt := &GraphType{Name: t.Name, Kind: t.Kind, Fields: map[string]*GraphField{}, InterfaceObject: t.InterfaceObject}
		g.Types[t.Name] = gt
		g.order = append(g.order, t.Name)
		for _, key := range t.Keys {
			selection, err := parseSelection(key.Text)
			if err != nil {
				return nil, err
			}
			gt.Keys = append(gt.Keys, &Key{Text: key.Text, Selection: selection, Resolvable: key.Resolvable})
		}
		for _, r := range t.Interfaces {
			gt.interfaces = append(gt.interfaces, r.Name)
		}
		for _, r := range t.Members {
			gt.members = append(gt.members, r.Name)
		}
		for _, v := range t.Values {
			gt.values = append(gt.values, v.Name)
		}
		for _, a := range subgraph.All(t.Applied, subgraph.KnownContext) {
			if name := a.ArgumentOf("name"); name != nil {
				g.contexts[name.Raw] = append(g.contexts[name.Raw], t.Name)
			}
		}
		for _, f := range t.Fields {
			gf, err := graphField(f)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", f.Coordinate(), err)
			}
			gt.add(gf)
		}
	}
	for _, d := range s.Directives {
		if d.IsExecutable() {
			g.directives = append(g.directives, &ast.DirectiveDefinition{
				Name: d.Name, Arguments: arguments(d.Arguments), Locations: d.Locations, IsRepeatable: d.Repeatable,
			})
		}
	}
	return g, nil
}

func graphField(f *subgraph.Field) (*GraphField, error) {
	gf := &GraphField{Name: f.Name, Type: f.Type, Args: arguments(f.Arguments), External: f.External, Default: f.Default}
	for _, a := range f.Arguments {
		if a.FromContext != nil {
			gf.Context = append(gf.Context, supergraph.ContextArgument{
				Name: a.Name, Type: a.Type, Context: a.FromContext.Context, Selection: a.FromContext.Selection,
			})
		}
	}
	var err error
	if f.Requires != nil {
		if gf.Requires, err = parseSelection(f.Requires.Text); err != nil {
			return nil, err
		}
	}
	if f.Provides != nil {
		gf.Provides, err = parseSelection(f.Provides.Text)
	}
	return gf, err
}

func arguments(declared []*subgraph.Argument) ast.ArgumentDefinitionList {
	var list ast.ArgumentDefinitionList
	for _, a := range declared {
		list = append(list, &ast.ArgumentDefinition{Name: a.Name, Type: a.Type, DefaultValue: a.Default})
	}
	return list
}

// applyOverrides takes fields away from the subgraphs that others took them from, or, with a label, notes both sides.
func applyOverrides(graphs []*Graph, to *Graph, s *subgraph.Subgraph) {
	for _, t := range s.Types {
		for _, f := range t.Fields {
			if f.Override == nil {
				continue
			}
			for _, from := range graphs {
				ft := from.Types[t.Name]
				if from.Name != f.Override.From || ft == nil || ft.Fields[f.Name] == nil {
					continue
				}
				if label := f.Override.Label; label != "" {
					ft.Fields[f.Name].Label = label
					to.Types[t.Name].Fields[f.Name].Label, to.Types[t.Name].Fields[f.Name].Overriding = label, true
				} else {
					ft.Fields[f.Name].External = true
					to.Types[t.Name].Fields[f.Name].Overriding = true
				}
			}
		}
	}
}
