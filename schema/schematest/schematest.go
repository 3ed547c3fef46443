// Package schematest is the test kit of the schema packages: it runs the cases of a folder, one txtar file each, and compares or
// rewrites their golden sections.
//
// The first line of a file is a sentence that says what the case shows; it is the name of the test. Sections are inputs or goldens;
// which is which is up to the package whose cases they are. With the flag -update, goldens are rewritten in place.
package schematest

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "rewrite the golden sections of test cases")

// Updating tells whether goldens are rewritten rather than compared.
func Updating() bool { return *update }

// Case is one txtar file.
type Case struct {
	Name string // the file's first line
	Path string

	mu      sync.Mutex
	archive *txtar.Archive
	changed bool
}

// Run runs every file that matches the pattern as a parallel subtest. It fails when none does.
func Run(t *testing.T, pattern string, run func(*testing.T, *Case)) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatalf("no cases match %s", pattern)
	}
	names := map[string]string{}
	for _, file := range files {
		c, err := Load(file)
		if err != nil {
			t.Fatal(err)
		}
		if other, taken := names[c.Name]; taken {
			t.Fatalf("%s and %s have the same first line %q", other, file, c.Name)
		}
		names[c.Name] = file
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			t.Cleanup(func() { c.save(t) })
			run(t, c)
		})
	}
}

// Load reads one case.
func Load(path string) (*Case, error) {
	archive, err := txtar.ParseFile(path)
	if err != nil {
		return nil, err
	}
	name, _, _ := strings.Cut(string(archive.Comment), "\n")
	if name = strings.TrimSpace(name); name == "" {
		name = filepath.Base(path)
	}
	return &Case{Name: name, Path: path, archive: archive}, nil
}

// Sections returns the names of the sections that end with suffix, in the file's order.
func (c *Case) Sections(suffix string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var names []string
	for _, f := range c.archive.Files {
		if strings.HasSuffix(f.Name, suffix) {
			names = append(names, f.Name)
		}
	}
	return names
}

// Section returns the content of a section, and whether it exists.
func (c *Case) Section(name string) (string, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range c.archive.Files {
		if f.Name == name {
			return string(f.Data), true
		}
	}
	return "", false
}

// Golden compares a section with what the test got, or rewrites it. An empty result means that the section must not exist.
func (c *Case) Golden(t *testing.T, name, got string) {
	t.Helper()
	if got != "" && !strings.HasSuffix(got, "\n") {
		got += "\n"
	}
	want, _ := c.Section(name)
	if got == want {
		return
	}
	if !*update {
		t.Errorf("%s: section %s (-want +got; -update accepts it):\n%s", c.Path, name, cmp.Diff(want, got))
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changed = true
	for i, f := range c.archive.Files {
		if f.Name != name {
			continue
		}
		if got == "" {
			c.archive.Files = append(c.archive.Files[:i], c.archive.Files[i+1:]...)
		} else {
			c.archive.Files[i].Data = []byte(got)
		}
		return
	}
	c.archive.Files = append(c.archive.Files, txtar.File{Name: name, Data: []byte(got)})
}

func (c *Case) save(t *testing.T) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.changed {
		return
	}
	if err := os.WriteFile(c.Path, txtar.Format(c.archive), 0o644); err != nil {
		t.Error(err)
	}
}
