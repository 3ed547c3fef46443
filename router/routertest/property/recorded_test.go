package property_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/tributary-gql/tributary/router/routertest/conformance"
	"github.com/tributary-gql/tributary/router/routertest/generate"
	"github.com/tributary-gql/tributary/router/routertest/property"
	"github.com/tributary-gql/tributary/router/routertest/world"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// invalidOperations are recorded operations that no client may send, with the rule that they break: the reference's
// planner does not validate.
var invalidOperations = map[string]string{
	"handles-fragments-with-directive-conditions-fragment-with-intersecting-parent-type-and-dir": "5.7.2, a directive in a wrong location",
	"type-condition-field-merging-does-generate-type-conditions-with-interface-fragment":         "5.3.2, fields that cannot merge",
	"type-condition-field-merging-does-generate-type-conditions-with-interface-fragment-2":       "5.3.2, fields that cannot merge",
}

// TestRecordedPlansAreCorrectAndNoWorse runs every operation whose plan was recorded from the reference implementation:
// our plan answers right in several worlds, with no more fetches and no more depth.
func TestRecordedPlansAreCorrectAndNoWorse(t *testing.T) {
	t.Parallel()
	plans, err := conformance.Plans()
	if err != nil {
		t.Fatal(err)
	}
	for _, recorded := range plans {
		if recorded.IncrementalDelivery {
			continue // answered in one payload, such plans need fewer fetches than recorded
		}
		name := strings.TrimSuffix(recorded.File, ".json")
		if invalidOperations[name] != "" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			super, err := supergraph.Read(recorded.Supergraph)
			if err != nil {
				t.Fatal(err)
			}
			bench, err := property.NewBench(super)
			if err != nil {
				t.Fatal(err)
			}
			kind, document := clientDocument(t, recorded.Operation)
			for seed := range uint64(5) {
				w, err := world.New(super, world.Options{Seed: seed, Nulls: 100, Labels: recorded.Labels()})
				if err != nil {
					t.Fatal(err)
				}
				request := generate.Operation{Document: document, Variables: variablesFor(t, w, document, seed)}
				if kind == ast.Subscription {
					checkEvents(t, bench, w, request)
					continue
				}
				outcome, failure := bench.Check(context.Background(), property.Case{World: w, Request: request})
				if failure != nil {
					t.Fatalf("%v\n%s", failure, describe(outcome))
				}
				if got := len(outcome.Prepared.Plan.Fetches); got > recorded.Fetches {
					t.Errorf("%d fetches, the reference needs %d\n%s", got, recorded.Fetches, outcome.Prepared.Plan)
				}
				if got := outcome.Prepared.Plan.Depth(); got > recorded.Depth {
					t.Errorf("depth %d, the reference needs %d\n%s", got, recorded.Depth, outcome.Prepared.Plan)
				}
			}
		})
	}
}

func checkEvents(t *testing.T, bench *property.Bench, w *world.World, request generate.Operation) {
	t.Helper()
	if _, failure := bench.CheckEvents(context.Background(), property.Case{World: w, Request: request}, 3); failure != nil {
		t.Fatal(failure)
	}
}

// clientDocument is the operation as a client sends it: recorded operations declare the variables that the reference
// adds for contexts, and fields may have directives that no schema defines.
func clientDocument(t *testing.T, recorded string) (ast.Operation, string) {
	t.Helper()
	document, err := parser.ParseQuery(&ast.Source{Input: recorded})
	if err != nil {
		t.Fatal(err)
	}
	operation := document.Operations[0]
	for _, v := range operation.VariableDefinitions {
		if strings.HasPrefix(v.Variable, "contextualArgument_") {
			recorded = strings.ReplaceAll(recorded, fmt.Sprintf("$%s: %s", v.Variable, v.Type), "")
		}
	}
	for _, empty := range []string{"(, )", "()"} {
		recorded = strings.ReplaceAll(recorded, "query "+empty, "query ")
	}
	return operation.Operation, recorded
}

// variablesFor makes values for the variables of a document.
func variablesFor(t *testing.T, w *world.World, document string, seed uint64) []byte {
	t.Helper()
	values, err := generate.VariablesFor(w, document, seed)
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// describe prints what is known of a failed case.
func describe(o *property.Outcome) string {
	var out strings.Builder
	if o.Prepared != nil && o.Prepared.Plan != nil {
		fmt.Fprintf(&out, "%s\n", o.Prepared.Plan)
	}
	for _, r := range o.Fleet.InOrder() {
		fmt.Fprintf(&out, "%s %s %s\n", r.Subgraph, r.Query, r.Variables)
	}
	return out.String()
}
