package payments_test

import (
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/tributary-gql/tributary/"

// list runs go list with a format and returns its words.
func list(t *testing.T, arguments ...string) []string {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), "go", append([]string{"list"}, arguments...)...).Output()
	if err != nil {
		t.Fatalf("go list %s: %v", strings.Join(arguments, " "), err)
	}
	return strings.Fields(string(output))
}

// TestTheDomainUsesTheStandardLibraryAlone: rules that know no database and no protocol can be read, tested and moved by
// themselves.
func TestTheDomainUsesTheStandardLibraryAlone(t *testing.T) {
	t.Parallel()
	for _, path := range list(t, "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".") {
		if path != module+"subgraphs/payments" {
			t.Errorf("the domain reaches %s", path)
		}
	}
}

// TestNoOtherPartOfTributaryIsImported: a service is deployed by itself, and learns of the others through events and the graph.
func TestNoOtherPartOfTributaryIsImported(t *testing.T) {
	t.Parallel()
	allowed := []string{module + "loaders", module + "subgraphs/kit/", module + "subgraphs/payments"}
	for _, path := range list(t, "-deps", "./...") {
		if !strings.HasPrefix(path, module) {
			continue
		}
		fine := false
		for _, prefix := range allowed {
			fine = fine || strings.HasPrefix(path, prefix)
		}
		if !fine {
			t.Errorf("the service reaches %s", path)
		}
	}
}
