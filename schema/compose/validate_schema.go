package compose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
)

// validateSchema checks that the merged types are a valid GraphQL schema: each subgraph's are, but what one subgraph says about
// a type may not fit what another says about the types it refers to.
func (c *composition) validateSchema() {
	for _, t := range c.types {
		switch t.kind {
		case ast.Object, ast.Interface:
			for _, i := range t.interfaces {
				c.validateImplementation(t, i)
			}
			for _, f := range t.fields {
				c.validateFieldArguments(f)
			}
		case ast.InputObject:
			c.validateInputFields(t)
		}
	}
	c.validateInputCycles()
}

// graphqlError notes that the merged schema breaks a rule of GraphQL.
func (c *composition) graphqlError(places []diag.Location, fix, format string, args ...any) {
	c.report.error(diag.InvalidGraphQL, places, fix, format, args...)
}

// validateImplementation checks a type against an interface it implements.
// https://spec.graphql.org/October2021/#IsValidImplementation()
func (c *composition) validateImplementation(t, i *mergedType) {
	for _, parent := range i.interfaces {
		if parent != t && !t.implements[parent.name] {
			c.graphqlError(c.report.typePlaces(t.sources), fmt.Sprintf("Let %q implement %q.", t.name, parent.name),
				"Type %q implements %q but not %q, which %q implements in another subgraph.", t.name, i.name, parent.name, i.name)
		}
	}
	if i == t || i.implements[t.name] {
		c.graphqlError(c.report.typePlaces(t.sources), "Break the circle.", "The interfaces %q and %q implement each other.", t.name, i.name)
	}
	for _, want := range i.fields {
		own := t.field[want.name]
		if own == nil {
			continue // reported by validateStructure
		}
		places := func() []diag.Location {
			return append(c.report.fieldPlaces(own.sources), c.report.fieldPlaces(want.sources)...)
		}
		if !c.isSubtype(want.out.Type, own.out.Type) {
			c.graphqlError(places(), "Give the field types that fit in all subgraphs.",
				"Field %q has the type %q in the supergraph, which does not fit %q, whose type is %q.",
				own.coordinate(), own.out.Type, want.coordinate(), want.out.Type)
		}
		c.validateImplementedArguments(own, want, places)
	}
}

func (c *composition) validateImplementedArguments(own, want *mergedField, places func() []diag.Location) {
	for _, a := range want.out.Args {
		mine := own.out.Args.ForName(a.Name)
		switch {
		case mine == nil:
			c.graphqlError(places(), "Give all subgraphs of the type the argument.",
				"Field %q has no argument %q in the supergraph, but the interface field %q has it.", own.coordinate(), a.Name, want.coordinate())
		case !sameType(mine.Type, a.Type):
			c.graphqlError(places(), "Give the argument one type in all subgraphs.",
				"Argument \"%s(%s:)\" has the type %q in the supergraph, but the interface field %q has %q.",
				own.coordinate(), a.Name, mine.Type, want.coordinate(), a.Type)
		}
	}
	for _, mine := range own.out.Args {
		if want.out.Args.ForName(mine.Name) == nil && isRequired(mine.Type, mine.DefaultValue) {
			c.graphqlError(places(), "Make the argument optional, or add it to the interface.",
				"Argument \"%s(%s:)\" is required, but the interface field %q does not have it.", own.coordinate(), mine.Name, want.coordinate())
		}
	}
}

const deprecatedRequired = "Make it optional, or remove @deprecated."

func (c *composition) validateFieldArguments(f *mergedField) {
	for _, a := range f.out.Args {
		places := func() []diag.Location { return c.argumentPlaces(f, a.Name) }
		coordinate := fmt.Sprintf("%s(%s:)", f.coordinate(), a.Name)
		if isRequired(a.Type, a.DefaultValue) && isDeprecated(a.Directives) {
			c.graphqlError(places(), deprecatedRequired, "Argument %q is required and cannot be @deprecated.", coordinate)
		}
		if misfit := c.misfit(a.DefaultValue, a.Type); misfit != "" {
			c.graphqlError(places(), "Use a default value that all subgraphs accept.",
				"The default of argument %q does not fit its type %q in the supergraph: %s.", coordinate, a.Type, misfit)
		}
	}
}

func (c *composition) validateInputFields(t *mergedType) {
	for _, f := range t.fields {
		if f.dropped {
			continue
		}
		if isRequired(f.out.Type, f.out.Default) && isDeprecated(f.out.Directives) {
			c.graphqlError(c.report.fieldPlaces(f.sources), deprecatedRequired,
				"Input field %q is required and cannot be @deprecated.", f.coordinate())
		}
		if misfit := c.misfit(f.out.Default, f.out.Type); misfit != "" {
			c.graphqlError(c.report.fieldPlaces(f.sources), "Use a default value that all subgraphs accept.",
				"The default of input field %q does not fit its type %q in the supergraph: %s.", f.coordinate(), f.out.Type, misfit)
		}
	}
}

func isDeprecated(directives ast.DirectiveList) bool { return directives.ForName("deprecated") != nil }

// argumentPlaces returns where a field's argument is declared.
func (c *composition) argumentPlaces(f *mergedField, name string) []diag.Location {
	var places []diag.Location
	for _, s := range f.sources {
		if a := s.field.Argument(name); a != nil {
			places = append(places, c.report.at(s.graph, a.Position))
		}
	}
	return places
}

// validateInputCycles reports input types that cannot be written down, since they contain themselves through fields that must be
// given: merging takes the stricter of two types.
// https://spec.graphql.org/October2021/#sec-Input-Objects.Circular-References
func (c *composition) validateInputCycles() {
	const (
		unseen = iota
		onPath
		done
	)
	state := map[*mergedType]int{}
	var path []*mergedField
	type frame struct {
		t    *mergedType
		next int
	}
	for _, start := range c.types {
		if start.kind != ast.InputObject || state[start] != unseen {
			continue
		}
		stack := []frame{{t: start}}
		state[start] = onPath
		for len(stack) > 0 {
			top := &stack[len(stack)-1]
			if top.next == len(top.t.fields) {
				state[top.t] = done
				stack = stack[:len(stack)-1]
				if len(path) > 0 {
					path = path[:len(path)-1]
				}
				continue
			}
			f := top.t.fields[top.next]
			top.next++
			to := c.byName[f.out.Type.Name()]
			if !f.out.Type.NonNull || f.out.Type.Elem != nil || to == nil || to.kind != ast.InputObject || f.dropped {
				continue
			}
			switch state[to] {
			case unseen:
				state[to] = onPath
				path = append(path, f)
				stack = append(stack, frame{t: to})
			case onPath:
				c.reportInputCycle(append(slices.Clone(path), f), to)
			}
		}
	}
}

func (c *composition) reportInputCycle(path []*mergedField, to *mergedType) {
	i := slices.IndexFunc(path, func(f *mergedField) bool { return f.parent == to })
	var coordinates []string
	var places []diag.Location
	for _, f := range path[max(i, 0):] {
		coordinates = append(coordinates, f.coordinate())
		places = append(places, c.report.fieldPlaces(f.sources)...)
	}
	c.graphqlError(places, "Make one of the fields nullable in all subgraphs.",
		"Input type %q contains itself through fields that must be given: %s.", to.name, strings.Join(coordinates, ", "))
}
