package subgraph_test

import (
	"fmt"
	"os"

	"github.com/tributary-gql/tributary/schema/diag"
	"github.com/tributary-gql/tributary/schema/subgraph"
)

func ExampleParse() {
	s, problems := subgraph.Parse("products", "http://localhost:4001/graphql", "products.graphql", `
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: [{ name: "@key", as: "@id" }])

type Query {
  product(id: ID!): Product
}

type Product @id(fields: "id") {
  id: ID!
  name: String @federation__shareable
}
`)
	if s == nil {
		_ = diag.Text(os.Stderr, problems, diag.TextOptions{})
		return
	}
	product := s.Type("Product")
	fmt.Println(s.LinkedVersion, s.DirectiveName(subgraph.KnownKey))
	fmt.Println(product.Keys[0].Text, product.Keys[0].Resolvable)
	fmt.Println(product.Field("name").Shareable)
	// Output:
	// v2.3 id
	// id true
	// true
}

func ExampleParse_problems() {
	sdl := `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])

type Query {
  product: Product
}

type Product @key(fields: "id sku") {
  id: ID!
}
`
	_, problems := subgraph.Parse("products", "", "products.graphql", sdl)
	_ = diag.Text(os.Stdout, problems, diag.TextOptions{Source: func(string) (string, bool) { return sdl, true }})
	// Output:
	// error[KEY_INVALID_FIELDS]: On type "Product", for @key(fields: "id sku"): type "Product" has no field "sku" in this subgraph.
	//   --> products.graphql:7:31 (subgraph products)
	//    |
	//  7 | type Product @key(fields: "id sku") {
	//    |                               ^
	//   fix: If another subgraph defines the field, declare it here too, with @external.
}

func ExampleUpgradeAll() {
	products, _ := subgraph.ParseSDL("products", "", `type Query { top: Product } type Product @key(fields: "id") { id: ID!, size: Size } type Size { width: Int }`)
	reviews, _ := subgraph.ParseSDL("reviews", "", `extend type Product @key(fields: "id") { id: ID! @external, reviews: [String] } type Size { width: Int }`)
	upgraded, problems := subgraph.UpgradeAll([]*subgraph.Subgraph{products, reviews})
	fmt.Println(len(problems), upgraded[0].Type("Size").Field("width").Shareable, upgraded[1].Type("Product").IsExtension())
	// Output:
	// 0 true false
}
