// Package compose makes one supergraph from subgraphs: it merges their types, checks that the result is a valid schema,
// and that every query of it can be answered.
//
// Composition runs in phases, and each reports all problems it finds; a later phase runs only when the earlier ones
// found none, since its findings would be artefacts of theirs:
//
//	P1  each subgraph alone            package subgraph
//	P2  merge                          merge_*.go, one file for each kind of element
//	P3  the merged schema              validate_*.go
//	P4  satisfiability                 satisfiability*.go
//
// Besides errors, composition gives hints: observations that do not stop it, each with a severity.
//
// The result does not depend on the order in which subgraphs are given, and is the same, byte for byte, every time. Subgraphs are
// only read: one Subgraph value may take part in several compositions at once.
package compose
