// Package model holds the Go types of the notifications service's GraphQL schema; gqlgen generates them.
package model
