package world

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"

	"github.com/tributary-gql/tributary/schema/supergraph"
)

// loadSchema prints and loads a schema document.
func loadSchema(name string, document *ast.SchemaDocument) (string, *ast.Schema, error) {
	var text bytes.Buffer
	formatter.NewFormatter(&text).FormatSchemaDocument(document)
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: name, Input: text.String()})
	if err != nil {
		return text.String(), nil, fmt.Errorf("schema of %s: %w", name, err)
	}
	return text.String(), schema, nil
}

var builtInScalars = []string{"Int", "Float", "String", "Boolean", "ID"}

// load builds the subgraph's own schema, federation's machinery included.
func (g *Graph) load(super *supergraph.Supergraph) (err error) {
	document := &ast.SchemaDocument{}
	root := &ast.SchemaDefinition{}
	var entities []string
	for _, name := range g.order {
		t := g.Types[name]
		definition := g.definition(t)
		definition.Directives = oneOf(super, name)
		if name == super.Query || slices.Contains(builtInScalars, name) {
			continue // the query type is added below, with the machinery
		}
		if t.Kind == ast.Object && slices.ContainsFunc(t.Keys, func(k *Key) bool { return k.Resolvable }) {
			entities = append(entities, name)
		}
		switch name {
		case super.Mutation:
			root.OperationTypes = append(root.OperationTypes, &ast.OperationTypeDefinition{Operation: ast.Mutation, Type: name})
		case super.Subscription:
			root.OperationTypes = append(root.OperationTypes, &ast.OperationTypeDefinition{Operation: ast.Subscription, Type: name})
		}
		if (t.Kind == ast.Object || t.Kind == ast.Interface || t.Kind == ast.InputObject) && len(definition.Fields) == 0 {
			if name == super.Mutation || name == super.Subscription {
				root.OperationTypes = root.OperationTypes[:len(root.OperationTypes)-1]
			}
			continue // nothing of it is the subgraph's
		}
		document.Definitions = append(document.Definitions, definition)
	}
	query := &ast.Definition{Kind: ast.Object, Name: super.Query}
	if t := g.Types[super.Query]; t != nil {
		query = g.definition(t)
	}
	root.OperationTypes = append(root.OperationTypes, &ast.OperationTypeDefinition{Operation: ast.Query, Type: query.Name})
	document.Definitions = append(document.Definitions, query)
	addMachinery(document, query, entities)
	document.Directives = g.directives
	document.Schema = ast.SchemaDefinitionList{root}
	g.SDL, g.Schema, err = loadSchema("subgraph "+g.Name, document)
	return err
}

// addMachinery adds what every subgraph serves: _service, and _entities when it has any.
func addMachinery(document *ast.SchemaDocument, query *ast.Definition, entities []string) {
	document.Definitions = append(document.Definitions,
		&ast.Definition{Kind: ast.Scalar, Name: "_Any"},
		&ast.Definition{Kind: ast.Object, Name: "_Service", Fields: ast.FieldList{{Name: "sdl", Type: ast.NamedType("String", nil)}}})
	query.Fields = append(query.Fields, &ast.FieldDefinition{Name: "_service", Type: ast.NonNullNamedType("_Service", nil)})
	if len(entities) == 0 {
		return
	}
	document.Definitions = append(document.Definitions, &ast.Definition{Kind: ast.Union, Name: "_Entity", Types: entities})
	query.Fields = append(query.Fields, &ast.FieldDefinition{
		Name: "_entities",
		Arguments: ast.ArgumentDefinitionList{{
			Name: "representations", Type: ast.NonNullListType(ast.NonNullNamedType("_Any", nil), nil),
		}},
		Type: ast.NonNullListType(ast.NamedType("_Entity", nil), nil),
	})
}

// executable tells whether a directive may stand in an operation.
func executable(directive *ast.DirectiveDefinition) bool {
	return slices.ContainsFunc(directive.Locations, func(location ast.DirectiveLocation) bool {
		switch location {
		case ast.LocationQuery, ast.LocationMutation, ast.LocationSubscription, ast.LocationField,
			ast.LocationFragmentDefinition, ast.LocationFragmentSpread, ast.LocationInlineFragment, ast.LocationVariableDefinition:
			return true
		}
		return false
	})
}

// definition is the subgraph's declaration of a type.
func (g *Graph) definition(t *GraphType) *ast.Definition {
	definition := &ast.Definition{Kind: t.Kind, Name: t.Name, Interfaces: t.interfaces, Types: t.members}
	for _, value := range t.values {
		definition.EnumValues = append(definition.EnumValues, &ast.EnumValueDefinition{Name: value})
	}
	for _, name := range t.fieldOrder {
		f := t.Fields[name]
		field := &ast.FieldDefinition{Name: f.Name, Type: f.Type, Arguments: plainArguments(f.Args)}
		if t.Kind == ast.InputObject {
			field.DefaultValue = f.Default
		}
		definition.Fields = append(definition.Fields, field)
	}
	return definition
}

// oneOf is the directive of that name on an input type, if it has it.
func oneOf(super *supergraph.Supergraph, typeName string) ast.DirectiveList {
	if t := super.Type(typeName); t != nil && t.Directives.ForName("oneOf") != nil {
		return ast.DirectiveList{{Name: "oneOf"}}
	}
	return nil
}

// plainArguments are argument definitions without descriptions and directives.
func plainArguments(arguments ast.ArgumentDefinitionList) ast.ArgumentDefinitionList {
	plain := make(ast.ArgumentDefinitionList, len(arguments))
	for i, argument := range arguments {
		plain[i] = &ast.ArgumentDefinition{Name: argument.Name, Type: argument.Type, DefaultValue: argument.DefaultValue}
	}
	return plain
}

// loadAPI builds the schema that clients see: the supergraph without what is inaccessible.
func loadAPI(super *supergraph.Supergraph) (string, *ast.Schema, error) {
	inaccessible := inaccessibleName(super)
	hidden := func(directives ast.DirectiveList) bool { return directives.ForName(inaccessible) != nil }
	document := &ast.SchemaDocument{}
	root := &ast.SchemaDefinition{}
	visible := map[string]bool{}
	for _, t := range super.Types {
		visible[t.Name] = !hidden(t.Directives)
	}
	for _, t := range super.Types {
		if !visible[t.Name] || (t.Kind == ast.Scalar && slices.Contains(builtInScalars, t.Name)) {
			continue
		}
		definition := &ast.Definition{Kind: t.Kind, Name: t.Name, Directives: oneOf(super, t.Name)}
		for _, join := range t.Implements {
			if visible[join.Interface] && !slices.Contains(definition.Interfaces, join.Interface) {
				definition.Interfaces = append(definition.Interfaces, join.Interface)
			}
		}
		for _, join := range t.Members {
			if visible[join.Member] && !slices.Contains(definition.Types, join.Member) {
				definition.Types = append(definition.Types, join.Member)
			}
		}
		for _, value := range t.EnumValues {
			if !hidden(value.Directives) {
				definition.EnumValues = append(definition.EnumValues, &ast.EnumValueDefinition{Name: value.Name})
			}
		}
		for _, f := range t.Fields {
			if hidden(f.Directives) {
				continue
			}
			field := &ast.FieldDefinition{Name: f.Name, Type: f.Type, DefaultValue: f.Default}
			for _, argument := range f.Args {
				if !hidden(argument.Directives) {
					field.Arguments = append(field.Arguments, plainArguments(ast.ArgumentDefinitionList{argument})...)
				}
			}
			definition.Fields = append(definition.Fields, field)
		}
		if len(definition.Fields) == 0 && (t.Name == super.Mutation || t.Name == super.Subscription) {
			continue
		}
		document.Definitions = append(document.Definitions, definition)
		switch t.Name {
		case super.Query:
			root.OperationTypes = append(root.OperationTypes, &ast.OperationTypeDefinition{Operation: ast.Query, Type: t.Name})
		case super.Mutation:
			root.OperationTypes = append(root.OperationTypes, &ast.OperationTypeDefinition{Operation: ast.Mutation, Type: t.Name})
		case super.Subscription:
			root.OperationTypes = append(root.OperationTypes, &ast.OperationTypeDefinition{Operation: ast.Subscription, Type: t.Name})
		}
	}
	for _, directive := range super.Directives {
		if executable(directive) {
			document.Directives = append(document.Directives, directive)
		}
	}
	document.Schema = ast.SchemaDefinitionList{root}
	return loadSchema("API", document)
}

// inaccessibleName is what the supergraph calls @inaccessible.
func inaccessibleName(super *supergraph.Supergraph) string {
	for _, link := range super.Links {
		if !strings.Contains(link.URL, "/inaccessible/") {
			continue
		}
		for _, element := range link.Import {
			if element.Name == "@inaccessible" && element.As != "" {
				return strings.TrimPrefix(element.As, "@")
			}
		}
		if link.As != "" {
			return link.As
		}
	}
	return "inaccessible"
}
