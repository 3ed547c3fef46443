package supergraph_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/supergraph"
)

// conformanceFiles returns the recorded cases that have a supergraph, none when the folder is not there and was not
// asked for.
func conformanceFiles(t *testing.T) map[string]string {
	t.Helper()
	dir, required := os.LookupEnv("CONFORMANCE_DIR")
	if !required {
		dir = filepath.Join("..", "..", "..", "shared", "conformance")
	}
	if _, err := os.Stat(dir); err != nil {
		if required {
			t.Fatalf("CONFORMANCE_DIR: %v", err)
		}
		return nil
	}
	files := map[string]string{}
	for _, kind := range []string{"composition", "plans"} {
		paths, err := filepath.Glob(filepath.Join(dir, kind, "*.json"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var c struct{ Supergraph *string }
			if err := json.Unmarshal(data, &c); err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			if c.Supergraph != nil {
				files[kind+"/"+filepath.Base(path)] = *c.Supergraph
			}
		}
	}
	return files
}

// modelOptions compare two supergraphs by content, not by where they stood in a file.
var modelOptions = cmp.Options{
	cmpopts.IgnoreUnexported(supergraph.Supergraph{}, supergraph.Type{}),
	cmpopts.IgnoreTypes(&ast.Position{}, &ast.CommentGroup{}),
	cmp.Comparer(func(a, b *ast.Value) bool { return a.String() == b.String() }),
	cmpopts.EquateEmpty(),
}

func TestConformanceSupergraphsSurviveReadAndPrint(t *testing.T) {
	t.Parallel()
	for name, sdl := range conformanceFiles(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, err := supergraph.Read(sdl)
			if err != nil {
				t.Fatal(err)
			}
			printed := first.Print()
			second, err := supergraph.Read(printed)
			if err != nil {
				t.Fatalf("%v\n%s", err, printed)
			}
			if diff := cmp.Diff(first, second, modelOptions); diff != "" {
				t.Errorf("read, printed and read again, it differs (-first +second):\n%s", diff)
			}
			if again := second.Print(); again != printed {
				t.Errorf("printing is not stable:\n%s", cmp.Diff(printed, again))
			}
			api, err := first.API()
			if err != nil {
				t.Fatal(err)
			}
			text := supergraph.FormatSchema(api)
			loaded, err := gqlparser.LoadSchema(&ast.Source{Input: text})
			if err != nil {
				t.Fatalf("the API schema is not valid: %v\n%s", err, text)
			}
			if diff := cmp.Diff(text, supergraph.FormatSchema(loaded)); diff != "" {
				t.Errorf("the API schema differs after loading (-printed +loaded):\n%s", diff)
			}
		})
	}
}
