package diag

// fieldSetEntries are about the argument "fields" of @key, @requires and @provides.
func fieldSetEntries() []Entry {
	return []Entry{
		{
			Code: KeyFieldsHasArgs, Phase: PhaseSubgraph,
			Summary:     "A @key selects a field that takes arguments.",
			Explanation: "A key identifies an entity; what it holds cannot depend on arguments.",
			Fix:         "Use fields without arguments.",
			Example: `# subgraph products
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key"])

type Query {
  product: Product
}

type Product @key(fields: "sku") {
  sku(format: String): String
}
`,
		},
		{
			Code: ProvidesFieldsHasArgs, Phase: PhaseSubgraph,
			Summary:     "A @provides selects a field that takes arguments.",
			Explanation: "What a subgraph provides must hold whatever arguments are given.",
			Fix:         "Provide fields without arguments only.",
			Example: `# subgraph products
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@provides", "@external"])

type Query {
  product: Product @provides(fields: "name")
}

type Product @key(fields: "id") {
  id: ID!
  name(locale: String): String @external
}
`,
		},
		{
			Code: KeyDirectiveInFieldsArg, Phase: PhaseSubgraph, Aliases: []Code{"KEY_HAS_DIRECTIVE_IN_FIELDS_ARGS"},
			Summary:     "The field set of a @key has a directive in it.",
			Explanation: "Field sets name fields; directives on them would have no effect.",
			Fix:         "Remove the directive.",
			Example: `# subgraph products
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key"])

type Query {
  product: Product
}

type Product @key(fields: "id @skip(if: true)") {
  id: ID!
}
`,
		},
		{
			Code: ProvidesDirectiveInFieldsArg, Phase: PhaseSubgraph, Aliases: []Code{"PROVIDES_HAS_DIRECTIVE_IN_FIELDS_ARGS"},
			Summary:     "The field set of a @provides has a directive in it.",
			Explanation: "Field sets name fields; directives on them would have no effect.",
			Fix:         "Remove the directive.",
			Example: `# subgraph products
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@provides", "@external"])

type Query {
  product: Product @provides(fields: "name @skip(if: true)")
}

type Product @key(fields: "id") {
  id: ID!
  name: String @external
}
`,
		},
		{
			Code: RequiresDirectiveInFieldsArg, Phase: PhaseSubgraph, Aliases: []Code{"REQUIRES_HAS_DIRECTIVE_IN_FIELDS_ARGS"},
			Summary:     "The field set of a @requires has a directive in it.",
			Explanation: "Field sets name fields; directives on them would have no effect.",
			Fix:         "Remove the directive.",
			Example: `# subgraph shipping
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@requires", "@external"])

type Query {
  product: Product
}

type Product @key(fields: "id") {
  id: ID!
  weight: Int @external
  shipping: Int @requires(fields: "weight @include(if: true)")
}
`,
		},
		{
			Code: KeyInvalidFieldsType, Phase: PhaseSubgraph,
			Summary:     "The argument \"fields\" of a @key is not a string.",
			Explanation: "Federation 1 also took lists and bare names; federation 2 wants one string.",
			Fix:         "Write @key(fields: \"a b\").",
			Example: `# subgraph products
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key"])

type Query {
  product: Product
}

type Product @key(fields: ["id"]) {
  id: ID!
}
`,
		},
		{
			Code: ProvidesInvalidFieldsType, Phase: PhaseSubgraph,
			Summary:     "The argument \"fields\" of a @provides is not a string.",
			Explanation: "Federation 1 also took lists and bare names; federation 2 wants one string.",
			Fix:         "Write @provides(fields: \"a b\").",
			Example: `# subgraph products
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@provides", "@external"])

type Query {
  product: Product @provides(fields: name)
}

type Product @key(fields: "id") {
  id: ID! 
  name: String
}
`,
		},
		{
			Code: RequiresInvalidFieldsType, Phase: PhaseSubgraph,
			Summary:     "The argument \"fields\" of a @requires is not a string.",
			Explanation: "Federation 1 also took lists and bare names; federation 2 wants one string.",
			Fix:         "Write @requires(fields: \"a b\").",
			Example: `# subgraph shipping
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@requires", "@external"])

type Query {
  product: Product
}

type Product @key(fields: "id") {
  id: ID!
  shipping: Int @requires(fields: ["id"])
}
`,
		},
		{
			Code: KeyInvalidFields, Phase: PhaseSubgraph,
			Summary:     "The field set of a @key cannot be read: it has a syntax error, or names fields that do not exist.",
			Explanation: "Every field of a key must be declared in the same subgraph, and fields of object types need a selection of their own.",
			Fix:         "Correct the field set, or declare the field (with @external if another subgraph resolves it).",
			Example: `# subgraph products
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key"])

type Query {
  product: Product
}

type Product @key(fields: "sku") {
  id: ID!
}
`,
		},
		{
			Code: ProvidesInvalidFields, Phase: PhaseSubgraph,
			Summary:     "The field set of a @provides cannot be read: it has a syntax error, or names fields that do not exist.",
			Explanation: "The set selects from the type of the field that carries @provides, as this subgraph declares it.",
			Fix:         "Correct the field set, or declare the field with @external.",
			Example: `# subgraph products
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@provides"])

type Query {
  product: Product @provides(fields: "nam")
}

type Product @key(fields: "id") {
  id: ID!
  name: String
}
`,
		},
		{
			Code: RequiresInvalidFields, Phase: PhaseSubgraph,
			Summary: "The field set of a @requires cannot be read: it has a syntax error, or names fields or arguments that do not exist.",
			Explanation: "The set selects from the type that declares the field with @requires. Arguments in it must also exist in the subgraphs that resolve the " +
				"required fields; that is checked when merging.",
			Fix: "Correct the field set, or declare the field with @external.",
			Example: `# subgraph shipping
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@requires", "@external"])

type Query {
  product: Product
}

type Product @key(fields: "id") {
  id: ID!
  shipping: Int @requires(fields: "weight")
}
`,
		},
		{
			Code: ProvidesFieldsMissingExternal, Phase: PhaseSubgraph, Aliases: []Code{"PROVIDES_MISSING_EXTERNAL"},
			Summary:     "A @provides selects a field that is not @external.",
			Explanation: "@provides says that a field of another subgraph can be had here on one path. A field that this subgraph resolves anyway is always provided.",
			Fix:         "Mark the field @external if another subgraph resolves it, or remove it from the field set.",
			Example: `# subgraph products
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@provides"])

type Query {
  product: Product @provides(fields: "name")
}

type Product @key(fields: "id") {
  id: ID!
  name: String
}
`,
		},
		{
			Code: RequiresFieldsMissingExternal, Phase: PhaseSubgraph, Aliases: []Code{"REQUIRES_MISSING_EXTERNAL"},
			Summary:     "A @requires selects a field that is not @external.",
			Explanation: "@requires asks for fields that other subgraphs resolve. What this subgraph resolves itself it has without asking.",
			Fix:         "Mark the field @external if another subgraph resolves it, or remove it from the field set.",
			Example: `# subgraph shipping
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@requires"])

type Query {
  product: Product
}

type Product @key(fields: "id") {
  id: ID!
  weight: Int
  shipping: Int @requires(fields: "weight")
}
`,
		},
		{
			Code: KeyUnsupportedOnInterface, Phase: PhaseSubgraph,
			Summary:     "A @key is on an interface, and the linked version of federation is older than 2.3.",
			Explanation: "Keys of interfaces (entity interfaces) came with federation 2.3.",
			Fix:         "Link federation 2.3 or later.",
			Example: `# subgraph products
extend schema @link(url: "https://specs.apollo.dev/federation/v2.2", import: ["@key"])

type Query {
  node: Node
}

interface Node @key(fields: "id") {
  id: ID!
}

type Product implements Node @key(fields: "id") {
  id: ID!
}
`,
		},
		{
			Code: ProvidesUnsupportedOnInterface, Phase: PhaseSubgraph,
			Summary:     "A @provides is on a field of an interface.",
			Explanation: "Interfaces do not resolve fields, so they cannot provide any.",
			Fix:         "Put it on the fields of the object types that implement the interface.",
			Example: `# subgraph products
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@provides", "@external"])

type Query {
  shelf: Shelf
}

interface Shelf {
  product: Product @provides(fields: "name")
}

type Product @key(fields: "id") {
  id: ID!
  name: String @external
}
`,
		},
		{
			Code: RequiresUnsupportedOnInterface, Phase: PhaseSubgraph,
			Summary:     "A @requires is on a field of an interface.",
			Explanation: "Interfaces do not resolve fields, so they cannot require any.",
			Fix:         "Put it on the fields of the object types that implement the interface.",
			Example: `# subgraph shipping
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@requires", "@external"])

type Query {
  shippable: Shippable
}

interface Shippable {
  weight: Int
  shipping: Int @requires(fields: "weight")
}

type Product implements Shippable @key(fields: "id") {
  id: ID!
  weight: Int @external
  shipping: Int @requires(fields: "weight")
}
`,
		},
		{
			Code: KeyFieldsSelectInvalidType, Phase: PhaseSubgraph,
			Summary:     "A @key selects a field whose type is an interface or a union, or a list of them.",
			Explanation: "A key has to be the same text in every subgraph, and its values must say everything; behind an abstract type they would not.",
			Fix:         "Select other fields.",
			Example: `# subgraph products
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key"])

type Query {
  product: Product
}

type Product @key(fields: "code { value }") {
  code: Code
}

interface Code {
  value: String
}
`,
		},
		{
			Code: ProvidesOnNonObjectField, Phase: PhaseSubgraph,
			Summary:     "A @provides is on a field whose type has no fields.",
			Explanation: "There is nothing to provide within a scalar or an enum.",
			Fix:         "Remove it.",
			Example: `# subgraph products
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@provides"])

type Query {
  count: Int @provides(fields: "value")
}
`,
		},
	}
}
