package compose

import (
	"fmt"

	"github.com/tributary-gql/tributary/schema/diag"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// mergeInput merges the fields of an input object type: those that all its subgraphs have, since what clients send must be
// understood by all.
func (c *composition) mergeInput(t *mergedType) {
	for _, f := range t.fields {
		if f.dropped = !c.mergeInputField(f); !f.dropped {
			t.out.Fields = append(t.out.Fields, f.out)
		}
	}
	if len(t.out.Fields) == 0 {
		c.report.error(diag.EmptyMergedInputType, c.report.typePlaces(t.sources),
			"Give all subgraphs at least one field in common.",
			"Input type %q keeps the fields that all of %s have, and there are none.",
			t.name, c.report.listed(typeGraphs(t.sources)))
	}
}

// mergeInputField reports whether the field is part of the supergraph. What it is made of is checked in any case.
func (c *composition) mergeInputField(f *mergedField) bool {
	what := label{"Input field", f.coordinate()}
	elements := fieldElements(f.sources)
	allEqual := c.mergeFieldType(f, f.sources, true)
	f.out.Default = c.mergeDefault(what, elements, fieldDefaults(f.sources), f.out.Type, diag.InputFieldDefaultMismatch)
	f.out.Description = c.mergeDescription(what, elements)
	f.out.Joins = c.fieldJoins(f, allEqual)
	missing := f.missing()
	if len(missing) > 0 && !isInaccessible(elements) {
		c.reportMissingInputField(f, missing)
		return false
	}
	f.out.Directives = c.mergeApplied(what, elements, nil)
	return true
}

func (c *composition) reportMissingInputField(f *mergedField, missing []typeSource) {
	var required []supergraph.GraphID
	for _, s := range f.sources {
		if isRequired(s.field.Type, s.field.Default) {
			required = append(required, s.graph)
		}
	}
	places := append(c.report.fieldPlaces(f.sources), c.report.typePlaces(missing)...)
	lack := c.report.listed(typeGraphs(missing))
	if len(required) > 0 {
		c.report.error(diag.RequiredInputFieldMissingInSomeSubgraph, places,
			fmt.Sprintf("Add the field in %s, or make it optional.", lack),
			"Input field %q is required in %s but does not exist in %s.", f.coordinate(), c.report.listed(required), lack)
		return
	}
	c.report.hint(diag.InconsistentInputObjectField, places, fmt.Sprintf("Add the field in %s.", lack),
		"Input field %q is left out of the supergraph: it is defined in %s but not in %s.",
		f.coordinate(), c.report.listed(fieldGraphs(f.sources)), lack)
}
