package diag

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"
)

// declaredCodes reads the constants of codes.go.
func declaredCodes(t *testing.T) map[Code]bool {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "codes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	out := map[Code]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			code, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			out[Code(code)] = true
		}
		return true
	})
	return out
}

func TestRegistryIsComplete(t *testing.T) {
	t.Parallel()
	declared := declaredCodes(t)
	errors, hints := map[Code]bool{}, map[Code]bool{}
	last := Phase(0)
	for _, e := range Registry() {
		if !declared[e.Code] {
			t.Errorf("%s has no constant", e.Code)
		}
		set := hints
		if e.IsError() {
			set = errors
			if e.Phase != NoPhase && e.Phase < last {
				t.Errorf("%s stands after a later phase", e.Code)
			}
			last = max(last, e.Phase)
		}
		if set[e.Code] {
			t.Errorf("%s is listed twice", e.Code)
		}
		set[e.Code] = true
		for name, text := range map[string]string{"summary": e.Summary, "explanation": e.Explanation, "fix": e.Fix} {
			if !strings.HasSuffix(text, ".") || strings.TrimSpace(text) != text {
				t.Errorf("%s: the %s is not a sentence: %q", e.Code, name, text)
			}
		}
		if e.Example != "" && (len(e.Subgraphs()) == 0 || !strings.HasSuffix(e.Example, "\n")) {
			t.Errorf("%s: the example has no subgraphs", e.Code)
		}
	}
	for code := range declared {
		if !errors[code] && !hints[code] {
			t.Errorf("%s is not in the registry", code)
		}
	}
	if len(errors) != 90 || len(hints) != 30 {
		t.Errorf("there are %d errors and %d hints", len(errors), len(hints))
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code string
		want int
	}{
		{"INVALID_GRAPHQL", 1}, {"invalid_graphql", 1}, {"REQUIRES_MISSING_EXTERNAL", 1}, {"NOPE", 0},
		{"CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS", 2},
	} {
		if got := Describe(Code(c.code)); len(got) != c.want {
			t.Errorf("%s: %d entries, want %d", c.code, len(got), c.want)
		}
	}
}
