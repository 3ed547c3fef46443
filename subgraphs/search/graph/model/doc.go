// Package model holds the Go types of the search service's GraphQL schema; gqlgen generates them.
package model
