package schematest

import (
	"os"
	"path/filepath"
	"testing"
)

func TestSections(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.txtar")
	if err := os.WriteFile(path, []byte("A sentence.\n\nMore.\n-- in.graphql --\ntype T\n-- b.graphql --\n-- out.txt --\nold\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if c.Name != "A sentence." {
		t.Errorf("name is %q", c.Name)
	}
	if got := c.Sections(".graphql"); len(got) != 2 || got[0] != "in.graphql" || got[1] != "b.graphql" {
		t.Errorf("sections are %q", got)
	}
	if got, ok := c.Section("in.graphql"); !ok || got != "type T\n" {
		t.Errorf("section is %q, %v", got, ok)
	}
	if _, ok := c.Section("none"); ok {
		t.Error("a section that does not exist was found")
	}
	c.Golden(t, "out.txt", "old")
	c.Golden(t, "absent.txt", "")
}

// TestGoldenIsRewrittenInPlace changes the flag, and so does not run in parallel.
func TestGoldenIsRewrittenInPlace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.txtar")
	if err := os.WriteFile(path, []byte("A sentence.\n-- in --\nx\n-- out --\nold\n-- gone --\ny\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	was := *update
	*update = true
	defer func() { *update = was }()
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	c.Golden(t, "out", "new")
	c.Golden(t, "gone", "")
	c.Golden(t, "added", "z\n")
	c.save(t)
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := "A sentence.\n-- in --\nx\n-- out --\nnew\n-- added --\nz\n"; string(got) != want {
		t.Errorf("the file is %q, want %q", got, want)
	}
}
