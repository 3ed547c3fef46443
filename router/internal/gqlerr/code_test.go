package gqlerr_test

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/tributary-gql/tributary/router/internal/gqlerr"
)

// TestEveryCodeIsDescribed: those of this package, and those that execution gives to errors.
func TestEveryCodeIsDescribed(t *testing.T) {
	t.Parallel()
	described := map[string]bool{}
	for _, d := range gqlerr.Codes() {
		if described[string(d.Code)] || d.Meaning == "" || d.Status == 0 {
			t.Errorf("%s is described twice, or not whole", d.Code)
		}
		described[string(d.Code)] = true
	}
	count := 0
	for _, file := range []string{"code.go", "../exec/codes.go"} {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			for _, value := range spec.Values {
				if literal, ok := value.(*ast.BasicLit); ok && literal.Kind == token.STRING {
					code, err := strconv.Unquote(literal.Value)
					if err != nil || strings.ToUpper(code) != code {
						continue
					}
					count++
					if !described[code] {
						t.Errorf("%s in %s is not described", code, file)
					}
				}
			}
			return true
		})
	}
	if count < 40 {
		t.Errorf("only %d codes found", count)
	}
}

var update = flag.Bool("update", false, "rewrite ERRORS.md")

// TestReferenceIsCurrent: the page in the repository is what the table says. -update writes it.
func TestReferenceIsCurrent(t *testing.T) {
	t.Parallel()
	const file = "../../ERRORS.md"
	if *update {
		if err := os.WriteFile(file, []byte(gqlerr.Reference()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != gqlerr.Reference() {
		t.Error("ERRORS.md is not current: run go test ./internal/gqlerr -update and commit it")
	}
}
