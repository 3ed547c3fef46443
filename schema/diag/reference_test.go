package diag_test

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tributary-gql/tributary/schema/diag"
)

var update = flag.Bool("update", false, "rewrite CODES.md")

// TestReferencePage: CODES.md is what the table of codes says.
func TestReferencePage(t *testing.T) {
	t.Parallel()
	var page bytes.Buffer
	if err := diag.Reference(&page); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("CODES.md", page.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	committed, err := os.ReadFile("CODES.md")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(committed), page.String()); diff != "" {
		t.Errorf("CODES.md is out of date; go test ./diag -run ReferencePage -update writes it:\n%s", diff)
	}
}
