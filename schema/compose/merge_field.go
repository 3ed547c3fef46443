package compose

import (
	"slices"

	"github.com/tributary-gql/tributary/schema/diag"
	"github.com/tributary-gql/tributary/schema/subgraph"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// mergeField merges a field of an object type or interface. External declarations are not merged, only checked against
// the others.
func (c *composition) mergeField(f *mergedField) {
	t := f.parent
	t.out.Fields = append(t.out.Fields, f.out)
	if c.isExternalEverywhere(f) {
		c.report.error(diag.ExternalMissingOnBase, c.report.fieldPlaces(f.sources),
			"Define the field without @external in the subgraph that resolves it.",
			"Field %q is @external in all subgraphs that have it: %s.",
			f.coordinate(), c.report.listed(fieldGraphs(f.sources)))
		return
	}
	own := c.withoutExternal(f)
	what := label{"Field", f.coordinate()}
	elements := fieldElements(own)
	f.out.Description = c.mergeDescription(what, elements)
	c.mergeArguments(f, own)
	allEqual := c.mergeFieldType(f, own, false)
	if len(own) < len(f.sources) {
		c.validateExternal(f, allEqual)
	}
	f.out.Joins = c.fieldJoins(f, allEqual)
	f.out.Directives = c.mergeApplied(what, elements, c.inheritedByField(f))
	f.out.Carried = c.carriedDirectives(fieldElements(f.sources))
}

// fieldJoins is one join for each subgraph that has the field, or none where that is what no joins mean.
func (c *composition) fieldJoins(f *mergedField, allEqual bool) []supergraph.FieldJoin {
	if !f.needsJoins(allEqual) {
		return nil
	}
	var joins []supergraph.FieldJoin
	for _, s := range f.sources {
		o := f.overrides.of(s.graph)
		if o.overridden && !o.stillUsed && o.label == "" {
			continue
		}
		join := supergraph.FieldJoin{
			HasGraph:         true,
			Graph:            s.graph,
			External:         s.field.External,
			UsedOverridden:   o.overridden && o.stillUsed,
			OverrideLabel:    o.label,
			ContextArguments: c.contextArguments(s),
		}
		if !allEqual {
			join.Type = s.field.Type
		}
		if s.field.Requires != nil {
			join.Requires = s.field.Requires.Text
		}
		if s.field.Provides != nil {
			join.Provides = s.field.Provides.Text
		}
		if s.field.Override != nil {
			join.Override = s.field.Override.From
		}
		joins = append(joins, join)
	}
	return joins
}

// needsJoins reports whether the field is not simply resolved, with one type, wherever its parent exists.
func (f *mergedField) needsJoins(allEqual bool) bool {
	if !allEqual || len(f.sources) < len(f.parent.sources) || f.overrides != nil && len(f.overrides.bySource) > 0 {
		return true
	}
	return slices.ContainsFunc(f.sources, func(s fieldSource) bool {
		return s.field.External || s.field.Requires != nil || s.field.Provides != nil || hasContextArguments(s.field)
	})
}

func hasContextArguments(f *subgraph.Field) bool {
	return slices.ContainsFunc(f.Arguments, func(a *subgraph.Argument) bool { return a.FromContext != nil })
}
