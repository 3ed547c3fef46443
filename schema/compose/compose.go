package compose

import (
	"cmp"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
	"github.com/tributary-gql/tributary/schema/subgraph"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// Source is the SDL of one subgraph.
type Source struct {
	Name string
	URL  string // routing URL; may be empty
	File string // the SDL's file name for diagnostics; may be empty
	SDL  string
}

// Result is what composition has to say.
type Result struct {
	Supergraph *supergraph.Supergraph // nil exactly when there are errors
	Errors     []diag.Diagnostic      // all of the first phase that has any
	Hints      []diag.Diagnostic
}

// Sources reads subgraphs from their SDL and composes them.
func Sources(sources ...Source) Result {
	var result Result
	subgraphs := make([]*subgraph.Subgraph, 0, len(sources))
	for _, s := range sources {
		parsed, found := subgraph.Parse(s.Name, s.URL, s.File, s.SDL)
		result.add(found)
		if parsed != nil {
			subgraphs = append(subgraphs, parsed)
		}
	}
	if len(result.Errors) > 0 {
		return result
	}
	upgraded, found := subgraph.UpgradeAll(subgraphs)
	result.add(found)
	if len(result.Errors) > 0 {
		return result
	}
	composed := Compose(upgraded)
	composed.Hints = append(result.Hints, composed.Hints...)
	return composed
}

// add sorts diagnostics into errors and hints.
func (r *Result) add(found []diag.Diagnostic) {
	for _, d := range found {
		if d.Severity == diag.Error {
			r.Errors = append(r.Errors, d)
		} else {
			r.Hints = append(r.Hints, d)
		}
	}
}

// Compose composes subgraphs that went through subgraph.UpgradeAll.
func Compose(subgraphs []*subgraph.Subgraph) Result {
	c := newComposition(subgraphs)
	for _, phase := range []func(){
		c.checkNames,
		c.settleDirectives,
		c.merge,
		c.finish,
		c.validateStructure,
		c.validateSchema,
		c.validateInaccessible,
		c.validateSatisfiability,
	} {
		phase()
		if c.report.hasErrors() {
			return Result{Errors: c.report.errors, Hints: c.report.hints}
		}
	}
	return Result{Supergraph: c.out, Hints: c.report.hints}
}

// composition is the state of one Compose.
type composition struct {
	report    report
	subgraphs []*subgraph.Subgraph // sorted by name; a GraphID indexes it
	features  *features            // linked specifications of the supergraph
	composed  *composedDirectives  // what @composeDirective asks for
	types     []*mergedType        // in the order they were met
	byName    map[string]*mergedType
	enumUses  map[string]*enumUse
	out       *supergraph.Supergraph
}

// checkNames reports subgraphs that cannot be told apart.
func (c *composition) checkNames() {
	for i, s := range c.subgraphs {
		if i > 0 && c.subgraphs[i-1].Name == s.Name {
			c.report.error(diag.InvalidSubgraphName, []diag.Location{s.Location(s.Position)}, "Give each subgraph a name of its own.",
				"Two subgraphs have the name %q.", s.Name)
		}
	}
}

func newComposition(subgraphs []*subgraph.Subgraph) *composition {
	sorted := slices.SortedStableFunc(slices.Values(subgraphs), func(a, b *subgraph.Subgraph) int {
		return cmp.Compare(a.Name, b.Name)
	})
	return &composition{
		report:    report{subgraphs: sorted},
		subgraphs: sorted,
		byName:    map[string]*mergedType{},
		enumUses:  map[string]*enumUse{},
		out:       &supergraph.Supergraph{Graphs: graphs(sorted)},
	}
}

// settleDirectives begins phase 2: it finds out which directives are merged, and under which names. What is wrong with those would
// show at every place where they are applied, so merging waits for it.
func (c *composition) settleDirectives() {
	c.hintImpliedVersions()
	c.features = c.collectFeatures()
	c.composed = c.collectComposed()
}

// merge is the rest of phase 2. The order of its stages matters: what implements what, and which types exist, is known before fields
// are merged; enums come last, since how they merge depends on where fields and arguments use them.
func (c *composition) merge() {
	c.declareTypes()
	c.mergeImplements()
	c.mergeUnionMembers()
	c.mergeSchemaDefinition()
	c.mergeDirectiveDefinitions()
	c.declareFields()
	for _, t := range c.types {
		if t.kind != ast.Enum {
			c.mergeType(t)
		}
	}
	c.addInterfaceObjectFields()
	for _, t := range c.types {
		if t.kind == ast.Enum {
			c.mergeType(t)
		}
	}
	if c.out.Query == "" {
		c.report.error(diag.NoQueries, nil, "Define type Query with at least one field in one of the subgraphs.",
			"No subgraph has a query: a supergraph needs a query root type.")
	}
}
