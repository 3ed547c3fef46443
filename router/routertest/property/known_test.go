package property_test

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tributary-gql/tributary/router/routertest/property"
)

var updateKnown = flag.Bool("update-known", false, "write the failures of this run to testdata/known.txt")

// knownFile lists the failures that are open, one a line: the supergraph and what is wrong there. A failure that is not in
// it fails the campaign, so that the list only gets shorter. A line is removed with the fault behind it.
const knownFile = "testdata/known.txt"

// known reports the open failures and gives those that nobody knew.
func known(t *testing.T, failures []property.Found) []property.Found {
	t.Helper()
	text, err := os.ReadFile(knownFile)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	var fresh []property.Found
	open := 0
	for _, f := range failures {
		line := f.Name + " | " + f.Signature()
		if slices.Contains(lines, line) {
			open++
			continue
		}
		fresh = append(fresh, f)
		if *updateKnown {
			lines = append(lines, line)
		}
	}
	if open > 0 {
		t.Logf("%d failures are known and open (%s)", open, knownFile)
	}
	if *updateKnown {
		slices.Sort(lines)
		if err := os.WriteFile(knownFile, []byte(strings.Join(slices.Compact(lines), "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		return nil
	}
	return fresh
}
