package main

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
)

// ownData has the supergraph, the data, three operations and their expected answers.
//
//go:embed data
var ownData embed.FS

// dataset is one supergraph with its data and its operations.
type dataset struct {
	name      string
	files     fs.FS
	graph     *graph
	workloads []workload
}

// workload is one operation.
type workload struct {
	name     string
	body     []byte // what a client sends
	expected []byte // JSON; compared as values, not as text
}

// document is the GraphQL text of the operation.
func (w *workload) document() (string, error) {
	var request struct {
		Query string `json:"query"`
	}
	if err := json.Unmarshal(w.body, &request); err != nil {
		return "", fmt.Errorf("%s.body.json: %w", w.name, err)
	}
	return request.Query, nil
}

// documentHash is what clients name a document by.
func documentHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// workloadNames are in the order of the table.
var workloadNames = []string{"tiny", "medium", "heavy"}

// subgraphNames are those of both data sets' supergraphs.
var subgraphNames = []string{"accounts", "inventory", "products", "reviews"}

// defaultShared is where the public benchmark's data is looked for, seen from the router's folder.
const defaultShared = "../../shared/bench"

// workload finds an operation by its name.
func (d *dataset) workload(name string) *workload {
	for i := range d.workloads {
		if d.workloads[i].name == name {
			return &d.workloads[i]
		}
	}
	return nil
}

// openOwn opens the repository's own data.
func openOwn() (*dataset, error) {
	files, err := fs.Sub(ownData, "data")
	if err != nil {
		return nil, err
	}
	return openDataset("own", files)
}

// openShared opens the public benchmark's data; nil when there is none.
func openShared(dir string) (*dataset, error) {
	if _, err := os.Stat(filepath.Join(dir, "supergraph.graphql")); err != nil {
		return nil, nil //nolint:nilerr // the folder is optional
	}
	return openDataset("public", os.DirFS(dir))
}

func openDataset(name string, files fs.FS) (*dataset, error) {
	text, err := fs.ReadFile(files, "data.json")
	if err != nil {
		return nil, fmt.Errorf("data set %s: %w", name, err)
	}
	var f facts
	if err := json.Unmarshal(text, &f); err != nil {
		return nil, fmt.Errorf("data set %s: data.json: %w", name, err)
	}
	d := &dataset{name: name, files: files, graph: newGraph(&f)}
	for _, name := range workloadNames {
		w := workload{name: name}
		if w.body, err = fs.ReadFile(files, name+".body.json"); err != nil {
			return nil, err
		}
		if w.expected, err = fs.ReadFile(files, name+".expected.json"); err != nil {
			return nil, err
		}
		d.workloads = append(d.workloads, w)
	}
	return d, nil
}

// writeSupergraph puts the supergraph where a router can read it.
func (d *dataset) writeSupergraph(dir string) (string, error) {
	text, err := fs.ReadFile(d.files, "supergraph.graphql")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "supergraph-"+d.name+".graphql")
	return path, os.WriteFile(path, text, 0o600)
}

// sameJSON tells whether two JSON texts have the same value.
func sameJSON(a, b []byte) bool {
	var left, right any
	return json.Unmarshal(a, &left) == nil && json.Unmarshal(b, &right) == nil && reflect.DeepEqual(left, right)
}
