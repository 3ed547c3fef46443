package compose_test

import (
	"fmt"

	"github.com/tributary-gql/tributary/schema/compose"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

const usersSDL = `
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])

type Query {
  me: User
}

type User @key(fields: "id") {
  id: ID!
  name: String
}
`

const paymentsSDL = `
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])

type User @key(fields: "id") {
  id: ID!
  balance: Int
}
`

// Compose two subgraphs and print the API that clients see.
func ExampleSources() {
	result := compose.Sources(
		compose.Source{Name: "users", URL: "http://users/graphql", SDL: usersSDL},
		compose.Source{Name: "payments", URL: "http://payments/graphql", SDL: paymentsSDL},
	)
	api, err := result.Supergraph.API()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(supergraph.FormatSchema(api))
	// Output:
	// type Query {
	//   me: User
	// }
	//
	// type User {
	//   id: ID!
	//   balance: Int
	//   name: String
	// }
}

// Errors say what is wrong, where, and what to do about it.
func ExampleSources_errors() {
	result := compose.Sources(
		compose.Source{Name: "users", File: "users.graphql", SDL: usersSDL},
		compose.Source{Name: "copy", File: "copy.graphql", SDL: usersSDL},
	)
	for _, e := range result.Errors {
		fmt.Printf("%s: %s\n", e.Code, e.Message)
		for _, at := range e.Locations {
			fmt.Printf("  %s:%d:%d\n", at.File, at.Line, at.Column)
		}
	}
	// Output:
	// INVALID_FIELD_SHARING: Field "Query.me" is resolved from subgraph "copy" and subgraph "users", but is not shareable in any of them.
	//   copy.graphql:5:3
	//   users.graphql:5:3
	// INVALID_FIELD_SHARING: Field "User.name" is resolved from subgraph "copy" and subgraph "users", but is not shareable in any of them.
	//   copy.graphql:10:3
	//   users.graphql:10:3
}
