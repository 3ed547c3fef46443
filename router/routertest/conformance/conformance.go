// Package conformance reads the recorded cases of the reference implementation: plans and compositions.
//
// They live outside of the repository, in CONFORMANCE_DIR or else ../shared/conformance from the repository's root.
package conformance

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
)

// Plan is one recorded plan.
type Plan struct {
	File                string `json:"-"`
	Name                string
	Supergraph          string
	Operation           string
	IncrementalDelivery bool
	OverrideConditions  []OverrideCondition
	Fetches             int
	Depth               int
	Plan                string
}

// OverrideCondition is an override label and whether it holds; in JSON a pair.
type OverrideCondition struct {
	Label string
	Holds bool
}

// UnmarshalJSON implements json.Unmarshaler.
func (c *OverrideCondition) UnmarshalJSON(text []byte) error {
	return json.Unmarshal(text, &[]any{&c.Label, &c.Holds})
}

// Labels are the override labels that hold.
func (p *Plan) Labels() map[string]bool {
	labels := map[string]bool{}
	for _, condition := range p.OverrideConditions {
		labels[condition.Label] = condition.Holds
	}
	return labels
}

// Composition is one recorded composition.
type Composition struct {
	File       string `json:"-"`
	Name       string
	Subgraphs  []Subgraph
	Errors     []string
	Hints      []string
	Supergraph string // "" when composition failed
}

// Subgraph is one input of a composition.
type Subgraph struct{ Name, URL, SDL string }

// Dir is the folder of the cases, "" when nobody named one and there is none beside the repository, which stands alone. It
// fails when the folder that CONFORMANCE_DIR names is missing.
func Dir() (string, error) {
	dir, named := os.LookupEnv("CONFORMANCE_DIR")
	if !named || dir == "" {
		root, err := repositoryRoot()
		if err != nil {
			return "", err
		}
		dir = filepath.Join(root, "..", "shared", "conformance")
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			return "", nil
		}
	}
	if _, err := os.Stat(dir); err != nil {
		return "", fmt.Errorf("conformance cases are missing: %w", err)
	}
	return dir, nil
}

// repositoryRoot is the folder with go.work above the current one.
func repositoryRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", fmt.Errorf("no go.work above the current folder")
		}
		dir = parent
	}
}

// Plans reads the plan cases, by file name.
func Plans() ([]*Plan, error) {
	var plans []*Plan
	err := each("plans", func(file string, text []byte) error {
		plan := &Plan{File: file}
		plans = append(plans, plan)
		return json.Unmarshal(text, plan)
	})
	return plans, err
}

// Compositions reads the composition cases, by file name.
func Compositions() ([]*Composition, error) {
	var compositions []*Composition
	err := each("composition", func(file string, text []byte) error {
		composition := &Composition{File: file}
		compositions = append(compositions, composition)
		return json.Unmarshal(text, composition)
	})
	return compositions, err
}

// Supergraph is one recorded supergraph.
type Supergraph struct{ File, SDL string }

// Supergraphs are those of the plan cases, and what the compositions that succeeded have made.
func Supergraphs() ([]Supergraph, error) {
	plans, err := Plans()
	if err != nil {
		return nil, err
	}
	compositions, err := Compositions()
	if err != nil {
		return nil, err
	}
	var supergraphs []Supergraph
	for _, p := range plans {
		supergraphs = append(supergraphs, Supergraph{p.File, p.Supergraph})
	}
	for _, c := range compositions {
		if c.Supergraph != "" {
			supergraphs = append(supergraphs, Supergraph{c.File, c.Supergraph})
		}
	}
	return supergraphs, nil
}

func each(folder string, read func(file string, text []byte) error) error {
	dir, err := Dir()
	if err != nil || dir == "" {
		return err
	}
	files, err := filepath.Glob(filepath.Join(dir, folder, "*.json"))
	if err != nil {
		return err
	}
	sort.Strings(files)
	if len(files) == 0 {
		return fmt.Errorf("no cases in %s", filepath.Join(dir, folder))
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if err := read(filepath.Base(file), text); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return nil
}
