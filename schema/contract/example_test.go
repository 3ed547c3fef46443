package contract_test

import (
	"fmt"

	"github.com/tributary-gql/tributary/schema/compose"
	"github.com/tributary-gql/tributary/schema/contract"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// Make an API for partners, without what is tagged as internal.
func ExampleApply() {
	composed := compose.Sources(compose.Source{Name: "users", SDL: `
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@tag"])

type Query {
  users: [User!]
  audit: [String!] @tag(name: "internal")
}

type User {
  name: String
  passwordHash: String @tag(name: "internal")
}
`})
	partners := contract.Apply(composed.Supergraph, contract.Filter{Exclude: []string{"internal"}})
	for _, e := range partners.Errors {
		fmt.Println(e.Code, e.Message)
	}
	api, err := partners.Supergraph.API()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(supergraph.FormatSchema(api))
	// Output:
	// type Query {
	//   users: [User!]
	// }
	//
	// type User {
	//   name: String
	// }
}
