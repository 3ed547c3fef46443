// Package graphqlservertest holds checks that every service makes of its generated code, and a client for its tests.
package graphqlservertest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
)

// CheckResolvers fails the test for each field of schema that has arguments and no resolver: gqlgen makes a struct field of such a
// field when no one lists it in gqlgen.yml, and then ignores its arguments. Root is the generated interface ResolverRoot:
//
//	graphqlservertest.CheckResolvers[graph.ResolverRoot](t, executableSchema.Schema())
func CheckResolvers[Root any](t testing.TB, schema *ast.Schema) {
	t.Helper()
	for _, problem := range missingResolvers(reflect.TypeFor[Root](), schema) {
		t.Error(problem)
	}
}

func missingResolvers(root reflect.Type, schema *ast.Schema) []string {
	var problems []string
	for name, definition := range schema.Types {
		if definition.BuiltIn || definition.Kind != ast.Object {
			continue
		}
		for _, field := range definition.Fields {
			if len(field.Arguments) == 0 || strings.HasPrefix(field.Name, "_") || hasResolver(root, name, field.Name) {
				continue
			}
			problems = append(problems, fmt.Sprintf("%s.%s has arguments and no resolver: they are ignored; list it in gqlgen.yml under models.%s.fields with resolver: true",
				name, field.Name, name))
		}
	}
	slices.Sort(problems)
	return problems
}

// hasResolver looks for root.Type().Field; gqlgen writes some names with other capitals and never with underscores.
func hasResolver(root reflect.Type, typeName, fieldName string) bool {
	forType, found := methodFold(root, typeName)
	if !found || forType.NumOut() != 1 {
		return false
	}
	_, found = methodFold(forType.Out(0), fieldName)
	return found
}

func methodFold(of reflect.Type, name string) (reflect.Type, bool) {
	name = strings.ReplaceAll(name, "_", "")
	for method := range of.Methods() {
		if strings.EqualFold(method.Name, name) {
			return method.Type, true
		}
	}
	return nil, false
}
