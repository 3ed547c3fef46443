package diff_test

import (
	"fmt"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diff"
)

// Tell what changed between two versions of an API, and what that means for clients.
func ExampleSchemas() {
	before := gqlparser.MustLoadSchema(&ast.Source{Input: "type Query { user(id: ID!): String, users: [String] }"})
	after := gqlparser.MustLoadSchema(&ast.Source{Input: "type Query { user(id: ID!, verbose: Boolean): String, count: Int }"})
	changes := diff.Schemas(before, after)
	for _, c := range changes {
		fmt.Printf("%s: %s\n", c.Class(), c.Coordinate)
	}
	fmt.Println("together:", diff.Worst(changes))
	// Output:
	// DANGEROUS: Query.user(verbose:)
	// BREAKING: Query.users
	// SAFE: Query.count
	// together: BREAKING
}
