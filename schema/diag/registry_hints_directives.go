package diag

// directiveHintEntries are hints about directives.
func directiveHintEntries() []Entry {
	return []Entry{
		{
			Code: InconsistentTypeSystemDirectiveRepeatable, Severity: Debug, Phase: PhaseMerge,
			Summary:     "A composed directive is repeatable in some subgraphs only.",
			Explanation: "The supergraph's definition would be repeatable. Composition takes the definition from the latest version of the directive's feature instead, so this is a name that other tools use.",
			Fix:         "Use the same definition everywhere.",
		},
		{
			Code: InconsistentTypeSystemDirectiveLocations, Severity: Debug, Phase: PhaseMerge,
			Summary:     "A composed directive may stand on other places in each subgraph.",
			Explanation: "The supergraph's definition would have all of them. Composition takes the definition from the latest version of the directive's feature instead, so this is a name that other tools use.",
			Fix:         "Use the same definition everywhere.",
		},
		{
			Code: InconsistentExecutableDirectivePresence, Severity: Warn, Phase: PhaseMerge,
			Summary:     "A directive for operations is defined in some subgraphs only.",
			Explanation: "The supergraph does not have it: an operation may reach any subgraph, so all must know it.",
			Fix:         "Define it everywhere, or nowhere.",
			Example: `# subgraph a
directive @trace on FIELD

type Query {
  a: Int
}
# subgraph b
type Query {
  b: Int
}
`,
		},
		{
			Code: NoExecutableDirectiveIntersection, Severity: Warn, Phase: PhaseMerge,
			Summary:     "A directive for operations may stand on different places in each subgraph, with none in common.",
			Explanation: "The supergraph does not have it: there is no place where all subgraphs know it.",
			Fix:         "Use the same definition everywhere.",
			Example: `# subgraph a
directive @trace on FIELD

type Query {
  a: Int
}
# subgraph b
directive @trace on QUERY

type Query {
  b: Int
}
`,
		},
		{
			Code: InconsistentExecutableDirectiveRepeatable, Severity: Warn, Phase: PhaseMerge,
			Summary:     "A directive for operations is repeatable in some subgraphs only.",
			Explanation: "The supergraph's definition is not repeatable.",
			Fix:         "Use the same definition everywhere.",
			Example: `# subgraph a
directive @trace repeatable on FIELD

type Query {
  a: Int
}
# subgraph b
directive @trace on FIELD

type Query {
  b: Int
}
`,
		},
		{
			Code: InconsistentExecutableDirectiveLocations, Severity: Warn, Phase: PhaseMerge,
			Summary:     "A directive for operations may stand on more places in some subgraphs.",
			Explanation: "The supergraph's definition has the places that all of them have.",
			Fix:         "Use the same definition everywhere.",
			Example: `# subgraph a
directive @trace on FIELD | QUERY

type Query {
  a: Int
}
# subgraph b
directive @trace on FIELD

type Query {
  b: Int
}
`,
		},
		{
			Code: FromSubgraphDoesNotExist, Severity: Warn, Phase: PhaseMerge,
			Summary:     "An @override names a subgraph that does not exist.",
			Explanation: "There is nothing to take over. Either the name has a typing mistake, or the subgraph is gone and the directive a leftover.",
			Fix:         "Correct the name, or remove @override.",
			Example: `# subgraph a
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@override"])

type Query {
  a: Int @override(from: "legacy")
}
`,
		},
		{
			Code: OverriddenFieldCanBeRemoved, Severity: Info, Phase: PhaseMerge,
			Summary:     "A field is overridden by another subgraph, and so is no longer resolved here.",
			Explanation: "Nothing asks this subgraph for the field any more.",
			Fix:         "Remove the field here.",
			Example: `# subgraph a
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@override"])

type Query {
  product: Product
}

type Product @key(fields: "id") {
  id: ID
  name: String @override(from: "b")
}
# subgraph b
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key"])

type Product @key(fields: "id") {
  id: ID
  name: String
}
`,
		},
		{
			Code: OverrideDirectiveCanBeRemoved, Severity: Info, Phase: PhaseMerge,
			Summary:     "The subgraph that an @override names does not have the field any more.",
			Explanation: "The move is complete.",
			Fix:         "Remove @override.",
			Example: `# subgraph a
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@override"])

type Query {
  product: Product
}

type Product @key(fields: "id") {
  id: ID
  name: String @override(from: "b")
}
# subgraph b
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key"])

type Product @key(fields: "id") {
  id: ID
}
`,
		},
		{
			Code: OverrideMigrationInProgress, Severity: Info, Phase: PhaseMerge,
			Summary:     "A field is moving between subgraphs: its @override has a label.",
			Explanation: "Requests go to either subgraph, as the label says for each.",
			Fix:         "When the move is complete, remove the label, then the field in the other subgraph.",
			Example: `# subgraph a
extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", "@override"])

type Query {
  product: Product
}

type Product @key(fields: "id") {
  id: ID
  name: String @override(from: "b", label: "percent(10)")
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
			Code: InconsistentNonRepeatableDirectiveArguments, Severity: Warn, Phase: PhaseMerge,
			Summary:     "A directive that cannot be repeated has different arguments in different subgraphs.",
			Explanation: "The supergraph uses the arguments that most subgraphs give, or else the first.",
			Fix:         "Use the same arguments everywhere.",
			Example: `# subgraph a
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@shareable"])

type Query {
  count: Int @shareable @deprecated(reason: "Use total.")
}
# subgraph b
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@shareable"])

type Query {
  count: Int @shareable @deprecated(reason: "It is slow.")
}
`,
		},
		{
			Code: MergedNonRepeatableDirectiveArguments, Severity: Info, Phase: PhaseMerge,
			Summary:     "A directive that cannot be repeated has different arguments in different subgraphs, and they were merged.",
			Explanation: "For some directives it is defined how: costs take the highest, scopes all that are asked for.",
			Fix:         "Nothing, if that is what was meant.",
			Example: `# subgraph a
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@shareable", "@cost"])

type Query {
  count: Int @shareable @cost(weight: 3)
}
# subgraph b
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@shareable", "@cost"])

type Query {
  count: Int @shareable @cost(weight: 5)
}
`,
		},
		{
			Code: DirectiveCompositionInfo, Severity: Info, Phase: PhaseMerge,
			Summary:     "A composed directive is worth a look.",
			Explanation: "For example, a subgraph composes a directive that is composed anyway.",
			Fix:         "The message says what can be left out.",
			Example: `# subgraph a
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.1", import: ["@composeDirective", "@tag"])
  @composeDirective(name: "@tag")

type Query {
  a: Int @tag(name: "x")
}
`,
		},
		{
			Code: DirectiveCompositionWarn, Severity: Warn, Phase: PhaseMerge,
			Summary:     "A composed directive may not do what was meant.",
			Explanation: "For example, another subgraph has the directive under another name, and does not compose it.",
			Fix:         "Use the same name everywhere.",
			Example: `# subgraph a
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.1", import: ["@composeDirective"])
  @link(url: "https://example.com/audit/v1.0", import: ["@audit"])
  @composeDirective(name: "@audit")

directive @audit on FIELD_DEFINITION

type Query {
  a: Int @audit
}
# subgraph b
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.1", import: ["@composeDirective"])
  @link(url: "https://example.com/audit/v1.0", import: [{ name: "@audit", as: "@watch" }])

directive @watch on FIELD_DEFINITION

type Query {
  b: Int @watch
}
`,
		},
		{
			Code: ContextualArgumentNotContextualInAllSubgraphs, Severity: Info, Phase: PhaseMerge,
			Summary:     "An argument takes its value from a context in some subgraphs, and is an optional argument in others.",
			Explanation: "It is not part of the supergraph's field; the other subgraphs never get a value for it.",
			Fix:         "Make it contextual everywhere, or remove it there.",
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
  balance(currency: String): Int @shareable
}
`,
		},
	}
}
