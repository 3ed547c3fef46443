package querygraph

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/supergraph"
)

// SubgraphID names a subgraph by its index in Graph.Subgraphs, which is that of Supergraph.Graphs.
type SubgraphID = supergraph.GraphID

// Subgraph is one subgraph's schema, restated from the join directives.
type Subgraph struct {
	ID     SubgraphID
	Name   string
	Types  []*Type // composite types, in the order of the supergraph
	byName map[string]*Type
}

// Type returns the subgraph's composite type of that name, or nil when the subgraph has never heard of it.
func (s *Subgraph) Type(name string) *Type { return s.byName[name] }

// Type is an object, interface or union type as one subgraph has it.
type Type struct {
	Subgraph SubgraphID
	Name     string
	// Kind is the kind in this subgraph: an interface object is an ast.Object here and an interface in the supergraph.
	Kind ast.DefinitionKind
	// InterfaceObject: @interfaceObject. The subgraph knows all implementations as this one type and cannot tell them
	// apart.
	InterfaceObject bool
	// Possible are the runtime types that the subgraph itself can return here: the type alone for an object, the
	// implementations or members in this subgraph for an abstract type, none for an interface object.
	Possible TypeSet
	Keys     []*Key
	Fields   []*Field // sorted by name
}

// IsAbstract tells whether the subgraph can return objects of several types here.
func (t *Type) IsAbstract() bool { return t.Kind != ast.Object }

// Field returns the subgraph's field of that name, or nil.
func (t *Type) Field(name string) *Field {
	if i, ok := findField(t.Fields, name); ok {
		return t.Fields[i]
	}
	return nil
}

// Key is one @key of a type in a subgraph.
type Key struct {
	Text       string
	Resolvable bool
	Extension  bool
	Selection  *Selection
}

// Field is a field of a type as one subgraph has it.
type Field struct {
	Name string
	// Type is the field's type in this subgraph; it may be narrower or wider, or differ in nullability, from the
	// supergraph's and from other subgraphs'.
	Type *ast.Type
	// Composite is the subgraph's type of that name, nil for leaves.
	Composite *Type
	// Resolvable: the subgraph answers it wherever it has such an object (on the terms of Requires, Context and Label).
	// False: it is external, and answered only where a @provides says so. For fields of interfaces it says that the
	// interface has the field there; whether it is answered depends on the runtime type.
	Resolvable bool
	External   bool
	// Requires must be known of the object and sent along before the subgraph answers the field; nil: nothing.
	Requires *Selection
	// Provides is what is answered below this field in addition; nil: nothing. It is on the field's type.
	Provides *Selection
	// Label says for which side of a progressive override the subgraph answers the field; nil: always.
	Label *Label
	// Context are the arguments that come from an ancestor: @fromContext.
	Context []ContextArgument
}

// Label is one side of a progressive @override: the field is answered here when the label's value for the request is
// Value.
type Label struct {
	Name  string
	Value bool
}

// ContextArgument is an argument that a subgraph takes from an ancestor of the field's object.
type ContextArgument struct {
	Name string
	Type *ast.Type // in the subgraph
	// Sources are the types on which the context is set, each with what is selected there, in the order of the supergraph.
	// The nearest ancestor of one of these types gives the value.
	Sources []ContextSource
}

// ContextSource is one type that sets a context.
type ContextSource struct {
	Type      string // in the supergraph; abstract types stand for all their possible types
	Selection *Selection
}
