package planner

import "fmt"

// CodeLimit is the stable code of a *LimitError at the edge.
const CodeLimit = "QUERY_PLAN_LIMIT"

// LimitError says that an operation needs more planning than Options allow.
type LimitError struct {
	What  string // what there is too much of: "work", "paths", "bytes of operation text"
	Limit int
}

// Error implements error.
func (e *LimitError) Error() string {
	return fmt.Sprintf("the operation is too complex to plan: it needs more than %d units of %s; ask for less at once",
		e.Limit, e.What)
}

// Code is the error's stable code.
func (e *LimitError) Code() string { return CodeLimit }

// CodeUnplannable is the stable code of an *UnplannableError at the edge.
const CodeUnplannable = "QUERY_PLAN_UNSATISFIABLE"

// UnplannableError says that no sequence of subgraph requests answers a field. Supergraphs that composition has proven
// satisfiable have no such field.
type UnplannableError struct {
	Path string // response names from the root, joined by dots
	Type string // runtime type
	Name string // the field
}

// Error implements error.
func (e *UnplannableError) Error() string {
	return fmt.Sprintf("no subgraph can answer %s.%s at %q: the supergraph is not satisfiable there", e.Type, e.Name, e.Path)
}

// Code is the error's stable code.
func (e *UnplannableError) Code() string { return CodeUnplannable }
