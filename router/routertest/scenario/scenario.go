// Package scenario reads and writes end-to-end cases: one txtar file with subgraphs (or a supergraph), an operation and
// the goldens of every layer.
//
//	first line: one sentence that is also the test's name
//	-- users.graphql --          a subgraph's SDL, one file each; or
//	-- supergraph.graphql --     a composed supergraph: an input where there are no subgraphs, else a golden
//	-- world.json --             settings of the simulated world; absent: the defaults
//	-- operation.graphql --      what the client asks
//	-- variables.json --         its variables, optional
//	-- plan.txt --               golden: the plan
//	-- requests.txt --           golden: what the subgraphs were asked, in a canonical order
//	-- response.json --          golden: the answer, which must also be the reference executor's
package scenario

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/txtar"

	"github.com/tributary-gql/tributary/router/routertest/fake"
	"github.com/tributary-gql/tributary/router/routertest/generate"
	"github.com/tributary-gql/tributary/router/routertest/reference"
	"github.com/tributary-gql/tributary/router/routertest/world"
	"github.com/tributary-gql/tributary/schema/compose"
	"github.com/tributary-gql/tributary/schema/diag"
	"github.com/tributary-gql/tributary/schema/subgraph"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// Scenario is one case.
type Scenario struct {
	Title      string
	Subgraphs  []generate.Subgraph
	Supergraph string // SDL; used where there are no subgraphs
	Settings   Settings
	Operation  generate.Operation

	archive *txtar.Archive
}

// Settings are the world's, as world.json has them.
type Settings struct {
	Seed     uint64          `json:"seed"`
	Pool     int             `json:"pool,omitempty"`
	Nulls    int             `json:"nulls,omitempty"`
	NullKeys int             `json:"nullKeys,omitempty"`
	Failures int             `json:"failures,omitempty"`
	Labels   map[string]bool `json:"labels,omitempty"`
	Faults   []Fault         `json:"faults,omitempty"`
	// Caller is who asks; absent: one who may see everything.
	Caller *reference.Caller `json:"caller,omitempty"`
	Defer  bool              `json:"defer,omitempty"`  // plan @defer as later payloads
	Events int               `json:"events,omitempty"` // of a subscription
	// Order is what the order is made of in which things happen that are under way together; absent: as it comes.
	Order uint64 `json:"order,omitempty"`
	// MaxErrors is how many errors a payload may have; absent: the router's default.
	MaxErrors int `json:"maxErrors,omitempty"`
	// Wire: the subgraphs are behind real connections, asked through the router's own HTTP client.
	Wire bool `json:"wire,omitempty"`
	// OperationName chooses among several operations.
	OperationName string `json:"operationName,omitempty"`
}

// Fault is a misbehaviour of a subgraph by its name in package fake.
type Fault struct {
	Kind     string `json:"kind"`
	Subgraph string `json:"subgraph,omitempty"`
	Skip     int    `json:"skip,omitempty"`
	Times    int    `json:"times,omitempty"`
	Index    int    `json:"index,omitempty"`
	Size     int    `json:"size,omitempty"`
}

// Options are the world's options.
func (s Settings) Options() world.Options {
	return world.Options{Seed: s.Seed, PoolSize: s.Pool, Nulls: s.Nulls, NullKeys: s.NullKeys, Failures: s.Failures, Labels: s.Labels}
}

// SettingsOf are the settings of a world's options.
func SettingsOf(o world.Options) Settings {
	return Settings{Seed: o.Seed, Pool: o.PoolSize, Nulls: o.Nulls, NullKeys: o.NullKeys, Failures: o.Failures, Labels: o.Labels}
}

// FakeFaults are the faults for a fleet.
func (s Settings) FakeFaults() ([]fake.Fault, error) {
	var faults []fake.Fault
	for _, f := range s.Faults {
		i := slices.IndexFunc(fake.FaultKinds(), func(k fake.FaultKind) bool { return k.String() == f.Kind })
		if i < 0 {
			return nil, fmt.Errorf("there is no fault %q", f.Kind)
		}
		faults = append(faults, fake.Fault{Kind: fake.FaultKinds()[i], Subgraph: f.Subgraph, Skip: f.Skip, Times: f.Times, Index: f.Index, Size: f.Size})
	}
	return faults, nil
}

// Load reads a scenario file.
func Load(file string) (*Scenario, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	s, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return s, nil
}

// Parse reads a scenario.
func Parse(text []byte) (*Scenario, error) {
	s := &Scenario{archive: txtar.Parse(text)}
	s.Title, _, _ = strings.Cut(strings.TrimSpace(string(s.archive.Comment)), "\n")
	if s.Title == "" {
		return nil, fmt.Errorf("the first line must be a sentence that says what the case is about")
	}
	for _, f := range s.archive.Files {
		switch {
		case f.Name == "supergraph.graphql":
			s.Supergraph = string(f.Data)
		case f.Name == "operation.graphql":
			s.Operation.Document = string(f.Data)
		case f.Name == "variables.json":
			s.Operation.Variables = bytes.TrimSpace(f.Data)
		case f.Name == "world.json":
			decoder := json.NewDecoder(bytes.NewReader(f.Data))
			decoder.DisallowUnknownFields()
			if err := decoder.Decode(&s.Settings); err != nil {
				return nil, fmt.Errorf("world.json: %w", err)
			}
			s.Operation.Name = s.Settings.OperationName
		case slices.Contains(goldens, f.Name):
		case filepath.Ext(f.Name) == ".graphql":
			s.Subgraphs = append(s.Subgraphs, generate.Subgraph{Name: strings.TrimSuffix(f.Name, ".graphql"), SDL: string(f.Data)})
		default:
			return nil, fmt.Errorf("there is no section %q", f.Name)
		}
	}
	if s.Operation.Document == "" {
		return nil, fmt.Errorf("operation.graphql is missing")
	}
	if s.Supergraph == "" && len(s.Subgraphs) == 0 {
		return nil, fmt.Errorf("there is neither a subgraph nor supergraph.graphql")
	}
	return s, nil
}

var goldens = []string{"plan.txt", "requests.txt", "response.json"}

// Super is the composed supergraph.
func (s *Scenario) Super() (*supergraph.Supergraph, error) {
	if len(s.Subgraphs) == 0 {
		return supergraph.Read(s.Supergraph)
	}
	return Compose(s.Subgraphs)
}

// Compose composes subgraphs. The error holds every diagnostic.
func Compose(subgraphs []generate.Subgraph) (*supergraph.Supergraph, error) {
	sources := make([]compose.Source, len(subgraphs))
	for i, g := range subgraphs {
		sources[i] = compose.Source{Name: g.Name, URL: "http://" + g.Name, File: g.Name + ".graphql", SDL: g.SDL}
	}
	result := compose.Sources(sources...)
	if result.Supergraph == nil {
		var problems []string
		for _, d := range result.Errors {
			problems = append(problems, string(d.Code)+": "+d.Message)
		}
		return nil, fmt.Errorf("the subgraphs do not compose: %s", strings.Join(problems, "; "))
	}
	return result.Supergraph, nil
}

// ParseSubgraphs reads subgraphs as composition does, federation 1 upgraded.
func ParseSubgraphs(subgraphs []generate.Subgraph) ([]*subgraph.Subgraph, error) {
	parsed := make([]*subgraph.Subgraph, len(subgraphs))
	for i, g := range subgraphs {
		var found []diag.Diagnostic
		if parsed[i], found = subgraph.ParseSDL(g.Name, "http://"+g.Name, g.SDL); parsed[i] == nil {
			return nil, fmt.Errorf("subgraph %s: %v", g.Name, found)
		}
	}
	upgraded, found := subgraph.UpgradeAll(parsed)
	if len(upgraded) != len(subgraphs) {
		return nil, fmt.Errorf("the subgraphs cannot be upgraded: %v", found)
	}
	return upgraded, nil
}

// World is the world of composed subgraphs, each as its own SDL says.
func World(super *supergraph.Supergraph, subgraphs []generate.Subgraph, options world.Options) (*world.World, error) {
	parsed, err := ParseSubgraphs(subgraphs)
	if err != nil {
		return nil, err
	}
	return world.NewFromSubgraphs(super, parsed, options)
}

// Golden is a section's text, "" when it is absent.
func (s *Scenario) Golden(name string) string {
	for _, f := range s.archive.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

// Set replaces a section's text, or adds it.
func (s *Scenario) Set(name, text string) {
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	if s.archive == nil {
		s.archive = &txtar.Archive{}
	}
	for i, f := range s.archive.Files {
		if f.Name == name {
			s.archive.Files[i].Data = []byte(text)
			return
		}
	}
	s.archive.Files = append(s.archive.Files, txtar.File{Name: name, Data: []byte(text)})
}

// Text is the scenario as a file's text. A scenario that was not loaded gets its input sections first.
func (s *Scenario) Text() ([]byte, error) {
	if s.archive == nil || len(s.archive.Files) == 0 {
		s.archive = &txtar.Archive{Comment: []byte(s.Title + "\n")}
		for _, g := range s.Subgraphs {
			s.Set(g.Name+".graphql", g.SDL)
		}
		if len(s.Subgraphs) == 0 {
			s.Set("supergraph.graphql", s.Supergraph)
		}
		s.Settings.OperationName = s.Operation.Name
		settings, err := json.Marshal(s.Settings)
		if err != nil {
			return nil, err
		}
		s.Set("world.json", string(settings))
		s.Set("operation.graphql", s.Operation.Document)
		if text := string(s.Operation.Variables); text != "" && text != "{}" {
			s.Set("variables.json", text)
		}
	}
	return txtar.Format(s.archive), nil
}

// Write writes the scenario to a file.
func (s *Scenario) Write(file string) error {
	text, err := s.Text()
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o644)
}

// Requests prints what subgraphs were asked.
func Requests(requests []fake.Request) string {
	var out strings.Builder
	for i, r := range requests {
		if i > 0 {
			out.WriteString("\n")
		}
		fmt.Fprintf(&out, "%s\n  %s\n", r.Subgraph, r.Query)
		if r.Variables != "{}" {
			fmt.Fprintf(&out, "  %s\n", r.Variables)
		}
	}
	return out.String()
}

// Indented prints a JSON answer on lines of its own, leaves as written.
func Indented(payload []byte) (string, error) {
	var out bytes.Buffer
	if err := json.Indent(&out, payload, "", "  "); err != nil {
		return "", err
	}
	return out.String() + "\n", nil
}
