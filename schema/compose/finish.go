package compose

import (
	"cmp"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/supergraph"
)

// finish puts the merged parts together, in the order the printed supergraph has them.
func (c *composition) finish() {
	c.out.Links = append(c.out.Links, supergraph.Link{URL: specs + "link/v1.0"}, c.joinLink())
	c.out.Links = append(c.out.Links, c.features.links...)
	c.out.Links = append(c.out.Links, c.composed.links...)
	c.out.FeatureTypes = slices.DeleteFunc(slices.Clone(c.features.types), func(d *ast.Definition) bool { return c.byName[d.Name] != nil })
	slices.SortStableFunc(c.out.Directives, func(a, b *ast.DirectiveDefinition) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(c.types, func(a, b *mergedType) int { return cmp.Compare(a.name, b.name) })
	for _, t := range c.types {
		c.out.Types = append(c.out.Types, t.out)
	}
	c.out.Index()
}
