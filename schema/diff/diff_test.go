package diff_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"golang.org/x/tools/txtar"

	"github.com/tributary-gql/tributary/schema/diff"
)

var update = flag.Bool("update", false, "rewrite the golden sections")

func section(a *txtar.Archive, name string) string {
	for _, f := range a.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

func load(t *testing.T, sdl string) *ast.Schema {
	t.Helper()
	s, err := gqlparser.LoadSchema(&ast.Source{Input: sdl})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func text(changes []diff.Change) string {
	var b strings.Builder
	for _, c := range changes {
		fmt.Fprintf(&b, "%s %s %s: %s\n", c.Class(), c.Kind, c.Coordinate, c.Message)
	}
	return b.String()
}

// TestCases compares each case's schemas with its golden changes; together the cases show every kind of change there is.
func TestCases(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[diff.Kind]bool{}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		before, after := load(t, section(archive, "before.graphql")), load(t, section(archive, "after.graphql"))
		changes := diff.Schemas(before, after)
		for _, c := range changes {
			seen[c.Kind] = true
			if c.Reason() == "" {
				t.Errorf("%s has no reason", c.Kind)
			}
		}
		got := text(changes)
		if want := section(archive, "changes.txt"); got != want {
			if !*update {
				t.Errorf("%s:\n%s\nwant:\n%s", file, got, want)
				continue
			}
			archive.Files = slices.DeleteFunc(archive.Files, func(f txtar.File) bool { return f.Name == "changes.txt" })
			archive.Files = append(archive.Files, txtar.File{Name: "changes.txt", Data: []byte(got)})
			if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, kind := range diff.Kinds() {
		if !seen[kind] {
			t.Errorf("no case shows %s", kind)
		}
	}
}

// TestNothingChanges: a schema compared with itself is the same, and the way back removes what the way there added.
func TestNothingChanges(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		before, after := load(t, section(archive, "before.graphql")), load(t, section(archive, "after.graphql"))
		if changes := diff.Schemas(before, before); len(changes) > 0 {
			t.Errorf("%s: %v", file, changes)
		}
		if there, back := diff.Schemas(before, after), diff.Schemas(after, before); len(there) > 0 && len(back) == 0 {
			t.Errorf("%s: %d changes there and none back", file, len(there))
		}
	}
}

func TestWorst(t *testing.T) {
	t.Parallel()
	for class, changes := range map[diff.Class][]diff.Change{
		diff.Safe:      {{Kind: diff.FieldAdded}},
		diff.Dangerous: {{Kind: diff.FieldAdded}, {Kind: diff.EnumValueAdded}},
		diff.Breaking:  {{Kind: diff.FieldRemoved}, {Kind: diff.EnumValueAdded}},
	} {
		if got := diff.Worst(changes); got != class {
			t.Errorf("got %s, want %s", got, class)
		}
	}
}

func FuzzSchemas(f *testing.F) {
	f.Add("type Query { a: Int }", "type Query { b(x: Int! = 1): [Int!] }")
	f.Fuzz(func(t *testing.T, before, after string) {
		a, err := gqlparser.LoadSchema(&ast.Source{Input: before})
		if err != nil {
			return
		}
		b, err := gqlparser.LoadSchema(&ast.Source{Input: after})
		if err != nil {
			return
		}
		for _, c := range diff.Schemas(a, b) {
			if c.Class() == "" || c.Coordinate == "" {
				t.Errorf("%+v", c)
			}
		}
	})
}
