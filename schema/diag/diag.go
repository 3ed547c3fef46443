// Package diag holds what composition has to say to a person: diagnostics with a stable code, a severity, the places
// they are about and a suggested fix; the registry of all codes; and the printers for text, JSON and code hosts.
//
// Every diagnostic of this module is made here or by a function that takes its Code from this package's registry, so
// that the reference page is generated from the same table that the code uses.
package diag

// Severity ranks a diagnostic. Errors stop composition, all others are hints.
type Severity int

// The severities, most severe first.
const (
	Error Severity = iota
	Warn
	Info
	Debug
)

// Code is the stable public name of a kind of diagnostic, for example "KEY_INVALID_FIELDS".
type Code string

// Location is a place in one subgraph's SDL. Line and Column count from 1; 0 means unknown.
type Location struct {
	Subgraph string `json:"subgraph,omitempty"`
	File     string `json:"file,omitempty"`
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty"`
}

// Diagnostic is one problem or hint. It is a value: copy it freely, never change one that was handed out.
type Diagnostic struct {
	Code      Code
	Severity  Severity
	Message   string     // one sentence: what is wrong, in the user's terms
	Fix       string     // what to do about it, or "" where nothing general can be said
	Locations []Location // where; empty only when no place in the SDL exists
}
