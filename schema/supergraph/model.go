// Package supergraph holds the composed graph: one immutable model that composition produces, that Read makes from
// supergraph SDL of join v0.1 to v0.5 written by anybody, that Print turns into SDL again (deterministic bytes), and
// from which the query graph, the router and the API schema are derived.
//
// Invariants: nothing in a Supergraph changes after it was built; slices are in the order of the SDL; a GraphID
// indexes Graphs; types that only carry federation machinery (join__*, link__*) are not in Types.
package supergraph

import "github.com/vektah/gqlparser/v2/ast"

// GraphID names a subgraph by its index in Supergraph.Graphs.
type GraphID int

// Graph is one subgraph of the supergraph: a value of the enum join__Graph.
type Graph struct {
	EnumValue string // as written in the SDL, e.g. "PAYMENTS"
	Name      string // the subgraph's name, e.g. "payments"
	URL       string // routing URL; may be empty
}

// Supergraph is the composed graph.
type Supergraph struct {
	Graphs       []Graph
	Types        []*Type // every type but the machinery; built-in scalars are not listed
	Query        string  // name of the query root type
	Mutation     string  // "" when there is none
	Subscription string  // "" when there is none
	Description  string
	Links        []Link                     // @link applications on the schema, the link specification itself included
	Directives   []*ast.DirectiveDefinition // definitions that are part of the API or composed; no join/link machinery
	Applied      ast.DirectiveList          // other directives on the schema definition
	// FeatureTypes are the types that linked features bring for their directives' arguments, such as
	// requiresScopes__Scope. They are in no subgraph and not part of the API.
	FeatureTypes []*ast.Definition
	// Carried are directives on the schema that are carried for some subgraphs: @join__directive.
	Carried []CarriedDirective

	byName map[string]*Type
}

// Link is one application of @link on the schema.
type Link struct {
	URL    string
	As     string
	For    string // "", SECURITY or EXECUTION
	Import []LinkImport
}

// LinkImport is one imported element. As is "" when it keeps its name.
type LinkImport struct{ Name, As string }

// Type is one named type of the supergraph.
type Type struct {
	Name        string
	Kind        ast.DefinitionKind
	Description string
	Joins       []TypeJoin       // one for each key in each subgraph, or one without a key
	Implements  []ImplementsJoin // objects and interfaces
	Members     []MemberJoin     // unions; a member may appear once for each subgraph
	Fields      []*Field         // objects, interfaces and input objects
	EnumValues  []*EnumValue
	// Directives are the composed applications: @tag, @inaccessible, @authenticated, @requiresScopes, @policy, @cost,
	// @listSize, @specifiedBy, @context, custom composed ones. No join__* directives. Names are as in the SDL.
	Directives ast.DirectiveList
	Carried    []CarriedDirective

	byField map[string]*Field
}

// TypeJoin is @join__type: the type exists in Graph, there an entity by Key when that is not "".
type TypeJoin struct {
	Graph             GraphID
	Key               string // field set without braces
	Extension         bool
	Resolvable        bool
	IsInterfaceObject bool
}

// ImplementsJoin is @join__implements: in Graph the type implements Interface.
type ImplementsJoin struct {
	Graph     GraphID
	Interface string
}

// MemberJoin is @join__unionMember: in Graph the union contains Member.
type MemberJoin struct {
	Graph  GraphID
	Member string
}

// Field is a field of an object, interface or input object.
type Field struct {
	Name        string
	Description string
	Type        *ast.Type
	Args        ast.ArgumentDefinitionList
	Default     *ast.Value // input fields
	// Joins are the @join__field applications. Empty means: in every subgraph that has the parent type, resolvable there,
	// with the same type. A Join with HasGraph false belongs to no subgraph (an interface object's field that is
	// provided for implementations elsewhere).
	Joins      []FieldJoin
	Directives ast.DirectiveList // as in Type
	Carried    []CarriedDirective
}

// CarriedDirective is @join__directive: a subgraph directive that composition does not merge, only carries to the
// router, such as @cacheTag. Name is the directive's name in the subgraphs' own vocabulary, federation__cacheTag.
type CarriedDirective struct {
	Graphs []GraphID
	Name   string
	Args   *ast.Value // an object value; nil when the directive has no arguments
}

// FieldJoin is @join__field.
type FieldJoin struct {
	HasGraph         bool
	Graph            GraphID
	Type             *ast.Type // the field's type in Graph; nil when it is the supergraph's
	Requires         string
	Provides         string
	External         bool
	Override         string
	OverrideLabel    string
	UsedOverridden   bool
	ContextArguments []ContextArgument
}

// ContextArgument is an argument that the subgraph takes from an ancestor: @fromContext. The argument is not part of
// the supergraph's field.
type ContextArgument struct {
	Name      string    // the argument's name in the subgraph
	Type      *ast.Type // the argument's type in the subgraph
	Context   string    // context's full name, subgraph__name
	Selection string    // field value syntax, e.g. "{ prop }"
}

// EnumValue is one value of an enum. Joins empty means: in every subgraph that has the enum.
type EnumValue struct {
	Name        string
	Description string
	Joins       []GraphID
	Directives  ast.DirectiveList
}

// Type returns the type of that name, or nil.
func (s *Supergraph) Type(name string) *Type { return s.byName[name] }

// DirectiveDefinition returns the definition of that name, or nil.
func (s *Supergraph) DirectiveDefinition(name string) *ast.DirectiveDefinition {
	for _, d := range s.Directives {
		if d.Name == name {
			return d
		}
	}
	return nil
}

// Field returns the field of that name, or nil.
func (t *Type) Field(name string) *Field { return t.byField[name] }

// Index builds the look-up tables; everything that makes a Supergraph calls it once, last.
func (s *Supergraph) Index() {
	s.byName = make(map[string]*Type, len(s.Types))
	for _, t := range s.Types {
		s.byName[t.Name] = t
		t.byField = make(map[string]*Field, len(t.Fields))
		for _, f := range t.Fields {
			t.byField[f.Name] = f
		}
	}
}
