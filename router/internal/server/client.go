package server

import (
	"net/http"

	"github.com/tributary-gql/tributary/router/internal/auth"
	"github.com/tributary-gql/tributary/router/internal/exec"
	"github.com/tributary-gql/tributary/router/internal/gqlerr"
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

// masked hides the messages of subgraphs' errors that carry no code of their own: nobody made those for clients.
type masked struct{}

// Message implements exec.ErrorPolicy.
func (masked) Message(subgraph, code string, _ []byte) []byte {
	if code != uncoded {
		return nil
	}
	return gqlerr.AppendString(nil, "The service "+subgraph+" reported an error.")
}

// uncoded is the code that the executor gives to errors without one.
const uncoded = exec.CodeSubgraph

// KeepExtension implements exec.ErrorPolicy: what services say about their insides stays inside.
func (masked) KeepExtension(_, name string) bool { return name == "code" }
