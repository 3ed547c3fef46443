package querygraph_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/tributary-gql/tributary/schema/querygraph"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

var update = flag.Bool("update", false, "rewrite the golden sections of testdata/*.txtar")

// TestGraphs compares the printed graph of each case with its golden.
func TestGraphs(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			got := build(t, section(t, archive, "supergraph.graphql")).String()
			if *update {
				writeGolden(t, path, archive, "graph.txt", got)
				return
			}
			if diff := cmp.Diff(section(t, archive, "graph.txt"), got); diff != "" {
				t.Errorf("graph differs (-golden +got):\n%s", diff)
			}
		})
	}
}

func build(t *testing.T, sdl string) *querygraph.Graph {
	t.Helper()
	s, err := supergraph.Read(sdl)
	if err != nil {
		t.Fatal(err)
	}
	g, err := querygraph.New(s)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func section(t *testing.T, archive *txtar.Archive, name string) string {
	t.Helper()
	for _, file := range archive.Files {
		if file.Name == name {
			return string(file.Data)
		}
	}
	t.Fatalf("no section %s", name)
	return ""
}

func writeGolden(t *testing.T, path string, archive *txtar.Archive, name, text string) {
	t.Helper()
	for i, file := range archive.Files {
		if file.Name == name {
			archive.Files[i].Data = []byte(text)
			if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("no section %s to update", name)
}

// TestConformanceSupergraphsHaveGraphs builds the graph of every supergraph that the reference composed.
func TestConformanceSupergraphsHaveGraphs(t *testing.T) {
	t.Parallel()
	dir, required := os.LookupEnv("CONFORMANCE_DIR")
	if !required {
		dir = filepath.Join("..", "..", "..", "shared", "conformance")
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*", "*.json"))
	if err != nil || required && len(paths) == 0 {
		t.Fatalf("CONFORMANCE_DIR %s has no cases: %v", dir, err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var c struct{ Supergraph string }
		if err := json.Unmarshal(data, &c); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if c.Supergraph == "" {
			continue
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			g := build(t, c.Supergraph)
			if g.String() != build(t, c.Supergraph).String() {
				t.Error("two graphs of one supergraph differ")
			}
			for id := range g.Nodes() {
				node := g.Node(querygraph.NodeID(id))
				for _, edge := range node.Edges {
					if got, ok := g.Edge(node.ID, edge.Field.Name); !ok || got != edge {
						t.Errorf("Edge(%d, %s) = %v, %t", id, edge.Field.Name, got, ok)
					}
					if edge.To != querygraph.NoNode && g.Node(edge.To).Subgraph != node.Subgraph {
						t.Errorf("the edge %d.%s leaves its subgraph", id, edge.Field.Name)
					}
				}
			}
		})
	}
}

func TestTypeSet(t *testing.T) {
	t.Parallel()
	a := querygraph.NewTypeSet(1, 64, 130)
	b := querygraph.NewTypeSet(64, 2)
	list := func(s querygraph.TypeSet) (types []querygraph.ObjectID) {
		for id := range s.All() {
			types = append(types, id)
		}
		return types
	}
	for name, c := range map[string]struct {
		set  querygraph.TypeSet
		want []querygraph.ObjectID
	}{
		"union":            {a.Union(b), []querygraph.ObjectID{1, 2, 64, 130}},
		"union commutes":   {b.Union(a), []querygraph.ObjectID{1, 2, 64, 130}},
		"intersect":        {a.Intersect(b), []querygraph.ObjectID{64}},
		"minus":            {a.Minus(b), []querygraph.ObjectID{1, 130}},
		"minus all":        {a.Minus(a), nil},
		"minus loses tail": {a.Minus(querygraph.NewTypeSet(130, 64)), []querygraph.ObjectID{1}},
	} {
		if diff := cmp.Diff(c.want, list(c.set)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if !c.set.Equal(querygraph.NewTypeSet(c.want...)) || c.set.Len() != len(c.want) {
			t.Errorf("%s: not in the shortest form: %v", name, c.set)
		}
	}
	if a.SubsetOf(b) || !b.SubsetOf(a.Union(b)) || !a.Intersects(b) || a.Intersects(querygraph.NewTypeSet(3)) {
		t.Error("comparisons are wrong")
	}
	if a.First() != 1 || querygraph.TypeSet(nil).First() != -1 || !a.Has(130) || a.Has(131) || a.Has(1000) {
		t.Error("membership is wrong")
	}
}

func TestCompileRefuses(t *testing.T) {
	t.Parallel()
	g := build(t, `
		schema @link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION) { query: Query }
		directive @join__graph(name: String!, url: String!) on ENUM_VALUE
		directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
		directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
		scalar join__FieldSet scalar link__Import enum link__Purpose { SECURITY EXECUTION }
		enum join__Graph { A @join__graph(name: "a", url: "") }
		type Query @join__type(graph: A) { a: Int }`)
	for text, want := range map[string]string{
		"b":                       "there is no field Query.b",
		"... on Nothing { a }":    "there is no type Nothing",
		"a {":                     "expected at least one definition",
		"{ a } query { a }":       "not one selection",
		"...f":                    "named fragments",
		"... on Query { b { c }}": "there is no field Query.b",
	} {
		if _, err := g.Compile("Query", text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Compile(%q): %v, want %q", text, err, want)
		}
	}
}
