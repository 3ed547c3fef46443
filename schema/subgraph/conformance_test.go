package subgraph

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"testing"

	"github.com/tributary-gql/tributary/schema/diag"
)

// conformanceCase is one recorded case; see the README beside them.
type conformanceCase struct {
	Name      string
	Subgraphs []struct{ Name, URL, SDL string }
	Errors    []diag.Code
}

// conformanceFolder returns where the recorded cases are: CONFORMANCE_DIR, or the place next to the repository. It returns "" when
// neither exists and none was asked for.
func conformanceFolder(t *testing.T) string {
	if dir := os.Getenv("CONFORMANCE_DIR"); dir != "" {
		if _, err := os.Stat(filepath.Join(dir, "composition")); err != nil {
			t.Fatalf("CONFORMANCE_DIR is set, but has no cases: %v", err)
		}
		return dir
	}
	dir := filepath.Join("..", "..", "..", "shared", "conformance")
	if _, err := os.Stat(filepath.Join(dir, "composition")); err != nil {
		return ""
	}
	return dir
}

// foundLaterToo are codes of this phase that merging reports as well: a case with one may be merging's to fail.
var foundLaterToo = []diag.Code{diag.InvalidGraphQL, diag.RequiresInvalidFields, diag.InterfaceObjectUsageError}

// isOwn tells the codes that this package reports.
func isOwn(code diag.Code) bool {
	for _, e := range diag.Describe(code) {
		if e.IsError() && e.Phase == diag.PhaseSubgraph {
			return true
		}
	}
	return code == diag.ExtensionWithNoBase
}

// TestConformance reads every recorded case. A case whose errors are all found in one subgraph alone must give exactly those; any
// other must pass this phase.
func TestConformance(t *testing.T) {
	t.Parallel()
	dir := conformanceFolder(t)
	if dir == "" {
		t.Log("no recorded cases here")
		return
	}
	files, err := filepath.Glob(filepath.Join(dir, "composition", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases in %s: %v", dir, err)
	}
	held := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var c conformanceCase
		if err := json.Unmarshal(data, &c); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if runConformance(t, filepath.Base(file), c) {
			held++
		}
	}
	t.Logf("%d of %d cases hold", held, len(files))
}

func runConformance(t *testing.T, file string, c conformanceCase) bool {
	want := []diag.Code{}
	for _, code := range c.Errors {
		if isOwn(code) {
			want = append(want, code)
		}
	}
	var subgraphs []*Subgraph
	var found []diag.Diagnostic
	for _, input := range c.Subgraphs {
		s, problems := ParseSDL(input.Name, input.URL, input.SDL)
		found = append(found, problems...)
		subgraphs = append(subgraphs, s)
	}
	if len(found) == 0 {
		_, found = UpgradeAll(subgraphs)
	}
	got := []diag.Code{}
	for _, d := range found {
		got = append(got, d.Code)
	}
	sort.Slice(want, func(i, j int) bool { return want[i] < want[j] })
	sort.Slice(got, func(i, j int) bool { return got[i] < got[j] })
	merging := slices.ContainsFunc(want, func(code diag.Code) bool { return slices.Contains(foundLaterToo, code) })
	if slices.Equal(got, want) || merging && len(got) == 0 {
		return true
	}
	t.Errorf("%s: got %v, want %v", file, got, want)
	for _, d := range found {
		t.Logf("  %s %+v: %s", d.Code, d.Locations, d.Message)
	}
	return false
}
