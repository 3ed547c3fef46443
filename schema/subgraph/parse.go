package subgraph

import (
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/tributary-gql/tributary/schema/diag"
)

// maxBytes bounds the SDL of one subgraph; large real ones have a few megabytes.
const maxBytes = 64 << 20

// Parse reads and validates one subgraph. url is its routing URL and may be empty; file is the name that diagnostics give as the
// SDL's file, or "".
//
// The diagnostics are all problems of the first stage that has any; the Subgraph is nil when there are some.
func Parse(name, url, file, sdl string) (*Subgraph, []diag.Diagnostic) {
	s := &Subgraph{Name: name, URL: url, File: file}
	if problems := s.checkName(); problems != nil {
		return nil, problems
	}
	doc, problems := s.read(sdl)
	if problems != nil {
		return nil, problems
	}
	b := newBuilder(s, doc)
	for _, stage := range []func(){b.build, b.checkGraphQL, b.checkFederation} {
		stage()
		b.checkWork()
		if !b.clean() {
			sortProblems(b.found)
			return nil, b.found
		}
	}
	s.hideMachinery()
	return s, nil
}

// ParseSDL is Parse for SDL that comes from no file.
func ParseSDL(name, url, sdl string) (*Subgraph, []diag.Diagnostic) {
	return Parse(name, url, "", sdl)
}

func (s *Subgraph) checkName() []diag.Diagnostic {
	r := report{s: s}
	switch s.Name {
	case "_":
		r.addAt(diag.InvalidSubgraphName, []diag.Location{{Subgraph: s.Name, File: s.File}}, "Choose another name.",
			"A subgraph cannot be named %q: the name is reserved.", s.Name)
	case "":
		r.addAt(diag.InvalidSubgraphName, []diag.Location{{File: s.File}}, "Give it a name.", "A subgraph has no name.")
	}
	return r.found
}

// read parses the text.
func (s *Subgraph) read(sdl string) (*ast.SchemaDocument, []diag.Diagnostic) {
	r := report{s: s}
	if len(sdl) > maxBytes {
		r.addAt(diag.InvalidGraphQL, []diag.Location{{Subgraph: s.Name, File: s.File}}, "Split the subgraph.",
			"The SDL has %d bytes; more than %d are not read.", len(sdl), maxBytes)
		return nil, r.found
	}
	s.source = &ast.Source{Name: s.File, Input: sdl}
	s.lines = newLineIndex(sdl)
	if !utf8.ValidString(sdl) {
		r.graphql(&ast.Position{Start: firstInvalid(sdl)}, "Save the file as UTF-8.", "The SDL is not valid UTF-8.")
		return nil, r.found
	}
	doc, err := parser.ParseSchema(s.source)
	if err != nil {
		return nil, s.syntaxErrors(err)
	}
	if len(doc.Definitions)+len(doc.Extensions)+len(doc.Directives)+len(doc.DirectiveExtensions)+len(doc.Schema)+len(doc.SchemaExtension) == 0 {
		r.graphql(nil, "", "The SDL is empty.")
		return nil, r.found
	}
	return doc, nil
}

// firstInvalid returns the offset, in runes, of the first byte that is not UTF-8.
func firstInvalid(text string) int {
	offset := 0
	for i := 0; i < len(text); offset++ {
		r, size := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		i += size
	}
	return offset
}

// build runs the first stage: reading the document into the model, links and all.
func (b *builder) build() {
	b.declareTypes()
	b.declareDirectives()
	b.declareSchema()
	before := len(b.found)
	b.readLinks()
	b.badLinks = len(b.found) > before
	b.s.Federation1 = b.linkTo(FederationIdentity) == nil
	b.assignRoots()
	if b.s.Federation1 {
		b.dropMachineryFields()
	}
	links := len(b.found)
	b.define()
	if b.badLinks {
		b.found = b.found[:links] // without the right links, definitions are compared with the wrong ones
	}
	b.setVersions()
	b.checkReferences()
}

// dropMachineryFields removes _entities and _service from the query root: old federation 1 libraries wrote them out without
// the types they refer to.
func (b *builder) dropMachineryFields() {
	if query := b.s.root(ast.Query); query != nil {
		query.dropFields(func(f *Field) bool { return isMachineryField(query, f.Name) })
	}
}

func (t *Type) dropFields(drop func(*Field) bool) {
	kept := make([]*Field, 0, len(t.Fields))
	for _, f := range t.Fields {
		if drop(f) {
			delete(t.fields, f.Name)
		} else {
			kept = append(kept, f)
		}
	}
	t.Fields = kept
}

// hideMachinery takes out of the model what is only there for federation itself.
func (s *Subgraph) hideMachinery() {
	kept := make([]*Type, 0, len(s.Types))
	for _, t := range s.Types {
		if t.machinery {
			delete(s.types, t.Name)
			continue
		}
		kept = append(kept, t)
	}
	s.Types = kept
	if query := s.root(ast.Query); query != nil {
		query.dropFields(func(f *Field) bool { return isMachineryField(query, f.Name) })
	}
}

// setVersions finds the federation version in force.
func (b *builder) setVersions() {
	s := b.s
	if l := b.linkTo(FederationIdentity); l != nil {
		s.LinkedVersion = l.Version
	} else {
		s.LinkedVersion = upgradeVersion
	}
	s.EffectiveVersion, s.ImpliedBy = s.LinkedVersion, nil
	for _, l := range s.links {
		if l.spec == nil {
			continue
		}
		if v := l.spec.find(l.Version); v != nil && v.federation.Compare(s.EffectiveVersion) > 0 {
			s.EffectiveVersion, s.ImpliedBy = v.federation, l.Link
		}
	}
}
