package supergraph

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
)

// API returns the schema that clients see: without federation's own elements, without what is @inaccessible, with
// the introspection types and GraphQL's own directives. The caller owns the result, but its types, values and
// directives are shared with the model and must not be changed. FormatSchema turns it into SDL.
//
// An error is an *Error and means that something accessible refers to what is not.
func (s *Supergraph) API() (*ast.Schema, error) {
	b := apiBuilder{s: s, features: featuresOf(s.Links), schema: &ast.Schema{
		Description:   s.Description,
		Types:         make(map[string]*ast.Definition, len(s.Types)+16),
		Directives:    make(map[string]*ast.DirectiveDefinition),
		PossibleTypes: make(map[string][]*ast.Definition),
		Implements:    make(map[string][]*ast.Definition),
	}}
	return b.build()
}

type apiBuilder struct {
	problems
	s        *Supergraph
	features features
	hidden   string // the name of @inaccessible here
	schema   *ast.Schema
}

func (b *apiBuilder) build() (*ast.Schema, error) {
	b.hidden = b.features.inaccessible()
	prelude := validator.PreludeDocument()
	var defs []*ast.Definition
	defs = append(defs, prelude.Definitions...)
	for _, d := range prelude.Directives {
		b.schema.Directives[d.Name] = d
	}
	for _, d := range b.s.Directives {
		if !b.features.ownsDirective(d.Name) {
			b.schema.Directives[d.Name] = b.directiveDefinition(d)
		}
	}
	for _, t := range b.s.Types {
		if !b.isHidden(t.Directives) {
			defs = append(defs, b.definition(t))
		}
	}
	for _, def := range defs {
		b.schema.Types[def.Name] = def
	}
	b.schema.SchemaDirectives = b.keep(b.s.Applied)
	b.schema.Query = b.schema.Types[b.s.Query]
	b.schema.Mutation = b.schema.Types[b.s.Mutation]
	b.schema.Subscription = b.schema.Types[b.s.Subscription]
	if b.schema.Query == nil {
		b.invalid(nil, "The query root type %q is @inaccessible.", b.s.Query)
		return nil, b.err()
	}
	b.checkReferences(defs)
	b.relate(defs)
	b.schema.Query.Fields = append(b.schema.Query.Fields, validator.QueryIntrospectionFields()...)
	if err := b.err(); err != nil {
		return nil, err
	}
	return b.schema, nil
}

// inaccessible returns what @inaccessible is called, "" when it is not linked.
func (fs *features) inaccessible() string {
	if f := fs.named("inaccessible"); f != nil {
		return f.directive("inaccessible")
	}
	return ""
}

func (b *apiBuilder) isHidden(directives ast.DirectiveList) bool {
	return b.hidden != "" && directives.ForName(b.hidden) != nil
}

func (b *apiBuilder) typeIsHidden(name string) bool {
	t := b.s.Type(name)
	return t != nil && b.isHidden(t.Directives)
}

// keep returns the applications of directives that are part of the API.
func (b *apiBuilder) keep(applied ast.DirectiveList) ast.DirectiveList {
	var kept ast.DirectiveList
	for _, d := range applied {
		if def := b.schema.Directives[d.Name]; def != nil {
			copied := *d
			copied.Definition = def
			kept = append(kept, &copied)
		}
	}
	return kept
}

func (b *apiBuilder) directiveDefinition(d *ast.DirectiveDefinition) *ast.DirectiveDefinition {
	copied := *d
	copied.Arguments = b.arguments(d.Arguments)
	return &copied
}

func (b *apiBuilder) definition(t *Type) *ast.Definition {
	def := &ast.Definition{Kind: t.Kind, Name: t.Name, Description: t.Description, Directives: b.keep(t.Directives)}
	def.Interfaces = slices.DeleteFunc(t.InterfaceNames(), b.typeIsHidden)
	def.Types = slices.DeleteFunc(t.MemberNames(), b.typeIsHidden)
	for _, f := range t.Fields {
		if !b.isHidden(f.Directives) {
			def.Fields = append(def.Fields, &ast.FieldDefinition{
				Name: f.Name, Description: f.Description, Type: f.Type, DefaultValue: f.Default,
				Arguments: b.arguments(f.Args), Directives: b.keep(f.Directives),
			})
		}
	}
	for _, v := range t.EnumValues {
		if !b.isHidden(v.Directives) {
			def.EnumValues = append(def.EnumValues, &ast.EnumValueDefinition{
				Name: v.Name, Description: v.Description, Directives: b.keep(v.Directives),
			})
		}
	}
	return def
}

func (b *apiBuilder) arguments(args ast.ArgumentDefinitionList) ast.ArgumentDefinitionList {
	var kept ast.ArgumentDefinitionList
	for _, a := range args {
		if !b.isHidden(a.Directives) {
			copied := *a
			copied.Directives = b.keep(a.Directives)
			kept = append(kept, &copied)
		}
	}
	return kept
}

// checkReferences reports what refers to a type that is not part of the API.
func (b *apiBuilder) checkReferences(defs []*ast.Definition) {
	for _, def := range defs {
		for _, f := range def.Fields {
			if b.schema.Types[f.Type.Name()] == nil {
				b.invalid(f.Type.Position, "Field %q is accessible but its type %q is not.", def.Name+"."+f.Name, f.Type)
			}
			for _, a := range f.Arguments {
				if b.schema.Types[a.Type.Name()] == nil {
					b.invalid(a.Position, "Argument %q of %q is accessible but its type %q is not.", a.Name, def.Name+"."+f.Name, a.Type)
				}
			}
		}
		if len(def.Fields) == 0 && len(def.Types) == 0 && len(def.EnumValues) == 0 && def.Kind != ast.Scalar {
			b.invalid(nil, "Type %q is accessible but nothing in it is.", def.Name)
		}
	}
}

// relate fills the tables of possible types and interfaces as gqlparser does.
func (b *apiBuilder) relate(defs []*ast.Definition) {
	for _, def := range defs {
		for _, name := range def.Types {
			b.schema.AddPossibleType(def.Name, b.schema.Types[name])
			b.schema.AddImplements(name, def)
		}
		for _, name := range def.Interfaces {
			b.schema.AddPossibleType(name, def)
			b.schema.AddImplements(def.Name, b.schema.Types[name])
		}
		if def.Kind == ast.Object || def.Kind == ast.InputObject {
			b.schema.AddPossibleType(def.Name, def)
		}
	}
}
