package graphqlserver

import (
	"context"
	"fmt"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/tributary-gql/tributary/subgraphs/kit/fault"
)

// entitiesField is the root field by which a router asks for entities (Federation subgraph specification).
const entitiesField = "_entities"

// representationCheck refuses representations that name no entity or lack its key, before gqlgen's code meets them: that fails the
// whole group with an error that does not say which one it was.
type representationCheck struct {
	// keys holds, by entity type, the top-level fields of each @key.
	keys map[string][][]string
}

func newRepresentationCheck(schema *ast.Schema) representationCheck {
	check := representationCheck{keys: make(map[string][][]string)}
	for name, definition := range schema.Types {
		for _, directive := range definition.Directives.ForNames("key") {
			if argument := directive.Arguments.ForName("fields"); argument != nil {
				check.keys[name] = append(check.keys[name], topLevelFields(argument.Value.Raw))
			}
		}
	}
	return check
}

// topLevelFields returns the outer names of a field set such as "id organization { id }".
func topLevelFields(fieldSet string) []string {
	document, err := parser.ParseQuery(&ast.Source{Input: "{" + fieldSet + "}"})
	if err != nil || len(document.Operations) != 1 {
		return nil // composition refuses such a key; here it asks for nothing
	}
	var names []string
	for _, selection := range document.Operations[0].SelectionSet {
		if field, ok := selection.(*ast.Field); ok {
			names = append(names, field.Name)
		}
	}
	return names
}

// around implements graphql.RootFieldMiddleware.
func (c representationCheck) around(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
	field := graphql.GetRootFieldContext(ctx).Field
	if field.Name != entitiesField {
		return next(ctx)
	}
	arguments := field.ArgumentMap(graphql.GetOperationContext(ctx).Variables)
	representations, _ := arguments["representations"].([]any)
	sound := true
	for i, representation := range representations {
		if problem := c.problemOf(representation); problem != "" {
			sound = false
			graphql.AddError(ctx, &gqlerror.Error{
				Message:    problem,
				Path:       ast.Path{ast.PathName(field.Alias), ast.PathIndex(i)},
				Extensions: map[string]any{"code": fault.BadInput},
			})
		}
	}
	if !sound {
		return graphql.Null
	}
	return next(ctx)
}

// problemOf says what is wrong with a representation, and "" when nothing is.
func (c representationCheck) problemOf(representation any) string {
	fields, ok := representation.(map[string]any)
	if !ok {
		return "the representation is not an object"
	}
	typename, ok := fields["__typename"].(string)
	if !ok {
		return "the representation has no __typename"
	}
	keys, ok := c.keys[typename]
	if !ok {
		return fmt.Sprintf("%q is not an entity of this service", typename)
	}
	alternatives := make([]string, 0, len(keys))
	for _, key := range keys {
		if hasAll(fields, key) {
			return ""
		}
		alternatives = append(alternatives, strings.Join(key, " "))
	}
	return fmt.Sprintf("the representation of %s lacks its key: %s", typename, strings.Join(alternatives, ", or "))
}

func hasAll(fields map[string]any, key []string) bool {
	for _, name := range key {
		if fields[name] == nil {
			return false
		}
	}
	return true
}
