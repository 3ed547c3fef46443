package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const project = "github.com/tributary-gql/tributary/"

// rule bans imports: packages below From must not import anything below a path in Banned, except what is in But.
type rule struct {
	from   string
	banned []string
	but    []string
	reason string
}

// rules are the table "Who may import whom" of ARCHITECTURE.md. Paths are relative to the project; "…" is everything that
// is neither the standard library nor the project's.
var rules = []rule{
	{from: "schema/diag", banned: []string{"schema", "router", "…"}, but: []string{"schema/diag", "github.com/vektah/gqlparser/v2"}, reason: "diagnostics stand below everything"},
	{from: "schema/fieldset", banned: []string{"router", "…"}, but: []string{"github.com/vektah/gqlparser/v2"}, reason: "composition is a library for others"},
	{from: "schema/subgraph", banned: []string{"router", "schema/compose", "schema/supergraph", "…"}, but: []string{"github.com/vektah/gqlparser/v2"}, reason: "one subgraph knows nothing of the whole"},
	{from: "schema/supergraph", banned: []string{"router", "schema/compose", "schema/subgraph", "…"}, but: []string{"github.com/vektah/gqlparser/v2"}, reason: "the model is shared by all who read it"},
	{from: "schema/querygraph", banned: []string{"router", "schema/compose", "schema/subgraph", "…"}, but: []string{"github.com/vektah/gqlparser/v2"}, reason: "satisfiability and the planner share it"},
	{from: "schema/compose", banned: []string{"router", "schema/workspace", "schema/registry", "…"}, but: []string{"github.com/vektah/gqlparser/v2"}, reason: "composition is a library for others and does no I/O"},
	{from: "schema/contract", banned: []string{"router", "schema/workspace", "…"}, but: []string{"github.com/vektah/gqlparser/v2"}, reason: "composition is a library for others and does no I/O"},
	{from: "schema/diff", banned: []string{"router", "schema/workspace", "…"}, but: []string{"github.com/vektah/gqlparser/v2"}, reason: "a diff is data; judging it is somebody else's"},
	{from: "schema", banned: []string{"router", "subgraphs", "loaders", "deploy"}, reason: "schema logic stands alone, so that others can import it"},
	{from: "router", banned: []string{"subgraphs", "loaders", "deploy", "schema/registry/sqlstore"}, reason: "the router knows no service"},
	{from: "router/internal/plan", banned: []string{"router", "schema"}, but: []string{"router/internal/plan"}, reason: "plans are plain data that planner and executor share"},
	{from: "router/internal/planner", banned: []string{"router/internal/exec", "router/internal/value", "router/internal/server", "router/internal/config"}, reason: "planner and executor never import each other"},
	{from: "router/internal/exec", banned: []string{"router/internal/planner", "schema", "router/internal/operation", "router/internal/server", "net/http"}, reason: "the executor runs plans and knows neither planning nor HTTP"},
	{from: "router/internal/plancheck", banned: []string{"router/internal/planner", "schema/querygraph", "router/internal/exec"}, reason: "the check must not share the planner's mistakes"},
	{from: "router/routertest/reference", banned: []string{"router/internal/planner", "schema/querygraph", "router/internal/exec"}, reason: "the oracle must not share the planner's mistakes"},
	{from: "router/routertest/world", banned: []string{"router/internal/planner", "schema/querygraph", "router/internal/exec"}, reason: "the oracle must not share the planner's mistakes"},
	{from: "loaders", banned: []string{"schema", "router", "subgraphs"}, reason: "loaders are a library for any service"},
	{from: "subgraphs/kit", banned: []string{"schema", "router", "loaders", "subgraphs"}, but: []string{"subgraphs/kit"}, reason: "the chassis knows no service"},
	{from: "subgraphs/users", banned: []string{"schema", "router", "subgraphs"}, but: []string{"subgraphs/users", "subgraphs/kit"}, reason: "services know of each other only through events and the graph"},
	{from: "subgraphs/payments", banned: []string{"schema", "router", "subgraphs"}, but: []string{"subgraphs/payments", "subgraphs/kit"}, reason: "services know of each other only through events and the graph"},
	{from: "subgraphs/notifications", banned: []string{"schema", "router", "subgraphs"}, but: []string{"subgraphs/notifications", "subgraphs/kit"}, reason: "services know of each other only through events and the graph"},
	{from: "subgraphs/search", banned: []string{"schema", "router", "subgraphs"}, but: []string{"subgraphs/search", "subgraphs/kit"}, reason: "services know of each other only through events and the graph"},
	{from: "deploy/local", banned: []string{"schema", "router", "loaders", "subgraphs"}, reason: "it starts built binaries, as a person would"},
}

// only lists packages that may be imported from nowhere but the given places.
// A place is one package: what is below it is another one.
var only = map[string][]string{
	"router/internal/config": {"router/internal/app", "router"},
	"router/internal/app":    {"router/cmd/router", "router"},
}

// users are the places that may import a package, nil for one that all may. ok tells whether importer is one of them.
func users(importer, imported string) (places []string, ok bool) {
	places, limited := only[strings.TrimPrefix(imported, project)]
	return places, !limited || slices.ContainsFunc(places, func(p string) bool { return importer == project+p })
}

type listed struct {
	ImportPath   string
	Name         string
	Dir          string
	Doc          string
	Imports      []string
	GoFiles      []string
	TestImports  []string
	XTestImports []string
}

// packages lists every package of every module of the workspace.
func packages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Name,Dir,Doc,Imports,GoFiles,TestImports,XTestImports", "work")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if len(all) < 20 {
		t.Fatalf("only %d packages found", len(all))
	}
	return all
}

// below tells whether path is pattern or inside it. "…" matches what is neither the standard library nor the project's.
func below(path, pattern string) bool {
	if pattern == "…" {
		return strings.Contains(strings.Split(path, "/")[0], ".") && !strings.HasPrefix(path, project)
	}
	if !strings.Contains(strings.Split(pattern, "/")[0], ".") && pattern != "net/http" {
		pattern = project + pattern
	}
	return path == pattern || strings.HasPrefix(path, pattern+"/")
}

func TestImports(t *testing.T) {
	t.Parallel()
	all := packages(t)
	for _, r := range rules {
		if !slices.ContainsFunc(all, func(p listed) bool { return below(p.ImportPath, r.from) }) {
			t.Errorf("the rule for %s is about no package: remove it or mend its path", r.from)
		}
	}
	for _, p := range all {
		for _, imported := range p.Imports {
			for _, r := range rules {
				if !below(p.ImportPath, r.from) || below(imported, r.from) {
					continue
				}
				isBanned := slices.ContainsFunc(r.banned, func(b string) bool { return below(imported, b) })
				allowed := slices.ContainsFunc(r.but, func(b string) bool { return below(imported, b) })
				if isBanned && !allowed {
					t.Errorf("%s imports %s: %s", strings.TrimPrefix(p.ImportPath, project), imported, r.reason)
				}
			}
			if places, ok := users(p.ImportPath, imported); !ok {
				t.Errorf("%s imports %s, which only %v may", p.ImportPath, imported, places)
			}
		}
	}
}

func TestWhoMayImportTheConfiguration(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		importer string
		may      bool
	}{
		{"router", true},
		{"router/internal/app", true},
		{"router/internal/app/below", false},
		{"router/internal/server", false},
		{"router/cmd/router", false},
		{"router/routertest", false},
	} {
		if _, ok := users(project+c.importer, project+"router/internal/config"); ok != c.may {
			t.Errorf("%s: got %v, want %v", c.importer, ok, c.may)
		}
	}
}

// TestVirtualTimeOfTheRouter: with -race, bubbles of testing/synctest are safe on one processor only.
func TestVirtualTimeOfTheRouter(t *testing.T) {
	t.Parallel()
	const keeper = project + "router/routertest/bubble"
	for _, p := range packages(t) {
		if below(p.ImportPath, "router") && p.ImportPath != keeper && slices.Contains(slices.Concat(p.Imports, p.TestImports, p.XTestImports), "testing/synctest") {
			t.Errorf("%s imports testing/synctest: use %s, which says why", strings.TrimPrefix(p.ImportPath, project), keeper)
		}
	}
}

// TestEveryPackageHasOneComment: what it decides, what it does not, where to begin.
func TestEveryPackageHasOneComment(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		if len(p.GoFiles) > 0 && p.Doc == "" {
			t.Errorf("%s has no package comment", filepath.ToSlash(strings.TrimPrefix(p.ImportPath, project)))
		}
	}
}
