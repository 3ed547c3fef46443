package server

import (
	"net/http"

	"github.com/tributary-gql/tributary/router/internal/auth"
	"github.com/tributary-gql/tributary/router/internal/headers"
	"github.com/tributary-gql/tributary/router/internal/subgraphclient"
)

// client is what a request brings to its fetches: the headers that the rules let through.
type client struct {
	rules    *headers.Rules
	header   http.Header
	identity *auth.Identity
}

// AppendHeaders implements subgraphclient.HeaderSource.
func (c *client) AppendHeaders(subgraph string, dst *subgraphclient.Headers) {
	c.rules.Apply(subgraph, &headers.Caller{
		Header: c.header, Claims: c.identity.Claims, Scopes: c.identity.Scopes, Authenticated: c.identity.Authenticated(),
	}, dst.Add)
}
