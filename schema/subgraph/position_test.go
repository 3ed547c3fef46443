package subgraph

import (
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
)

// TestPositionsInStrings finds the character "X" of a string's value in the SDL around it.
func TestPositionsInStrings(t *testing.T) {
	t.Parallel()
	for _, literal := range []string{
		`"X"`, `"abc X"`, `"é X"`, `"\" X"`, `"\u0041 X"`, `"\u{1F600} X"`, `"\uD83D\uDE00 X"`, `"\\\\X"`,
		`"""X"""`, `"""a X"""`, "\"\"\"\n    a\n      b X\n  \"\"\"", "\"\"\"\r\n\r\n    a\r\n    é X\r\n  \"\"\"", `"""a \""" X"""`,
		"\"\"\"\n\n  a\n\n  b\n    X\"\"\"", "\"\"\" first\n    X\"\"\"",
	} {
		sdl := "# ü\ntype Query { a(b: String = " + literal + "): Int }"
		s, problems := ParseSDL("s", "", sdl)
		if s == nil {
			t.Fatalf("%s: %s", literal, problems[0].Message)
		}
		value := s.Type("Query").Field("a").Argument("b").Default
		offset := len([]rune(value.Raw[:strings.Index(value.Raw, "X")]))
		at := s.inString(value, offset)
		if got := string([]rune(sdl)[at.Start : at.Start+1]); got != "X" {
			t.Errorf("%s: offset %d of %q is %q", literal, offset, value.Raw, got)
		}
	}
}

func TestPositionsOutsideOfStrings(t *testing.T) {
	t.Parallel()
	s, _ := ParseSDL("s", "", `type Query { a(b: String = "x", c: Int = 3): Int }`)
	field := s.Type("Query").Field("a")
	if at := s.inString(field.Argument("c").Default, 5); at != field.Argument("c").Default.Position {
		t.Errorf("a number's content is at %+v", at)
	}
	if at := s.inString(nil, 5); at != nil {
		t.Errorf("nothing is at %+v", at)
	}
	text := field.Argument("b").Default
	if at := s.inString(text, 100); at.Start != text.Position.Start+2 {
		t.Errorf("an offset beyond the end is at %d, not at the closing quote", at.Start)
	}
	if at := s.inString(&ast.Value{Kind: ast.StringValue, Raw: "made up"}, 3); at != nil {
		t.Errorf("a value without a place is at %+v", at)
	}
}

func TestFeatureURL(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		url, identity, name string
		version             Version
	}{
		{"https://specs.apollo.dev/federation/v2.3", FederationIdentity, "federation", Version{2, 3}},
		{"https://example.com/a/b/c/v0.10/", "https://example.com/a/b/c", "c", Version{0, 10}},
		{"http://host:8080/name/v1.0?x=y#z", "http://host:8080/name", "name", Version{1, 0}},
	} {
		got, err := parseFeatureURL(c.url)
		if err != nil || got.identity != c.identity || got.name != c.name || got.version != c.version {
			t.Errorf("%s: got %+v, %v", c.url, got, err)
		}
	}
	for _, bad := range []string{"", "x", "https://", "https://host", "https://host/v1.0", "https://host/name/1.0", "https://host/name/v1", "https://host/name/v1.0.0", "https://host/name/v-1.0", "https://host/name/v1.+2", "https://host/name/v1.99999999999999999999"} {
		if got, err := parseFeatureURL(bad); err == nil {
			t.Errorf("%q: got %+v", bad, got)
		}
	}
}

func FuzzFeatureURL(f *testing.F) {
	for _, seed := range []string{"https://specs.apollo.dev/federation/v2.3", "https://host/a/v0.1/", "://", "http://[::1/x/v1.0", "https://a/%zz/v1.0"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := parseFeatureURL(text)
		if err != nil {
			return
		}
		again, err := parseFeatureURL(u.identity + "/" + u.version.String())
		if err != nil || again != u {
			t.Fatalf("%q is %+v, which reads as %+v, %v", text, u, again, err)
		}
	})
}
