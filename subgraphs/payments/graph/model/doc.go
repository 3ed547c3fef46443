// Package model holds the Go types of the payments service's GraphQL schema; gqlgen generates them.
package model
