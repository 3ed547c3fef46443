package config_test

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/tributary-gql/tributary/router/internal/config"
)

// TestReferencesAreCurrent: the pages in the repository are what the program prints. -update writes them.
func TestReferencesAreCurrent(t *testing.T) {
	t.Parallel()
	for file, text := range map[string]string{"../../CONFIG.md": config.Reference(), "../../router.schema.json": config.JSONSchema() + "\n"} {
		if *update {
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != text {
			t.Errorf("%s is not current: run go test ./internal/config -update and commit it", file)
		}
	}
}

// TestGoodFilesFitTheSchema: editors must not complain of what the router takes.
func TestGoodFilesFitTheSchema(t *testing.T) {
	t.Parallel()
	var schema map[string]any
	if err := json.Unmarshal([]byte(config.JSONSchema()), &schema); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"testdata/full.good.yml", "testdata/minimal.good.yml", "testdata/traffic.good.yml"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var value any
		if err := yaml.Unmarshal(text, &value); err != nil {
			t.Fatal(err)
		}
		for _, problem := range unfit(schema, value, file) {
			t.Error(problem)
		}
	}
}

// unfit checks the keywords that JSONSchema uses.
func unfit(schema map[string]any, value any, path string) (problems []string) {
	types, ok := schema["type"].([]any)
	if !ok {
		types = []any{schema["type"]}
	}
	kind := map[reflect.Kind]string{reflect.Map: "object", reflect.Slice: "array", reflect.String: "string", reflect.Bool: "boolean", reflect.Int: "integer", reflect.Float64: "number"}[reflect.ValueOf(value).Kind()]
	fits := false
	for _, t := range types {
		fits = fits || t == kind || t == "number" && kind == "integer"
	}
	if text, ok := value.(string); !fits && !(ok && strings.Contains(text, "${")) {
		return []string{path + ": is of type " + kind}
	}
	switch v := value.(type) {
	case map[string]any:
		properties, _ := schema["properties"].(map[string]any)
		for name, member := range v {
			if property, ok := properties[name].(map[string]any); ok {
				problems = append(problems, unfit(property, member, path+"."+name)...)
			} else if others, ok := schema["additionalProperties"].(map[string]any); ok {
				problems = append(problems, unfit(others, member, path+"."+name)...)
			} else {
				problems = append(problems, path+"."+name+": is not in the schema")
			}
		}
	case []any:
		for _, item := range v {
			problems = append(problems, unfit(schema["items"].(map[string]any), item, path+"[]")...)
		}
	}
	if allowed, ok := schema["enum"].([]any); ok {
		known := false
		for _, a := range allowed {
			known = known || a == value
		}
		if !known {
			problems = append(problems, path+": is not among the values that are allowed")
		}
	}
	return problems
}
