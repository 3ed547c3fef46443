package compose

import (
	"fmt"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// isExternalEverywhere reports whether no subgraph resolves the field, not even through an interface object.
func (c *composition) isExternalEverywhere(f *mergedField) bool {
	for _, s := range f.sources {
		if !s.field.External {
			return false
		}
	}
	return !slices.ContainsFunc(f.abstractions(), func(a abstraction) bool { return !a.field.External })
}

// withoutExternal returns the declarations that count, and reports merged directives on the others, where they would
// be lost. When the field is only resolved through interface objects, the external declarations are all there is.
func (c *composition) withoutExternal(f *mergedField) []fieldSource {
	own := make([]fieldSource, 0, len(f.sources))
	for _, s := range f.sources {
		if !s.field.External {
			own = append(own, s)
			continue
		}
		for _, a := range s.field.Applied {
			if c.mergedName(s.graph, a) == "" {
				continue
			}
			c.report.error(diag.MergedDirectiveApplicationOnExternal,
				[]diag.Location{c.report.at(s.graph, a.Position)}, "Apply it where the field is resolved.",
				"@%s has no effect on the @external field %q in subgraph %q.", a.Name, f.coordinate(), c.report.name(s.graph))
		}
	}
	if len(own) == 0 {
		return f.sources
	}
	return own
}

// validateExternal checks that external declarations agree with the merged field.
func (c *composition) validateExternal(f *mergedField, allEqual bool) {
	var external []fieldSource
	for _, s := range f.sources {
		if s.field.External {
			external = append(external, s)
		}
	}
	c.validateExternalTypes(f, external, allEqual)
	for _, arg := range f.out.Args {
		c.validateExternalArgument(f, external, arg)
	}
}

func (c *composition) validateExternalTypes(f *mergedField, external []fieldSource, allEqual bool) {
	fits := func(t *ast.Type) bool {
		return sameType(f.out.Type, t) || !allEqual && c.isStrictSubtype(f.out.Type, t)
	}
	if !slices.ContainsFunc(external, func(s fieldSource) bool { return !fits(s.field.Type) }) {
		return
	}
	var t tally
	for _, s := range f.sources {
		t.add(fmt.Sprintf("the type %q", s.field.Type), s.graph)
	}
	c.report.error(diag.ExternalTypeMismatch, c.report.fieldPlaces(f.sources), "Give the @external declaration the type of the field it refers to.",
		"Field %q is @external in %s with a type that does not fit: it has %s.",
		f.coordinate(), c.report.listed(fieldGraphs(external)), c.report.words(&t))
}

func (c *composition) validateExternalArgument(f *mergedField, external []fieldSource, arg *ast.ArgumentDefinition) {
	var missing []supergraph.GraphID
	badType, badDefault := false, false
	for _, s := range external {
		own := s.field.Argument(arg.Name)
		if own == nil {
			missing = append(missing, s.graph)
			continue
		}
		if !sameType(arg.Type, own.Type) && !c.isStrictSubtype(own.Type, arg.Type) {
			badType = true
		}
		if !sameDefault(arg.DefaultValue, own.Default, arg.Type) {
			badDefault = true
		}
	}
	coordinate := fmt.Sprintf("%s(%s:)", f.coordinate(), arg.Name)
	if len(missing) > 0 {
		c.report.error(diag.ExternalArgumentMissing, c.report.fieldPlaces(f.sources), "Declare the argument on the @external field.",
			"Argument %q is missing where the field is @external, in %s.", coordinate, c.report.listed(missing))
	}
	if !badType && !badDefault {
		return
	}
	var types, defaults tally
	var places []diag.Location
	for _, s := range f.sources {
		if a := s.field.Argument(arg.Name); a != nil {
			types.add(fmt.Sprintf("the type %q", a.Type), s.graph)
			defaults.add(describeDefault(a.Default), s.graph)
			places = append(places, c.report.at(s.graph, a.Position))
		}
	}
	if badType {
		c.report.error(diag.ExternalArgumentTypeMismatch, places,
			"Give the argument of the @external field the type it has where the field is resolved.",
			"Argument %q has incompatible types where the field is @external: it has %s.", coordinate, c.report.words(&types))
	}
	if badDefault {
		c.report.error(diag.ExternalArgumentDefaultMismatch, places,
			"Give the argument of the @external field the default it has where the field is resolved.",
			"Argument %q has incompatible defaults where the field is @external: it has %s.", coordinate, c.report.words(&defaults))
	}
}
