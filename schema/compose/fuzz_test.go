package compose_test

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tributary-gql/tributary/schema/compose"
	"github.com/tributary-gql/tributary/schema/schematest"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// FuzzCompose composes two subgraphs: nothing panics, errors exclude a supergraph, and a supergraph is one that can be read and
// has an API.
func FuzzCompose(f *testing.F) {
	paths, err := filepath.Glob("testdata/*/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		c, err := schematest.Load(path)
		if err != nil {
			f.Fatal(err)
		}
		sources := append(caseSources(c), compose.Source{})
		f.Add(sources[0].SDL, sources[1].SDL)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		result := compose.Sources(compose.Source{Name: "a", SDL: a}, compose.Source{Name: "b", SDL: b})
		if (result.Supergraph == nil) != (len(result.Errors) > 0) {
			t.Fatalf("a supergraph and %d errors", len(result.Errors))
		}
		if result.Supergraph == nil {
			return
		}
		printed := result.Supergraph.Print()
		read, err := supergraph.Read(printed)
		if err != nil {
			t.Fatalf("it cannot be read: %v\n%s", err, printed)
		}
		if diff := cmp.Diff(printed, read.Print()); diff != "" {
			t.Fatalf("read and printed again, it differs:\n%s", diff)
		}
		if _, err := read.API(); err != nil {
			t.Fatalf("it has no API: %v\n%s", err, printed)
		}
	})
}
