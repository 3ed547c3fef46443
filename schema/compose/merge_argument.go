package compose

import (
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
	"github.com/tributary-gql/tributary/schema/subgraph"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// argumentSet is the arguments of one field or directive in all the subgraphs that define it.
type argumentSet struct {
	owner   string   // coordinate of the field or directive
	names   []string // in the order they are met
	sources map[string][]argumentSource
	owners  []supergraph.GraphID // the subgraphs that define the owner
}

func newArgumentSet(owner string) *argumentSet {
	return &argumentSet{owner: owner, sources: map[string][]argumentSource{}}
}

// add adds the arguments of one subgraph's declaration.
func (s *argumentSet) add(g supergraph.GraphID, arguments []*subgraph.Argument) {
	s.owners = append(s.owners, g)
	for _, a := range arguments {
		if s.sources[a.Name] == nil {
			s.names = append(s.names, a.Name)
		}
		s.sources[a.Name] = append(s.sources[a.Name], argumentSource{g, a})
	}
}

// mergeArguments merges a field's arguments over the declarations that are not external.
func (c *composition) mergeArguments(f *mergedField, own []fieldSource) {
	set := newArgumentSet(f.coordinate())
	for _, s := range own {
		set.add(s.graph, s.field.Arguments)
	}
	f.out.Args = c.mergeArgumentSet(set, func(g supergraph.GraphID) *ast.Position {
		for _, s := range own {
			if s.graph == g {
				return s.field.Position
			}
		}
		return nil
	})
}

// mergeArgumentSet merges arguments: those that all subgraphs of the owner have, as each must understand what it is sent.
// ownerPosition gives the owner's place in a subgraph.
func (c *composition) mergeArgumentSet(set *argumentSet, ownerPosition func(supergraph.GraphID) *ast.Position) ast.ArgumentDefinitionList {
	var merged ast.ArgumentDefinitionList
	for _, name := range set.names {
		sources := set.sources[name]
		coordinate := set.owner + "(" + name + ":)"
		if c.leaveOutContextual(coordinate, sources) {
			continue
		}
		if len(sources) < len(set.owners) {
			c.reportMissingArgument(coordinate, sources, set.owners, ownerPosition)
			continue
		}
		merged = append(merged, c.mergeArgument(coordinate, name, sources))
	}
	return merged
}

func (c *composition) mergeArgument(coordinate, name string, sources []argumentSource) *ast.ArgumentDefinition {
	what := label{"Argument", coordinate}
	elements := argumentElements(sources)
	typ, _ := c.mergeTypes(typeMerge{
		what: what, coordinate: coordinate, types: argumentTypes(sources), elements: elements, isInput: true,
		mismatch: diag.FieldArgumentTypeMismatch, compatible: diag.InconsistentButCompatibleArgumentType,
	})
	return &ast.ArgumentDefinition{
		Name:         name,
		Type:         typ,
		Description:  c.mergeDescription(what, elements),
		DefaultValue: c.mergeDefault(what, elements, argumentDefaults(sources), typ, diag.FieldArgumentDefaultMismatch),
		Directives:   c.mergeApplied(what, elements, nil),
	}
}

func (c *composition) reportMissingArgument(coordinate string, sources []argumentSource, owners []supergraph.GraphID,
	ownerPosition func(supergraph.GraphID) *ast.Position,
) {
	var required, having, without []supergraph.GraphID
	places := c.report.places(argumentElements(sources))
	next := 0
	for _, g := range owners {
		if next < len(sources) && sources[next].graph == g {
			a := sources[next].argument
			having = append(having, g)
			if isRequired(a.Type, a.Default) {
				required = append(required, g)
			}
			next++
			continue
		}
		without = append(without, g)
		places = append(places, c.report.at(g, ownerPosition(g)))
	}
	lack := c.report.listed(without)
	if len(required) > 0 {
		c.report.error(diag.RequiredArgumentMissingInSomeSubgraph, places,
			fmt.Sprintf("Add the argument in %s, or make it optional.", lack),
			"Argument %q is required in %s but does not exist in %s.", coordinate, c.report.listed(required), lack)
		return
	}
	c.report.hint(diag.InconsistentArgumentPresence, places, fmt.Sprintf("Add the argument in %s.", lack),
		"Optional argument %q is left out of the supergraph: it is defined in %s but not in %s.",
		coordinate, c.report.listed(having), lack)
}
