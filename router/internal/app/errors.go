package app

import (
	"github.com/tributary-gql/tributary/router/internal/config"
	"github.com/tributary-gql/tributary/router/internal/gqlerr"
)

// errorPolicy is what clients see of subgraphs' errors.
func errorPolicy(c *config.Config) *gqlerr.Policy {
	policy := &gqlerr.Policy{All: errorRule(c, ""), Subgraphs: make(map[string]gqlerr.Rule, len(c.Errors.Subgraphs))}
	for name := range c.Errors.Subgraphs {
		policy.Subgraphs[name] = errorRule(c, name)
	}
	return policy
}

func errorRule(c *config.Config, subgraph string) gqlerr.Rule {
	r := c.Errors.ErrorRuleFor(subgraph)
	return gqlerr.Rule{Messages: gqlerr.Messages(r.Messages), Codes: r.Codes, Extensions: r.Extensions}
}
