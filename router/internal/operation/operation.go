// Package operation turns a GraphQL document into a frozen Operation: parsed, validated by the specification,
// normalised (fragments gone, fields merged, conditions and runtime types stated at each field) and with its literals
// moved into variables, so that operations which differ only in literals are one. It coerces variables, and answers
// introspection.
//
// An Operation is immutable and shared. Selection sets are hash-consed: equal ones are the same pointer, so that
// fragments which expand to 2^n positions are a graph of n sets. Whoever walks them remembers what it has seen.
package operation

import (
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/internal/operation/coerce"
)

// Operation is one executable operation, ready for planning.
type Operation struct {
	Kind ast.Operation
	Name string // "" when anonymous
	Root *SelectionSet
	// Variables are the client's, then those made from literals (names starting with "__lit").
	Variables []*Variable
	// Directives are those on the operation itself, for the subgraphs that define them.
	Directives []Directive
	// Hash identifies Kind, Name, Root and Variables' names, types and declared defaults: the key of the plan cache.
	// Literals are not in it.
	Hash [16]byte

	coercion    *coerce.Variables
	introspects bool
}

// Variable is a declared or extracted variable.
type Variable struct {
	Name string // without "$"
	// Type is as declared, but non-null for a variable whose default makes it usable where null is not allowed: null is
	// refused for it then, and the type can be declared to a subgraph without the default.
	Type    *ast.Type
	Default *ast.Value // nil when it has none
	Literal bool       // extracted: its value comes with the document
}

// SelectionSet is what is asked of an object whose declared type is Type.
type SelectionSet struct {
	Type string
	// Possible are the runtime object types that the position may have in the supergraph (sorted), narrowed by
	// enclosing type conditions.
	Possible []string
	// Fields in response order. For one runtime type and one response name there is at most one field: those that the
	// document asks twice are merged. It is empty when every selection was for other types or switched off for good:
	// then the object is asked for (it may be null) but nothing of it.
	Fields []*Field
	ID     int // equal sets have equal IDs within one operation; 0 is Root, parents come before children first met below them
}

// Field is one field asked of an object.
type Field struct {
	ResponseName string
	Name         string // "__typename", "__schema" and "__type" included
	// Types are the runtime types for which it is asked (sorted); nil: every one of SelectionSet.Possible.
	Types []string
	// Through are the interfaces through which the document asks it and whose own declaration of it has directives in the
	// supergraph (sorted): what these demand, they demand of whoever asks through the interface only.
	Through []string
	// Args are sorted by name; an argument of the same field in another document has the same place.
	Args []Argument
	// Condition is when it is asked, given that the field above it is asked; nil: always.
	Condition *Condition
	// Definition says what the field is for all of Types: their own definition in the API schema where they agree, else
	// that of the type the document asks through, with the nullability that Types agree on.
	Definition *ast.FieldDefinition
	Selections *SelectionSet // nil for leaves
	// Defer is the innermost @defer that holds the field, nil when it is in the initial response. What is below a field is
	// held by its Defer or by others inside that.
	Defer *Defer
	// Directives are the executable directives on the field but for @skip, @include and @defer, for the subgraphs that
	// define them.
	Directives []Directive
}

// Argument is an argument's value; literals were replaced by variables, but inside lists and input objects that contain
// client variables the structure stays.
type Argument struct {
	Name  string
	Value *ast.Value
}

// Directive is one application of an executable directive.
type Directive struct {
	Name string
	Args []Argument
}

// Condition is the disjunction of conjunctions of @skip/@include over variables.
type Condition struct{ AnyOf [][]Literal }

// Literal is a Boolean variable or its negation.
type Literal struct {
	Variable string
	Negated  bool
}

// Defer is one @defer application.
type Defer struct {
	ID     int
	Label  string
	If     string // variable, "" when unconditional
	Parent *Defer
}

// CoerceVariables checks the values of a request's variables (section 6.1.2 of the specification, "Coercing Variable
// Values") and appends them to dst, one for each of o.Variables: nil when the variable has no value, else JSON. raw is
// the request's "variables" member: an object, null or empty. literals are those that came with the document.
//
// A value that is right passes byte for byte, and the result borrows raw, literals and o; what differs is a single
// value given for a list (it is wrapped) and an Int written like 1.0 (written as 1). Errors are a gqlerr.List with all
// that is wrong. Values for variables that the operation does not declare are ignored.
func (o *Operation) CoerceVariables(dst [][]byte, raw []byte, literals Literals) ([][]byte, error) {
	return o.coercion.Append(dst, raw, literals)
}

// Introspects tells whether the operation asks for __schema or __type, at its root or of a query type further down.
func (o *Operation) Introspects() bool { return o.introspects }

// IntrospectionName names a field of a set that is __schema or __type within its operation: by its response name, with
// the set's ID before it where that is not the root.
func (s *SelectionSet) IntrospectionName(f *Field) string {
	if s.ID == 0 {
		return f.ResponseName
	}
	return strconv.Itoa(s.ID) + "/" + f.ResponseName
}

// IsIntrospection tells whether the field is __schema or __type, which the router answers itself.
func (f *Field) IsIntrospection() bool { return f.Name == "__schema" || f.Name == "__type" }
