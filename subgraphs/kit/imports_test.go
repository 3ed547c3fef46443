package kit_test

import (
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/tributary-gql/tributary/"

// TestTheKitImportsNoOtherModuleOfOurs: every service depends on the kit, so whatever it reached would be in all of them.
func TestTheKitImportsNoOtherModuleOfOurs(t *testing.T) {
	t.Parallel()
	for _, path := range list(t, "-deps", "-test", "./...") {
		if strings.HasPrefix(path, module) && !strings.HasPrefix(path, module+"subgraphs/kit") {
			t.Errorf("the kit reaches %s", path)
		}
	}
}

// TestServicesDoNotCarryTestCode: the helpers for tests start servers and are no part of a program.
func TestServicesDoNotCarryTestCode(t *testing.T) {
	t.Parallel()
	for _, line := range list(t, "-f", "{{.ImportPath}}:{{join .Imports `,`}}", "./...") {
		path, imports, _ := strings.Cut(line, ":")
		if strings.HasSuffix(path, "test") {
			continue
		}
		for imported := range strings.SplitSeq(imports, ",") {
			if imported == "testing" || (strings.HasPrefix(imported, module) && strings.HasSuffix(imported, "test")) {
				t.Errorf("%s imports %s", path, imported)
			}
		}
	}
}

// TestEveryPackageSaysWhatItIs: the package comment is where a reader begins.
func TestEveryPackageSaysWhatItIs(t *testing.T) {
	t.Parallel()
	for _, line := range strings.Split(output(t, "-f", "{{.ImportPath}}\t{{.Doc}}", "./..."), "\n") {
		if path, doc, _ := strings.Cut(line, "\t"); path != "" && doc == "" {
			t.Errorf("%s has no package comment", path)
		}
	}
}

func list(t *testing.T, arguments ...string) []string {
	t.Helper()
	return strings.Fields(output(t, arguments...))
}

func output(t *testing.T, arguments ...string) string {
	t.Helper()
	text, err := exec.CommandContext(t.Context(), "go", append([]string{"list"}, arguments...)...).Output()
	if err != nil {
		t.Fatalf("go list %s: %v", strings.Join(arguments, " "), err)
	}
	return string(text)
}
