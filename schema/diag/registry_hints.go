package diag

// hintEntries are hints about types and fields.
func hintEntries() []Entry {
	return []Entry{
		{
			Code: InconsistentButCompatibleFieldType, Severity: Info, Phase: PhaseMerge,
			Summary:     "A field has types in different subgraphs that are not the same, but of which one includes the others.",
			Explanation: "The supergraph uses the including one: the nullable type, or the interface. Often the difference is not meant.",
			Fix:         "Use the same type everywhere, if that is what was meant.",
			Example: `# subgraph a
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@shareable"])

type Query {
  product: Product
}

type Product @key(fields: "id") {
  id: ID!
  name: String! @shareable
}
# subgraph b
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@shareable"])

type Product @key(fields: "id") {
  id: ID!
  name: String @shareable
}
`,
		},
		{
			Code: InconsistentButCompatibleArgumentType, Severity: Info, Phase: PhaseMerge,
			Summary:     "An argument has types in different subgraphs that are not the same, but of which one includes the others.",
			Explanation: "The supergraph uses the stricter one: the non-null type.",
			Fix:         "Use the same type everywhere, if that is what was meant.",
			Example: `# subgraph a
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@shareable"])

type Query {
  products(first: Int!): Int @shareable
}
# subgraph b
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@shareable"])

type Query {
  products(first: Int): Int @shareable
}
`,
		},
		{
			Code: InconsistentDefaultValuePresence, Severity: Warn, Phase: PhaseMerge,
			Summary:     "An argument or input field has a default value in some subgraphs only.",
			Explanation: "The supergraph has no default value then: the subgraphs without it would not know of it.",
			Fix:         "Use the same default value everywhere.",
			Example: `# subgraph a
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@shareable"])

type Query {
  products(first: Int = 10): Int @shareable
}
# subgraph b
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@shareable"])

type Query {
  products(first: Int): Int @shareable
}
`,
		},
		{
			Code: InconsistentEntity, Severity: Info, Phase: PhaseMerge,
			Summary:     "A type has a @key in some subgraphs only.",
			Explanation: "That is allowed. From the subgraphs without a key no other subgraph can be asked for the object, though.",
			Fix:         "Add the key, if the subgraph can tell it.",
			Example: `# subgraph a
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key"])

type Query {
  product: Product
}

type Product @key(fields: "id") {
  id: ID!
}
# subgraph b
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@shareable"])

type Query {
  featured: Product
}

type Product {
  id: ID! @shareable
}
`,
		},
		{
			Code: InconsistentObjectValueTypeField, Severity: Debug, Phase: PhaseMerge,
			Summary:     "A field of a type without a key is in some subgraphs only.",
			Explanation: "Where the subgraph that lacks it returns the type, the field cannot be had: satisfiability checks that no query needs it there.",
			Fix:         "Add the field where it is missing.",
			Example: `# subgraph a
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@shareable"])

type Query {
  place: Place @shareable
}

type Place @shareable {
  x: Int
  y: Int
}
# subgraph b
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@shareable"])

type Query {
  place: Place @shareable
}

type Place @shareable {
  x: Int
}
`,
		},
		{
			Code: InconsistentInterfaceValueTypeField, Severity: Debug, Phase: PhaseMerge,
			Summary:     "A field of an interface is in some subgraphs only.",
			Explanation: "The supergraph's interface has it, so every type that implements the interface needs it somewhere.",
			Fix:         "Add the field where it is missing.",
			Example: `# subgraph a
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@shareable"])

type Query {
  media: Media @shareable
}

interface Media {
  id: ID
  title: String
}

type Book implements Media @shareable {
  id: ID
  title: String
}
# subgraph b
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@shareable"])

type Query {
  media: Media @shareable
}

interface Media {
  id: ID
}

type Book implements Media @shareable {
  id: ID
  title: String
}
`,
		},
		{
			Code: InconsistentInputObjectField, Severity: Warn, Phase: PhaseMerge,
			Summary:     "An input field is in some subgraphs only.",
			Explanation: "The supergraph's input type does not have it, as the other subgraphs would not understand it: clients cannot use it.",
			Fix:         "Add the field everywhere.",
			Example: `# subgraph a
type Query {
  a(page: Page): Int
}

input Page {
  size: Int
  after: String
}
# subgraph b
type Query {
  b(page: Page): Int
}

input Page {
  size: Int
}
`,
		},
		{
			Code: InconsistentUnionMember, Severity: Debug, Phase: PhaseMerge,
			Summary:     "A type is a member of a union in some subgraphs only.",
			Explanation: "The supergraph's union has all members.",
			Fix:         "Nothing, if the other subgraphs never return it.",
			Example: `# subgraph a
type Query {
  a: Result
}

union Result = Book | Film

type Book {
  title: String
}

type Film {
  length: Int
}
# subgraph b
type Query {
  b: Result
}

union Result = Book

type Book {
  title: String
}
`,
		},
		{
			Code: InconsistentEnumValueForInputEnum, Severity: Warn, Phase: PhaseMerge,
			Summary:     "A value of an enum that is only used for input is in some subgraphs only.",
			Explanation: "The supergraph's enum does not have it, as the other subgraphs would not understand it: clients cannot use it.",
			Fix:         "Add the value everywhere.",
			Example: `# subgraph a
type Query {
  a(order: Order): Int
}

enum Order {
  UP
  DOWN
}
# subgraph b
type Query {
  b(order: Order): Int
}

enum Order {
  UP
}
`,
		},
		{
			Code: InconsistentEnumValueForOutputEnum, Severity: Debug, Phase: PhaseMerge,
			Summary:     "A value of an enum that is only used for output is in some subgraphs only.",
			Explanation: "The supergraph's enum has all values.",
			Fix:         "Nothing, if the other subgraphs never return it.",
			Example: `# subgraph a
type Query {
  a: Status
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
		{
			Code: UnusedEnumType, Severity: Debug, Phase: PhaseMerge,
			Summary:     "An enum is defined, but no field or argument uses it.",
			Explanation: "It is kept, with the values of all subgraphs.",
			Fix:         "Remove it, if it is a leftover.",
			Example: `# subgraph a
type Query {
  a: Int
}

enum Status {
  OPEN
}
`,
		},
		{
			Code: InconsistentDescription, Severity: Warn, Phase: PhaseMerge,
			Summary:     "An element has different descriptions in different subgraphs.",
			Explanation: "The supergraph uses the one that most subgraphs have, or else the first.",
			Fix:         "Use the same description everywhere, or only describe it in one subgraph.",
			Example: `# subgraph a
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@shareable"])

type Query {
  "How many there are."
  count: Int @shareable
}
# subgraph b
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@shareable"])

type Query {
  "The number of products."
  count: Int @shareable
}
`,
		},
		{
			Code: InconsistentArgumentPresence, Severity: Warn, Phase: PhaseMerge,
			Summary:     "An optional argument is in some subgraphs only.",
			Explanation: "The supergraph's field does not have it, as the other subgraphs would not understand it: clients cannot use it.",
			Fix:         "Add the argument everywhere.",
			Example: `# subgraph a
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@shareable"])

type Query {
  products(first: Int): Int @shareable
}
# subgraph b
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@shareable"])

type Query {
  products: Int @shareable
}
`,
		},
		{
			Code: InconsistentRuntimeTypesForShareableReturn, Severity: Warn, Phase: PhaseSatisfiability,
			Summary:     "A shared field can return other types in some of the subgraphs that resolve it.",
			Explanation: "All of them must give the same answer; if one knows more types than another, check that it never returns those here.",
			Fix:         "Define the same types everywhere, or let one subgraph resolve the field.",
			Example: `# subgraph a
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@shareable"])

type Query {
  media: Media @shareable
}

interface Media {
  id: ID
}

type Book implements Media @shareable {
  id: ID
}

type Film implements Media @shareable {
  id: ID
}
# subgraph b
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@shareable"])

type Query {
  media: Media @shareable
}

interface Media {
  id: ID
}

type Book implements Media @shareable {
  id: ID
}
`,
		},
		{
			Code: ImplicitlyUpgradedFederationVersion, Severity: Info, Phase: PhaseMerge,
			Summary:     "A linked feature needs a later version of federation than the subgraph links.",
			Explanation: "The graph is composed as if the later version were linked.",
			Fix:         "Link the later version.",
			Example: `# subgraph a
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key"])
  @link(url: "https://specs.apollo.dev/cost/v0.1", import: ["@cost"])

type Query {
  a: Int @cost(weight: 3)
}
`,
		},
	}
}
