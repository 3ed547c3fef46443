package property_test

import (
	"context"
	"encoding/json"
	"flag"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/routertest/fake"
	"github.com/tributary-gql/tributary/router/routertest/property"
	"github.com/tributary-gql/tributary/router/routertest/scenario"
)

var (
	update          = flag.Bool("update", false, "rewrite the goldens of scenarios in place")
	scenariosFolder = flag.String("scenarios", "../../testdata/scenarios", "folder of the scenarios to run")
)

// TestScenarios runs the end-to-end corpus: plan, requests and response are as their goldens say, and, whatever these
// say, the response is the reference executor's.
func TestScenarios(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(*scenariosFolder, "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatal("there are no scenarios")
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			s, err := scenario.Load(file)
			if err != nil {
				t.Fatal(err)
			}
			in, err := property.InputOf(s)
			if err != nil {
				t.Fatal(err)
			}
			if s.Settings.Wire {
				in.Through = newWire(t, s.Subgraphs, patienceOf(in.Faults)).through
			}
			outcome, failure := in.Run(context.Background())
			if failure != nil {
				t.Fatalf("%s\n%v", s.Title, failure)
			}
			if in.Events > 0 {
				return // a subscription: its events are compared, and have no golden
			}
			var payload json.RawMessage = outcome.Payload
			response, err := scenario.Indented(payload)
			if err != nil {
				t.Fatal(err)
			}
			changed := false
			for _, section := range []struct{ name, text string }{
				{"plan.txt", outcome.Prepared.Plan.String() + "\n"},
				{"requests.txt", scenario.Requests(outcome.Fleet.Requests())},
				{"response.json", response},
			} {
				golden := s.Golden(section.name)
				if golden == section.text {
					continue
				}
				if *update {
					s.Set(section.name, section.text)
					changed = true
				} else if golden != "" {
					t.Errorf("%s\n%s differs (rewrite with -update): got\n%s\nwant\n%s", s.Title, section.name, section.text, golden)
				}
			}
			if changed {
				if err := s.Write(file); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// patienceOf is how long to wait for a subgraph: not long where it is sure not to answer.
func patienceOf(faults []fake.Fault) time.Duration {
	if slices.ContainsFunc(faults, func(f fake.Fault) bool { return f.Kind == fake.Hang }) {
		return 300 * time.Millisecond
	}
	return 20 * time.Second
}
