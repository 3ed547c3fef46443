package property

import (
	"fmt"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/routertest/coerce"
	"github.com/tributary-gql/tributary/router/routertest/document"
	"github.com/tributary-gql/tributary/router/routertest/world"
)

// TestPartialAnswersAreExplained: which nulls an error explains.
func TestPartialAnswersAreExplained(t *testing.T) {
	t.Parallel()
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: `
type Query { user: User users: [User!] }
type User { id: ID! name: String age: Int! friend: User must: User! }`})
	const operation = `{ user { id name friend { name must { name age } } } users { ...F } } fragment F on User { name friend { name } }`
	const right = `{"user":{"id":"1","name":"a","friend":{"name":"b","must":{"name":"c","age":1}}},"users":[{"name":"a","friend":{"name":"b"}}]}`
	parsed, err := document.Load(schema, operation)
	if err != nil {
		t.Fatal(err)
	}
	want, err := coerce.Parse([]byte(right))
	if err != nil {
		t.Fatal(err)
	}
	nulls := newNulls(schema, parsed.Operations[0])
	for _, test := range []struct {
		name, got string
		errors    [][]any
		explained bool
	}{
		{"nothing is missing", right, nil, true},
		{"a null without an error", `{"user":null,"users":[{"name":"a","friend":{"name":"b"}}]}`, nil, false},
		{"an error at the null", `{"user":null,"users":[{"name":"a","friend":{"name":"b"}}]}`, [][]any{{"user"}}, true},
		{"an error without a path", `{"user":null,"users":[{"name":"a","friend":{"name":"b"}}]}`, [][]any{nil}, true},
		{"an error that had to go up", `{"user":{"id":"1","name":"a","friend":null},"users":[{"name":"a","friend":{"name":"b"}}]}`,
			[][]any{{"user", "friend", "must", "age"}}, true},
		{"an error that should have stayed below", `{"user":{"id":"1","name":"a","friend":{"name":"b","must":{"name":"c","age":1}}},"users":null}`,
			[][]any{{"users", 0.0, "friend", "name"}}, false},
		{"null in a non-null field", `{"user":{"id":"1","name":"a","friend":{"name":"b","must":null}},"users":[{"name":"a","friend":{"name":"b"}}]}`,
			[][]any{{"user", "friend", "must"}}, false},
		{"null as a non-null item", `{"user":null,"users":[null]}`, [][]any{nil}, false},
		{"an error elsewhere", `{"user":{"id":"1","name":"a","friend":null},"users":[{"name":"a","friend":{"name":"b"}}]}`,
			[][]any{{"users", 0.0, "name"}}, false},
		{"another value", `{"user":{"id":"2","name":"a","friend":null},"users":[{"name":"a","friend":{"name":"b"}}]}`, [][]any{nil}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := coerce.Parse([]byte(test.got))
			if err != nil {
				t.Fatal(err)
			}
			b := &broken{world: &world.World{}, nulls: nulls, errors: test.errors}
			if problem := b.explained(got, want, nil); (problem == "") != test.explained {
				t.Errorf("explained %t, want %t: %s", problem == "", test.explained, problem)
			}
		})
	}
}

// TestNullsDependOnRuntimeTypes: an interface's field may be null where an object's field may not.
func TestNullsDependOnRuntimeTypes(t *testing.T) {
	t.Parallel()
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: `
type Query { strict: Strict any: Any named: Named lax: Lax }
interface Named { name: String friend: Named }
type Strict implements Named { name: String! friend: Strict! }
type Lax implements Named { name: String friend: Lax }
union Any = Strict`})
	const operation = `{ strict { ...N } any { ...N } named { ...N ... on Lax { own: name } ... on Strict { must: name } } lax { ...N } }
fragment N on Named { name friend { name } }`
	parsed, err := document.Load(schema, operation)
	if err != nil {
		t.Fatal(err)
	}
	nulls := newNulls(schema, parsed.Operations[0])
	for _, test := range []struct {
		path      []any
		forbidden bool
		goesUp    bool // to the first element, in some runtime types
	}{
		{[]any{"strict", "name"}, true, true},
		{[]any{"strict", "friend", "name"}, true, true},
		{[]any{"any", "name"}, true, true},
		{[]any{"any", "friend", "name"}, true, true},
		{[]any{"named", "name"}, false, true},
		{[]any{"named", "friend", "name"}, false, true},
		{[]any{"named", "must"}, true, true},
		{[]any{"named", "own"}, false, true}, // must is beside it
		{[]any{"named"}, false, true},        // it is there already
		{[]any{"lax", "name"}, false, false},
		{[]any{"lax", "friend", "name"}, false, false},
	} {
		t.Run(fmt.Sprint(test.path), func(t *testing.T) {
			t.Parallel()
			if got := nulls.forbidden(test.path); got != test.forbidden {
				t.Errorf("null is forbidden: %t, want %t", got, test.forbidden)
			}
			if got := nulls.goesUp(test.path, 1); got != test.goesUp {
				t.Errorf("null goes up: %t, want %t", got, test.goesUp)
			}
			if nulls.goesUp(test.path, 0) {
				t.Error("null goes up to the root, where every field is nullable")
			}
		})
	}
}
