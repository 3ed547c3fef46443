package diag

// mergedEntries are about the merged graph.
func mergedEntries() []Entry {
	return []Entry{
		{
			Code: InterfaceFieldNoImplem, Phase: PhaseMerged,
			Summary: "A type implements an interface in one subgraph, and lacks a field that another subgraph gives the interface.",
			Explanation: "Each subgraph is fine by itself. In the supergraph the interface has the fields of all subgraphs, and every type that implements it " +
				"must have them.",
			Fix: "Add the field to the type in one of the subgraphs.",
			Example: `# subgraph a
type Query {
  media: Media
}

interface Media {
  id: ID!
}

type Book implements Media {
  id: ID!
}
# subgraph b
type Query {
  films: [Media]
}

interface Media {
  id: ID!
  title: String
}

type Film implements Media {
  id: ID!
  title: String
}
`,
		},
		{
			Code: ReferencedInaccessible, Phase: PhaseMerged,
			Summary:     "A visible element has a type that is @inaccessible.",
			Explanation: "The API would show a field or argument of a type that it does not contain.",
			Fix:         "Mark the element @inaccessible too, or make the type visible.",
			Example: `# subgraph a
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@inaccessible"])

type Query {
  product: Product
  count: Int
}

type Product @inaccessible {
  id: ID
}
`,
		},
		{
			Code: DefaultValueUsesInaccessible, Phase: PhaseMerged,
			Summary:     "The default value of a visible element contains something @inaccessible.",
			Explanation: "The API would show a default value that cannot be written in it.",
			Fix:         "Use another default value, or hide the element too.",
			Example: `# subgraph a
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@inaccessible"])

type Query {
  products(order: Order = SECRET): Int
}

enum Order {
  NAME
  SECRET @inaccessible
}
`,
		},
		{
			Code: RequiredInaccessible, Phase: PhaseMerged,
			Summary:     "A required argument or input field is @inaccessible.",
			Explanation: "It must be given, but nobody can see it.",
			Fix:         "Make it optional, or visible.",
			Example: `# subgraph a
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@inaccessible"])

type Query {
  products(secret: Int! @inaccessible): Int
}
`,
		},
		{
			Code: ImplementedByInaccessible, Phase: PhaseMerged,
			Summary:     "A field or argument that a visible interface asks for is @inaccessible.",
			Explanation: "In the API the type would not implement the interface any more.",
			Fix:         "Hide the interface's field too, or make this one visible.",
			Example: `# subgraph a
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@inaccessible"])

type Query {
  media: Media
}

interface Media {
  id: ID
}

type Book implements Media {
  id: ID @inaccessible
  title: String
}
`,
		},
		{
			Code: QueryRootTypeInaccessible, Phase: PhaseMerged,
			Summary:     "The query root type is @inaccessible.",
			Explanation: "An API needs it.",
			Fix:         "Hide fields instead.",
			Example: `# subgraph a
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@inaccessible"])

type Query @inaccessible {
  a: Int
}
`,
		},
		{
			Code: DisallowedInaccessible, Phase: PhaseMerged,
			Summary:     "Something that belongs to a linked specification is @inaccessible.",
			Explanation: "Types and directives of linked specifications mean what the specification says; they are no part of the API that could be hidden.",
			Fix:         "Remove it there.",
			Example: `# subgraph a
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.1", import: ["@composeDirective", "@inaccessible"])
  @link(url: "https://example.com/audit/v1.0", import: ["@audit"])
  @composeDirective(name: "@audit")

directive @audit(level: Int @inaccessible) on FIELD_DEFINITION

type Query {
  a: Int @audit
}
`,
		},
		{
			Code: OnlyInaccessibleChildren, Phase: PhaseMerged,
			Summary:     "A visible type has nothing visible in it.",
			Explanation: "All its fields, members or values are @inaccessible; in the API it would be empty.",
			Fix:         "Hide the type itself.",
			Example: `# subgraph a
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@inaccessible"])

type Query {
  product: Product
}

type Product {
  id: ID @inaccessible
}
`,
		},
		{
			Code: MissingTransitiveAuthRequirements, Phase: PhaseMerged,
			Summary:     "A field requires guarded data, but does not carry the guards itself.",
			Explanation: "@requires and @fromContext let a resolver see data that whoever asks may not be allowed to see. So the field must ask for at least what the data asks for.",
			Fix:         "Repeat the auth directives of the required fields on the field.",
			Example: `# subgraph products
extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key", "@authenticated"])

type Query {
  product: Product
}

type Product @key(fields: "id") {
  id: ID!
  margin: Int @authenticated
}
# subgraph sales
extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key", "@external", "@requires"])

type Product @key(fields: "id") {
  id: ID!
  margin: Int @external
  discount: Int @requires(fields: "margin")
}
`,
		},
	}
}

// satisfiabilityEntries are about queries that no subgraphs can answer.
func satisfiabilityEntries() []Entry {
	return []Entry{
		{
			Code: SatisfiabilityError, Phase: PhaseSatisfiability,
			Summary: "A query of the API cannot be answered by the subgraphs.",
			Explanation: "On some path of the API a field is reached in a subgraph that does not have it, and there is no key by which another subgraph could be asked. The message shows " +
				"such a query, the subgraph where it stops, and why each way on is closed.",
			Fix: "Add a @key that both subgraphs have, resolve the field where the path leads, or remove the path.",
			Example: `# subgraph products
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key"])

type Query {
  product: Product
}

type Product @key(fields: "id") {
  id: ID!
}
# subgraph reviews
type Query {
  reviewed: Product
}

type Product {
  reviews: [String]
}
`,
		},
		{
			Code: ShareableHasMismatchedRuntimeTypes, Phase: PhaseSatisfiability,
			Summary:     "A shared field returns objects of other types in each subgraph.",
			Explanation: "All subgraphs that resolve a field must give the same answer. Where their possible types have nothing in common they cannot.",
			Fix:         "Let one subgraph resolve the field, or define the same types.",
			Example: `# subgraph a
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@shareable"])

type Query {
  media: Media @shareable
}

interface Media {
  id: ID
}

type Book implements Media {
  id: ID @shareable
}
# subgraph b
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@shareable"])

type Query {
  media: Media @shareable
}

interface Media {
  id: ID
}

type Film implements Media {
  id: ID @shareable
}
`,
		},
		{
			Code: MaxValidationSubgraphPathsExceeded, Phase: PhaseSatisfiability,
			Summary:     "The check of all queries would take more steps than it may.",
			Explanation: "The check is bounded, so that no schema can stall it. Real schemas stay far below the bound.",
			Fix:         "Reduce the number of subgraphs that share the same entities by many different keys.",
		},
	}
}

// otherEntries come up outside of the phases.
func otherEntries() []Entry {
	return []Entry{
		{
			Code:        UnsupportedFeature,
			Summary:     "The schema uses something that is not supported.",
			Explanation: "It may be valid elsewhere; the message says what it is.",
			Fix:         "Leave it out.",
		},
		{
			Code:        InvalidFederationSupergraph,
			Summary:     "A text was given as a supergraph and is none.",
			Explanation: "Supergraphs link the join specification and describe, in join directives, which subgraph has what. This text does not, or contradicts itself.",
			Fix:         "Compose the supergraph again; supergraphs are not written by hand.",
		},
	}
}
