package compose

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
	"github.com/tributary-gql/tributary/schema/subgraph"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// Root types have these names in every subgraph and in the supergraph.
const (
	queryType        = "Query"
	mutationType     = "Mutation"
	subscriptionType = "Subscription"
)

// declareTypes collects the types of all subgraphs by name. A type that has different kinds keeps the first, and is an error.
func (c *composition) declareTypes() {
	mismatched := map[string]bool{}
	for i, s := range c.subgraphs {
		g := supergraph.GraphID(i)
		hasQuery := false
		for _, t := range s.Types {
			if isBuiltInScalar(t.Name) {
				continue
			}
			hasQuery = hasQuery || t.Name == queryType
			if m := c.declareType(t); m.kind == kindOf(t) {
				m.sources = append(m.sources, typeSource{g, t})
				if t.InterfaceObject {
					m.objects = append(m.objects, typeSource{g, t})
				}
			} else {
				mismatched[t.Name] = true
			}
		}
		if !hasQuery {
			// Every subgraph has a query type, if only for the fields that federation adds.
			t := &subgraph.Type{Name: queryType, Kind: ast.Object, Root: ast.Query, HasDefinition: true}
			if m := c.declareType(t); m.kind == ast.Object {
				m.sources = append(m.sources, typeSource{g, t})
			}
		}
	}
	for _, t := range c.types {
		switch {
		case mismatched[t.name]:
			c.reportKinds(t.name)
		case t.kind == ast.Interface:
			c.checkInterfaceObjectHasInterface(t)
		}
	}
}

func (c *composition) declareType(t *subgraph.Type) *mergedType {
	m := c.byName[t.Name]
	if m == nil {
		m = &mergedType{
			name: t.Name, kind: kindOf(t), field: map[string]*mergedField{},
			out: &supergraph.Type{Name: t.Name, Kind: kindOf(t)},
		}
		c.byName[t.Name] = m
		c.types = append(c.types, m)
	}
	return m
}

// kindOf is the kind that a type has in the supergraph.
func kindOf(t *subgraph.Type) ast.DefinitionKind {
	if t.InterfaceObject {
		return ast.Interface
	}
	return t.Kind
}

func isBuiltInScalar(name string) bool {
	switch name {
	case "Int", "Float", "String", "Boolean", "ID":
		return true
	}
	return false
}

func (c *composition) reportKinds(name string) {
	var t tally
	var at []diag.Location
	for i, s := range c.subgraphs {
		if typ := s.Type(name); typ != nil {
			g := supergraph.GraphID(i)
			t.add(describeKind(typ), g)
			at = append(at, c.report.at(g, typ.Position))
		}
	}
	c.report.error(diag.TypeKindMismatch, at, "Rename one of the types, or make them the same kind.",
		"Type %q has different kinds: it is %s.", name, c.report.words(&t))
}

func describeKind(t *subgraph.Type) string {
	if t.InterfaceObject {
		return "an @interfaceObject type"
	}
	return map[ast.DefinitionKind]string{
		ast.Scalar: "a scalar type", ast.Object: "an object type", ast.Interface: "an interface type",
		ast.Union: "a union type", ast.Enum: "an enum type", ast.InputObject: "an input object type",
	}[t.Kind]
}

func (c *composition) checkInterfaceObjectHasInterface(t *mergedType) {
	if slices.ContainsFunc(t.sources, func(s typeSource) bool { return !s.typ.InterfaceObject }) {
		return
	}
	c.report.error(diag.InterfaceObjectUsageError, c.report.typePlaces(t.sources),
		"Define the interface, with its implementations, in one subgraph; or drop @interfaceObject.",
		"Type %q is an @interfaceObject everywhere it is defined, in %s, but must be an interface in at least one subgraph.",
		t.name, c.report.listed(typeGraphs(t.sources)))
}

// mergeImplements finds out which types implement which interfaces anywhere.
func (c *composition) mergeImplements() {
	for _, t := range c.types {
		if t.kind != ast.Object && t.kind != ast.Interface {
			continue
		}
		for _, s := range t.sources {
			for _, ref := range s.typ.Interfaces {
				t.out.Implements = append(t.out.Implements, supergraph.ImplementsJoin{Graph: s.graph, Interface: ref.Name})
				i := c.byName[ref.Name]
				if i == nil || t.implements[i.name] {
					continue
				}
				if t.implements == nil {
					t.implements = map[string]bool{}
				}
				t.implements[i.name] = true
				t.interfaces = append(t.interfaces, i)
				if t.kind == ast.Object {
					i.implementers = append(i.implementers, t)
				}
			}
		}
	}
}

// declareFields collects the fields of all types by name. It comes before any field is merged, since fields of interface
// objects and of implementations need to know about each other.
func (c *composition) declareFields() {
	for _, t := range c.types {
		for _, s := range t.sources {
			for _, f := range s.typ.Fields {
				m := t.field[f.Name]
				if m == nil {
					m = t.addField(f.Name)
				}
				m.sources = append(m.sources, fieldSource{s.graph, f})
			}
		}
	}
}

func (t *mergedType) addField(name string) *mergedField {
	f := &mergedField{parent: t, name: name, out: &supergraph.Field{Name: name}}
	t.field[name] = f
	t.fields = append(t.fields, f)
	return f
}

// mergeType merges everything of a type but what mergeImplements and mergeUnionMembers did.
func (c *composition) mergeType(t *mergedType) {
	c.checkBase(t)
	elements := typeElements(t.sources)
	what := label{"Type", t.name}
	t.out.Description = c.mergeDescription(what, elements)
	t.out.Joins = typeJoins(t.sources)
	t.out.Directives = c.mergeApplied(what, elements, c.inheritedByType(t))
	t.out.Carried = c.carriedDirectives(elements)
	switch t.kind {
	case ast.Object:
		c.mergeObject(t)
	case ast.Interface:
		c.mergeInterface(t)
	case ast.InputObject:
		c.mergeInput(t)
	case ast.Enum:
		c.mergeEnum(t)
	}
}

// checkBase reports types that are only ever extended.
func (c *composition) checkBase(t *mergedType) {
	if t.name == queryType || t.name == mutationType || t.name == subscriptionType {
		return
	}
	if slices.ContainsFunc(t.sources, func(s typeSource) bool { return s.typ.HasDefinition }) {
		return
	}
	for _, s := range t.sources {
		c.report.error(diag.ExtensionWithNoBase, c.report.typePlaces([]typeSource{s}),
			"Define the type in one subgraph, without \"extend\".",
			"Type %q is only extended, here in subgraph %q and nowhere defined.", t.name, c.report.name(s.graph))
	}
}

// typeJoins is one join for each key of each subgraph, one for a subgraph without keys.
func typeJoins(sources []typeSource) []supergraph.TypeJoin {
	var joins []supergraph.TypeJoin
	for _, s := range sources {
		join := supergraph.TypeJoin{Graph: s.graph, Resolvable: true, IsInterfaceObject: s.typ.InterfaceObject}
		if len(s.typ.Keys) == 0 {
			joins = append(joins, join)
		}
		for _, k := range s.typ.Keys {
			join.Key, join.Extension, join.Resolvable = strings.TrimSpace(k.Text), k.Extension, k.Resolvable
			joins = append(joins, join)
		}
	}
	return joins
}

// mergeSchemaDefinition merges root types, the schema's description and what is applied to the schema.
func (c *composition) mergeSchemaDefinition() {
	elements := make([]element, len(c.subgraphs))
	for i, s := range c.subgraphs {
		elements[i] = element{supergraph.GraphID(i), s.Description, s.Applied, s.Position}
	}
	c.out.Description = c.mergeDescription(label{kind: "The schema"}, elements)
	c.out.Applied = c.mergeApplied(label{kind: "The schema"}, elements, nil)
	for _, root := range []struct {
		name string
		into *string
	}{{queryType, &c.out.Query}, {mutationType, &c.out.Mutation}, {subscriptionType, &c.out.Subscription}} {
		t := c.byName[root.name]
		if t == nil {
			continue
		}
		if slices.ContainsFunc(t.sources, func(s typeSource) bool { return s.typ.Root != "" && len(s.typ.Fields) > 0 }) {
			*root.into = root.name
		}
	}
}
