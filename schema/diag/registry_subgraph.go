package diag

// subgraphEntries are about the schema of one subgraph as GraphQL.
func subgraphEntries() []Entry {
	return []Entry{
		{
			Code: InvalidGraphQL, Phase: PhaseSubgraph,
			Summary: "The SDL breaks a rule of GraphQL itself.",
			Explanation: "The text does not parse, names a type or directive that does not exist, uses a type in a place of the wrong kind, lacks a field " +
				"that an interface asks for, and so on. The same code is used when the merged graph would break such a rule although the subgraphs do not.",
			Fix: "Correct the SDL; the message names the rule. A directive of federation that is unknown has to be imported by @link.",
			Example: `# subgraph products
type Query {
  product: Prodct
}

type Product {
  id: ID!
}
`,
		},
		{
			Code: InvalidSubgraphName, Phase: PhaseSubgraph,
			Summary:     "A subgraph has a name that cannot be used.",
			Explanation: "The name is empty, or a single underscore, which is reserved.",
			Fix:         "Choose another name.",
			Example: `# subgraph _
type Query {
  a: Int
}
`,
		},
		{
			Code: DirectiveDefinitionInvalid, Phase: PhaseSubgraph,
			Summary: "The SDL defines a directive of GraphQL or federation differently than it is specified.",
			Explanation: "Schemas need not define these directives, as their definitions are added. A schema that does may ask for less than the " +
				"specification (leave out optional arguments or locations, not be repeatable), but not for more, and not for other types.",
			Fix: "Remove the definition, or copy the specified one, which the message shows.",
			Example: `# subgraph products
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@override"])

directive @override(from: Int!) on FIELD_DEFINITION

type Query {
  a: Int
}
`,
		},
		{
			Code: TypeDefinitionInvalid, Phase: PhaseSubgraph,
			Summary:     "The SDL defines a type of GraphQL or federation as another kind of type.",
			Explanation: "Types like ID, federation__FieldSet or _Any have a fixed meaning. A schema may repeat their definition, but not change it.",
			Fix:         "Rename the type, or remove it if it stands for the built-in one.",
			Example: `# subgraph products
type Query {
  a: Int
}

type ID {
  value: String
}
`,
		},
		{
			Code: RootQueryUsed, Phase: PhaseSubgraph,
			Summary: "A type is named Query, but another type is the query root.",
			Explanation: "Root types may have any name in a subgraph; in the supergraph they have their default names. A type that has the default name already, " +
				"but is not the root, would be in the way.",
			Fix: "Rename the type, or make it the root.",
			Example: `# subgraph products
schema {
  query: RootQuery
}

type RootQuery {
  a: Query
}

type Query {
  b: Int
}
`,
		},
		{
			Code: RootMutationUsed, Phase: PhaseSubgraph,
			Summary:     "A type is named Mutation, but another type is the mutation root.",
			Explanation: "See ROOT_QUERY_USED.",
			Fix:         "Rename the type, or make it the root.",
			Example: `# subgraph products
schema {
  query: Query
  mutation: RootMutation
}

type Query {
  a: Mutation
}

type RootMutation {
  b: Int
}

type Mutation {
  c: Int
}
`,
		},
		{
			Code: RootSubscriptionUsed, Phase: PhaseSubgraph,
			Summary:     "A type is named Subscription, but another type is the subscription root.",
			Explanation: "See ROOT_QUERY_USED.",
			Fix:         "Rename the type, or make it the root.",
			Example: `# subgraph products
schema {
  query: Query
  subscription: Events
}

type Query {
  a: Subscription
}

type Events {
  b: Int
}

type Subscription {
  c: Int
}
`,
		},
	}
}

// linkEntries are about @link.
func linkEntries() []Entry {
	return []Entry{
		{
			Code: UnsupportedLinkedFeature, Phase: PhaseSubgraph,
			Summary:     "A subgraph links a feature, or a version of one, that is not supported.",
			Explanation: "Features of the schema's own may be linked freely. Of those that composition has to understand, it knows some: connectors are not among them.",
			Fix:         "Remove the link, or link a version that is known.",
			Example: `# subgraph products
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.10", import: ["@key"])
  @link(url: "https://specs.apollo.dev/connect/v0.1", import: ["@connect", "@source"])

type Query {
  a: Int
}
`,
		},
		{
			Code: UnknownFederationLinkVersion, Phase: PhaseSubgraph,
			Summary:     "A subgraph links a version of federation that is not known.",
			Explanation: "Federation 2.0 to 2.14 can be linked; a federation 1 schema has no link at all.",
			Fix:         "Link a known version.",
			Example: `# subgraph products
extend schema @link(url: "https://specs.apollo.dev/federation/v2.99", import: ["@key"])

type Query {
  a: Int
}
`,
		},
		{
			Code: UnknownLinkVersion, Phase: PhaseSubgraph,
			Summary:     "A subgraph links a version of the link specification itself that is not known.",
			Explanation: "There is one version of it, v1.0; the link to it may be left out.",
			Fix:         "Link v1.0, or remove the line.",
			Example: `# subgraph products
extend schema @link(url: "https://specs.apollo.dev/link/v3.0")

type Query {
  a: Int
}
`,
		},
		{
			Code: InvalidLinkDirectiveUsage, Phase: PhaseSubgraph,
			Summary: "@link is applied in a way that has no meaning.",
			Explanation: "Its url is missing, its import list has an entry that is no name or that the feature does not have, a feature is linked twice, or " +
				"two elements would have the same name in the schema.",
			Fix: "The message says which; imports are \"@name\" or { name: \"@name\", as: \"@alias\" }, with \"@\" for directives and without for types.",
			Example: `# subgraph products
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["key"])

type Query {
  a: Int
}
`,
		},
		{
			Code: InvalidLinkIdentifier, Phase: PhaseSubgraph,
			Summary:     "The url of a @link is not the URL of a feature.",
			Explanation: "Such URLs are absolute and end with a name and a version: https://host/name/v1.0.",
			Fix:         "Correct the URL.",
			Example: `# subgraph products
extend schema @link(url: "https://specs.apollo.dev/federation/2.0", import: ["@key"])

type Query {
  a: Int
}
`,
		},
	}
}
