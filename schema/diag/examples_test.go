package diag_test

import (
	"testing"

	"github.com/tributary-gql/tributary/schema/compose"
	"github.com/tributary-gql/tributary/schema/diag"
)

// withoutExample are the codes that SDL of subgraphs alone cannot give.
var withoutExample = map[diag.Code]bool{
	diag.MaxValidationSubgraphPathsExceeded: true,
	diag.UnsupportedFeature:                 true,
	diag.InvalidFederationSupergraph:        true,
	// Composition takes definitions from the latest version of a feature, so these never differ.
	diag.InconsistentTypeSystemDirectiveRepeatable: true,
	diag.InconsistentTypeSystemDirectiveLocations:  true,
}

// TestExamplesGiveTheirCode composes the example of each entry. An error's example gives that error and no other.
func TestExamplesGiveTheirCode(t *testing.T) {
	t.Parallel()
	for _, e := range diag.Registry() {
		t.Run(e.Severity.String()+" "+string(e.Code), func(t *testing.T) {
			t.Parallel()
			if withoutExample[e.Code] {
				if e.Example != "" {
					t.Error("it has an example now: take it off the list")
				}
				return
			}
			var sources []compose.Source
			for _, s := range e.Subgraphs() {
				sources = append(sources, compose.Source{Name: s.Name, SDL: s.SDL})
			}
			result := compose.Sources(sources...)
			found := result.Hints
			if e.IsError() {
				found = result.Errors
				for _, d := range found {
					if d.Code != e.Code {
						t.Errorf("it also gives %s: %s", d.Code, d.Message)
					}
				}
			} else if len(result.Errors) > 0 {
				t.Errorf("it does not compose: %s: %s", result.Errors[0].Code, result.Errors[0].Message)
			}
			for _, d := range found {
				if d.Code == e.Code {
					if d.Severity != e.Severity {
						t.Errorf("severity is %s, the registry says %s", d.Severity, e.Severity)
					}
					return
				}
			}
			t.Errorf("it does not give the code, but %+v", found)
		})
	}
}
