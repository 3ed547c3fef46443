// Package value is the response tree of one operation, over the subgraphs' own bytes.
//
// A Tree is flat: every value is a Node of twelve bytes in one slice, objects are runs of slots, lists are runs of
// items. Strings and numbers are spans of the answer they came in, escapes and digits kept, so a value reaches the
// client byte for byte and costs no allocation. An answer is parsed once, strictly (RFC 8259, UTF-8 checked, depth and
// size bounded), straight into the slots that a compiled Selection gives each key.
//
// # Ownership
//
// A Tree borrows the answers given to Parse until Reset. It belongs to one request and is not safe for concurrent use.
// Nodes are plain values: they stay valid until Reset, also when the tree grows.
//
// # Sharing inside the tree
//
// Merge lets several objects refer to the same child, which makes the tree a DAG: references lead from older to newer
// objects only, so there are no cycles.
package value
