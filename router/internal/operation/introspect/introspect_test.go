package introspect

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"golang.org/x/tools/txtar"

	"github.com/tributary-gql/tributary/router/internal/gqlerr"
	"github.com/tributary-gql/tributary/router/internal/operation"
)

var update = flag.Bool("update", false, "rewrite the golden sections of testdata")

func load(t testing.TB, sdl string) *operation.Schema {
	t.Helper()
	loaded, err := gqlparser.LoadSchema(&ast.Source{Input: sdl})
	if err != nil {
		t.Fatal(err)
	}
	s, err := operation.NewSchemaFromAST(loaded)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// respond answers all introspection fields of a document as one object.
func respond(t testing.TB, i *Introspector, s *operation.Schema, document, variables string) ([]byte, error) {
	t.Helper()
	o, literals, err := s.Parse(document, "")
	if err != nil {
		t.Fatal(err)
	}
	values, err := o.CoerceVariables(nil, []byte(variables), literals)
	if err != nil {
		t.Fatal(err)
	}
	response := []byte{'{'}
	for n, f := range o.Root.Fields {
		if n > 0 {
			response = append(response, ',')
		}
		answer, err := i.Answer(o, values, f.ResponseName)
		if err != nil {
			return nil, err
		}
		response = append(append(gqlerr.AppendString(response, f.ResponseName), ':'), answer...)
	}
	return append(response, '}'), nil
}

func TestAnswersMatchTheirGoldens(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases (%v)", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			sections := map[string]string{}
			for _, f := range archive.Files {
				sections[f.Name] = string(f.Data)
			}
			s := load(t, sections["schema.graphql"])
			answer, err := respond(t, New(s), s, sections["operation.graphql"], sections["variables.json"])
			if err != nil {
				t.Fatal(err)
			}
			var pretty bytes.Buffer
			if err := json.Indent(&pretty, answer, "", " "); err != nil {
				t.Fatalf("%v: %s", err, answer)
			}
			pretty.WriteByte('\n')
			if !*update {
				if diff := cmp.Diff(sections["response.json"], pretty.String()); diff != "" {
					t.Errorf("-want +got\n%s", diff)
				}
				return
			}
			files := archive.Files[:0]
			for _, f := range archive.Files {
				if f.Name != "response.json" {
					files = append(files, f)
				}
			}
			archive.Files = append(files, txtar.File{Name: "response.json", Data: pretty.Bytes()})
			if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestAnswersAreCachedByWhatTheyDependOn(t *testing.T) {
	t.Parallel()
	s := load(t, `type Query { a: Int } type Other { b: Int }`)
	i := New(s)
	document := `query ($name: String!, $other: String!) { __type(name: $name) { name } other: __type(name: $other) { kind } }`
	o, literals, err := s.Parse(document, "")
	if err != nil {
		t.Fatal(err)
	}
	answer := func(variables string) []byte {
		values, err := o.CoerceVariables(nil, []byte(variables), literals)
		if err != nil {
			t.Fatal(err)
		}
		got, err := i.Answer(o, values, "__type")
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	first := answer(`{"name":"Query","other":"a"}`)
	if again := answer(`{"name":"Query","other":"b"}`); &first[0] != &again[0] {
		t.Error("a variable that the field does not use made another answer")
	}
	if other := answer(`{"name":"Other","other":"a"}`); string(other) != `{"name":"Other"}` {
		t.Errorf("got %s", other)
	}
}

func TestTheCacheIsBounded(t *testing.T) {
	t.Parallel()
	a := newAnswers()
	for n := range 10 * maxCachedAnswers {
		a.add(fmt.Sprint(n), make([]byte, maxCachedBytes/100))
	}
	if a.bytes > maxCachedBytes || a.bytes < maxCachedBytes/2 || a.byKey.Len() > maxCachedAnswers {
		t.Errorf("%d bytes in %d answers", a.bytes, a.byKey.Len())
	}
	a.add("large", make([]byte, maxCachedBytes))
	if _, ok := a.get("large"); ok {
		t.Error("an answer as large as the cache was kept")
	}
	a.add("2559", nil)
	if kept, _ := a.get("2559"); len(kept) == 0 {
		t.Error("an answer was replaced by an equal one")
	}
}

func TestHugeAnswersAreRefused(t *testing.T) {
	t.Parallel()
	s := load(t, `type Query { a: Int }`)
	i := New(s)
	i.maxBytes = 10_000
	var document strings.Builder
	document.WriteString("{ __schema { ")
	for n := range 100 {
		fmt.Fprintf(&document, "a%d: types { kind name } ", n)
	}
	_, err := respond(t, i, s, document.String()+"} }", "")
	var refused *gqlerr.Error
	if !errors.As(err, &refused) || refused.Code != gqlerr.OperationTooLarge {
		t.Errorf("got %v", err)
	}
	if _, err := respond(t, i, s, "{ __schema { types { kind name } } }", ""); err != nil {
		t.Errorf("an answer within the limit: %v", err)
	}
}

func TestIntrospectionBelowTheRoot(t *testing.T) {
	t.Parallel()
	s := load(t, "type Query { again: Query, list: [Query!] }")
	i := New(s)
	o, literals, err := s.Parse(`{ again { s: __schema { queryType { name } } } list { again { s: __type(name: "Query") { kind } } } s: __type(name: "Int") { name } }`, "")
	if err != nil {
		t.Fatal(err)
	}
	values, err := o.CoerceVariables(nil, nil, literals)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, set := range o.Sets() {
		for _, f := range set.Fields {
			if !f.IsIntrospection() {
				continue
			}
			answer, err := i.Answer(o, values, set.IntrospectionName(f))
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, string(answer))
		}
	}
	want := []string{`{"name":"Int"}`, `{"queryType":{"name":"Query"}}`, `{"kind":"OBJECT"}`}
	if !o.Introspects() || !cmp.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, err := i.Answer(o, values, "9/s"); err == nil {
		t.Error("a field that is not there is answered")
	}
}
