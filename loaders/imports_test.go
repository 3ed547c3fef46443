package loaders_test

import (
	"os/exec"
	"strings"
	"testing"
)

// TestOnlyTheStandardLibraryIsImported: every module may import loaders, so loaders imports none, and brings nobody a
// dependency.
func TestOnlyTheStandardLibraryIsImported(t *testing.T) {
	t.Parallel()
	output, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	const own = "github.com/tributary-gql/tributary/loaders"
	for _, path := range strings.Fields(string(output)) {
		if path != own {
			t.Errorf("loaders reaches %s, which is not of the standard library", path)
		}
	}
}
