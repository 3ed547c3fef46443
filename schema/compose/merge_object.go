package compose

import (
	"fmt"
	"slices"

	"github.com/tributary-gql/tributary/schema/diag"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// mergeObject merges the fields of an object type: the union of what the subgraphs have.
func (c *composition) mergeObject(t *mergedType) {
	c.hintOnEntity(t)
	isRoot := t.name == queryType || t.name == mutationType || t.name == subscriptionType
	isValueType := !isRoot && !t.isEntity()
	for _, f := range t.fields {
		if isValueType {
			c.hintOnMissingField(f, diag.InconsistentObjectValueTypeField, "non-entity object type")
		}
		c.validateOverrides(f)
		if t.name == subscriptionType {
			c.validateSubscriptionField(f)
		}
		c.mergeField(f)
		c.validateSharing(f)
	}
}

// hintOnEntity hints at a type that is an entity in some subgraphs only.
func (c *composition) hintOnEntity(t *mergedType) {
	var with, without []typeSource
	for _, s := range t.sources {
		if s.typ.IsEntity() {
			with = append(with, s)
		} else {
			without = append(without, s)
		}
	}
	if len(with) == 0 || len(without) == 0 {
		return
	}
	c.report.hint(diag.InconsistentEntity, c.report.typePlaces(slices.Concat(with, without)), "",
		"Type %q has a @key in %s but none in %s.", t.name,
		c.report.listed(typeGraphs(with)), c.report.listed(typeGraphs(without)))
}

// hintOnMissingField hints at a field of a type without keys that some of the type's subgraphs lack. An @interfaceObject lacks
// nothing: it only has the fields that it adds.
func (c *composition) hintOnMissingField(f *mergedField, code diag.Code, kind string) {
	var without []supergraph.GraphID
	places := c.report.fieldPlaces(f.sources)
	for _, s := range f.missing() {
		if !allExternal(s) && !s.typ.InterfaceObject {
			without = append(without, s.graph)
			places = append(places, c.report.at(s.graph, s.typ.Position))
		}
	}
	if len(without) == 0 {
		return
	}
	c.report.hint(code, places, fmt.Sprintf("Add the field in %s, or make the type an entity.", c.report.listed(without)),
		"Field %q of the %s %q is defined in %s but not in %s.", f.name, kind, f.parent.name,
		c.report.listed(fieldGraphs(f.sources)), c.report.listed(without))
}

// allExternal reports whether a subgraph resolves no field of the type.
func allExternal(s typeSource) bool {
	for _, f := range s.typ.Fields {
		if !f.External {
			return false
		}
	}
	return true
}
