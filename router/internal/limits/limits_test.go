package limits_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/tributary-gql/tributary/router/internal/limits"
)

func check(t *testing.T, l limits.Limits, text string) error {
	t.Helper()
	document, err := parser.ParseQuery(&ast.Source{Input: text})
	if err != nil {
		t.Fatal(err)
	}
	return l.Check(document)
}

// TestEachLimit: what is exactly at a limit passes, one more is refused.
func TestEachLimit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		at          limits.Limits
		below, over string
	}{
		"depth":               {limits.Limits{Depth: 3}, "{a{b{c}}}", "{a{b{c{d}}}}"},
		"depth in a fragment": {limits.Limits{Depth: 3}, "{a{...F}} fragment F on T{b{c}}", "{a{...F}} fragment F on T{b{c{d}}}"},
		"fields":              {limits.Limits{Fields: 4}, "{a b{c d}}", "{a b{c d e}}"},
		"fields by fragments": {limits.Limits{Fields: 4}, "{...F ...F} fragment F on T{a b}", "{...F ...F ...F} fragment F on T{a b}"},
		"root fields":         {limits.Limits{RootFields: 2}, "{a b{c d e}}", "{a b c}"},
		"aliases":             {limits.Limits{Aliases: 2}, "{x:a y:a a:a}", "{x:a y:a ...F} fragment F on T{z:a}"},
		"directives":          {limits.Limits{Directives: 2}, "{a @x b @y}", "{a @x b @y ... @z {c}}"},
		"variables":           {limits.Limits{Variables: 1}, "query($a:Int){a}", "query($a:Int,$b:Int){a}"},
		"introspection":       {limits.Limits{IntrospectionDepth: 2}, "{a{b{c{d}}} __schema{types{name}}}", "{__type{fields{type{name}}}}"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := check(t, c.at, c.below); err != nil {
				t.Errorf("at the limit: %v", err)
			}
			if err := check(t, c.at, c.over); err == nil || !strings.Contains(err.Error(), "limits.") {
				t.Errorf("over the limit: %v", err)
			}
			if err := check(t, limits.Limits{}, c.over); err != nil {
				t.Errorf("without limits: %v", err)
			}
		})
	}
}

func TestEveryLimitIsNamed(t *testing.T) {
	t.Parallel()
	l := limits.Limits{Depth: 1, Fields: 1, RootFields: 1, Aliases: 1, Directives: 1, Variables: 1, IntrospectionDepth: 1}
	err := check(t, l, "query($a:Int,$b:Int){x:a{y:b @c @d} __schema{types{name}}}")
	if n := strings.Count(fmt.Sprint(err), "limits."); n != 7 {
		t.Errorf("%d limits are named: %v", n, err)
	}
}

// TestFragmentsDoNotMultiplyTheWork: 2^60 fields are counted in a few steps, and cycles end.
func TestFragmentsDoNotMultiplyTheWork(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("{...F0}")
	for i := range 60 {
		fmt.Fprintf(&b, " fragment F%d on T{a{...F%d} b{...F%d}}", i, i+1, i+1)
	}
	b.WriteString(" fragment F60 on T{a}")
	if err := check(t, limits.Limits{Fields: 1000}, b.String()); err == nil {
		t.Error("2^60 fields were accepted")
	}
	_ = check(t, limits.Limits{Depth: 5}, "{...A} fragment A on T{a{...B}} fragment B on T{b{...A}}")
}
