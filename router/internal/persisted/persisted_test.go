package persisted

import (
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tributary-gql/tributary/router/routertest/bubble"
)

const apollo = `{"format":"apollo-persisted-query-manifest","version":1,"operations":[
	{"id":"a1","name":"A","type":"query","body":"query A { a }"},
	{"id":"b1","name":"B","type":"mutation","body":"mutation B { b }","clientName":"web"}]}`

func TestParse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		manifest string
		want     []Document
	}{
		"apollo": {apollo, []Document{{ID: "a1", Text: "query A { a }"}, {ID: "b1", Client: "web", Text: "mutation B { b }"}}},
		"relay":  {`{"z": "{ z }", "a": "{ a }"}`, []Document{{ID: "z", Text: "{ z }"}, {ID: "a", Text: "{ a }"}}},
		"a map with documents named like an Apollo manifest's members": {
			`{"format": "{ a }", "operations": "{ b }"}`, []Document{{ID: "format", Text: "{ a }"}, {ID: "operations", Text: "{ b }"}},
		},
	} {
		got, err := Parse([]byte(c.manifest))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for manifest, says := range map[string]string{
		"":                    "JSON",
		`[]`:                  "JSON object",
		`{}`:                  "no documents",
		`{"a": 1}`:            `"a" must be the text`,
		`{"a": "  "}`:         "needs an identifier and a text",
		`{"": "{ a }"}`:       "needs an identifier and a text",
		`{"operations": []}`:  `"apollo-persisted-query-manifest", version 1, is supported`,
		`{"a":"{a}","a":"x"}`: `"a" stands for different documents`,
		`{"format":"apollo-persisted-query-manifest","version":2,"operations":[]}`:                           "version 1",
		`{"format":"apollo-persisted-query-manifest","version":1,"operations":[]}`:                           "no documents",
		`{"format":"apollo-persisted-query-manifest","version":1,"operations":[{"id":"x"}]}`:                 "operation 1 needs an id and a body",
		`{"format":"apollo-persisted-query-manifest","version":1,"operations":[{"id":1,"body":"{a}"}]}`:      "is not a manifest",
		`{"format":"apollo-persisted-query-manifest","version":1,"operations":[{"id":"x","body":"{a}"}, 1]}`: "is not a manifest",
	} {
		if _, err := Parse([]byte(manifest)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v, want %q", manifest, err, says)
		}
	}
}

func TestGet(t *testing.T) {
	t.Parallel()
	documents, err := Parse([]byte(apollo))
	if err != nil {
		t.Fatal(err)
	}
	list := NewList(append(documents, Document{ID: "b1", Text: "query Other { o }"}))
	sum := sha256.Sum256([]byte("query A { a }"))
	for _, c := range []struct{ client, id, want string }{
		{"", "a1", "query A { a }"},
		{"web", "a1", "query A { a }"},
		{"web", "b1", "mutation B { b }"},
		{"ios", "b1", "query Other { o }"},
		{"", "b1", "query Other { o }"},
		{"", hex.EncodeToString(sum[:]), "query A { a }"},
		{"", "none", ""},
	} {
		if got, ok := list.Get(c.client, c.id); got != c.want || ok != (c.want != "") {
			t.Errorf("%q %q: got %q, %v", c.client, c.id, got, ok)
		}
	}
	if list.Len() != 3 {
		t.Errorf("%d documents", list.Len())
	}
}

func TestHolds(t *testing.T) {
	t.Parallel()
	list := NewList([]Document{{ID: "1", Text: "query A($x: Int = 1) {\n  a(x: $x, s: \"one two\")\n}\n"}})
	for text, want := range map[string]bool{
		"query A($x: Int = 1) {\n  a(x: $x, s: \"one two\")\n}\n":      true,
		"query A($x: Int = 1){a(x:$x s:\"one two\")} # same":           true,
		"query A($x: Int = 1){a(x:$x s:\"onetwo\")}":                   false,
		"query A($x: Int = 2){a(x:$x s:\"one two\")}":                  false,
		"query A($x: Int = 1){a(x:$x s:\"one two\") b}":                false,
		"query B($x: Int = 1){a(x:$x s:\"one two\")}":                  false,
		"query A($x: Int = 1){a(x:$x s:\"one two\")} query B { b }":    false,
		"query A($x: Int = 1){a(x:$x s:\"one two\")} \x00":             false,
		"query A($x: Int = 1){a(x:$x s:one two)}":                      false,
		"query A($x: Int = 1){a(x:$x s:\"one two\\u0000\\u0002) b\")}": false,
		"": false,
	} {
		if got := list.Holds(text); got != want {
			t.Errorf("%q: got %v", text, got)
		}
	}
	var empty *List
	if _, ok := empty.Get("", "1"); ok || empty.Holds("{ a }") || empty.Len() != 0 {
		t.Error("an empty list holds something")
	}
}

// write replaces a file the way deployments do: at once.
func write(t *testing.T, name, text string) {
	t.Helper()
	next := name + ".next"
	if err := os.WriteFile(next, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(next, name); err != nil {
		t.Fatal(err)
	}
}

// TestStoreFollowsItsFiles: changes are taken over, mistakes are not.
func TestStoreFollowsItsFiles(t *testing.T) {
	t.Parallel()
	one, two := filepath.Join(t.TempDir(), "one.json"), filepath.Join(t.TempDir(), "two.json")
	write(t, one, `{"1": "{ one }"}`)
	write(t, two, apollo)
	bubble.Test(t, func(t *testing.T) {
		store, err := New(Options{Files: []string{one, two}, Interval: time.Second, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		go store.Run(t.Context())
		for _, step := range []struct {
			content string
			holds   string
		}{
			{`{"1": "{ one }"}`, "{ one }"},
			{`{"1": "{ uno }"}`, "{ uno }"},
			{`{"1": `, "{ uno }"},
			{`{"a1": "{ clash }"}`, "{ uno }"},
			{`{"2": "{ zwei }"}`, "{ zwei }"},
		} {
			write(t, one, step.content)
			<-time.After(1500 * time.Millisecond) // the bubble's clock
			bubble.Wait()
			if !store.List().Holds(step.holds) || !store.List().Holds("query A { a }") || store.List().Len() != 3 {
				t.Errorf("after %s: %v", step.content, store.List())
			}
		}
	})
}

func TestStoreNeedsItsFiles(t *testing.T) {
	t.Parallel()
	good, bad := filepath.Join(t.TempDir(), "good.json"), filepath.Join(t.TempDir(), "bad.json")
	write(t, good, apollo)
	write(t, bad, `{"a1": "{ clash }"}`)
	for says, files := range map[string][]string{"missing.json": {filepath.Join(t.TempDir(), "missing.json")}, "together": {good, bad}} {
		if _, err := New(Options{Files: files}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v, want %q", err, says)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(apollo))
	f.Add([]byte(`{"a":"{ a }","b":"{ b }"}`))
	f.Fuzz(func(t *testing.T, manifest []byte) {
		documents, err := Parse(manifest)
		if err != nil {
			return
		}
		list := NewList(documents)
		for _, d := range documents {
			if text, ok := list.Get(d.Client, d.ID); !ok || text != d.Text || !list.Holds(d.Text) {
				t.Errorf("%q by %q: got %q, %v", d.ID, d.Client, text, ok)
			}
		}
	})
}
