package operation

import (
	"errors"
	"strings"
	"testing"

	"github.com/tributary-gql/tributary/router/internal/gqlerr"
)

func TestDocumentsThatCannotRunAreRefusedWithACode(t *testing.T) {
	t.Parallel()
	s := loadSchema(t, `type Query { a: Int self: Query t: T } type T { t: T x: Int } type Mutation { change: Payload } type Payload { query: Query }`)
	cases := []struct {
		name, document, operation string
		code                      gqlerr.Code
		says                      string
	}{
		{"no document", ``, "", gqlerr.ValidationFailed, "holds no operation"},
		{"a document of fragments", `fragment F on Query { a }`, "", gqlerr.ValidationFailed, "holds no operation"},
		{"a syntax error", `{ a`, "", gqlerr.ParseFailed, "1:4: Syntax error"},
		{"a type definition", `type T { a: Int }`, "", gqlerr.ParseFailed, "Syntax error"},
		{"bytes that are not UTF-8", "{ a #\xff\n }", "", gqlerr.ParseFailed, "not valid UTF-8"},
		{"too many tokens", "{ " + strings.Repeat("a ", 20_000) + "}", "", gqlerr.OperationTooLarge, "more than 15000 tokens"},
		{"too deep for the parser", strings.Repeat("{ self ", 1100) + strings.Repeat("}", 1100), "", gqlerr.OperationTooLarge, "nesting depth"},
		{"too deep", "{ t " + strings.Repeat("{ t ", 600) + "{ x }" + strings.Repeat("}", 601), "", gqlerr.OperationTooLarge, "602 fields deep"},
		{"several operations and no name", `query A { a } query B { a }`, "", gqlerr.OperationResolutionFailure, "operationName"},
		{"a name that is not there", `query A { a }`, "B", gqlerr.OperationResolutionFailure, `named "B"`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, _, err := s.Parse(c.document, c.operation)
			var list gqlerr.List
			if !errors.As(err, &list) || len(list) != 1 || list[0].Code != c.code || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %s saying %q", err, c.code, c.says)
			}
		})
	}
}

func TestTheOperationAskedForIsTaken(t *testing.T) {
	t.Parallel()
	s := loadSchema(t, `type Query { a: Int b: Int }`)
	document := `query A { a } query B { b }`
	o, _, err := s.Parse(document, "B")
	if err != nil || o.Name != "B" || o.Root.Fields[0].Name != "b" {
		t.Errorf("got %v, %v", o, err)
	}
	if _, _, err := s.Parse(`query A { a }`, ""); err != nil {
		t.Errorf("the only operation needs no name: %v", err)
	}
}

func BenchmarkParse(b *testing.B) {
	s := loadSchema(b, growthSchema)
	document := nestedFragments(20)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := s.Parse(document, ""); err != nil {
			b.Fatal(err)
		}
	}
}
