package subgraph

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/tributary-gql/tributary/schema/diag"
)

// seedSDL returns the subgraphs of all cases.
func seedSDL(t testing.TB) []string {
	files, err := filepath.Glob(filepath.Join("testdata", "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	var out []string
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, section := range txtar.Parse(data).Files {
			if strings.HasSuffix(section.Name, ".graphql") {
				out = append(out, string(section.Data))
			}
		}
	}
	return out
}

// checkProblems asks of every problem what its readers rely on.
func checkProblems(t *testing.T, sdl string, problems []diag.Diagnostic) {
	t.Helper()
	lines := strings.Count(sdl, "\n") + strings.Count(sdl, "\r") + 1
	for _, d := range problems {
		if d.Code == "" || d.Message == "" || len(d.Locations) == 0 || d.Severity != diag.Error {
			t.Errorf("incomplete: %+v", d)
		}
		for _, l := range d.Locations {
			if l.Line < 0 || l.Line > lines || l.Column < 0 || (l.Line == 0) != (l.Column == 0) {
				t.Errorf("%s is outside of the text: %+v", d.Code, l)
			}
		}
	}
}

// FuzzParse reads any text: it must end, with a subgraph or with problems, and the upgrade must not change what it was given.
func FuzzParse(f *testing.F) {
	for _, sdl := range seedSDL(f) {
		f.Add(sdl)
	}
	f.Add("type Query { a: \xff }")
	f.Add("extend schema @link(url: \"https://specs.apollo.dev/link/v1.0\", as: \"link\", import: [{as: \"@a\"}])")
	f.Add("extend schema @foo(url: \"https://specs.apollo.dev/link/v1.0\", import: [{as: \"@a\"}, {name: 3}, 4])")
	f.Fuzz(func(t *testing.T, sdl string) {
		s, problems := ParseSDL("s", "", sdl)
		if (s == nil) == (len(problems) == 0) {
			t.Fatalf("got subgraph %v and %d problems", s != nil, len(problems))
		}
		checkProblems(t, sdl, problems)
		if s == nil {
			return
		}
		before := dump(s)
		upgraded, problems := UpgradeAll([]*Subgraph{s})
		checkProblems(t, sdl, problems)
		if (upgraded == nil) == (len(problems) == 0) {
			t.Fatalf("the upgrade gave %v and %d problems", upgraded != nil, len(problems))
		}
		if after := dump(s); after != before {
			t.Fatalf("the upgrade changed its input:\n%s\nbecame\n%s", before, after)
		}
	})
}

// FuzzUpgrade upgrades two subgraphs together.
func FuzzUpgrade(f *testing.F) {
	seeds := seedSDL(f)
	for i := range seeds {
		f.Add(seeds[i], seeds[(i+1)%len(seeds)])
	}
	f.Fuzz(func(t *testing.T, one, two string) {
		a, _ := ParseSDL("a", "", one)
		b, _ := ParseSDL("b", "", two)
		if a == nil || b == nil {
			return
		}
		first, problems := UpgradeAll([]*Subgraph{a, b})
		for _, d := range problems {
			if d.Code == "" || d.Message == "" || len(d.Locations) == 0 {
				t.Errorf("incomplete: %+v", d)
			}
		}
		again, _ := UpgradeAll([]*Subgraph{a, b})
		for i := range first {
			if dump(first[i]) != dump(again[i]) {
				t.Fatal("two upgrades of the same subgraphs differ")
			}
		}
	})
}
