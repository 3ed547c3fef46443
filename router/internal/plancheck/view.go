package plancheck

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"

	"github.com/tributary-gql/tributary/schema/supergraph"
)

// viewOf is the schema that a subgraph has, as far as the supergraph tells: what its operations are validated against.
func (w *world) viewOf(g supergraph.GraphID) *ast.Schema {
	prelude := validator.PreludeDocument()
	view := &ast.Schema{
		Types: map[string]*ast.Definition{}, Directives: map[string]*ast.DirectiveDefinition{},
		PossibleTypes: map[string][]*ast.Definition{}, Implements: map[string][]*ast.Definition{},
	}
	for _, d := range prelude.Directives {
		view.Directives[d.Name] = d
	}
	for _, d := range w.sg.Directives {
		view.Directives[d.Name] = d
	}
	view.AddTypes(prelude.Definitions...)
	for _, t := range w.sg.Types {
		if t.HasGraph(g) {
			view.AddTypes(w.definition(g, t))
		}
	}
	view.AddTypes(&ast.Definition{Kind: ast.Scalar, Name: "_Any"})
	view.Query = view.Types[w.sg.Query]
	if view.Query == nil {
		view.Query = &ast.Definition{Kind: ast.Object, Name: w.sg.Query}
		view.AddTypes(view.Query)
	}
	view.Mutation, view.Subscription = view.Types[w.sg.Mutation], view.Types[w.sg.Subscription]
	w.addEntities(g, view)
	relate(view)
	return view
}

func (w *world) definition(g supergraph.GraphID, t *supergraph.Type) *ast.Definition {
	d := &ast.Definition{Kind: t.Kind, Name: t.Name, Directives: t.Directives}
	if w.isInterfaceObject(g, t.Name) {
		d.Kind = ast.Object
	}
	for _, i := range t.Implements {
		if i.Graph == g && !slices.Contains(d.Interfaces, i.Interface) {
			d.Interfaces = append(d.Interfaces, i.Interface)
		}
	}
	for _, m := range t.Members {
		if m.Graph == g && !slices.Contains(d.Types, m.Member) {
			d.Types = append(d.Types, m.Member)
		}
	}
	for _, v := range t.EnumValues {
		if len(v.Joins) == 0 || slices.Contains(v.Joins, g) {
			d.EnumValues = append(d.EnumValues, &ast.EnumValueDefinition{Name: v.Name})
		}
	}
	for _, f := range t.Fields {
		if own := fieldIn(g, f); own != nil {
			d.Fields = append(d.Fields, own)
		}
	}
	return d
}

// fieldIn is a field as a subgraph declares it, nil when it does not.
func fieldIn(g supergraph.GraphID, f *supergraph.Field) *ast.FieldDefinition {
	own := &ast.FieldDefinition{
		Name: f.Name, Type: f.Type, DefaultValue: f.Default, Arguments: slices.Clone(f.Args), Directives: f.Directives,
	}
	if len(f.Joins) == 0 {
		return own
	}
	join := joinIn(g, f)
	if join == nil {
		return nil
	}
	if join.Type != nil {
		own.Type = join.Type
	}
	for _, a := range join.ContextArguments {
		own.Arguments = append(own.Arguments, &ast.ArgumentDefinition{Name: a.Name, Type: a.Type})
	}
	return own
}

func joinIn(g supergraph.GraphID, f *supergraph.Field) *supergraph.FieldJoin {
	for i := range f.Joins {
		if f.Joins[i].HasGraph && f.Joins[i].Graph == g {
			return &f.Joins[i]
		}
	}
	return nil
}

// addEntities adds Query._entities and its union, if the subgraph has entities.
func (w *world) addEntities(g supergraph.GraphID, view *ast.Schema) {
	entity := &ast.Definition{Kind: ast.Union, Name: "_Entity"}
	for _, t := range w.sg.Types {
		isEntity := len(w.keysOf(g, t.Name)) > 0 || slices.ContainsFunc(t.Implements, func(i supergraph.ImplementsJoin) bool {
			return i.Graph == g && len(w.keysOf(g, i.Interface)) > 0
		})
		if own := view.Types[t.Name]; isEntity && own != nil && own.Kind == ast.Object {
			entity.Types = append(entity.Types, t.Name)
		}
	}
	if len(entity.Types) == 0 {
		return
	}
	view.AddTypes(entity)
	view.Query.Fields = append(view.Query.Fields, &ast.FieldDefinition{
		Name: "_entities", Type: ast.NonNullListType(ast.NamedType("_Entity", nil), nil),
		Arguments: ast.ArgumentDefinitionList{{
			Name: "representations", Type: ast.NonNullListType(ast.NonNullNamedType("_Any", nil), nil),
		}},
	})
}

// relate fills in which types are possible for which, in the order of names.
func relate(view *ast.Schema) {
	var names []string
	for name := range view.Types {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		t := view.Types[name]
		switch t.Kind {
		case ast.Object:
			view.AddPossibleType(name, t)
			for _, i := range t.Interfaces {
				if iface := view.Types[i]; iface != nil && iface.Kind == ast.Interface {
					view.AddPossibleType(i, t)
					view.AddImplements(name, iface)
				}
			}
		case ast.Union:
			for _, member := range t.Types {
				if own := view.Types[member]; own != nil {
					view.AddPossibleType(name, own)
					view.AddImplements(member, t)
				}
			}
		}
	}
}
