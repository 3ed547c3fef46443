// Package subgraph turns the SDL of one subgraph into a validated Subgraph: the model that composition merges.
//
// Parse reads SDL of federation 1 and of federation 2.0 to 2.14, follows @link with its imports and renames, adds what the
// linked version implies, and checks every rule that can be checked within one subgraph; it reports all problems it finds,
// each with its place. UpgradeAll then brings federation 1 subgraphs into federation 2 form, which needs to see all
// subgraphs. What holds between subgraphs is package compose's matter.
//
// Validation runs in three stages, and a stage with errors ends it: reading (syntax, links, definitions of federation's own
// directives), GraphQL (everything the GraphQL specification asks of a schema), federation (one file for each directive's
// rules, validate_key.go and its like).
//
// No input panics or runs without bound: SDL is limited in size and depth, cycles end, and invalid UTF-8 is an error.
package subgraph
