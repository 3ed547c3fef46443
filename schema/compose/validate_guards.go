package compose

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
	"github.com/tributary-gql/tributary/schema/fieldset"
	"github.com/tributary-gql/tributary/schema/subgraph"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// guard is what one must hold to see an element.
type guard struct {
	authenticated bool
	scopes        dnf
	policies      dnf
}

// guardOf reads the guard from an element's merged directives.
func (c *composition) guardOf(directives ast.DirectiveList) guard {
	var g guard
	for _, d := range directives {
		switch d.Name {
		case c.features.names[subgraph.KnownAuthenticated]:
			g.authenticated = true
		case c.features.names[subgraph.KnownRequiresScopes]:
			g.scopes = argumentDNF(d, "scopes")
		case c.features.names[subgraph.KnownPolicy]:
			g.policies = argumentDNF(d, "policies")
		}
	}
	return g
}

func argumentDNF(d *ast.Directive, name string) dnf {
	if a := d.Arguments.ForName(name); a != nil {
		return parseDNF(a.Value)
	}
	return nil
}

// and returns the guard of two guards together. Guards too large to put together keep the first: asking for less here only
// means to report a missing guard.
func (g guard) and(other guard) guard {
	both := guard{authenticated: g.authenticated || other.authenticated, scopes: g.scopes, policies: g.policies}
	if scopes, ok := g.scopes.and(other.scopes); ok {
		both.scopes = scopes
	}
	if policies, ok := g.policies.and(other.policies); ok {
		both.policies = policies
	}
	return both
}

// implies reports whether who passes g passes other.
func (g guard) implies(other guard) bool {
	return (g.authenticated || !other.authenticated) && g.scopes.implies(other.scopes) && g.policies.implies(other.policies)
}

// validateGuards checks that a field is guarded at least like the data that it takes from elsewhere with @requires or
// @fromContext: clients could learn that data through it.
func (c *composition) validateGuards() {
	for i, s := range c.subgraphs {
		g := supergraph.GraphID(i)
		for _, t := range s.Types {
			for _, f := range t.Fields {
				if f.Requires != nil {
					c.validateRequiredGuards(g, f)
				}
				for _, a := range f.Arguments {
					if a.FromContext != nil {
						c.validateContextGuards(g, f, a)
					}
				}
			}
		}
	}
}

// held is what one must hold to see the field.
func (c *composition) held(f *subgraph.Field) guard {
	t := c.byName[f.Parent.Name]
	held := c.guardOf(t.out.Directives)
	merged := t.field[f.Name]
	held = held.and(c.guardOf(merged.out.Directives))
	if returned := c.byName[merged.out.Type.Name()]; returned != nil {
		held = held.and(c.guardOf(returned.out.Directives))
	}
	return held
}

func (c *composition) validateRequiredGuards(g supergraph.GraphID, f *subgraph.Field) {
	open := c.unguarded(c.held(f), c.byName[f.Parent.Name], f.Requires.Set.Selections)
	if open == "" {
		return
	}
	c.report.error(diag.MissingTransitiveAuthRequirements, []diag.Location{c.report.at(g, f.Position)},
		"Apply the @authenticated, @requiresScopes and @policy that guard the required data to this field too.",
		"Field %q in subgraph %q requires %q, but is not guarded like it.", f.Coordinate(), c.report.name(g), open)
}

func (c *composition) validateContextGuards(g supergraph.GraphID, f *subgraph.Field, a *subgraph.Argument) {
	held := c.held(f)
	for _, t := range c.subgraphs[g].Types {
		sets := slices.ContainsFunc(subgraph.All(t.Applied, subgraph.KnownContext), func(app *subgraph.Application) bool {
			name := app.ArgumentOf("name")
			return name != nil && name.Raw == a.FromContext.Context
		})
		if !sets {
			continue
		}
		merged := c.byName[t.Name]
		if held.implies(c.guardOf(merged.out.Directives)) && c.unguarded(held, merged, a.FromContext.Set.Selections) == "" {
			continue
		}
		c.report.error(diag.MissingTransitiveAuthRequirements, []diag.Location{c.report.at(g, a.Position), c.report.at(g, t.Position)},
			"Apply the @authenticated, @requiresScopes and @policy that guard the data in the context to this field too.",
			"Field %q in subgraph %q takes data of type %q from the context %q, but is not guarded like it.",
			f.Coordinate(), c.report.name(g), t.Name, a.FromContext.Context)
		return
	}
}

// unguarded returns the coordinate of the first thing selected that asks for more than is held, or "".
func (c *composition) unguarded(held guard, t *mergedType, selections []*fieldset.Selection) string {
	if t == nil {
		return ""
	}
	for _, s := range selections {
		on, name := t, t.name
		switch {
		case !s.IsFragment():
			f := t.field[s.Field]
			if f == nil {
				continue
			}
			if name = f.coordinate(); !held.implies(c.guardOf(f.out.Directives)) {
				return name
			}
			on = c.byName[f.out.Type.Name()]
		case s.On != "":
			on, name = c.byName[s.On], s.On
			if on != nil && on != t && !c.isPossible(on.name, t.name) && !c.isPossible(t.name, on.name) {
				continue // can never apply
			}
		}
		if on != nil && !held.implies(c.guardOf(on.out.Directives)) {
			return name
		}
		if open := c.unguarded(held, on, s.Sub); open != "" {
			return open
		}
	}
	return ""
}
