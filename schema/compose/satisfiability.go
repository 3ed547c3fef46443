package compose

import (
	"slices"

	"github.com/tributary-gql/tributary/schema/diag"
	"github.com/tributary-gql/tributary/schema/satisfiability"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// validateSatisfiability is phase 4: every query of the API can be answered by the subgraphs.
func (c *composition) validateSatisfiability() {
	problems, err := satisfiability.Check(c.out, 0)
	if err != nil {
		c.report.error(diag.InvalidFederationSupergraph, nil, "", "The composed supergraph cannot be checked: %s.", err)
		return
	}
	for _, p := range problems {
		d := diag.Diagnostic{
			Code: p.Code, Severity: p.Severity, Message: p.Message, Fix: p.Fix, Locations: c.problemPlaces(p),
		}
		if p.Severity == diag.Error {
			c.report.errors = append(c.report.errors, d)
		} else {
			c.report.hints = append(c.report.hints, d)
		}
	}
}

// problemPlaces returns where the subgraphs involved declare the field, or the type when they do not have the field.
func (c *composition) problemPlaces(p satisfiability.Problem) []diag.Location {
	t := c.byName[p.Type]
	if t == nil {
		return nil
	}
	involved := func(g supergraph.GraphID) bool {
		return len(p.Subgraphs) == 0 || slices.Contains(p.Subgraphs, g)
	}
	var places []diag.Location
	if f := t.field[p.Field]; f != nil {
		for _, s := range f.sources {
			if involved(s.graph) {
				places = append(places, c.report.at(s.graph, s.field.Position))
			}
		}
	}
	if len(places) > 0 {
		return places
	}
	for _, s := range t.sources {
		if involved(s.graph) {
			places = append(places, c.report.at(s.graph, s.typ.Position))
		}
	}
	return places
}
