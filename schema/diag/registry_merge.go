package diag

// mergeEntries are about types and fields that several subgraphs have.
func mergeEntries() []Entry {
	return []Entry{
		{
			Code: NoQueries, Phase: PhaseMerge,
			Summary:     "No subgraph has a query.",
			Explanation: "A GraphQL API needs a query root with at least one field.",
			Fix:         "Add a field to type Query in one of the subgraphs.",
			Example: `# subgraph products
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key"])

type Product @key(fields: "id") {
  id: ID!
}
`,
		},
		{
			Code: TypeKindMismatch, Phase: PhaseMerge,
			Summary:     "A type is of different kinds in different subgraphs.",
			Explanation: "One name stands for one type in the supergraph, so all subgraphs must agree on whether it is an object, an interface, an enum and so on.",
			Fix:         "Rename one of them, or make them the same.",
			Example: `# subgraph products
type Query {
  status: Status
}

type Status {
  code: Int
}
# subgraph orders
type Query {
  orderStatus: Status
}

enum Status {
  OPEN
}
`,
		},
		{
			Code: FieldTypeMismatch, Phase: PhaseMerge,
			Summary: "A field has incompatible types in different subgraphs.",
			Explanation: "Types may differ when one includes the other: nullable and non-null, an interface or union and a type behind it. Input fields merge the other " +
				"way round. Other differences cannot be merged.",
			Fix: "Give the field the same type everywhere, or rename it in one subgraph.",
			Example: `# subgraph products
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@shareable"])

type Query {
  product: Product
}

type Product @key(fields: "id") {
  id: ID!
  price: Int @shareable
}
# subgraph sales
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@shareable"])

type Product @key(fields: "id") {
  id: ID!
  price: String @shareable
}
`,
		},
		{
			Code: FieldArgumentTypeMismatch, Phase: PhaseMerge,
			Summary:     "An argument has incompatible types in different subgraphs.",
			Explanation: "Arguments of shared fields may differ in nullability, not in what they take.",
			Fix:         "Give the argument the same type everywhere.",
			Example: `# subgraph a
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@shareable"])

type Query {
  products(first: Int): Int @shareable
}
# subgraph b
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@shareable"])

type Query {
  products(first: String): Int @shareable
}
`,
		},
		{
			Code: FieldArgumentDefaultMismatch, Phase: PhaseMerge,
			Summary:     "An argument has different default values in different subgraphs.",
			Explanation: "The answer to a query without the argument would depend on which subgraph is asked.",
			Fix:         "Use the same default value everywhere.",
			Example: `# subgraph a
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@shareable"])

type Query {
  products(first: Int = 10): Int @shareable
}
# subgraph b
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@shareable"])

type Query {
  products(first: Int = 20): Int @shareable
}
`,
		},
		{
			Code: InputFieldDefaultMismatch, Phase: PhaseMerge,
			Summary:     "An input field has different default values in different subgraphs.",
			Explanation: "What a request without the field means would depend on which subgraph gets it.",
			Fix:         "Use the same default value everywhere.",
			Example: `# subgraph a
type Query {
  a(page: Page): Int
}

input Page {
  size: Int = 10
}
# subgraph b
type Query {
  b(page: Page): Int
}

input Page {
  size: Int = 20
}
`,
		},
		{
			Code: ExternalTypeMismatch, Phase: PhaseMerge,
			Summary:     "An @external field is declared with another type than in the subgraphs that resolve it.",
			Explanation: "An external declaration repeats what another subgraph says; it must be the same type, or one that includes it.",
			Fix:         "Declare the field with the type it has where it is resolved.",
			Example: `# subgraph products
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key"])

type Query {
  product: Product
}

type Product @key(fields: "id") {
  id: ID!
  weight: Int
}
# subgraph shipping
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@external", "@requires"])

type Product @key(fields: "id") {
  id: ID!
  weight: String @external
  shipping: Int @requires(fields: "weight")
}
`,
		},
		{
			Code: ExternalArgumentMissing, Phase: PhaseMerge,
			Summary:     "An @external field lacks an argument that it has where it is resolved.",
			Explanation: "An external declaration repeats what another subgraph says, arguments and all.",
			Fix:         "Add the argument to the external declaration.",
			Example: `# subgraph products
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key"])

type Query {
  product: Product
}

type Product @key(fields: "id") {
  id: ID!
  weight(unit: String): Int
}
# subgraph shipping
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@external", "@requires"])

type Product @key(fields: "id") {
  id: ID!
  weight: Int @external
  shipping: Int @requires(fields: "weight")
}
`,
		},
		{
			Code: ExternalArgumentTypeMismatch, Phase: PhaseMerge,
			Summary:     "An argument of an @external field has another type than where the field is resolved.",
			Explanation: "An external declaration repeats what another subgraph says, arguments and all.",
			Fix:         "Give the argument the type it has where the field is resolved.",
			Example: `# subgraph products
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key"])

type Query {
  product: Product
}

type Product @key(fields: "id") {
  id: ID!
  weight(unit: String): Int
}
# subgraph shipping
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@external", "@requires"])

type Product @key(fields: "id") {
  id: ID!
  weight(unit: Int): Int @external
  shipping: Int @requires(fields: "weight")
}
`,
		},
		{
			Code: ExternalArgumentDefaultMismatch, Phase: PhaseMerge,
			Summary:     "An argument of an @external field has another default value than where the field is resolved.",
			Explanation: "An external declaration repeats what another subgraph says, default values too.",
			Fix:         "Use the default value that the argument has where the field is resolved.",
			Example: `# subgraph products
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key"])

type Query {
  product: Product
}

type Product @key(fields: "id") {
  id: ID!
  weight(unit: String = "kg"): Int
}
# subgraph shipping
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@external", "@requires"])

type Product @key(fields: "id") {
  id: ID!
  weight(unit: String = "lb"): Int @external
  shipping: Int @requires(fields: "weight")
}
`,
		},
		{
			Code: ExternalMissingOnBase, Phase: PhaseMerge,
			Summary:     "A field is @external wherever it is declared.",
			Explanation: "@external says that another subgraph resolves the field; here none does.",
			Fix:         "Resolve the field in one subgraph, or remove the declarations.",
			Example: `# subgraph products
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key"])

type Query {
  product: Product
}

type Product @key(fields: "id") {
  id: ID!
}
# subgraph shipping
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@external", "@requires"])

type Product @key(fields: "id") {
  id: ID!
  weight: Int @external
  shipping: Int @requires(fields: "weight")
}
`,
		},
		{
			Code: ExtensionWithNoBase, Phase: PhaseMerge,
			Summary:     "A type is extended, but no subgraph defines it.",
			Explanation: "\"extend type\" adds to a type that another declaration defines. In federation 2 the keyword is not needed to share a type.",
			Fix:         "Drop \"extend\" in one subgraph.",
			Example: `# subgraph products
type Query {
  product: Product
}

extend type Product {
  name: String
}
`,
		},
		{
			Code: InvalidFieldSharing, Phase: PhaseMerge,
			Summary: "Several subgraphs resolve a field, and not all of them call it @shareable.",
			Explanation: "Federation 2 wants it said that a field may be resolved in several places, as all of them must then give the same answer. Key fields are " +
				"shareable by themselves.",
			Fix: "Mark the field @shareable in every subgraph that resolves it, mark it @external where it is only used, or remove it from all but one.",
			Example: `# subgraph products
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@shareable"])

type Query {
  product: Product
}

type Product @key(fields: "id") {
  id: ID!
  name: String @shareable
}
# subgraph sales
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key"])

type Product @key(fields: "id") {
  id: ID!
  name: String
}
`,
		},
		{
			Code: RequiredArgumentMissingInSomeSubgraph, Phase: PhaseMerge,
			Summary:     "An argument is required in one subgraph and does not exist in another.",
			Explanation: "Arguments that only some subgraphs have are left out of the supergraph, which cannot be done with one that must be given.",
			Fix:         "Make the argument optional, or add it everywhere.",
			Example: `# subgraph a
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@shareable"])

type Query {
  products(first: Int!): Int @shareable
}
# subgraph b
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@shareable"])

type Query {
  products: Int @shareable
}
`,
		},
		{
			Code: RequiredInputFieldMissingInSomeSubgraph, Phase: PhaseMerge,
			Summary:     "An input field is required in one subgraph and does not exist in another.",
			Explanation: "Input fields that only some subgraphs have are left out of the supergraph, which cannot be done with one that must be given.",
			Fix:         "Make the field optional, or add it everywhere.",
			Example: `# subgraph a
type Query {
  a(page: Page): Int
}

input Page {
  size: Int!
  after: String
}
# subgraph b
type Query {
  b(page: Page): Int
}

input Page {
  after: String
}
`,
		},
		{
			Code: EmptyMergedInputType, Phase: PhaseMerge,
			Summary:     "The subgraphs that define an input type have no field in common.",
			Explanation: "The supergraph's input type has the fields that all of them have; here it would be empty.",
			Fix:         "Give the types a common field, or different names.",
			Example: `# subgraph a
type Query {
  a(page: Page): Int
}

input Page {
  size: Int
}
# subgraph b
type Query {
  b(page: Page): Int
}

input Page {
  after: String
}
`,
		},
		{
			Code: EmptyMergedEnumType, Phase: PhaseMerge,
			Summary:     "The subgraphs that take an enum as input have no value in common.",
			Explanation: "An enum that is only used for input has the values that all of them have; here it would be empty.",
			Fix:         "Give the enums a common value, or different names.",
			Example: `# subgraph a
type Query {
  a(order: Order): Int
}

enum Order {
  UP
}
# subgraph b
type Query {
  b(order: Order): Int
}

enum Order {
  DOWN
}
`,
		},
		{
			Code: EnumValueMismatch, Phase: PhaseMerge,
			Summary: "An enum that is used for input and output has different values in different subgraphs.",
			Explanation: "As output the supergraph needs all values, as input only those that every subgraph understands: for both, they must be the same. While a value is being " +
				"added everywhere, mark it @inaccessible.",
			Fix: "Define the same values in each subgraph, or mark the new value @inaccessible.",
			Example: `# subgraph a
type Query {
  a(status: Status): Status
}

enum Status {
  OPEN
  CLOSED
}
# subgraph b
type Query {
  b: Status
}

enum Status {
  OPEN
}
`,
		},
	}
}
