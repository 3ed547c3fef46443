package compose

import (
	"fmt"

	"github.com/tributary-gql/tributary/schema/diag"
	"github.com/tributary-gql/tributary/schema/subgraph"
)

// resolver is one way a field is resolved: a subgraph, in words, and whether the field is shareable there.
type resolver struct {
	words     string
	place     diag.Location
	shareable bool
}

// validateSharing checks that a field of an object type that several subgraphs resolve is shareable in all of them.
func (c *composition) validateSharing(f *mergedField) {
	resolvers := c.resolvers(f)
	var words, unshared []string
	var places []diag.Location
	for _, r := range resolvers {
		words = append(words, r.words)
		places = append(places, r.place)
		if !r.shareable {
			unshared = append(unshared, r.words)
		}
	}
	if len(unshared) == 0 || len(resolvers) < 2 {
		return
	}
	where := "any of them"
	if len(unshared) < len(resolvers) {
		where = joined(unshared)
	}
	fix := "Mark the field @shareable wherever it is resolved, or resolve it in one subgraph only."
	if f.overrides != nil && f.overrides.unknownSource {
		fix += " An @override on the field names a subgraph that does not exist: its name may be misspelt."
	}
	c.report.error(diag.InvalidFieldSharing, places, fix, "Field %q is resolved from %s, but is not shareable in %s.",
		f.coordinate(), joined(words), where)
}

// resolvers returns all ways the field is resolved, in the order of subgraphs.
func (c *composition) resolvers(f *mergedField) []resolver {
	var out []resolver
	abstract := f.abstractions()
	for len(abstract) > 0 && (len(f.sources) == 0 || abstract[0].graph < f.sources[0].graph) {
		out, abstract = c.addAbstract(out, abstract[0]), abstract[1:]
	}
	for i, s := range f.sources {
		if isResolved(s.field) && !f.overrides.of(s.graph).overridden {
			out = append(out, resolver{
				words:     fmt.Sprintf("subgraph %q", c.report.name(s.graph)),
				place:     c.report.at(s.graph, s.field.Position),
				shareable: s.field.Shareable || s.field.Provided,
			})
		}
		for len(abstract) > 0 && (i+1 == len(f.sources) || abstract[0].graph < f.sources[i+1].graph) {
			out, abstract = c.addAbstract(out, abstract[0]), abstract[1:]
		}
	}
	return out
}

func (c *composition) addAbstract(out []resolver, a abstraction) []resolver {
	if !isResolved(a.field) {
		return out
	}
	return append(out, resolver{
		words:     fmt.Sprintf("subgraph %q (through the @interfaceObject field %q)", c.report.name(a.graph), a.field.Coordinate()),
		place:     c.report.at(a.graph, a.field.Position),
		shareable: a.field.Shareable || a.field.Provided,
	})
}

// isResolved reports whether the subgraph can resolve the field, if only where it provides it.
func isResolved(f *subgraph.Field) bool { return !f.External || f.Provided }

// validateSubscriptionField checks that a subscription has one source: events cannot come from several subgraphs.
func (c *composition) validateSubscriptionField(f *mergedField) {
	var shareable []fieldSource
	for _, s := range f.sources {
		if subgraph.First(s.field.Applied, subgraph.KnownShareable) != nil ||
			s.field.Shareable && subgraph.First(s.field.Parent.Applied, subgraph.KnownShareable) != nil {
			shareable = append(shareable, s)
		}
	}
	if len(shareable) > 0 {
		c.report.error(diag.InvalidFieldSharing, c.report.fieldPlaces(shareable), "Remove @shareable; one subgraph resolves a subscription.",
			"Field %q is @shareable in %s, which fields of the subscription type cannot be.",
			f.coordinate(), c.report.listed(fieldGraphs(shareable)))
	}
}
