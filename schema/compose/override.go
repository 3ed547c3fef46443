package compose

import (
	"github.com/vektah/gqlparser/v2/ast"

	"regexp"
	"slices"

	"github.com/tributary-gql/tributary/schema/diag"
	"github.com/tributary-gql/tributary/schema/subgraph"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// overrides is what @override means for one field.
type overrides struct {
	bySource      map[supergraph.GraphID]overrideRole // only subgraphs that joins must tell about, or sharing must skip
	unknownSource bool                                // some subgraph overrides one that does not exist
}

// overrideRole is a subgraph's part in an override.
type overrideRole struct {
	overridden bool   // another subgraph takes the field over from this one
	stillUsed  bool   // … but this one needs it for keys, requirements or interfaces
	label      string // of a progressive override, on both sides
}

// of returns the subgraph's role, the zero role where it has none.
func (o *overrides) of(g supergraph.GraphID) overrideRole {
	if o == nil {
		return overrideRole{}
	}
	return o.bySource[g]
}

func (o *overrides) set(g supergraph.GraphID, change func(*overrideRole)) {
	role := o.bySource[g]
	change(&role)
	o.bySource[g] = role
}

// validateOverrides checks every @override on the field and notes what they mean.
func (c *composition) validateOverrides(f *mergedField) {
	for _, s := range f.sources {
		if s.field.Override == nil {
			continue
		}
		if f.overrides == nil {
			f.overrides = &overrides{bySource: map[supergraph.GraphID]overrideRole{}}
		}
		c.validateOverride(f, s)
	}
}

func (c *composition) validateOverride(f *mergedField, s fieldSource) {
	override := s.field.Override
	place := []diag.Location{c.report.at(s.graph, override.Application.Position)}
	name := c.report.name(s.graph)
	switch {
	case s.field.Parent.InterfaceObject:
		c.report.error(diag.OverrideCollisionWithAnotherDirective, place, "Remove @override.",
			"@override on field %q in subgraph %q cannot stand on a field of an @interfaceObject type.", f.coordinate(), name)
		return
	case f.parent.kind == ast.Interface:
		c.report.error(diag.OverrideOnInterface, place, "Apply @override to the field in the implementing types.",
			"@override on field %q in subgraph %q cannot stand on a field of an interface.", f.coordinate(), name)
		return
	}
	from, ok := c.graphNamed(override.From)
	if !ok {
		f.overrides.unknownSource = true
		c.report.hint(diag.FromSubgraphDoesNotExist, place, didYouMean(override.From, c.graphNames()),
			"@override on field %q in subgraph %q is from the subgraph %q, which does not exist.", f.coordinate(), name, override.From)
		return
	}
	if from == s.graph {
		c.report.error(diag.OverrideFromSelfError, place, "Name the subgraph that resolved the field before.",
			"@override on field %q in subgraph %q names that subgraph itself.", f.coordinate(), name)
		return
	}
	c.validateOverrideSource(f, s, from, place)
}

// validateOverrideSource looks at the field in the subgraph that it is taken over from.
func (c *composition) validateOverrideSource(f *mergedField, s fieldSource, from supergraph.GraphID, place []diag.Location) {
	name, fromName := c.report.name(s.graph), c.report.name(from)
	source := f.source(from)
	if source == nil {
		abstract := slices.DeleteFunc(f.abstractions(), func(a abstraction) bool { return a.graph != from })
		if len(abstract) == 0 {
			c.report.hint(diag.OverrideDirectiveCanBeRemoved, place, "Remove @override.",
				"@override on field %q in subgraph %q has nothing to do: subgraph %q does not have the field any more.",
				f.coordinate(), name, fromName)
			return
		}
		c.report.error(diag.OverrideCollisionWithAnotherDirective, append(place, c.report.at(from, abstract[0].field.Position)),
			"Remove @override.",
			"@override on field %q in subgraph %q cannot take the field over from %q, where the @interfaceObject field %q stands for it.",
			f.coordinate(), name, fromName, abstract[0].field.Coordinate())
		return
	}
	if source.Override != nil {
		c.report.error(diag.OverrideSourceHasOverride, append(place, c.report.at(from, source.Override.Application.Position)),
			"Keep one @override for the field.",
			"@override on field %q in subgraph %q is from subgraph %q, where the field has an @override itself.",
			f.coordinate(), name, fromName)
		return
	}
	if directive, graph, pos := overrideConflict(s, from, source); directive != "" {
		c.report.error(diag.OverrideCollisionWithAnotherDirective, append(place, c.report.at(graph, pos.Position)),
			"Remove the other directive, or resolve the field under another name.",
			"@override on field %q in subgraph %q cannot be combined with @%s on the field in subgraph %q.",
			f.coordinate(), name, directive, c.report.name(graph))
		return
	}
	c.applyOverride(f, s, from, source, place)
}

// source returns the declaration in the subgraph, or nil.
func (f *mergedField) source(g supergraph.GraphID) *subgraph.Field {
	for _, s := range f.sources {
		if s.graph == g {
			return s.field
		}
	}
	return nil
}

// overrideConflict returns the directive that an override cannot be combined with, and where it stands.
func overrideConflict(s fieldSource, from supergraph.GraphID, source *subgraph.Field) (string, supergraph.GraphID, *subgraph.Application) {
	switch {
	case s.field.External:
		if a := subgraph.First(s.field.Applied, subgraph.KnownExternal); a != nil {
			return a.Name, s.graph, a
		}
		a := subgraph.First(s.field.Parent.Applied, subgraph.KnownExternal)
		return a.Name, s.graph, a
	case source.Requires != nil:
		return source.Requires.Application.Name, from, source.Requires.Application
	case source.Provides != nil:
		return source.Provides.Application.Name, from, source.Provides.Application
	}
	return "", 0, nil
}

// applyOverride notes a valid override and gives the hints that go with it.
func (c *composition) applyOverride(f *mergedField, s fieldSource, from supergraph.GraphID, source *subgraph.Field, place []diag.Location) {
	name, fromName := c.report.name(s.graph), c.report.name(from)
	places := slices.Concat(place, []diag.Location{c.report.at(from, source.Position)})
	label := s.field.Override.Label
	if label != "" && !isOverrideLabel(label) {
		c.report.error(diag.OverrideLabelInvalid, place,
			`Use a name that starts with a letter and goes on with letters, digits and "_-:./", or "percent(x)" with x from 0 to 100 and at most 8 decimals.`,
			"@override on field %q in subgraph %q has the malformed label %q.", f.coordinate(), name, label)
		label = ""
	}
	if source.External {
		c.report.hint(diag.OverrideDirectiveCanBeRemoved, places, "Remove @override.",
			"@override on field %q in subgraph %q has nothing to do: the field is @external in subgraph %q.", f.coordinate(), name, fromName)
	} else {
		f.overrides.set(from, func(r *overrideRole) { r.overridden, r.stillUsed = true, source.Used })
	}
	remove := "Remove the field from subgraph \"" + fromName + "\""
	if source.Used {
		remove += " together with the keys, requirements or interfaces that use it there, or mark it @external"
	}
	switch {
	case label != "":
		f.overrides.set(from, func(r *overrideRole) { r.label = label })
		f.overrides.set(s.graph, func(r *overrideRole) { r.label = label })
		c.report.hint(diag.OverrideMigrationInProgress, places, remove+", once the migration is done.",
			"Field %q is being migrated from subgraph %q to %q with the label %q.", f.coordinate(), fromName, name, label)
	case !source.External:
		c.report.hint(diag.OverriddenFieldCanBeRemoved, places, remove+".",
			"Field %q in subgraph %q is overridden by subgraph %q.", f.coordinate(), fromName, name)
	}
}

var (
	overrideLabel   = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_\-:./]*$`)
	overridePercent = regexp.MustCompile(`^percent\((\d{1,2}(\.\d{1,8})?|100)\)$`)
)

func isOverrideLabel(label string) bool {
	return overrideLabel.MatchString(label) || overridePercent.MatchString(label)
}

func (c *composition) graphNamed(name string) (supergraph.GraphID, bool) {
	i := slices.IndexFunc(c.subgraphs, func(s *subgraph.Subgraph) bool { return s.Name == name })
	return supergraph.GraphID(i), i >= 0
}

func (c *composition) graphNames() []string {
	names := make([]string, len(c.subgraphs))
	for i, s := range c.subgraphs {
		names[i] = s.Name
	}
	return names
}
