package supergraph

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Extracted is a subgraph as a supergraph describes it.
type Extracted struct {
	Name string
	URL  string
	SDL  string // federation 2
}

// Subgraphs returns SDL for each subgraph, in the order of Graphs, such that composing them gives this supergraph
// again. It is not the SDL that the supergraph was composed from: what composition left out is lost, and what it merged is
// spelled the same everywhere.
func (s *Supergraph) Subgraphs() []Extracted {
	features := featuresOf(s.Links)
	out := make([]Extracted, len(s.Graphs))
	for i, g := range s.Graphs {
		e := extractor{s: s, g: GraphID(i), features: &features, imports: map[string]bool{}}
		out[i] = Extracted{Name: g.Name, URL: g.URL, SDL: printDocument(e.document())}
	}
	return out
}

// extractor makes the document of one subgraph.
type extractor struct {
	s        *Supergraph
	g        GraphID
	features *features
	imports  map[string]bool // federation directives that the document uses, "@key"
}

func (e *extractor) document() *ast.SchemaDocument {
	doc := &ast.SchemaDocument{}
	for _, t := range e.s.Types {
		if !t.HasGraph(e.g) {
			continue
		}
		defs := e.typeDefinitions(t)
		doc.Definitions = append(doc.Definitions, defs.definition...)
		doc.Extensions = append(doc.Extensions, defs.extension...)
	}
	schema := &ast.SchemaDefinition{}
	applied := e.applied(e.s.Applied)
	composed := e.composed(doc)
	schema.Directives = append(ast.DirectiveList{e.federationLink()}, composed...)
	schema.Directives = append(schema.Directives, applied...)
	for _, op := range e.s.operationTypes() {
		if def := doc.Definitions.ForName(op.Type); def != nil {
			schema.OperationTypes = append(schema.OperationTypes, op)
		}
	}
	if len(schema.OperationTypes) > 0 {
		schema.Description = e.s.Description
		doc.Schema = append(doc.Schema, schema)
	} else {
		doc.SchemaExtension = append(doc.SchemaExtension, schema)
	}
	return doc
}

// federationLink links the federation version that the supergraph's join version stands for, with what is used.
func (e *extractor) federationLink() *ast.Directive {
	version := "v2.14"
	switch join := e.s.JoinVersion(); {
	case join.Less(Version{0, 4}):
		version = "v2.6"
	case join.Less(Version{0, 5}):
		version = "v2.7"
	}
	link := Link{URL: apolloSpecs + "federation/" + version}
	for name := range e.imports {
		imp := LinkImport{Name: name}
		if as := e.nameOf(strings.TrimPrefix(name, "@")); as != name {
			imp.As = as
		}
		link.Import = append(link.Import, imp)
	}
	slices.SortFunc(link.Import, func(a, b LinkImport) int { return strings.Compare(a.Name, b.Name) })
	return link.directive()
}

// nameOf returns, with "@", what the supergraph calls a federation directive that it has.
func (e *extractor) nameOf(directive string) string {
	f := e.features.named(featureOfDirective(directive))
	if f == nil {
		return "@" + directive
	}
	return "@" + f.directive(directive)
}

// featureOfDirective names the specification that a federation directive has in supergraphs.
func featureOfDirective(directive string) string {
	if directive == "listSize" {
		return "cost"
	}
	return directive
}

// composed links custom specifications, asks for their directives, and adds all definitions of the supergraph that are no
// feature's own.
func (e *extractor) composed(doc *ast.SchemaDocument) ast.DirectiveList {
	var list ast.DirectiveList
	var custom []*feature
	for _, l := range e.s.Links {
		if f, ok := newFeature(l); ok && !f.isUnderstood() {
			custom = append(custom, f)
			list = append(list, l.directive())
		}
	}
	for _, d := range e.s.Directives {
		owned := slices.ContainsFunc(custom, func(f *feature) bool { return f.ownsDirective(d.Name) })
		if owned {
			list = append(list, e.federation("composeDirective", arg("name", stringValue("@"+d.Name))))
		} else if e.features.ownsDirective(d.Name) {
			continue
		}
		doc.Directives = append(doc.Directives, d)
	}
	return list
}

// federation is an application of a federation directive, noted as used.
func (e *extractor) federation(name string, args ...*ast.Argument) *ast.Directive {
	e.imports["@"+name] = true
	return directive(strings.TrimPrefix(e.nameOf(name), "@"), args...)
}

// mergedDirectives are the federation directives that supergraphs apply.
var mergedDirectives = []string{
	"tag", "inaccessible", "authenticated", "requiresScopes", "policy", "context", "cost", "listSize",
}

// applied returns the supergraph's applications as this subgraph has them. A context belongs to one subgraph.
func (e *extractor) applied(list ast.DirectiveList) ast.DirectiveList {
	var out ast.DirectiveList
	for _, d := range list {
		i := slices.IndexFunc(mergedDirectives, func(name string) bool { return e.nameOf(name) == "@"+d.Name && e.isLinked(name) })
		switch {
		case i < 0:
			out = append(out, d)
		case mergedDirectives[i] == "context":
			name := d.Arguments.ForName("name")
			if name == nil {
				continue
			}
			if own, ok := strings.CutPrefix(name.Value.Raw, e.s.Graphs[e.g].Name+"__"); ok {
				out = append(out, e.federation("context", arg("name", stringValue(own))))
			}
		default:
			out = append(out, e.federation(mergedDirectives[i], d.Arguments...))
		}
	}
	return out
}

func (e *extractor) isLinked(directive string) bool {
	return e.features.named(featureOfDirective(directive)) != nil
}

// isGuard tells the directives that guard data.
func (e *extractor) isGuard(d *ast.Directive) bool {
	return slices.ContainsFunc([]string{"authenticated", "requiresScopes", "policy"}, func(name string) bool {
		return e.isLinked(name) && e.nameOf(name) == "@"+d.Name
	})
}

// guards returns the directives that guard data.
func (e *extractor) guards(list ast.DirectiveList) ast.DirectiveList {
	return slices.DeleteFunc(slices.Clone(list), func(d *ast.Directive) bool { return !e.isGuard(d) })
}

// withoutGuards returns the directives that do not guard data.
func (e *extractor) withoutGuards(list ast.DirectiveList) ast.DirectiveList {
	return slices.DeleteFunc(slices.Clone(list), e.isGuard)
}

// carriedHere returns the directives that are carried for this subgraph.
func (e *extractor) carriedHere(list []CarriedDirective) ast.DirectiveList {
	var out ast.DirectiveList
	for _, c := range list {
		if !slices.Contains(c.Graphs, e.g) {
			continue
		}
		var args ast.ArgumentList
		if c.Args != nil {
			for _, child := range c.Args.Children {
				args = append(args, arg(child.Name, child.Value))
			}
		}
		out = append(out, e.federation(strings.TrimPrefix(c.Name, "federation__"), args...))
	}
	return out
}
