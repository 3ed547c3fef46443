package operation

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "rewrite the golden sections of testdata")

// loadSchema reads SDL for tests.
func loadSchema(t testing.TB, sdl string) *Schema {
	t.Helper()
	loaded, err := gqlparser.LoadSchema(&ast.Source{Name: "schema.graphql", Input: sdl})
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSchemaFromAST(loaded)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// golden is one txtar case: inputs, and sections that -update rewrites.
type golden struct {
	t       *testing.T
	path    string
	archive *txtar.Archive
}

func readGolden(t *testing.T, path string) *golden {
	t.Helper()
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return &golden{t: t, path: path, archive: archive}
}

// input is a section that must be there, or fallback when one is given.
func (g *golden) input(name string, fallback ...string) string {
	g.t.Helper()
	for _, f := range g.archive.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	if len(fallback) == 0 {
		g.t.Fatalf("%s: no section %s", g.path, name)
	}
	return fallback[0]
}

// expect compares a golden section, or rewrites it.
func (g *golden) expect(name, got string) {
	g.t.Helper()
	if got != "" && !strings.HasSuffix(got, "\n") {
		got += "\n"
	}
	for i, f := range g.archive.Files {
		if f.Name != name {
			continue
		}
		if *update {
			g.archive.Files[i].Data = []byte(got)
		} else if diff := cmp.Diff(string(f.Data), got); diff != "" {
			g.t.Errorf("%s: section %s differs (-want +got)\n%s", g.path, name, diff)
		}
		return
	}
	if !*update {
		g.t.Errorf("%s: no section %s; got\n%s", g.path, name, got)
		return
	}
	g.archive.Files = append(g.archive.Files, txtar.File{Name: name, Data: []byte(got)})
}

func (g *golden) save() {
	g.t.Helper()
	if !*update {
		return
	}
	if err := os.WriteFile(g.path, txtar.Format(g.archive), 0o644); err != nil {
		g.t.Fatal(err)
	}
}

func forEachGolden(t *testing.T, pattern string, run func(*testing.T, *golden)) {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases match %s (%v)", pattern, err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			g := readGolden(t, path)
			run(t, g)
			g.save()
		})
	}
}

func TestNormalisedOperationsMatchTheirGoldens(t *testing.T) {
	t.Parallel()
	forEachGolden(t, "testdata/normalise/*.txtar", func(t *testing.T, g *golden) {
		s := loadSchema(t, g.input("schema.graphql"))
		options := DefaultOptions()
		options.Defer = strings.Contains(string(g.archive.Comment), "with defer")
		o, literals, err := s.ParseWith(g.input("operation.graphql"), "", options)
		if err != nil {
			t.Fatal(err)
		}
		g.expect("normalised.txt", o.String()+literals.text())
		again, _, err := s.ParseWith(g.input("operation.graphql"), "", options)
		if err != nil {
			t.Fatal(err)
		}
		if again.Hash != o.Hash || again.String() != o.String() {
			t.Error("the same document gave two different operations")
		}
	})
}

func (l Literals) text() string {
	var lines strings.Builder
	for _, value := range l {
		lines.WriteString(string(value) + "\n")
	}
	return lines.String()
}
