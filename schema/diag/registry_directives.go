package diag

// directiveEntries are about directives in one subgraph, other than their field sets.
func directiveEntries() []Entry {
	return []Entry{
		{
			Code: ExternalUnused, Phase: PhaseSubgraph,
			Summary: "A field is @external, but nothing in the subgraph uses it.",
			Explanation: "A subgraph declares fields that it does not resolve for a reason: a @key, @requires or @provides selects them, a context takes them, or an " +
				"interface asks for them. Without one, the declaration is a leftover.",
			Fix: "Remove the field, or @external if this subgraph resolves it.",
			Example: `# subgraph shipping
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@external"])

type Query {
  product: Product
}

type Product @key(fields: "id") {
  id: ID!
  weight: Int @external
}
`,
		},
		{
			Code: TypeWithOnlyUnusedExternal, Phase: PhaseSubgraph,
			Summary: "A type of a federation 1 schema has only @external fields, and none of them is used.",
			Explanation: "Unused external fields are removed when a federation 1 schema is upgraded. Here nothing of the type would be left, but other " +
				"fields still return it.",
			Fix: "Remove the type and the fields that return it, or use its fields.",
			Example: `# subgraph products
type Query {
  product: Product
}

type Product {
  weight: Int @external
}
`,
		},
		{
			Code: ExternalOnInterface, Phase: PhaseSubgraph,
			Summary:     "A field of an interface is @external.",
			Explanation: "Interfaces do not resolve fields, so there is nothing to be external.",
			Fix:         "Mark the fields of the object types instead.",
			Example: `# subgraph products
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@external"])

type Query {
  node: Node
}

interface Node {
  id: ID! @external
}

type Product implements Node {
  id: ID!
}
`,
		},
		{
			Code: ExternalCollisionWithAnotherDirective, Phase: PhaseSubgraph,
			Summary:     "A field is @external together with a directive that only makes sense where the field is resolved.",
			Explanation: "@provides says something about the answer of a resolver; an external field has none.",
			Fix:         "Remove one of the two.",
			Example: `# subgraph products
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@provides", "@external", "@requires"])

type Query {
  product: Product
}

type Product @key(fields: "id") {
  id: ID!
  name: String @external
  parent: Product @external @provides(fields: "name")
  title: String @requires(fields: "parent { name }")
}
`,
		},
		{
			Code: InvalidShareableUsage, Phase: PhaseSubgraph,
			Summary: "@shareable stands where it has no meaning, or twice on one declaration.",
			Explanation: "It says that several subgraphs may resolve a field, so it belongs on fields of object types, or on object types for all fields of that " +
				"declaration. It is repeatable only so that a type and its extensions can each have it.",
			Fix: "Remove it there.",
			Example: `# subgraph products
extend schema @link(url: "https://specs.apollo.dev/federation/v2.2", import: ["@shareable"])

type Query {
  node: Node
}

interface Node {
  id: ID! @shareable
}
`,
		},
		{
			Code: InterfaceObjectUsageError, Phase: PhaseSubgraph,
			Summary: "@interfaceObject is used in a way that cannot work.",
			Explanation: "An interface object stands in for an entity interface of another subgraph. It needs a @key; its subgraph must not define the types that implement the " +
				"interface; and the interface's key must be in a federation 2 schema.",
			Fix: "The message says which condition fails.",
			Example: `# subgraph reviews
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@interfaceObject"])

type Query {
  media: Media
}

type Media @interfaceObject {
  id: ID!
  reviews: [String]
}
`,
		},
		{
			Code: InterfaceKeyNotOnImplementation, Phase: PhaseSubgraph,
			Summary:     "An interface has a @key that a type implementing it lacks, or has as unresolvable.",
			Explanation: "Who can look up an interface by key can look up each of its types by it, in the same subgraph.",
			Fix:         "Add the same @key to every type that implements the interface.",
			Example: `# subgraph library
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])

type Query {
  media: Media
}

interface Media @key(fields: "id") {
  id: ID!
}

type Book implements Media {
  id: ID!
}
`,
		},
		{
			Code: AuthRequirementsAppliedOnInterface, Phase: PhaseSubgraph,
			Summary:     "@authenticated, @requiresScopes or @policy is on an interface, a field of one, or an interface object.",
			Explanation: "What guards data is said where the data is: on object types and their fields. What an interface needs follows from the types behind it.",
			Fix:         "Put it on the object types.",
			Example: `# subgraph library
extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@authenticated"])

type Query {
  media: Media
}

interface Media {
  id: ID! @authenticated
}

type Book implements Media {
  id: ID!
}
`,
		},
		{
			Code: CostAppliedToInterfaceField, Phase: PhaseSubgraph,
			Summary:     "@cost is on a field of an interface.",
			Explanation: "What a field costs depends on who resolves it: the types behind the interface say so.",
			Fix:         "Put it on the fields of the object types.",
			Example: `# subgraph library
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@cost"])

type Query {
  media: Media
}

interface Media {
  cover: String @cost(weight: 5)
}

type Book implements Media {
  cover: String
}
`,
		},
		{
			Code: ListSizeAppliedToNonList, Phase: PhaseSubgraph,
			Summary:     "@listSize is on a field that returns no list and does not say which of its fields are lists, or names one that is none.",
			Explanation: "It bounds how many items a list has: of the field itself, or of the fields named by \"sizedFields\".",
			Fix:         "Remove it, or name the lists: sizedFields: [\"items\"].",
			Example: `# subgraph library
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@listSize"])

type Query {
  count: Int @listSize(assumedSize: 10)
}
`,
		},
		{
			Code: ListSizeInvalidAssumedSize, Phase: PhaseSubgraph,
			Summary:     "The \"assumedSize\" of a @listSize is negative.",
			Explanation: "A list has no fewer than zero items.",
			Fix:         "Give a size of zero or more.",
			Example: `# subgraph library
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@listSize"])

type Query {
  books: [String] @listSize(assumedSize: -1)
}
`,
		},
		{
			Code: ListSizeInvalidSlicingArgument, Phase: PhaseSubgraph,
			Summary:     "A \"slicingArguments\" entry of a @listSize is no argument of the field, or no Int.",
			Explanation: "Slicing arguments say how many items are wanted.",
			Fix:         "Name arguments of the field of type Int or Int!.",
			Example: `# subgraph library
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@listSize"])

type Query {
  books(first: Int): [String] @listSize(slicingArguments: ["last"])
}
`,
		},
		{
			Code: ListSizeInvalidSizedField, Phase: PhaseSubgraph,
			Summary:     "A \"sizedFields\" entry of a @listSize is no field of the returned type.",
			Explanation: "Sized fields are the lists within a returned object that the size is about, such as the items of a page.",
			Fix:         "Name list fields of the field's type.",
			Example: `# subgraph library
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@listSize"])

type Query {
  books(first: Int): BookPage @listSize(slicingArguments: ["first"], sizedFields: ["item"])
}

type BookPage {
  items: [String]
  total: Int
}
`,
		},
	}
}

// contextEntries are about @context and @fromContext.
func contextEntries() []Entry {
	return []Entry{
		{
			Code: ContextNameInvalid, Phase: PhaseSubgraph,
			Summary:     "The name of a @context is not a name, or has an underscore in it.",
			Explanation: "In the supergraph the name is joined with the subgraph's by underscores.",
			Fix:         "Use letters and digits only.",
			Example: `# subgraph accounts
extend schema @link(url: "https://specs.apollo.dev/federation/v2.8", import: ["@key", "@context"])

type Query {
  user: User
}

type User @key(fields: "id") @context(name: "the_user") {
  id: ID!
}
`,
		},
		{
			Code: NoContextInSelection, Phase: PhaseSubgraph,
			Summary:     "A @fromContext does not name a context, or selects nothing from it.",
			Explanation: "Its argument is the context's name after a \"$\", and a selection of one field.",
			Fix:         "Write @fromContext(field: \"$name { field }\").",
			Example: `# subgraph accounts
extend schema @link(url: "https://specs.apollo.dev/federation/v2.8", import: ["@key", "@context", "@fromContext"])

type Query {
  user: User
}

type User @key(fields: "id") @context(name: "user") {
  id: ID!
  currency: String!
  account: Account
}

type Account @key(fields: "id") {
  id: ID!
  balance(currency: String @fromContext(field: "{ currency }")): Int
}
`,
		},
		{
			Code: ContextNotSet, Phase: PhaseSubgraph,
			Summary: "A @fromContext names a context that no type of the subgraph sets, or stands where no context can be had.",
			Explanation: "Contexts are set and used in one subgraph. Arguments of interface fields, of fields that implement them, and of directives cannot take " +
				"values from contexts, nor can arguments with a default value.",
			Fix: "Set the context on the type that has the value, or move the argument.",
			Example: `# subgraph accounts
extend schema @link(url: "https://specs.apollo.dev/federation/v2.8", import: ["@key", "@context", "@fromContext"])

type Query {
  account: Account
}

type Account @key(fields: "id") {
  id: ID!
  balance(currency: String @fromContext(field: "$user { currency }")): Int
}
`,
		},
		{
			Code: ContextInvalidSelection, Phase: PhaseSubgraph,
			Summary: "The selection of a @fromContext does not give one value of the argument's type.",
			Explanation: "On every type that sets the context it must select exactly one field, without aliases and directives, whose type fits the argument. Type " +
				"conditions may select different fields for different types.",
			Fix: "Correct the selection; the message says on which type it fails.",
			Example: `# subgraph accounts
extend schema @link(url: "https://specs.apollo.dev/federation/v2.8", import: ["@key", "@context", "@fromContext"])

type Query {
  user: User
}

type User @key(fields: "id") @context(name: "user") {
  id: ID!
  currency: String!
  account: Account
}

type Account @key(fields: "id") {
  id: ID!
  balance(currency: String @fromContext(field: "$user { id currency }")): Int
}
`,
		},
		{
			Code: ContextNoResolvableKey, Phase: PhaseSubgraph,
			Summary:     "A type has a field that takes a value from a context, but no resolvable key.",
			Explanation: "The value becomes known only after the object was found, so the subgraph must be asked for the object again, by key.",
			Fix:         "Give the type a @key without \"resolvable: false\".",
			Example: `# subgraph accounts
extend schema @link(url: "https://specs.apollo.dev/federation/v2.8", import: ["@key", "@context", "@fromContext"])

type Query {
  user: User
}

type User @key(fields: "id") @context(name: "user") {
  id: ID!
  currency: String!
  account: Account
}

type Account {
  balance(currency: String @fromContext(field: "$user { currency }")): Int
}
`,
		},
	}
}
