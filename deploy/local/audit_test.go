package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestGraphQLOverHTTP runs the public audit of the GraphQL-over-HTTP specification against a router.
func TestGraphQLOverHTTP(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("%s is needed: run make tools, or install it with your package manager", tool)
		}
	}
	dir := t.TempDir()
	for _, name := range []string{"package.json", "package-lock.json", "audit.mjs"} {
		text, err := os.ReadFile(filepath.Join("testdata", "graphql-http", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	install := exec.Command("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
	list := filepath.Join(dir, "supergraph.yaml")
	const text = "subgraphs:\n  hello:\n    routing_url: http://127.0.0.1:1/graphql\n    schema:\n      sdl: \"type Query { hello: String }\"\n"
	if err := os.WriteFile(list, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	listen := freeAddress(t)
	startRouter(t, listen, "--compose", list)
	audit := exec.Command("node", "audit.mjs", "http://"+listen+"/graphql")
	audit.Dir = dir
	out, err := audit.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}
