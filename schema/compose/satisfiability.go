package compose

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
	"github.com/tributary-gql/tributary/schema/querygraph"
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
		if p.Code == diag.InconsistentRuntimeTypesForShareableReturn && !c.isAbstractInSeveral(p.Type, p.Field) {
			continue
		}
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

// isAbstractInSeveral reports whether several subgraphs declare the field with an abstract type. One that declares an object type
// instead says what it returns, and leaves nothing to hint at.
func (c *composition) isAbstractInSeveral(typeName, field string) bool {
	abstract := 0
	t := c.byName[typeName]
	if t == nil || t.field[field] == nil {
		return true
	}
	for _, s := range t.field[field].sources {
		if t := c.byName[s.field.Type.Name()]; t != nil && (t.kind == ast.Interface || t.kind == ast.Union) {
			abstract++
		}
	}
	return abstract > 1
}

// problemPlaces returns where the subgraphs involved declare the field, or the type when they do not have the field.
func (c *composition) problemPlaces(p satisfiability.Problem) []diag.Location {
	t := c.byName[p.Type]
	if t == nil {
		return nil
	}
	involved := func(g supergraph.GraphID) bool {
		return len(p.Subgraphs) == 0 || slices.Contains(p.Subgraphs, querygraph.SubgraphID(g))
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
