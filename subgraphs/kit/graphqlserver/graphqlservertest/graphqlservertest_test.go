package graphqlservertest

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

type queryResolver interface {
	Users(first int) []string
}

type userResolver interface {
	PaymentsMADE(first int) []string
}

// root is what gqlgen would generate when User.unread and Team.members were not listed.
type root interface {
	Query() queryResolver
	User() userResolver
}

func TestFieldsThatIgnoreTheirArgumentsAreFound(t *testing.T) {
	t.Parallel()
	schema, err := gqlparser.LoadSchema(&ast.Source{Input: `
		type Query { users(first: Int): [User] }
		type User { id: ID! payments_made(first: Int): [ID] unread(kind: ID): Int _internal(x: Int): Int }
		type Team { members(first: Int): [User] name: String }
		interface Named { name(short: Boolean): String }
	`})
	if err != nil {
		t.Fatal(err)
	}
	problems := missingResolvers(reflect.TypeFor[root](), schema)
	names := make([]string, len(problems))
	for i, problem := range problems {
		names[i], _, _ = strings.Cut(problem, " ")
	}
	if want := []string{"Team.members", "User.unread"}; !slices.Equal(names, want) {
		t.Errorf("found %v, want %v", names, want)
	}
}
