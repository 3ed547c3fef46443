package planner_test

import (
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/tributary-gql/tributary/router/internal/plan"
	"github.com/tributary-gql/tributary/router/internal/planner"
	"github.com/tributary-gql/tributary/router/internal/planner/plannertest"
	"github.com/tributary-gql/tributary/router/routertest/generate"
	"github.com/tributary-gql/tributary/router/routertest/scenario"
)

var update = flag.Bool("update", false, "rewrite the golden plans of testdata/*.txtar")

// TestGoldenPlans plans each case of testdata: NAME.graphql are its subgraphs, labels.txt the override labels that are on,
// operation.graphql the operation, plan.txt the golden.
func TestGoldenPlans(t *testing.T) {
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
			got := golden(planCase(t, archive))
			i := fileIndex(archive, "plan.txt")
			if i < 0 {
				t.Fatal("no section plan.txt")
			}
			if *update {
				archive.Files[i].Data = []byte(got)
				if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(archive.Files[i].Data), got); diff != "" {
				t.Errorf("the plan differs (-golden +got):\n%s", diff)
			}
		})
	}
}

func fileIndex(archive *txtar.Archive, name string) int {
	for i, file := range archive.Files {
		if file.Name == name {
			return i
		}
	}
	return -1
}

func planCase(t *testing.T, archive *txtar.Archive) *plan.Plan {
	t.Helper()
	var subgraphs []generate.Subgraph
	options := planner.Options{Labels: map[string]bool{}}
	document := ""
	for _, file := range archive.Files {
		name, isGraph := strings.CutSuffix(file.Name, ".graphql")
		switch {
		case file.Name == "operation.graphql":
			document = string(file.Data)
		case file.Name == "labels.txt":
			for _, label := range strings.Fields(string(file.Data)) {
				options.Labels[label] = true
			}
		case isGraph:
			subgraphs = append(subgraphs, generate.Subgraph{Name: name, SDL: string(file.Data)})
		}
	}
	super, err := scenario.Compose(subgraphs)
	if err != nil {
		t.Fatal(err)
	}
	p := plannertest.New(t, super.Print())
	made := p.Plan(t, document, options)
	if again := p.Plan(t, document, options); golden(made) != golden(again) {
		t.Error("planning twice gives two plans")
	}
	return made
}

// golden prints a plan with the documents as they are sent.
func golden(p *plan.Plan) string {
	var b strings.Builder
	for _, f := range p.Fetches {
		b.WriteString(f.Subgraph)
		if len(f.WaitsFor) > 0 {
			b.WriteString(" after")
			for _, w := range f.WaitsFor {
				b.WriteString(" " + strconv.Itoa(w))
			}
		}
		b.WriteString("\n  " + f.Document + "\n")
		for _, e := range f.Entities {
			for _, path := range e.Paths {
				b.WriteString("  " + e.ResponseName + " at " + path.String() + "\n")
			}
			for _, rep := range e.Representations {
				b.WriteString("    " + strings.Join(rep.Types, "|") + " as " + rep.Typename + " {" + fields(rep.Fields) + " }\n")
			}
		}
		for _, path := range f.Into {
			b.WriteString("  into " + path.String() + "\n")
		}
	}
	return b.String()
}

func fields(all []*plan.RepresentationField) string {
	text := ""
	for _, f := range all {
		text += " " + f.Name
		if f.StoreName != f.Name {
			text += " from " + f.StoreName
		}
		if f.Fields != nil {
			text += " {" + fields(f.Fields) + " }"
		}
	}
	return text
}
