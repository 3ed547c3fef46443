// Package workspace finds the subgraphs that a developer or a router composes: it reads supergraph.yaml as Rover users
// have it, takes SDL from files, inline text or running services, and watches all of them for changes.
//
// It composes nothing: Load and Fetch give SDL, whoever calls decides what to do with it.
package workspace

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Workspace is a supergraph.yaml.
type Workspace struct {
	Path              string // file it was read from
	FederationVersion string // as written; "" when absent
	Subgraphs         []Member
}

// Member is one subgraph of a workspace and where its SDL comes from: exactly one of File, SDL and URL is set.
type Member struct {
	Name       string
	RoutingURL string
	File       string // absolute
	SDL        string
	URL        string            // of a running service that answers { _service { sdl } }
	Headers    map[string]string // sent with that question
}

// Subgraph is a member's SDL.
type Subgraph struct {
	Name       string
	RoutingURL string
	File       string // for diagnostics: the file's path as the user wrote it, or the service's URL
	SDL        string
}

// maxFile bounds supergraph.yaml and each SDL.
const maxFile = 64 << 20

type document struct {
	FederationVersion yaml.Node              `yaml:"federation_version"`
	Subgraphs         map[string]subgraphDoc `yaml:"subgraphs"`
}

type subgraphDoc struct {
	RoutingURL string    `yaml:"routing_url"`
	Schema     schemaDoc `yaml:"schema"`
}

type schemaDoc struct {
	File        string            `yaml:"file"`
	SDL         string            `yaml:"sdl"`
	SubgraphURL string            `yaml:"subgraph_url"`
	Headers     map[string]string `yaml:"introspection_headers"`
	GraphRef    string            `yaml:"graphref"`
	Subgraph    string            `yaml:"subgraph"`
}

// Load reads a supergraph.yaml. File names in it are relative to it. The error joins everything that is wrong.
func Load(path string) (*Workspace, error) {
	text, err := readBounded(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, text)
}

// Parse is Load for text that is at hand; path serves to resolve relative names and in messages.
func Parse(path string, text []byte) (*Workspace, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(expand(text)))
	decoder.KnownFields(true)
	var doc document
	if err := decoder.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: is empty; list the subgraphs under subgraphs", path)
	} else if err != nil {
		return nil, fmt.Errorf("%s: %w", path, plain(err))
	}
	w := &Workspace{Path: path, FederationVersion: doc.FederationVersion.Value}
	names := make([]string, 0, len(doc.Subgraphs))
	for name := range doc.Subgraphs {
		names = append(names, name)
	}
	sort.Strings(names)
	var problems []error
	if err := checkFederationVersion(w.FederationVersion); err != nil {
		problems = append(problems, fmt.Errorf("%s: %w", path, err))
	}
	for _, name := range names {
		member, err := newMember(path, name, doc.Subgraphs[name])
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: subgraphs.%s: %w", path, name, err))
		}
		w.Subgraphs = append(w.Subgraphs, member)
	}
	if len(names) == 0 {
		problems = append(problems, fmt.Errorf("%s: lists no subgraphs; add at least one under subgraphs", path))
	}
	return w, errors.Join(problems...)
}

var federationVersion = regexp.MustCompile(`^=?v?(\d+)(\.\d+){0,2}$`)

// checkFederationVersion looks at the version that Rover would download a composition of. There is one here, for 2.
func checkFederationVersion(version string) error {
	match := federationVersion.FindStringSubmatch(version)
	switch {
	case version == "" || match != nil && match[1] == "2":
		return nil
	case match != nil && (match[1] == "0" || match[1] == "1"):
		return fmt.Errorf("federation_version %s asks for federation 1's composition, which is not done here; "+
			"write 2, with which federation 1 subgraphs compose too", version)
	}
	return fmt.Errorf("federation_version %q is not known; write 2, or a version of it like =2.9.0", version)
}

var envReference = regexp.MustCompile(`\$\{env\.([A-Za-z_][A-Za-z0-9_]*)\}`)

// expand replaces ${env.NAME}, as Rover does, and leaves every other dollar sign alone.
func expand(text []byte) []byte {
	return envReference.ReplaceAllFunc(text, func(reference []byte) []byte {
		return []byte(os.Getenv(string(envReference.FindSubmatch(reference)[1])))
	})
}

func newMember(path, name string, doc subgraphDoc) (Member, error) {
	m := Member{Name: name, RoutingURL: doc.RoutingURL, SDL: doc.Schema.SDL, URL: doc.Schema.SubgraphURL, Headers: doc.Schema.Headers}
	if doc.Schema.GraphRef != "" || doc.Schema.Subgraph != "" {
		return m, errors.New("schema.graphref names a hosted graph, which is not supported here; use file, sdl or subgraph_url")
	}
	if doc.Schema.File != "" {
		m.File = doc.Schema.File
		if !filepath.IsAbs(m.File) {
			m.File = filepath.Join(filepath.Dir(path), m.File)
		}
	}
	sources := 0
	for _, source := range []string{m.File, m.SDL, m.URL} {
		if source != "" {
			sources++
		}
	}
	if sources != 1 {
		return m, errors.New("schema needs exactly one of file, sdl and subgraph_url")
	}
	if m.URL != "" {
		u, err := url.Parse(m.URL)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return m, fmt.Errorf("schema.subgraph_url %q is not an http:// or https:// address", m.URL)
		}
		if m.RoutingURL == "" {
			m.RoutingURL = m.URL
		}
	}
	if m.RoutingURL == "" {
		return m, errors.New("routing_url is missing: the router must know where to send requests")
	}
	return m, nil
}

func plain(err error) error {
	return errors.New(strings.NewReplacer("yaml: ", "", "unmarshal errors:\n  ", "", "in type workspace.document", "here",
		"in type workspace.subgraphDoc", "in a subgraph", "in type workspace.schemaDoc", "in a subgraph's schema").Replace(err.Error()))
}
