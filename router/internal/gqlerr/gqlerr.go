// Package gqlerr is what a client sees when something fails: GraphQL errors with a stable code. Inside, errors are
// plain wrapped Go errors; at the edge each becomes an Error, and one that nobody made for clients is masked: the
// client gets an opaque reference that is in the log beside the cause.
package gqlerr

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Error is one entry of a response's "errors" (GraphQL specification, section 7.1.2 "Errors").
type Error struct {
	Message   string
	Locations []Location
	Path      []PathElement // nil for errors that belong to no field
	Code      Code          // extensions.code
	Service   string        // extensions.serviceName, "" when no subgraph is to blame
	// Extensions follow code and serviceName in the order given. A code or serviceName here wins over the fields above,
	// so that a subgraph's own code survives.
	Extensions []Extension
	// Cause is for the log; it is never sent.
	Cause error
}

// Location is a position in the client's document, both counted from 1.
type Location struct{ Line, Column int }

// PathElement is a response name, or a list index when Name is "".
type PathElement struct {
	Name  string
	Index int
}

// Extension is one member of "extensions". Value is JSON and is written as it is.
type Extension struct {
	Name  string
	Value []byte
}

// New makes an error with a code and a formatted message.
func New(code Code, format string, arguments ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, arguments...)}
}

// Wrap is New with a cause for the log.
func Wrap(cause error, code Code, format string, arguments ...any) *Error {
	e := New(code, format, arguments...)
	e.Cause = cause
	return e
}

// At adds a position in the client's document and returns e.
func (e *Error) At(line, column int) *Error {
	e.Locations = append(e.Locations, Location{Line: line, Column: column})
	return e
}

// Error implements error; the cause is not in it.
func (e *Error) Error() string {
	var text strings.Builder
	for _, l := range e.Locations {
		fmt.Fprintf(&text, "%d:%d ", l.Line, l.Column)
	}
	if text.Len() > 0 {
		return strings.TrimSuffix(text.String(), " ") + ": " + e.Message
	}
	return e.Message
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// List is several errors that are reported together. An empty List is not an error: return nil instead.
type List []*Error

// Error implements error.
func (l List) Error() string {
	lines := make([]string, len(l))
	for i, e := range l {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives the errors of the list.
func (l List) Unwrap() []error {
	all := make([]error, len(l))
	for i, e := range l {
		all[i] = e
	}
	return all
}

// OrNil returns the list as an error, nil when it is empty.
func (l List) OrNil() error {
	if len(l) == 0 {
		return nil
	}
	return l
}

// SortByLocation orders the errors by their first position; those without one come last, equal ones keep their order.
func (l List) SortByLocation() {
	slices.SortStableFunc(l, func(a, b *Error) int {
		if len(a.Locations) == 0 || len(b.Locations) == 0 {
			return len(b.Locations) - len(a.Locations)
		}
		if byLine := a.Locations[0].Line - b.Locations[0].Line; byLine != 0 {
			return byLine
		}
		return a.Locations[0].Column - b.Locations[0].Column
	})
}

// From finds the errors made for clients in err: a List, an *Error, or nothing.
func From(err error) (List, bool) {
	var list List
	if errors.As(err, &list) {
		return list, true
	}
	var one *Error
	if errors.As(err, &one) {
		return List{one}, true
	}
	return nil, false
}
