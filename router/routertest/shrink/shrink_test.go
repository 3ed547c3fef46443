package shrink_test

import (
	"strings"
	"testing"

	"github.com/tributary-gql/tributary/router/routertest/shrink"
)

func TestDocumentKeepsWhatMatters(t *testing.T) {
	t.Parallel()
	const document = `query Q($a: Int, $b: Boolean!) {
		users(first: $a) { id ...F friends @include(if: $b) { name bad: wrong(x: 1) } }
		other { id }
	}
	fragment F on User { name ... on User { age wrong } }
	query Unused { x }`
	fails := func(text string) bool { return strings.Contains(text, "wrong") }
	got := strings.Join(strings.Fields(shrink.Document(document, fails, 1000)), " ")
	if want := "query Q { users { wrong } }"; got != want && got != "query Q { users { friends { wrong } } }" {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestSchemaKeepsWhatMatters(t *testing.T) {
	t.Parallel()
	const sdl = `type Query { a: A b(x: Int): Int } type A implements I @key(fields: "id") { id: ID! c: Int @tag(name: "t") } interface I { id: ID! } enum E { X Y } union U = A | Query extend type A { more: Int }`
	fails := func(text string) bool { return strings.Contains(text, "c: Int") }
	got := strings.Join(strings.Fields(shrink.Schema(sdl, fails, 1000)), " ")
	if want := "type A { c: Int }"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestListKeepsWhatMatters(t *testing.T) {
	t.Parallel()
	got := shrink.List([]int{1, 2, 3, 4, 5}, func(items []int) bool {
		sum := 0
		for _, item := range items {
			sum += item
		}
		return sum >= 9
	})
	if len(got) != 2 {
		t.Errorf("got %v, want two items", got)
	}
}
