package coerce

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzTheScannerAcceptsWhatIsJSON(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,-0,1.5e+10,"\u00e9\/\n",true,false,null,{}]}`, `[]`, ` 1 `, `01`, `1.`, `.5`, `-`, `"a`, `{"a"}`, `{"a":1,}`, "\"\x01\"", "\"\xff\"", `tru`, `1 2`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := jsonScanner{data: []byte(text)}
		raw, err := s.skip()
		if err == nil {
			err = s.end()
		}
		// encoding/json lets bytes pass in strings that are not UTF-8; nesting is bounded here.
		want := json.Valid([]byte(text)) && utf8.ValidString(text)
		if err != nil && want && (strings.Count(text, "[")+strings.Count(text, "{") > maxJSONDepth) {
			return
		}
		if (err == nil) != want {
			t.Fatalf("%q: %v, want valid %v", text, err, want)
		}
		if err == nil && strings.TrimSpace(text) != strings.TrimSpace(string(raw)) {
			t.Fatalf("%q was read as %q", text, raw)
		}
	})
}

func TestNestingIsBounded(t *testing.T) {
	t.Parallel()
	for depth, valid := range map[int]bool{maxJSONDepth: true, maxJSONDepth + 1: false} {
		s := jsonScanner{data: []byte(strings.Repeat("[", depth) + strings.Repeat("]", depth))}
		if _, err := s.skip(); (err == nil) != valid {
			t.Errorf("depth %d: %v", depth, err)
		}
	}
}
