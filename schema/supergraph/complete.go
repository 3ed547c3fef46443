package supergraph

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// complete spells out what the document leaves to be inferred: join v0.3 and later list every subgraph of a type, an
// interface and a union member; v0.2 has no @join__unionMember, and v0.1 has entities alone.
func (r *reader) complete() {
	if r.join.version.Less(Version{0, 2}) {
		(&ownership{reader: r}).complete()
	}
	for _, t := range r.out.Types {
		if len(t.Joins) == 0 {
			t.Joins = r.joinsEverywhere()
		}
	}
	for _, t := range r.out.Types {
		def := r.defs[t.Name]
		for _, name := range def.Interfaces {
			if !slices.ContainsFunc(t.Implements, func(j ImplementsJoin) bool { return j.Interface == name }) {
				for _, g := range r.commonGraphs(t, name) {
					if t.hasFieldsOf(r.out.Type(name), g) {
						t.Implements = append(t.Implements, ImplementsJoin{Graph: g, Interface: name})
					}
				}
			}
		}
		for _, name := range def.Types {
			if !slices.ContainsFunc(t.Members, func(j MemberJoin) bool { return j.Member == name }) {
				for _, g := range r.commonGraphs(t, name) {
					t.Members = append(t.Members, MemberJoin{Graph: g, Member: name})
				}
			}
		}
	}
}

func (r *reader) joinsEverywhere() []TypeJoin {
	joins := make([]TypeJoin, len(r.out.Graphs))
	for g := range r.out.Graphs {
		joins[g] = TypeJoin{Graph: GraphID(g), Resolvable: true}
	}
	return joins
}

// commonGraphs returns the subgraphs that have both the type and the one named other.
func (r *reader) commonGraphs(t *Type, other string) []GraphID {
	o := r.out.Type(other)
	if o == nil {
		r.invalid(r.defs[t.Name].Position, "Type %q refers to %q, which is not defined.", t.Name, other)
		return nil
	}
	return slices.DeleteFunc(t.Graphs(), func(g GraphID) bool { return !o.HasGraph(g) })
}

// hasFieldsOf reports whether the type has every field of the interface in the subgraph.
func (t *Type) hasFieldsOf(i *Type, g GraphID) bool {
	return !slices.ContainsFunc(i.Fields, func(f *Field) bool {
		own := t.Field(f.Name)
		return own != nil && f.inGraph(g) && !own.inGraph(g)
	})
}

// inGraph reports whether a subgraph that has the field's parent type has the field too.
func (f *Field) inGraph(g GraphID) bool {
	return len(f.Joins) == 0 || slices.ContainsFunc(f.Joins, func(j FieldJoin) bool { return j.HasGraph && j.Graph == g })
}

// ownership completes join v0.1, where an entity has an owner that resolves every field without @join__field, other
// subgraphs hold the key fields and what @requires and @provides name, and a type without an owner is a value type:
// in every subgraph whose fields lead to it.
type ownership struct{ *reader }

func (o *ownership) complete() {
	for _, t := range o.out.Types {
		owner := o.defs[t.Name].Directives.ForName(o.join.owner)
		if owner == nil {
			continue
		}
		g, ok := o.requiredGraph(owner)
		if !ok {
			continue
		}
		if !t.HasGraph(g) {
			t.Joins = append([]TypeJoin{{Graph: g, Resolvable: true}}, t.Joins...)
		}
		for _, f := range t.Fields {
			if len(f.Joins) == 0 {
				f.Joins = []FieldJoin{{HasGraph: true, Graph: g}}
			}
		}
	}
	for _, root := range []string{o.out.Query, o.out.Mutation, o.out.Subscription} {
		if t := o.out.Type(root); t != nil && len(t.Joins) == 0 {
			t.Joins = o.joinsEverywhere()
		}
	}
	o.addFieldsOfSelections()
	o.spreadValueTypes()
}

// addFieldsOfSelections adds the fields that a subgraph declares without resolving them.
func (o *ownership) addFieldsOfSelections() {
	for _, t := range o.out.Types {
		for _, j := range t.Joins {
			o.addFields(t, j.Key, j.Graph, false)
		}
		for _, f := range t.Fields {
			for _, j := range slices.Clone(f.Joins) {
				o.addFields(t, j.Requires, j.Graph, true)
				o.addFields(o.out.Type(f.Type.Name()), j.Provides, j.Graph, true)
			}
		}
	}
}

func (o *ownership) addFields(t *Type, fields string, g GraphID, external bool) {
	if fields == "" || t == nil {
		return
	}
	doc, err := parser.ParseQuery(&ast.Source{Input: "{" + fields + "}"})
	if err != nil || len(doc.Operations) != 1 {
		o.invalid(o.defs[t.Name].Position, "The field set %q on type %q cannot be parsed.", fields, t.Name)
		return
	}
	o.addSelection(t, doc.Operations[0].SelectionSet, g, external)
}

func (o *ownership) addSelection(t *Type, selections ast.SelectionSet, g GraphID, external bool) {
	if t == nil {
		return
	}
	for _, selection := range selections {
		switch s := selection.(type) {
		case *ast.InlineFragment:
			on := t
			if s.TypeCondition != "" {
				on = o.out.Type(s.TypeCondition)
			}
			o.addSelection(on, s.SelectionSet, g, external)
		case *ast.Field:
			f := t.Field(s.Name)
			if f == nil {
				continue
			}
			if !f.inGraph(g) {
				f.Joins = append(f.Joins, FieldJoin{HasGraph: true, Graph: g, External: external})
			}
			o.addSelection(o.out.Type(f.Type.Name()), s.SelectionSet, g, external)
		}
	}
}

// spreadValueTypes puts each value type into the subgraphs that can return or take it.
func (o *ownership) spreadValueTypes() {
	values := map[string]bool{}
	implementers := map[string][]string{}
	var fixed []*Type // entities and root types
	for _, t := range o.out.Types {
		if len(t.Joins) > 0 {
			fixed = append(fixed, t)
		} else {
			values[t.Name] = true
		}
		for _, i := range o.defs[t.Name].Interfaces {
			implementers[i] = append(implementers[i], t.Name)
		}
	}
	for id := range o.out.Graphs {
		g := GraphID(id)
		reached := map[string]bool{}
		var reach func(name string)
		reachField := func(f *Field) {
			reach(f.Type.Name())
			for _, a := range f.Args {
				reach(a.Type.Name())
			}
		}
		reach = func(name string) {
			if !values[name] || reached[name] {
				return
			}
			reached[name] = true
			def := o.defs[name]
			for _, others := range [][]string{def.Interfaces, def.Types, implementers[name]} {
				for _, other := range others {
					reach(other)
				}
			}
			for _, f := range o.out.Type(name).Fields {
				reachField(f)
			}
		}
		for _, t := range fixed {
			if !t.HasGraph(g) {
				continue
			}
			for _, i := range o.defs[t.Name].Interfaces {
				reach(i)
			}
			for _, f := range t.Fields {
				if f.inGraph(g) {
					reachField(f)
				}
			}
		}
		for _, t := range o.out.Types {
			if reached[t.Name] {
				t.Joins = append(t.Joins, TypeJoin{Graph: g, Resolvable: true})
			}
		}
	}
}
