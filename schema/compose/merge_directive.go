package compose

import (
	"fmt"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
	"github.com/tributary-gql/tributary/schema/subgraph"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// mergeDirectiveDefinitions defines the directives of the supergraph: those of features, composed ones, and the executable
// ones that all subgraphs define.
func (c *composition) mergeDirectiveDefinitions() {
	c.out.Directives = append(c.out.Directives, c.features.ordered...)
	for _, d := range c.composed.list {
		if d.definition != nil {
			c.out.Directives = append(c.out.Directives, c.composedDefinition(d))
		}
	}
	seen := map[string]bool{}
	for _, s := range c.subgraphs {
		for _, d := range s.Directives {
			if seen[d.Name] || !d.IsExecutable() || d.Known != "" || c.composed.directive(d.Name) != nil {
				continue
			}
			seen[d.Name] = true
			if def := c.mergeExecutable(d.Name); def != nil {
				c.out.Directives = append(c.out.Directives, def)
			}
		}
	}
}

// directiveSource is one subgraph's definition of a directive.
type directiveSource struct {
	graph     supergraph.GraphID
	directive *subgraph.Directive
}

// mergeExecutable merges a directive that operations may use. Operations go to any subgraph, so all must define it,
// and only what all allow is allowed. It returns nil when nothing is left.
func (c *composition) mergeExecutable(name string) *ast.DirectiveDefinition {
	var sources []directiveSource
	var elements []element
	for i, s := range c.subgraphs {
		if d := s.Directive(name); d != nil {
			g := supergraph.GraphID(i)
			sources = append(sources, directiveSource{g, d})
			elements = append(elements, element{graph: g, description: d.Description, position: d.Position})
		}
	}
	places := c.report.places(elements)
	locations, ok := c.mergeLocations(name, sources, places)
	if !ok {
		return nil
	}
	set := newArgumentSet("@" + name)
	for _, s := range sources {
		set.add(s.graph, s.directive.Arguments)
	}
	return &ast.DirectiveDefinition{
		Name:         name,
		Description:  c.mergeDescription(label{"Directive", "@" + name}, elements),
		Locations:    locations,
		IsRepeatable: c.mergeRepeatable(name, sources, places),
		Arguments: c.mergeArgumentSet(set, func(g supergraph.GraphID) *ast.Position {
			return c.subgraphs[g].Directive(name).Position
		}),
	}
}

// mergeLocations returns the executable locations that all subgraphs have; ok is false when there are none. What leaves none
// first, in the order of subgraphs, is what is told.
func (c *composition) mergeLocations(name string, sources []directiveSource, places []diag.Location) (locations []ast.DirectiveLocation, ok bool) {
	var t tally
	next := 0
	for i := range c.subgraphs {
		if next == len(sources) || sources[next].graph != supergraph.GraphID(i) {
			c.hintDirectiveLacking(name, places)
			return nil, false
		}
		s := sources[next]
		next++
		own := executableLocations(s.directive)
		t.add(fmt.Sprint(own), s.graph)
		if i == 0 {
			locations = slices.Clone(own)
			continue
		}
		locations = slices.DeleteFunc(locations, func(l ast.DirectiveLocation) bool { return !slices.Contains(own, l) })
		if len(locations) == 0 {
			c.report.hint(diag.NoExecutableDirectiveIntersection, places, "Define the directive with a common location in all subgraphs.",
				"Executable directive %q is left out of the supergraph, as its definitions have no location in common: %s.",
				"@"+name, c.report.words(&t))
			return nil, false
		}
	}
	if len(t.said) > 1 {
		c.report.hint(diag.InconsistentExecutableDirectiveLocations, places, "Define the directive with the same locations in all subgraphs.",
			"Executable directive %q has the locations %s in the supergraph, those that all definitions have: %s.",
			"@"+name, fmt.Sprint(locations), c.report.words(&t))
	}
	return locations, true
}

func (c *composition) hintDirectiveLacking(name string, places []diag.Location) {
	var having, without []supergraph.GraphID
	for i, s := range c.subgraphs {
		if g := supergraph.GraphID(i); s.Directive(name) != nil {
			having = append(having, g)
		} else {
			without = append(without, g)
		}
	}
	c.report.hint(diag.InconsistentExecutableDirectivePresence, places, fmt.Sprintf("Define it in %s.", c.report.listed(without)),
		"Executable directive %q is left out of the supergraph: it is defined in %s but not in %s.",
		"@"+name, c.report.listed(having), c.report.listed(without))
}

// executableLocations returns the locations in operations, sorted.
func executableLocations(d *subgraph.Directive) []ast.DirectiveLocation {
	var out []ast.DirectiveLocation
	for _, l := range d.Locations {
		if (&subgraph.Directive{Locations: []ast.DirectiveLocation{l}}).IsExecutable() {
			out = append(out, l)
		}
	}
	slices.Sort(out)
	return out
}

func (c *composition) mergeRepeatable(name string, sources []directiveSource, places []diag.Location) bool {
	var t tally
	for _, s := range sources {
		if s.directive.Repeatable {
			t.add("repeatable", s.graph)
		} else {
			t.add("not repeatable", s.graph)
		}
	}
	if len(t.said) > 1 {
		c.report.hint(diag.InconsistentExecutableDirectiveRepeatable, places, "Define the directive the same in all subgraphs.",
			"Executable directive %q is not repeatable in the supergraph: it is %s.", "@"+name, c.report.words(&t))
		return false
	}
	return sources[0].directive.Repeatable
}
