package supergraph_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/tributary-gql/tributary/schema/supergraph"
)

var update = flag.Bool("update", false, "rewrite the golden sections of the cases")

// TestRead runs testdata/read: each case holds a supergraph.graphql and either errors.txt, or the standard form
// printed.graphql and the API schema api.graphql (api-errors.txt when it has none).
func TestRead(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/read/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			got := readCase(t, archive)
			if *update {
				if err := os.WriteFile(path, txtar.Format(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(txtar.Format(archive)), string(txtar.Format(got))); diff != "" {
				t.Errorf("differs from the golden sections (-want +got):\n%s", diff)
			}
		})
	}
}

// readCase returns the archive with its golden sections made anew.
func readCase(t *testing.T, archive *txtar.Archive) *txtar.Archive {
	t.Helper()
	var input string
	for _, f := range archive.Files {
		if f.Name == "supergraph.graphql" {
			input = string(f.Data)
		}
	}
	got := &txtar.Archive{Comment: archive.Comment}
	section := func(name, text string) {
		got.Files = append(got.Files, txtar.File{Name: name, Data: []byte(strings.TrimRight(text, "\n") + "\n")})
	}
	section("supergraph.graphql", input)
	s, err := supergraph.Read(input)
	if err != nil {
		var bad *supergraph.Error
		if !errors.As(err, &bad) || len(bad.Diagnostics) == 0 {
			t.Fatalf("Read failed with %T, not with a *supergraph.Error that holds diagnostics", err)
		}
		section("errors.txt", err.Error())
		return got
	}
	section("printed.graphql", s.Print())
	api, err := s.API()
	if err != nil {
		section("api-errors.txt", err.Error())
		return got
	}
	section("api.graphql", supergraph.FormatSchema(api))
	return got
}

// FuzzRead checks that no input panics, and that what can be read prints to something that reads the same.
func FuzzRead(f *testing.F) {
	paths, err := filepath.Glob("testdata/read/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(archive.Files[0].Data))
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
