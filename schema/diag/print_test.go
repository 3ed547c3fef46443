package diag

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var samples = []Diagnostic{
	{
		Code: KeyInvalidFields, Severity: Error, Message: "Type \"T\" has no field \"x\".", Fix: "Add it.",
		Locations: []Location{
			{Subgraph: "a", File: "a.graphql", Line: 2, Column: 3}, {Subgraph: "b", Line: 1, Column: 5}, {Subgraph: "c"},
		},
	},
	{Code: InconsistentDescription, Severity: Warn, Message: "100%: they differ,\nsomehow."},
	{Code: UnusedEnumType, Severity: Debug, Message: "Long line.", Locations: []Location{{Subgraph: "long", Line: 1, Column: 101}, {Subgraph: "a", Line: 99, Column: 1}}},
}

func source(subgraph string) (string, bool) {
	sdl, ok := map[string]string{
		"a": "type Query {\r\n\té: Int\r\n}", "b": "one line", "long": strings.Repeat("x", 100) + "!" + strings.Repeat("y", 100),
	}[subgraph]
	return sdl, ok
}

func TestText(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	if err := Text(&b, samples, TextOptions{Source: source}); err != nil {
		t.Fatal(err)
	}
	want := "error[KEY_INVALID_FIELDS]: Type \"T\" has no field \"x\".\n" +
		"  --> a.graphql:2:3 (subgraph a)\n" +
		"   |\n 2 | \té: Int\n   | \t ^\n" +
		"  --> b:1:5\n" +
		"   |\n 1 | one line\n   |     ^\n" +
		"  --> c\n" +
		"  fix: Add it.\n" +
		"\nwarning[INCONSISTENT_DESCRIPTION]: 100%: they differ,\nsomehow.\n" +
		"\ndebug[UNUSED_ENUM_TYPE]: Long line.\n" +
		"  --> long:1:101\n" +
		"   |\n 1 | …" + strings.Repeat("x", 60) + "!" + strings.Repeat("y", 59) + "…\n   | " + strings.Repeat(" ", 61) + "^\n" +
		"  --> a:99:1\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestTextInColour(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	if err := Text(&b, samples[1:2], TextOptions{Color: true}); err != nil {
		t.Fatal(err)
	}
	if want := "\x1b[1;33mwarning[INCONSISTENT_DESCRIPTION]\x1b[0m: \x1b[1m100%: they differ,\nsomehow.\x1b[0m\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	data, err := json.Marshal(samples[:2])
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"code":"KEY_INVALID_FIELDS","severity":"error","message":"Type \"T\" has no field \"x\".","fix":"Add it.",` +
		`"locations":[{"subgraph":"a","file":"a.graphql","line":2,"column":3},{"subgraph":"b","line":1,"column":5},{"subgraph":"c"}]},` +
		`{"code":"INCONSISTENT_DESCRIPTION","severity":"warning","message":"100%: they differ,\nsomehow.","locations":[]}]`
	if diff := cmp.Diff(want, string(data)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	var back []Diagnostic
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	back[1].Locations = nil
	if diff := cmp.Diff(samples[:2], back); diff != "" {
		t.Errorf("read back (-want +got)\n%s", diff)
	}
	if err := json.Unmarshal([]byte(`{"severity":"fatal"}`), &Diagnostic{}); err == nil {
		t.Error("an unknown severity was read")
	}
}

func TestGitHub(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	if err := GitHub(&b, samples); err != nil {
		t.Fatal(err)
	}
	want := "::error file=a.graphql,line=2,col=3,title=KEY_INVALID_FIELDS::Type \"T\" has no field \"x\".%0AFix: Add it.\n" +
		"::warning title=INCONSISTENT_DESCRIPTION::100%25: they differ,%0Asomehow.\n" +
		"::notice title=UNUSED_ENUM_TYPE::[long:1:101] Long line.\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestReferenceHasEveryEntry(t *testing.T) {
	t.Parallel()
	var page strings.Builder
	if err := Reference(&page); err != nil {
		t.Fatal(err)
	}
	for _, e := range Registry() {
		if !strings.Contains(page.String(), "\n### "+string(e.Code)+"\n") || !strings.Contains(page.String(), e.Explanation) {
			t.Errorf("%s is not on the page", e.Code)
		}
		var b strings.Builder
		if err := Explain(&b, e, false); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), e.Summary) || !strings.Contains(b.String(), e.Fix) {
			t.Errorf("%s is not explained: %s", e.Code, b.String())
		}
	}
	for _, heading := range []string{"## Errors: each subgraph alone", "## Errors: whether every query can be answered", "## Errors: anywhere", "## Hints"} {
		if strings.Count(page.String(), "\n"+heading+"\n") != 1 {
			t.Errorf("heading %q is not there once", heading)
		}
	}
}

func TestSummary(t *testing.T) {
	t.Parallel()
	if got := Summary(samples); got != "1 error, 1 warning, 1 debug" {
		t.Errorf("got %q", got)
	}
	if got := Summary(append(samples, samples...)); got != "2 errors, 2 warnings, 2 debug" {
		t.Errorf("got %q", got)
	}
	if got := Summary(nil); got != "no problems" {
		t.Errorf("got %q", got)
	}
}
