package compose_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/tributary-gql/tributary/schema/compose"
	"github.com/tributary-gql/tributary/schema/diag"
)

// conformanceCase is one recorded composition: see the README of the conformance folder.
type conformanceCase struct {
	Name      string
	Subgraphs []struct{ Name, URL, SDL string }
	Errors    []string
	Messages  []string
	Hints     []string
	// Supergraph is nil when there are errors.
	Supergraph *string
}

// TestConformance composes every recorded case and compares codes and supergraphs. The folder is CONFORMANCE_DIR, by default
// the one next to the repository; the test has no cases where neither exists.
func TestConformance(t *testing.T) {
	t.Parallel()
	dir, required := os.LookupEnv("CONFORMANCE_DIR")
	if !required {
		dir = filepath.Join("..", "..", "..", "shared", "conformance")
	}
	paths, err := filepath.Glob(filepath.Join(dir, "composition", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) == 0 {
		if required {
			t.Fatalf("CONFORMANCE_DIR is %q, which has no cases in composition", dir)
		}
		return
	}
	var failing []string
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".json")
		passed := t.Run(name, func(t *testing.T) {
			for _, difference := range runConformanceCase(t, path) {
				t.Error(difference)
			}
		})
		if !passed {
			failing = append(failing, name)
		}
	}
	t.Logf("%d of %d cases hold", len(paths)-len(failing), len(paths))
	for _, name := range failing {
		t.Logf("failing: %s", name)
	}
}

// runConformanceCase returns how the composition differs from the recorded one.
func runConformanceCase(t *testing.T, path string) []string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var c conformanceCase
	if err := json.Unmarshal(data, &c); err != nil {
		t.Fatal(err)
	}
	sources := make([]compose.Source, len(c.Subgraphs))
	for i, s := range c.Subgraphs {
		sources[i] = compose.Source{Name: s.Name, URL: s.URL, SDL: s.SDL}
	}
	got := compose.Sources(sources...)
	differences := compareCodes("errors", c.Errors, got.Errors)
	if len(differences) > 0 || c.Supergraph == nil {
		return differences
	}
	differences = compareCodes("hints", c.Hints, got.Hints)
	want, have := lines(t, *c.Supergraph), lines(t, got.Supergraph.Print())
	for _, line := range want {
		if _, found := slices.BinarySearch(have, line); !found {
			differences = append(differences, "missing: "+line)
		}
	}
	for _, line := range have {
		if _, found := slices.BinarySearch(want, line); !found {
			differences = append(differences, "extra: "+line)
		}
	}
	return differences
}

func compareCodes(what string, want []string, got []diag.Diagnostic) []string {
	var codes, messages []string
	for _, d := range got {
		codes = append(codes, string(d.Code))
		messages = append(messages, fmt.Sprintf("  %s: %s", d.Code, d.Message))
	}
	slices.Sort(codes)
	if slices.Equal(codes, slices.Sorted(slices.Values(want))) {
		return nil
	}
	return []string{fmt.Sprintf("%s: want %v, got %v\n%s", what, want, codes, strings.Join(messages, "\n"))}
}

// lines returns every fact of a supergraph as one line, sorted: two supergraphs are the same when they have the same
// lines. Order and formatting make no difference, nor do directive arguments that repeat their default.
func lines(t *testing.T, sdl string) []string {
	t.Helper()
	doc, err := parser.ParseSchema(&ast.Source{Input: sdl})
	if err != nil {
		t.Fatalf("%v\n%s", err, sdl)
	}
	f := &facts{defaults: map[string]map[string]string{}}
	for _, d := range doc.Directives {
		f.defaults[d.Name] = map[string]string{}
		for _, a := range d.Arguments {
			if a.DefaultValue != nil {
				f.defaults[d.Name][a.Name] = literal(a.DefaultValue)
			}
		}
	}
	for _, s := range doc.Schema {
		f.add("schema", "description", s.Description)
		f.directives("schema", s.Directives)
		for _, op := range s.OperationTypes {
			f.add("schema", string(op.Operation), op.Type)
		}
	}
	for _, d := range doc.Directives {
		at := "directive @" + d.Name
		locations := slices.Clone(d.Locations)
		slices.Sort(locations)
		f.add(at, fmt.Sprint(d.IsRepeatable, locations), d.Description)
		f.arguments(at, d.Arguments)
	}
	for _, d := range doc.Definitions {
		f.definition(d)
	}
	slices.Sort(f.lines)
	return slices.Compact(f.lines)
}

type facts struct {
	lines    []string
	defaults map[string]map[string]string // by directive and argument
}

func (f *facts) add(parts ...string) { f.lines = append(f.lines, strings.Join(parts, " ")) }

func (f *facts) definition(d *ast.Definition) {
	f.add(d.Name, string(d.Kind), d.Description)
	f.directives(d.Name, d.Directives)
	for _, i := range d.Interfaces {
		f.add(d.Name, "implements", i)
	}
	for _, m := range d.Types {
		f.add(d.Name, "member", m)
	}
	for _, v := range d.EnumValues {
		f.add(d.Name+"."+v.Name, v.Description)
		f.directives(d.Name+"."+v.Name, v.Directives)
	}
	for _, field := range d.Fields {
		at := d.Name + "." + field.Name
		f.add(at, field.Type.String(), literal(field.DefaultValue), field.Description)
		f.directives(at, field.Directives)
		f.arguments(at, field.Arguments)
	}
}

func (f *facts) arguments(at string, arguments ast.ArgumentDefinitionList) {
	for _, a := range arguments {
		f.add(at, a.Name, a.Type.String(), literal(a.DefaultValue), a.Description)
		f.directives(at+" "+a.Name, a.Directives)
	}
}

func (f *facts) directives(at string, list ast.DirectiveList) {
	for _, d := range list {
		var arguments []string
		for _, a := range d.Arguments {
			if value := literal(a.Value); value != f.defaults[d.Name][a.Name] {
				arguments = append(arguments, a.Name+": "+value)
			}
		}
		slices.Sort(arguments)
		f.add(at, "@"+d.Name, strings.Join(arguments, ", "))
	}
}

// literal prints a value with the fields of input objects, and the imports of links, in sorted order.
func literal(v *ast.Value) string {
	if v == nil {
		return ""
	}
	switch v.Kind {
	case ast.ListValue, ast.ObjectValue:
		parts := make([]string, len(v.Children))
		for i, c := range v.Children {
			parts[i] = c.Name + ":" + literal(c.Value)
		}
		isImports := slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(p, `"@`) })
		if v.Kind == ast.ObjectValue || isImports {
			slices.SortFunc(parts, cmp.Compare[string])
		}
		return fmt.Sprint(parts)
	}
	return v.String()
}
