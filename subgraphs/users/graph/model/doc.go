// Package model holds the Go types of the users service's GraphQL schema; gqlgen generates them.
package model
