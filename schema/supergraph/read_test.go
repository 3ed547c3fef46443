package supergraph_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tributary-gql/tributary/schema/schematest"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// TestRead runs testdata/read: each case holds a supergraph.graphql and either errors.txt, or the standard form
// printed.graphql and the API schema api.graphql (api-errors.txt when it has none).
func TestRead(t *testing.T) {
	t.Parallel()
	schematest.Run(t, "testdata/read/*.txtar", func(t *testing.T, c *schematest.Case) {
		input, _ := c.Section("supergraph.graphql")
		var printed, api, apiErrors, problems string
		s, err := supergraph.Read(input)
		var bad *supergraph.Error
		switch {
		case err == nil:
			printed = s.Print()
			if schema, err := s.API(); err != nil {
				apiErrors = err.Error()
			} else {
				api = supergraph.FormatSchema(schema)
			}
		case !errors.As(err, &bad) || len(bad.Diagnostics) == 0:
			t.Fatalf("Read failed with %T, not with a *supergraph.Error that holds diagnostics", err)
		default:
			problems = err.Error()
		}
		c.Golden(t, "printed.graphql", printed)
		c.Golden(t, "api.graphql", api)
		c.Golden(t, "api-errors.txt", apiErrors)
		c.Golden(t, "errors.txt", problems)
	})
}

// FuzzRead checks that no input panics, and that what can be read prints to something that reads the same.
func FuzzRead(f *testing.F) {
	paths, err := filepath.Glob("testdata/read/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		c, err := schematest.Load(path)
		if err != nil {
			f.Fatal(err)
		}
		sdl, _ := c.Section("supergraph.graphql")
		f.Add(sdl)
	}
	f.Fuzz(func(t *testing.T, sdl string) {
		first, err := supergraph.Read(sdl)
		if err != nil {
			return
		}
		printed := first.Print()
		second, err := supergraph.Read(printed)
		if err != nil {
			t.Fatalf("printed, it cannot be read: %v\n%s", err, printed)
		}
		if again := second.Print(); again != printed {
			t.Fatalf("printing is not stable:\n%s", cmp.Diff(printed, again))
		}
		if api, err := first.API(); err == nil {
			supergraph.FormatSchema(api)
		}
	})
}
