package diag

// mergeDirectiveEntries are about directives whose rules reach over several subgraphs.
func mergeDirectiveEntries() []Entry {
	return []Entry{
		{
			Code: MergedDirectiveApplicationOnExternal, Phase: PhaseMerge,
			Summary:     "A field is @external and has a directive that goes into the supergraph.",
			Explanation: "@tag, @inaccessible and their like describe the field for everybody, so they belong where the field is resolved.",
			Fix:         "Move the directive to a subgraph that resolves the field.",
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
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@external", "@requires", "@tag"])

type Product @key(fields: "id") {
  id: ID!
  weight: Int @external @tag(name: "internal")
  shipping: Int @requires(fields: "weight")
}
`,
		},
		{
			Code: OverrideOnInterface, Phase: PhaseMerge,
			Summary:     "@override is on a field of an interface.",
			Explanation: "It moves the resolving of a field to another subgraph; interfaces do not resolve any.",
			Fix:         "Put it on the fields of the object types.",
			Example: `# subgraph a
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@override"])

type Query {
  node: Node
}

interface Node {
  id: ID @override(from: "b")
}

type Product implements Node @key(fields: "id") {
  id: ID
}
# subgraph b
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key"])

type Product @key(fields: "id") {
  id: ID
}
`,
		},
		{
			Code: OverrideLabelInvalid, Phase: PhaseMerge,
			Summary:     "The label of an @override is malformed.",
			Explanation: "A label starts with a letter and goes on with letters, digits and _ - : . /, or it has the form percent(25), with up to eight decimals.",
			Fix:         "Correct the label.",
			Example: `# subgraph a
extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", "@override"])

type Query {
  product: Product
}

type Product @key(fields: "id") {
  id: ID
  name: String @override(from: "b", label: "percent(250)")
}
# subgraph b
extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key"])

type Product @key(fields: "id") {
  id: ID
  name: String
}
`,
		},
		{
			Code: OverrideFromSelfError, Phase: PhaseMerge,
			Summary:     "An @override names its own subgraph.",
			Explanation: "A field cannot be taken over from oneself.",
			Fix:         "Name the subgraph that resolved the field before.",
			Example: `# subgraph products
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@override"])

type Query {
  product: Int @override(from: "products")
}
`,
		},
		{
			Code: OverrideSourceHasOverride, Phase: PhaseMerge,
			Summary:     "A field is overridden in a subgraph that overrides it itself.",
			Explanation: "Who resolves the field at the end of a chain of overrides would be hard to tell, so chains are not allowed.",
			Fix:         "Keep one @override.",
			Example: `# subgraph a
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@override", "@shareable"])

type Query {
  product: Product
}

type Product @key(fields: "id") {
  id: ID
  name: String @shareable @override(from: "b")
}
# subgraph b
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@override", "@shareable"])

type Product @key(fields: "id") {
  id: ID
  name: String @shareable @override(from: "a")
}
`,
		},
		{
			Code: OverrideCollisionWithAnotherDirective, Phase: PhaseMerge,
			Summary:     "An overridden field, or the overriding one, is @external, or has @requires or @provides.",
			Explanation: "These directives say how the subgraph resolves the field, which is just what the override changes.",
			Fix:         "Remove the other directive first.",
			Example: `# subgraph a
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@override", "@external", "@requires"])

type Query {
  product: Product
}

type Product @key(fields: "id") {
  id: ID
  weight: Int @external @override(from: "b")
  shipping: Int @requires(fields: "weight")
}
# subgraph b
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key"])

type Product @key(fields: "id") {
  id: ID
  weight: Int
}
`,
		},
		{
			Code: LinkImportNameMismatch, Phase: PhaseMerge,
			Summary:     "A directive that goes into the supergraph has different names in different subgraphs.",
			Explanation: "It has one name there, so all subgraphs that use it must import it under the same.",
			Fix:         "Import it under one name everywhere.",
			Example: `# subgraph a
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: [{ name: "@tag", as: "@label" }])

type Query {
  a: Int @label(name: "x")
}
# subgraph b
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@tag"])

type Query {
  b: Int @tag(name: "x")
}
`,
		},
		{
			Code: DirectiveCompositionError, Phase: PhaseMerge,
			Summary:     "A @composeDirective cannot be followed.",
			Explanation: "It names a directive, with \"@\", that the subgraph defines and that comes from a linked feature of its own; names and major versions must agree between subgraphs.",
			Fix:         "The message says which condition fails.",
			Example: `# subgraph a
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.1", import: ["@composeDirective"])
  @composeDirective(name: "@audit")

directive @audit on FIELD_DEFINITION

type Query {
  a: Int @audit
}
`,
		},
		{
			Code: InterfaceKeyMissingImplementationType, Phase: PhaseMerge,
			Summary:     "A subgraph has a @key on an interface, but lacks a type that implements it in the supergraph.",
			Explanation: "Who can look up an interface by key must be able to say which type an object has, so it must know all of them.",
			Fix:         "Define the missing type in the subgraph, with the key.",
			Example: `# subgraph a
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])

type Query {
  media: Media
}

interface Media @key(fields: "id") {
  id: ID!
}

type Book implements Media @key(fields: "id") {
  id: ID!
}
# subgraph b
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])

type Query {
  film: Film
}

interface Media {
  id: ID!
}

type Film implements Media @key(fields: "id") {
  id: ID!
}
`,
		},
		{
			Code: ContextualArgumentNotContextualInAllSubgraphs, Phase: PhaseMerge,
			Summary:     "An argument takes its value from a context in one subgraph and is a required argument in another.",
			Explanation: "Such arguments are not part of the supergraph's field, so nobody could give the other subgraph its value.",
			Fix:         "Make the argument contextual, optional, or give it a default value, everywhere.",
			Example: `# subgraph a
extend schema @link(url: "https://specs.apollo.dev/federation/v2.8", import: ["@key", "@context", "@fromContext", "@shareable"])

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
  balance(currency: String @fromContext(field: "$user { currency }")): Int @shareable
}
# subgraph b
extend schema @link(url: "https://specs.apollo.dev/federation/v2.8", import: ["@key", "@shareable"])

type Account @key(fields: "id") {
  id: ID!
  balance(currency: String!): Int @shareable
}
`,
		},
	}
}
