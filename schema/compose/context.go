package compose

import (
	"fmt"
	"slices"

	"github.com/tributary-gql/tributary/schema/diag"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// contextName is the name a subgraph's context has in the supergraph.
func (c *composition) contextName(g supergraph.GraphID, name string) string {
	return c.report.name(g) + "__" + name
}

// contextArguments returns the arguments that the subgraph takes from a context.
func (c *composition) contextArguments(s fieldSource) []supergraph.ContextArgument {
	var args []supergraph.ContextArgument
	for _, a := range s.field.Arguments {
		if a.FromContext != nil {
			args = append(args, supergraph.ContextArgument{
				Name: a.Name, Type: a.Type, Selection: a.FromContext.Selection,
				Context: c.contextName(s.graph, a.FromContext.Context),
			})
		}
	}
	return args
}

// leaveOutContextual reports whether some subgraph takes the argument from a context, so that it is no argument of the
// supergraph. Where it is a plain argument, it must do without a value.
func (c *composition) leaveOutContextual(coordinate string, sources []argumentSource) bool {
	isContextual := func(s argumentSource) bool { return s.argument.FromContext != nil }
	if !slices.ContainsFunc(sources, isContextual) {
		return false
	}
	for _, s := range sources {
		if isContextual(s) {
			continue
		}
		places := c.report.places(argumentElements(sources))
		if isRequired(s.argument.Type, s.argument.Default) {
			c.report.error(diag.ContextualArgumentNotContextualInAllSubgraphs, places,
				fmt.Sprintf("Apply @fromContext in subgraph %q too, or make the argument optional there.", c.report.name(s.graph)),
				"Argument %q is taken from a context in some subgraphs, but subgraph %q requires a value.",
				coordinate, c.report.name(s.graph))
		} else {
			c.report.hint(diag.ContextualArgumentNotContextualInAllSubgraphs, places,
				fmt.Sprintf("Apply @fromContext in subgraph %q too.", c.report.name(s.graph)),
				"Argument %q is left out of the supergraph, as some subgraphs take it from a context; subgraph %q will not get a value.",
				coordinate, c.report.name(s.graph))
		}
	}
	return true
}
