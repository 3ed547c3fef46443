package planner_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/tributary-gql/tributary/router/internal/plan"
	"github.com/tributary-gql/tributary/router/internal/planner"
	"github.com/tributary-gql/tributary/router/internal/planner/plannertest"
)

// conformanceCase is one recorded plan of the reference implementation.
type conformanceCase struct {
	Name                string
	Supergraph          string
	Operation           string
	IncrementalDelivery bool
	OverrideConditions  [][2]any
	Fetches, Depth      int
}

// contextualArguments are variables that the reference adds to the operation while it plans; in a client's operation
// they would be unused.
var contextualArguments = regexp.MustCompile(`\(?\$contextualArgument_\w+: [\w!\[\]]+,?\s*\)?`)

// invalidOperations are recorded operations that the specification forbids: the reference plans without validating. They
// are planned in a valid form that asks the same.
var invalidOperations = map[string]*strings.Replacer{
	// @test may stand on fragment spreads only.
	"handles-fragments-with-directive-conditions-fragment-with-intersecting-parent-type-and-dir": strings.NewReplacer(
		"... on I2 @test {", "... on I2 {"),
	// For T2 both fragments ask f2, with different arguments below.
	"type-condition-field-merging-does-generate-type-conditions-with-interface-fragment": strings.NewReplacer(
		"f3(params: $p2)", "f3b: f3(params: $p2)"),
}

func conformanceCases(t *testing.T) []conformanceCase {
	t.Helper()
	dir, required := os.LookupEnv("CONFORMANCE_DIR")
	if !required {
		dir = filepath.Join("..", "..", "..", "..", "shared", "conformance")
	}
	paths, err := filepath.Glob(filepath.Join(dir, "plans", "*.json"))
	if err != nil || required && len(paths) == 0 {
		t.Fatalf("CONFORMANCE_DIR %s has no plans: %v", dir, err)
	}
	var cases []conformanceCase
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var c conformanceCase
		if err := json.Unmarshal(data, &c); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		c.Name = strings.TrimSuffix(filepath.Base(path), ".json")
		c.Operation = contextualArguments.ReplaceAllString(c.Operation, "")
		if valid := invalidOperations[c.Name]; valid != nil {
			c.Operation = valid.Replace(c.Operation)
		}
		cases = append(cases, c)
	}
	slices.SortFunc(cases, func(a, b conformanceCase) int { return cmp.Compare(a.Name, b.Name) })
	return cases
}

// TestPlansAreNoWorseThanTheReferences plans every recorded case, prints the table of our figures and the reference's,
// and fails where ours has more fetches or a longer chain.
func TestPlansAreNoWorseThanTheReferences(t *testing.T) {
	t.Parallel()
	cases := conformanceCases(t)
	var text strings.Builder
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "case\tfetches\treference\tdepth\treference\t")
	better := 0
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			options := planner.Options{Defer: c.IncrementalDelivery, Labels: map[string]bool{}}
			for _, pair := range c.OverrideConditions {
				options.Labels[pair[0].(string)] = pair[1].(bool)
			}
			made := plannertest.New(t, c.Supergraph).Plan(t, c.Operation, options)
			fetches, depth := len(made.Fetches), depthOf(made)
			mark := ""
			switch {
			case fetches > c.Fetches || depth > c.Depth:
				mark = "WORSE"
				t.Errorf("%d fetches in %d stages, the reference needs %d in %d:\n%s", fetches, depth, c.Fetches, c.Depth, made)
			case fetches < c.Fetches || depth < c.Depth:
				mark = "better"
				better++
			}
			fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%s\n", c.Name, fetches, c.Fetches, depth, c.Depth, mark)
		})
	}
	table.Flush()
	t.Logf("%d cases, %d better than the reference\n%s", len(cases), better, text.String())
}

// depthOf is the number of fetches on the longest chain.
func depthOf(p *plan.Plan) int {
	level := make([]int, len(p.Fetches))
	deepest := 0
	for i, f := range p.Fetches {
		level[i] = 1
		for _, w := range f.WaitsFor {
			level[i] = max(level[i], level[w]+1)
		}
		deepest = max(deepest, level[i])
	}
	return deepest
}
