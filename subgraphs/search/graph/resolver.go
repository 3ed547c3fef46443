// Package graph publishes the search service as a subgraph: schema.graphqls is the published SDL, the resolvers only translate between it and
// the domain.
package graph

import "github.com/tributary-gql/tributary/subgraphs/search"

// Resolver answers the root fields.
type Resolver struct {
	Searcher *search.Searcher
}
