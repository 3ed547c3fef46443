package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// tool runs a command in a folder of files.
type tool struct {
	t   *testing.T
	dir string
}

func newTool(t *testing.T, files map[string]string) *tool {
	t.Helper()
	w := &tool{t, t.TempDir()}
	for name, text := range files {
		w.write(name, text)
	}
	return w
}

func (w *tool) path(name string) string { return filepath.Join(w.dir, name) }

func (w *tool) write(name, text string) {
	w.t.Helper()
	if err := os.WriteFile(w.path(name), []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func (w *tool) run(args ...string) (code int, stdout, stderr string) {
	w.t.Helper()
	var out, errs bytes.Buffer
	code = run(w.t.Context(), args, streams{out: &out, err: &errs})
	return code, out.String(), errs.String()
}

const (
	twoSubgraphs = "subgraphs:\n  a: {routing_url: http://a, schema: {file: a.graphql}}\n  b: {routing_url: http://b, schema: {file: b.graphql}}\n"
	link         = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@tag"])` + "\n"
	subgraphA    = link + `type Query { t: T } type T @key(fields: "id") { id: ID! secret: Int @tag(name: "internal") }`
	subgraphB    = link + `type T @key(fields: "id") { id: ID! y: Int }`
)

func TestCompose(t *testing.T) {
	t.Parallel()
	w := newTool(t, map[string]string{"supergraph.yaml": twoSubgraphs, "a.graphql": subgraphA, "b.graphql": subgraphB})
	code, stdout, stderr := w.run("compose", "--config", w.path("supergraph.yaml"))
	if code != exitFine || !strings.Contains(stdout, `@join__graph(name: "a", url: "http://a")`) || stderr != "" {
		t.Errorf("%d\n%s\n%s", code, stdout, stderr)
	}
	code, again, _ := w.run("compose", "--config", w.path("supergraph.yaml"), "--output", w.path("out.graphql"))
	written, err := os.ReadFile(w.path("out.graphql"))
	if code != exitFine || again != "" || err != nil || string(written) != stdout {
		t.Errorf("%d %q %v: the file differs from standard output", code, again, err)
	}
	code, api, _ := w.run("compose", "--config", w.path("supergraph.yaml"), "--api", "--exclude-tag", "internal")
	if code != exitFine || strings.Contains(api, "secret") || strings.Contains(api, "join__") || !strings.Contains(api, "y: Int") {
		t.Errorf("%d\n%s", code, api)
	}
	if code, _, stderr := w.run("compose", "--config", w.path("supergraph.yaml"), "--include-tag", "intrenal"); !strings.Contains(stderr, "intrenal") {
		t.Errorf("%d: the unused tag is not named: %s", code, stderr)
	}
}

func TestComposeFails(t *testing.T) {
	t.Parallel()
	w := newTool(t, map[string]string{"supergraph.yaml": twoSubgraphs, "a.graphql": subgraphA, "b.graphql": strings.Replace(subgraphB, `"id"`, `"no"`, 1)})
	config := w.path("supergraph.yaml")
	code, stdout, stderr := w.run("compose", "--config", config)
	if code != exitInvalid || stdout != "" || !strings.Contains(stderr, "KEY_INVALID_FIELDS") || !strings.Contains(stderr, "b.graphql:2:") || !strings.Contains(stderr, "^") {
		t.Errorf("%d\n%s\n%s", code, stdout, stderr)
	}
	var report struct {
		Supergraph *string
		Errors     []struct {
			Code      string
			Locations []struct {
				Subgraph     string
				Line, Column int
			}
		}
		Hints []any
	}
	code, stdout, _ = w.run("compose", "--config", config, "--format", "json")
	if err := json.Unmarshal([]byte(stdout), &report); err != nil {
		t.Fatal(err)
	}
	if code != exitInvalid || report.Supergraph != nil || len(report.Errors) != 1 || report.Hints == nil || report.Errors[0].Locations[0].Line != 2 || report.Errors[0].Locations[0].Subgraph != "b" {
		t.Errorf("%d %s", code, stdout)
	}
	if _, stdout, _ = w.run("compose", "--config", config, "--format", "github"); !strings.HasPrefix(stdout, "::error file=") {
		t.Errorf("annotations: %s", stdout)
	}
}

// TestCouldNotRun: what is wrong with the call, the files or the network ends with 3 and says what to do.
func TestCouldNotRun(t *testing.T) {
	t.Parallel()
	w := newTool(t, map[string]string{
		"missing.yaml": "subgraphs: {a: {routing_url: http://a, schema: {file: nowhere.graphql}}}",
		"down.yaml":    "subgraphs: {a: {schema: {subgraph_url: 'http://127.0.0.1:1/'}}}", "bad.graphql": "type Query {", "good.graphql": "type Query { a: Int }",
	})
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"nothing":            {nil, ""},
		"unknown command":    {[]string{"compse"}, `unknown command "compse"`},
		"unknown flag":       {[]string{"compose", "--fromat", "json"}, "fromat"},
		"unknown format":     {[]string{"compose", "--format", "xml"}, "text, json, github"},
		"no such file":       {[]string{"compose", "--config", "nowhere.yaml"}, "nowhere.yaml"},
		"no such SDL":        {[]string{"compose", "--config", w.path("missing.yaml")}, `subgraph "a"`},
		"service is down":    {[]string{"compose", "--config", w.path("down.yaml"), "--retries", "0"}, `subgraph "a"`},
		"one schema":         {[]string{"diff", w.path("good.graphql")}, "fed diff OLD NEW"},
		"a schema is broken": {[]string{"diff", w.path("good.graphql"), w.path("bad.graphql")}, "bad.graphql"},
		"unknown code":       {[]string{"codes", "NOPE"}, `"NOPE"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, _, stderr := w.run(c.args...)
			if code != exitFailed || !strings.Contains(stderr, c.says) {
				t.Errorf("%d: %s", code, stderr)
			}
		})
	}
}

func TestLiveSubgraph(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"data": map[string]any{"_service": map[string]any{"sdl": "type Query { live: Int }"}}})
	}))
	t.Cleanup(server.Close)
	w := newTool(t, map[string]string{"supergraph.yaml": "subgraphs: {a: {schema: {subgraph_url: '" + server.URL + "'}}}"})
	if code, stdout, stderr := w.run("compose", "--config", w.path("supergraph.yaml")); code != exitFine || !strings.Contains(stdout, "live: Int") {
		t.Errorf("%d\n%s\n%s", code, stdout, stderr)
	}
}

func TestDiff(t *testing.T) {
	t.Parallel()
	w := newTool(t, map[string]string{
		"old.graphql": "type Query { a: Int b: Int }", "safe.graphql": "type Query { a: Int b: Int c: Int }", "breaking.graphql": "type Query { a: Int }",
	})
	for _, c := range []struct {
		to   string
		code int
		says string
	}{{"old", exitFine, "No changes."}, {"safe", exitFine, "1 safe."}, {"breaking", exitBreaking, "FIELD_REMOVED"}} {
		code, stdout, _ := w.run("diff", w.path("old.graphql"), w.path(c.to+".graphql"))
		if code != c.code || !strings.Contains(stdout, c.says) {
			t.Errorf("%s: %d\n%s", c.to, code, stdout)
		}
	}
	code, stdout, _ := w.run("diff", "--format", "json", w.path("old.graphql"), w.path("breaking.graphql"))
	var report struct {
		Changes []struct{ Kind, Class, Coordinate, Reason string }
	}
	if err := json.Unmarshal([]byte(stdout), &report); err != nil || code != exitBreaking || len(report.Changes) != 1 || report.Changes[0].Class != "BREAKING" || report.Changes[0].Reason == "" {
		t.Errorf("%d %v\n%s", code, err, stdout)
	}
}

func TestCodes(t *testing.T) {
	t.Parallel()
	w := newTool(t, nil)
	code, stdout, _ := w.run("codes")
	if code != exitFine || strings.Count(stdout, "\n") < 100 {
		t.Errorf("%d: %d lines", code, strings.Count(stdout, "\n"))
	}
	if code, stdout, _ = w.run("codes", "satisfiability_error"); code != exitFine || !strings.Contains(stdout, "SATISFIABILITY_ERROR") {
		t.Errorf("%d\n%s", code, stdout)
	}
	if code, stdout, _ = w.run("codes", "--markdown"); code != exitFine || !strings.HasPrefix(stdout, "# ") {
		t.Errorf("%d\n%s", code, stdout)
	}
}

// TestWatch composes again when a file changes, and goes on after a mistake.
func TestWatch(t *testing.T) {
	t.Parallel()
	w := newTool(t, map[string]string{"supergraph.yaml": twoSubgraphs, "a.graphql": subgraphA, "b.graphql": subgraphB})
	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	ended := make(chan int)
	go func() {
		ended <- run(ctx, []string{"compose", "--config", w.path("supergraph.yaml"), "--output", w.path("out.graphql"), "--watch", "--interval", "5ms"}, streams{out: io.Discard, err: writer})
		_ = writer.Close()
	}()
	said := make(chan string)
	go func() {
		defer close(said)
		buffer := make([]byte, 4096)
		for {
			n, err := reader.Read(buffer)
			if err != nil {
				return
			}
			said <- string(buffer[:n])
		}
	}()
	expect := func(text string) {
		t.Helper()
		var all strings.Builder
		for !strings.Contains(all.String(), text) {
			select {
			case part, ok := <-said:
				if !ok {
					t.Fatalf("ended after: %s", all.String())
				}
				all.WriteString(part)
			case <-time.After(20 * time.Second):
				t.Fatalf("%q was not said, but: %s", text, all.String())
			}
		}
	}
	expect("composed 2 subgraphs")
	w.write("b.graphql", strings.Replace(subgraphB, `"id"`, `"no"`, 1))
	expect("KEY_INVALID_FIELDS")
	w.write("b.graphql", strings.Replace(subgraphB, "y: Int", "z: Int", 1))
	expect("composed 2 subgraphs")
	if written, err := os.ReadFile(w.path("out.graphql")); err != nil || !strings.Contains(string(written), "z: Int") {
		t.Errorf("%v: %s", err, written)
	}
	cancel()
	go func() {
		for range said { // nobody listens any more
		}
	}()
	if code := <-ended; code != exitFine {
		t.Errorf("ended with %d", code)
	}
}
