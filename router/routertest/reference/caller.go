package reference

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/routertest/execute"
	"github.com/tributary-gql/tributary/router/routertest/world"
)

// Caller is who sends a request, for @authenticated, @requiresScopes and @policy.
type Caller struct {
	Authenticated bool
	Scopes        []string
	Policies      []string
}

// Meets tells whether the caller has what is demanded: identity, one of the lists of scopes in full, one of the lists
// of policies in full.
func (c *Caller) Meets(authenticated bool, scopes, policies [][]string) bool {
	return (!authenticated || c.Authenticated) && anyInFull(scopes, c.Scopes) && anyInFull(policies, c.Policies)
}

func anyInFull(lists [][]string, has []string) bool {
	return len(lists) == 0 || slices.ContainsFunc(lists, func(list []string) bool {
		return !slices.ContainsFunc(list, func(item string) bool { return !slices.Contains(has, item) })
	})
}

// sees tells whether the caller may see a field: by the field's directives, on the object's type and on those through
// which it is asked, by its object's type and by the type of its value.
func (c *Caller) sees(w *world.World, typeName string, asked execute.Field) bool {
	t := w.Super.Type(typeName)
	field := t.Field(asked.Name)
	if field == nil {
		return true
	}
	applied := []ast.DirectiveList{t.Directives, field.Directives}
	for _, name := range asked.Declared {
		if declared := w.Super.Type(name); declared != nil && declared.Field(asked.Name) != nil {
			applied = append(applied, declared.Field(asked.Name).Directives)
		}
	}
	if value := w.Super.Type(field.Type.Name()); value != nil {
		applied = append(applied, value.Directives)
	}
	return !slices.ContainsFunc(applied, func(directives ast.DirectiveList) bool { return !c.meetsAll(directives) })
}

// meetsAll checks the directives of one place. Supergraphs that rename them are not made in these tests.
func (c *Caller) meetsAll(directives ast.DirectiveList) bool {
	for _, d := range directives {
		authenticated, scopes, policies := false, [][]string(nil), [][]string(nil)
		switch d.Name {
		case "authenticated":
			authenticated = true
		case "requiresScopes":
			scopes = lists(d.Arguments.ForName("scopes"))
		case "policy":
			policies = lists(d.Arguments.ForName("policies"))
		}
		if !c.Meets(authenticated, scopes, policies) {
			return false
		}
	}
	return true
}

// lists reads [["a", "b"], ["c"]].
func lists(argument *ast.Argument) [][]string {
	if argument == nil {
		return nil
	}
	var result [][]string
	for _, child := range argument.Value.Children {
		var list []string
		for _, item := range child.Value.Children {
			list = append(list, strings.Trim(item.Value.Raw, `"`))
		}
		result = append(result, list)
	}
	return result
}
