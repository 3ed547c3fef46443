package fieldset

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseAndPrint(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, printed string }{
		{"id", "id"},
		{"{ id }", "id"},
		{"\n id,\tsku # the second\n", "id sku"},
		{"id organization{id name}", "id organization { id name }"},
		{"... on A { x } ... { y }", "... on A { x } ... { y }"},
		{`weight(units: "KG", in: [1,2], o: {a:1})`, `weight(units: "KG", in: [1,2], o: {a:1})`},
		{"alias: id", "alias: id"},
		{"id @skip(if: true)", "id @skip(if: true)"},
		{"__typename query", "__typename query"},
	} {
		set, err := Parse(c.text)
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		if got := set.String(); got != c.printed {
			t.Errorf("%q printed %q, want %q", c.text, got, c.printed)
		}
		again, err := Parse(set.String())
		if err != nil || again.String() != set.String() {
			t.Errorf("%q: its print %q reads as %v, %v", c.text, set, again, err)
		}
	}
}

func TestOffsetsPointIntoTheText(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`x(a: "é") b { target }`, "{ a b { target } }", "a\nb {\n  target\n}"} {
		set, err := Parse(text)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		sub := set.Selections[len(set.Selections)-1].Sub[0]
		if got := string([]rune(text)[sub.Offset:]); !strings.HasPrefix(got, "target") {
			t.Errorf("%q: offset %d is at %q", text, sub.Offset, got)
		}
	}
}

func TestSyntaxErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text   string
		at     string // what the text goes on with at the error's offset
		reason string
	}{
		{"", "", ""},
		{"a {", "", ""},
		{"a b }", "", ""},
		{"a { }", "}", ""},
		{"a $ b", "$ b", ""},
		{"a } query Evil { b", "", ""},
		{"a } { b", "", "one selection"},
		{"query { a } }", "", ""},
		{"a(x: $v)", "$v)", "variables"},
		{"a ...F", "F", "named fragments"},
		{"{ a } fragment F on T { b }", "", "nothing else"},
		{"a\n%", "%", ""},
		{strings.Repeat("a{", 2000) + "b" + strings.Repeat("}", 2000), "", "nesting depth"},
		{strings.Repeat("a ", 60_000), "", "token limit"},
		{"\xff", "", "UTF-8"},
	} {
		_, err := Parse(c.text)
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%.20q: got %v, want a syntax error", c.text, err)
			continue
		}
		if !strings.Contains(syntax.Message, c.reason) {
			t.Errorf("%.20q: message %q lacks %q", c.text, syntax.Message, c.reason)
		}
		if c.at != "" && !strings.HasPrefix(string([]rune(c.text)[syntax.Offset:]), c.at) {
			t.Errorf("%.20q: offset %d is not at %q", c.text, syntax.Offset, c.at)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"id", "{ a b { c } }", "... on T @d { x(a: [1, {b: \"c\"}]) }", "a: b", "a } { b", "\"", "a #", "\ufeff{a}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		set, err := Parse(text)
		if err != nil {
			var syntax *SyntaxError
			if !errors.As(err, &syntax) {
				t.Fatalf("the error is a %T", err)
			}
			if syntax.Offset < 0 || syntax.Offset > utf8.RuneCountInString(text) {
				t.Fatalf("offset %d lies outside of the text", syntax.Offset)
			}
			return
		}
		again, err := Parse(set.String())
		if err != nil {
			t.Fatalf("%q is printed as %q, which does not parse: %v", text, set, err)
		}
		if again.String() != set.String() {
			t.Fatalf("printed %q, then %q", set, again)
		}
	})
}

func TestCanonical(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"a b", "b a", true},
		{"a { c b }", "a { b } a { c }", true},
		{"a(x: 1) b", "b a(x: 1)", true},
		{"... on B { x } ... on A { y }", "... on A { y } ... on B { x }", true},
		{"a a", "a", true},
		{"a b", "a", false},
		{"a { b }", "a { c }", false},
		{"a(x: 1)", "a(x: 2)", false},
		{"... on A { x }", "... on B { x }", false},
	} {
		left, err := Parse(c.a)
		if err != nil {
			t.Fatal(err)
		}
		right, err := Parse(c.b)
		if err != nil {
			t.Fatal(err)
		}
		before := left.String()
		if same := Canonical(left.Selections) == Canonical(right.Selections); same != c.same {
			t.Errorf("%q and %q: same is %v", c.a, c.b, same)
		}
		if left.String() != before {
			t.Errorf("%q was changed to %q", before, left)
		}
	}
}
