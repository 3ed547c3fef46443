package compose

import (
	"fmt"

	"github.com/tributary-gql/tributary/schema/diag"
	"github.com/tributary-gql/tributary/schema/subgraph"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// enumUse tells where the supergraph uses an enum, by an example of each.
type enumUse struct {
	input  string // coordinate of an argument or input field; "" when there is none
	output string // coordinate of a field; "" when there is none
}

// useEnum notes that an element of the supergraph has a type built from the one named.
func (c *composition) useEnum(typeName, coordinate string, isInput bool) {
	use := c.enumUses[typeName]
	if use == nil {
		use = &enumUse{}
		c.enumUses[typeName] = use
	}
	switch {
	case isInput && use.input == "":
		use.input = coordinate
	case !isInput && use.output == "":
		use.output = coordinate
	}
}

type valueSource struct {
	graph supergraph.GraphID
	value *subgraph.EnumValue
}

// mergeEnum merges the values of an enum: the union for one that is only returned, the intersection for one that is only
// taken, and all must agree on one that is both.
func (c *composition) mergeEnum(t *mergedType) {
	use := c.enumUses[t.name]
	if use == nil {
		use = &enumUse{}
		c.report.hint(diag.UnusedEnumType, c.report.typePlaces(t.sources), "Remove the enum, or use it.",
			"Enum %q is never used; the supergraph has all its values, as if fields returned it.", t.name)
	}
	var names []string
	sources := map[string][]valueSource{}
	for _, s := range t.sources {
		for _, v := range s.typ.Values {
			if sources[v.Name] == nil {
				names = append(names, v.Name)
			}
			sources[v.Name] = append(sources[v.Name], valueSource{s.graph, v})
		}
	}
	for _, name := range names {
		c.mergeEnumValue(t, name, sources[name], use)
	}
	if len(t.out.EnumValues) == 0 {
		c.report.error(diag.EmptyMergedEnumType, c.report.typePlaces(t.sources),
			"Give all subgraphs at least one value in common.",
			"Enum %q is only taken as input, so it keeps the values that all of %s have, and there are none.",
			t.name, c.report.listed(typeGraphs(t.sources)))
	}
}

func (c *composition) mergeEnumValue(t *mergedType, name string, sources []valueSource, use *enumUse) {
	elements := make([]element, len(sources))
	for i, s := range sources {
		elements[i] = element{s.graph, s.value.Description, s.value.Applied, s.value.Position}
	}
	what := label{"Enum value", t.name + "." + name}
	description := c.mergeDescription(what, elements)
	if len(sources) < len(t.sources) && !c.keepPartialValue(t, name, elements, use) {
		return
	}
	value := &supergraph.EnumValue{
		Name:        name,
		Description: description,
		Directives:  c.mergeApplied(what, elements, nil),
	}
	for _, s := range sources {
		value.Joins = append(value.Joins, s.graph)
	}
	t.out.EnumValues = append(t.out.EnumValues, value)
}

// keepPartialValue decides about a value that some of the enum's subgraphs lack, and tells about it. An @inaccessible
// value is in nobody's way.
func (c *composition) keepPartialValue(t *mergedType, name string, elements []element, use *enumUse) bool {
	var having, without []supergraph.GraphID
	for _, e := range elements {
		having = append(having, e.graph)
	}
	places := c.report.places(elements)
	for _, s := range t.sources {
		if s.typ.Value(name) == nil {
			without = append(without, s.graph)
			places = append(places, c.report.at(s.graph, s.typ.Position))
		}
	}
	have, lack := c.report.listed(having), c.report.listed(without)
	hidden := isInaccessible(elements)
	switch {
	case use.input == "":
		c.report.hint(diag.InconsistentEnumValueForOutputEnum, places, "",
			"Value %q of enum %q is defined in %s but not in %s; it is kept, as the enum is only returned.", name, t.name, have, lack)
		return true
	case hidden:
		return true
	case use.output == "":
		c.report.hint(diag.InconsistentEnumValueForInputEnum, places, fmt.Sprintf("Add the value in %s.", lack),
			"Value %q of enum %q is left out of the supergraph: the enum is taken as input, and the value is defined in %s but not in %s.",
			name, t.name, have, lack)
		return false
	default:
		c.report.error(diag.EnumValueMismatch, places, fmt.Sprintf("Add the value in %s, or mark it @inaccessible.", lack),
			"Enum %q is both taken (%q) and returned (%q), so all its subgraphs must define the same values, but %q is defined in %s and not in %s.",
			t.name, use.input, use.output, name, have, lack)
		return true
	}
}

// isInaccessible reports whether some subgraph marks the element @inaccessible.
func isInaccessible(elements []element) bool {
	for _, e := range elements {
		if subgraph.First(e.applied, subgraph.KnownInaccessible) != nil {
			return true
		}
	}
	return false
}
