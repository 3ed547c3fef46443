package subgraph

import (
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
)

// TestQuestions asks the model what merging asks it.
func TestQuestions(t *testing.T) {
	t.Parallel()
	sdl := `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", { name: "@tag", as: "@label" }])

directive @trace(deep: Boolean = true, to: String) on FIELD | OBJECT
directive @own(level: Int = 3) repeatable on OBJECT

type Query { node: Node, all: [All] }
interface Node { id: ID! }
type A implements Node @key(fields: "id") @own @own(level: 4) @label(name: "x") @trace { id: ID! }
type B implements Node { id: ID! }
union All = B | A
enum Size { S L }
`
	s, problems := ParseSDL("s", "http://s", sdl)
	if s == nil {
		t.Fatal(problems[0].Message)
	}
	if s.SDL() != sdl || s.URL != "http://s" {
		t.Error("the input is not kept")
	}
	for k, want := range map[Known]string{KnownTag: "label", KnownKey: "key", KnownShareable: "federation__shareable", KnownDeprecated: "deprecated", KnownLink: "link"} {
		if got := s.DirectiveName(k); got != want {
			t.Errorf("@%s is called %q, want %q", k, got, want)
		}
	}
	if l := s.Feature(FederationIdentity); l == nil || l.Version != (Version{2, 9}) || s.Feature(CostIdentity) != nil {
		t.Errorf("federation is linked as %+v", l)
	}
	if !s.Directive("trace").IsExecutable() || s.Directive("own").IsExecutable() || s.Directive("nope") != nil {
		t.Error("executable directives are not told from the others")
	}
	a := s.Type("A")
	own := All(a.Applied, "")
	if len(own) != 3 || own[0].ArgumentOf("level").Raw != "3" || own[1].ArgumentOf("level").Raw != "4" || own[2].ArgumentOf("to") != nil {
		t.Errorf("custom directives are %+v", own)
	}
	if First(a.Applied, KnownTag).ArgumentOf("name").Raw != "x" || First(a.Applied, KnownCost) != nil {
		t.Error("the tag is not found")
	}
	if !a.IsEntity() || s.Type("B").IsEntity() || a.IsExtension() {
		t.Error("entities are not told from the others")
	}
	if got := s.Implementations("Node"); len(got) != 2 || got[0] != a {
		t.Errorf("Node is implemented by %v", got)
	}
	if got := s.Implementations("All"); len(got) != 2 || got[1] != a {
		t.Errorf("All is one of %v", got)
	}
	if got := s.Implementations("A"); len(got) != 1 || got[0] != a {
		t.Errorf("A is %v", got)
	}
	if s.Type("Size").Value("L") == nil || s.Type("Size").Value("M") != nil || !s.Type("All").HasMember("B") || !a.Implements("Node") {
		t.Error("members, values and interfaces are not found")
	}
	if s.Type("federation__FieldSet") != nil || s.Type("link__Purpose") != nil {
		t.Error("machinery is left in")
	}
	if q := s.Type("Query"); q.Root != ast.Query || q.Field("node").Argument("x") != nil {
		t.Errorf("the query root is %+v", q)
	}
}

// TestReadersDoNotInterfere parses and upgrades the same SDL concurrently: tables are shared, schemas are not.
func TestReadersDoNotInterfere(t *testing.T) {
	t.Parallel()
	seeds := seedSDL(t)
	done := make(chan string)
	for range 4 {
		go func() {
			out := ""
			for _, sdl := range seeds {
				s, problems := ParseSDL("s", "", sdl)
				if s != nil {
					if upgraded, _ := UpgradeAll([]*Subgraph{s}); upgraded != nil {
						out += dump(upgraded[0])
					}
				}
				out += printProblems(problems)
			}
			done <- out
		}()
	}
	first := <-done
	for range 3 {
		if <-done != first {
			t.Error("two readers of the same text disagree")
		}
	}
}
