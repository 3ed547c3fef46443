package property

import (
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/routertest/coerce"
	"github.com/tributary-gql/tributary/router/routertest/document"
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
	all := newAsked(nil)
	all.add(parsed.Operations[0].SelectionSet)
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
			b := &broken{asked: all, errors: test.errors}
			if problem := b.explained(got, want, nil); (problem == "") != test.explained {
				t.Errorf("explained %t, want %t: %s", problem == "", test.explained, problem)
			}
		})
	}
}
