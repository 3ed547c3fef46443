package compose

import (
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
	"github.com/tributary-gql/tributary/schema/fieldset"
	"github.com/tributary-gql/tributary/schema/subgraph"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// validateStructure checks what each subgraph promised on its own against the merged types: interfaces, field sets of
// @requires, and the guards of data that fields take from elsewhere.
func (c *composition) validateStructure() {
	for _, t := range c.types {
		if t.kind == ast.Object || t.kind == ast.Interface {
			c.validateInterfaceFields(t)
		}
	}
	for i, s := range c.subgraphs {
		for _, t := range s.Types {
			for _, f := range t.Fields {
				if f.Requires != nil {
					c.validateRequires(supergraph.GraphID(i), f)
				}
			}
		}
	}
	if c.usesAuth() {
		c.validateGuards()
	}
}

// validateInterfaceFields checks that a type has all fields of its interfaces: one of those may come from a subgraph that
// does not know the type.
func (c *composition) validateInterfaceFields(t *mergedType) {
	for _, i := range t.interfaces {
		for _, f := range i.fields {
			if t.field[f.name] != nil {
				continue
			}
			var implementing []typeSource
			for _, s := range t.sources {
				if s.typ.Implements(i.name) {
					implementing = append(implementing, s)
				}
			}
			places := append(c.report.fieldPlaces(f.sources), c.report.typePlaces(implementing)...)
			c.report.error(diag.InterfaceFieldNoImplem, places, fmt.Sprintf("Add the field to %q in the subgraph that resolves it.", t.name),
				"Type %q implements %q in %s, but no subgraph gives it the field %q, which the interface has in %s.",
				t.name, i.name, c.report.listed(typeGraphs(implementing)), f.name, c.report.listed(fieldGraphs(f.sources)))
		}
	}
}

// validateRequires checks a @requires against the merged types: other subgraphs are the ones to answer it.
func (c *composition) validateRequires(g supergraph.GraphID, f *subgraph.Field) {
	t := c.byName[f.Parent.Name]
	if problem := c.problemIn(t, f.Requires.Set.Selections); problem != nil {
		places := append([]diag.Location{c.report.at(g, f.Requires.Application.Position)}, problem.places...)
		c.report.error(diag.RequiresInvalidFields, places, problem.fix,
			"@requires(fields: %q) on field %q in subgraph %q cannot be answered by the other subgraphs: %s.",
			f.Requires.Text, f.Coordinate(), c.report.name(g), problem.words)
	}
}

// selectionProblem is why a selection is not valid in the supergraph.
type selectionProblem struct {
	words  string
	fix    string
	places []diag.Location
}

// problemIn returns the first problem of a selection on a merged type, or nil.
func (c *composition) problemIn(t *mergedType, selections []*fieldset.Selection) *selectionProblem {
	if t == nil {
		return nil
	}
	for _, s := range selections {
		on := t
		switch {
		case !s.IsFragment():
			f := t.field[s.Field]
			if f == nil {
				continue // __typename, or unknown, which the subgraph's own validation reports
			}
			if problem := c.problemInArguments(f, s.Arguments); problem != nil {
				return problem
			}
			on = c.byName[f.out.Type.Name()]
		case s.On != "":
			on = c.byName[s.On]
		}
		if problem := c.problemIn(on, s.Sub); problem != nil {
			return problem
		}
	}
	return nil
}

func (c *composition) problemInArguments(f *mergedField, given ast.ArgumentList) *selectionProblem {
	for _, a := range given {
		merged := f.out.Args.ForName(a.Name)
		if merged == nil {
			var without []fieldSource
			for _, s := range f.sources {
				if s.field.Argument(a.Name) == nil {
					without = append(without, s)
				}
			}
			return &selectionProblem{
				words:  fmt.Sprintf("argument %q of %q is not defined in %s", a.Name, f.coordinate(), c.report.listed(fieldGraphs(without))),
				fix:    "Add the argument there, or require the field without it.",
				places: c.report.fieldPlaces(without),
			}
		}
		if misfit := c.misfit(a.Value, merged.Type); misfit != "" {
			return &selectionProblem{
				words:  fmt.Sprintf("argument %q of %q has the type %q in the supergraph, but %s", a.Name, f.coordinate(), merged.Type, misfit),
				fix:    "Give a value that all subgraphs of the field accept.",
				places: c.report.fieldPlaces(f.sources),
			}
		}
	}
	for _, merged := range f.out.Args {
		if !isRequired(merged.Type, merged.DefaultValue) || given.ForName(merged.Name) != nil {
			continue
		}
		var requiring []fieldSource
		for _, s := range f.sources {
			if a := s.field.Argument(merged.Name); a != nil && isRequired(a.Type, a.Default) {
				requiring = append(requiring, s)
			}
		}
		return &selectionProblem{
			words:  fmt.Sprintf("argument %q of %q is required in %s", merged.Name, f.coordinate(), c.report.listed(fieldGraphs(requiring))),
			fix:    "Give the argument a value in the field set.",
			places: c.report.fieldPlaces(requiring),
		}
	}
	return nil
}
