package validate

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"go.yaml.in/yaml/v3"
)

// referenceCase is a case of the reference implementation's tests (graphql-js), as gqlparser carries them.
type referenceCase struct {
	Name   string
	Rule   string
	Schema string
	Query  string
	Errors []struct {
		Message   string
		Locations []struct{ Line, Column int }
	}
}

// differences are the cases in which this validator decides otherwise on purpose, or says it otherwise.
var differences = map[string]string{
	"NoDeprecatedCustom":          "no rule of the specification",
	"NoSchemaIntrospectionCustom": "no rule of the specification",
	"ValuesOfCorrectType/Invalid input object value/reports error for custom scalar that returns undefined": "a custom scalar takes anything",
	"UniqueInputFieldNames/many duplicate input object fields":                                              "one error for each name, as for arguments",
	"KnownTypeNames/references to standard scalars that are missing in schema":                              "they are part of every schema here",
	"OverlappingFieldsCanBeMerged/finds invalid cases even with field named after fragment":                 "gqlparser gives its types to these cases,",
	"OverlappingFieldsCanBeMerged/reports deep conflict after nested fragments":                             "so that the fields are on types that exclude each other",
	"UniqueDirectivesPerLocation/unknown directives must be ignored":                                        "the document holds a type definition",
}

// readReference reads a file of gqlparser's module.
func readReference(t *testing.T, into any, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}

func referenceFolder(t *testing.T) string {
	t.Helper()
	folder, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/vektah/gqlparser/v2").Output()
	if err != nil {
		t.Fatalf("find gqlparser: %v", err)
	}
	return filepath.Join(strings.TrimSpace(string(folder)), "validator", "imported", "spec")
}

func TestVerdictsAreThoseOfTheReferenceImplementation(t *testing.T) {
	t.Parallel()
	var texts []string
	folder := referenceFolder(t)
	readReference(t, &texts, filepath.Join(folder, "schemas.yml"))
	var schemas []*ast.Schema
	for i, text := range texts {
		schema, err := gqlparser.LoadSchema(&ast.Source{Name: fmt.Sprintf("schema %d", i), Input: text})
		if err != nil {
			t.Fatal(err)
		}
		schemas = append(schemas, schema)
	}
	files, err := filepath.Glob(filepath.Join(folder, "*Rule.spec.yml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	count := 0
	for _, file := range files {
		var cases []referenceCase
		readReference(t, &cases, file)
		rule := strings.TrimSuffix(filepath.Base(file), "Rule.spec.yml")
		for _, c := range cases {
			if differences[rule+"/"+c.Name] != "" || differences[rule] != "" {
				continue
			}
			count++
			t.Run(rule+"/"+c.Name, func(t *testing.T) {
				t.Parallel()
				compareWithReference(t, schemas, c)
			})
		}
	}
	if count < 400 {
		t.Errorf("only %d cases were compared", count)
	}
}

func compareWithReference(t *testing.T, schemas []*ast.Schema, c referenceCase) {
	var schema *ast.Schema
	if i, err := strconv.Atoi(c.Schema); err == nil {
		schema = schemas[i]
	} else if schema, err = gqlparser.LoadSchema(&ast.Source{Input: c.Schema}); err != nil {
		t.Fatal(err)
	}
	document, err := parser.ParseQuery(&ast.Source{Input: c.Query})
	if err != nil {
		if len(c.Errors) == 0 {
			t.Fatal(err)
		}
		return // the parser refuses already what the rule would
	}
	var got, want []string
	for _, e := range New(schema).Validate(document, Bounds{MaxErrors: 1000, MaxWork: 1_000_000}) {
		if string(e.Rule) != c.Rule {
			continue
		}
		got = append(got, e.Message)
		if len(e.Locations) == 0 {
			t.Errorf("no position: %s", e.Message)
		}
	}
	for _, e := range c.Errors {
		want = append(want, strings.ReplaceAll(e.Message, "; Did", ". Did"))
	}
	if Rule(c.Rule) == OverlappingFields {
		// Conflicts are reported at the fields that differ, not at those above them, and once for each pair.
		if (len(got) > 0) != (len(want) > 0) {
			t.Errorf("%s\ngot  %q\nwant %q", c.Query, got, want)
		}
		return
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s\ngot  %q\nwant %q", c.Query, got, want)
	}
}
