package compose

import (
	"github.com/tributary-gql/tributary/schema/diag"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// validateInaccessible checks that what remains without @inaccessible elements is a schema: the API.
func (c *composition) validateInaccessible() {
	for _, p := range c.out.CheckInaccessible() {
		var places []diag.Location
		for _, at := range p.At {
			places = append(places, c.placesOf(at)...)
		}
		c.report.error(p.Code, places, p.Fix, "%s", p.Message)
	}
}

// placesOf returns where the subgraphs declare an element of the supergraph.
func (c *composition) placesOf(at supergraph.Coordinate) []diag.Location {
	if at.Directive != "" {
		var places []diag.Location
		for _, s := range c.subgraphs {
			if d := s.Directive(at.Directive); d != nil {
				places = append(places, s.Location(d.Position))
			}
		}
		return places
	}
	t := c.byName[at.Type]
	f := t.field[at.Member]
	switch {
	case at.Argument != "":
		return c.argumentPlaces(f, at.Argument)
	case f != nil:
		return c.report.fieldPlaces(f.sources)
	case at.Member == "":
		return c.report.typePlaces(t.sources)
	}
	var places []diag.Location
	for _, s := range t.sources {
		if v := s.typ.Value(at.Member); v != nil {
			places = append(places, c.report.at(s.graph, v.Position))
		}
	}
	return places
}
