package planner

import (
	"testing"

	"github.com/tributary-gql/tributary/router/internal/operation"
)

// TestStoreNames: no alias puts another value where the runtime type stands, or two values in one place.
func TestStoreNames(t *testing.T) {
	t.Parallel()
	taken := map[string]string{}
	for _, f := range []struct{ response, name, want string }{
		{"__typename", "__typename", "__typename"},
		{"__typename", "name", "__typename_"},
		{"__typename_", "__typename", "__typename__"},
		{"__typename__", "name", "__typename___"},
		{"kind", "__typename", "kind"},
		{"name", "name", "name"},
		{"_", "name", "_"},
	} {
		got := storeName(&operation.Field{ResponseName: f.response, Name: f.name})
		if got != f.want || taken[got] != "" {
			t.Errorf("%s: %s is stored as %q, want %q; there is %q already", f.response, f.name, got, f.want, taken[got])
		}
		taken[got] = f.response + ": " + f.name
	}
}
