// Package plan is the query plan as plain data: a graph of fetches, the shape of the client's response, and the guards
// that switch parts of both on and off for one request. The planner makes plans, the executor compiles them; neither
// knows the other. A Plan is immutable and shared by all requests for its operation.
//
// # The response tree
//
// All fetches write into one tree of objects, and the client's response is projected from it. An object's fields are
// keyed by store name. The planner chooses store names so that, for one runtime object, two fetches that write the
// same store name mean the same value (objects are merged field by field, lists position by position, of leaves the
// first stays), and so that values that differ (same response name, other arguments) have different store names.
// The runtime type of an object is in its store name "__typename" wherever a plan depends on it.
//
// # Sharing
//
// Selections, objects and representations may be shared: the same pointer can stand at many positions (a DAG). Nobody
// may walk one without memory of what it has seen where the number of paths matters.
package plan

// Kind is the kind of an operation.
type Kind string

// The kinds of operations.
const (
	Query        Kind = "query"
	Mutation     Kind = "mutation"
	Subscription Kind = "subscription"
)

// GuardID names a condition: 0 is always true, n > 0 is Plan.Guards[n-1].
type GuardID int32

// Always is the guard that is always true.
const Always GuardID = 0

// Plan answers one operation for one choice of override labels.
type Plan struct {
	Kind      Kind
	Operation string // the client's operation name, "" when anonymous
	// Fetches are in a topological order: a fetch waits only for fetches before it.
	Fetches []*Fetch
	// Guards are evaluated once for each request.
	Guards []Guard
	// Authorizations are what guards of kind Authorization refer to.
	Authorizations []Authorization
	// Response is the shape of the initial response.
	Response *Object
	// ResponseWaitsFor are the fetches whose answers the initial response needs (ascending); nil: all of them. Only a plan
	// with Deferred parts needs it.
	ResponseWaitsFor []int
	// Deferred are the later payloads, parents before children.
	Deferred []*Deferred
}

// Guard is a condition in disjunctive normal form: true when all terms of at least one row are true.
type Guard struct{ AnyOf [][]Term }

// TermKind says what a term asks.
type TermKind uint8

// The kinds of terms.
const (
	// VariableTerm asks a Boolean variable of the operation (after defaults).
	VariableTerm TermKind = iota
	// AuthorizationTerm asks whether the caller meets Plan.Authorizations[Index].
	AuthorizationTerm
)

// Term is one question about the request, perhaps negated.
type Term struct {
	Kind    TermKind
	Name    string // the variable, without "$"
	Index   int
	Negated bool
}

// Authorization is what a field or type demands of the caller: all three parts that are present must hold. Scopes and
// Policies are OR of AND.
type Authorization struct {
	Authenticated bool
	Scopes        [][]string
	Policies      [][]string
}

// Fetch is one request to one subgraph. A root fetch has Selection, an entity fetch has Entities.
type Fetch struct {
	ID       int // index in Plan.Fetches
	Subgraph string
	Kind     Kind
	WaitsFor []int // ascending
	// Guard false: the fetch is not made, whoever waits for it goes on.
	Guard GuardID
	// OperationName is the name in Document, "" when anonymous.
	OperationName string
	// Document is the minified operation for the subgraph.
	Document string
	// Variables are those that Document declares, representations excluded, in the order of declaration.
	Variables []Variable
	Selection *Selection
	// Into are the objects that a root fetch's answer is merged into; nil: the root of the response tree. It is set where
	// a field returns a root type in the middle of an operation (a mutation's payload with a field of type Query): the
	// one answer goes into every object at these paths.
	Into     []Path
	Entities []*Entities
}

// Variable is a value that a fetch sends under Name.
type Variable struct {
	Name string // in the subgraph's document
	Type string // in the subgraph's document, e.g. "[ID!]!"
	// Exactly one source: From is the name of an operation's variable (an absent one is not sent), or Guard is set and
	// the value is true or false.
	From  string
	Guard GuardID
}

// Entities is one `_entities` selection: the same Selection for the entities at all Paths.
type Entities struct {
	// ResponseName is "_entities" or its alias in the answer.
	ResponseName string
	// Variable is the name of the representations variable, without "$".
	Variable string
	// Paths lead from the root of the response tree to the entities.
	Paths []Path
	// Representations say how an entity is described to the subgraph; the first whose Types contain the entity's
	// runtime type is used. An entity for which there is none is left alone.
	Representations []*Representation
	Selection       *Selection
	// Guard false: the empty list is sent, or nothing when all of a fetch's entities are off.
	Guard GuardID
	// Context are values from ancestors that the subgraph takes as variables (@fromContext). Entities with different
	// values cannot share a list of representations.
	Context []ContextVariable
}

// Path leads through the response tree. A list on the way is gone through item by item, at any depth, without a
// word in the path.
type Path []PathElement

// PathElement goes into the field StoreName of the object at hand, if its runtime type is one of Types (nil: any).
// Types speak of the object that has the field.
type PathElement struct {
	StoreName string
	Types     []string
	// ResponseName is what the client knows the field as, "" when the client did not ask for it: for error paths.
	ResponseName string
	// List is how many list levels the field has by its supergraph type: for printing "@".
	List int
	// Also are further ways to go from the same object: the rest of the path is walked below this field and below each
	// of Also (which have no Also of their own). Fragments that expand to 2^n positions stay a path of n elements.
	Also []PathElement
}

// Representation describes how to send an entity.
type Representation struct {
	// Types are the runtime types (sorted) it is for. Nil: whatever the object is; its type is then known from the
	// schema, and "__typename" need not be in the tree.
	Types    []string
	Typename string // the "__typename" to send: differs from the runtime type for interface objects
	Fields   []*RepresentationField
}

// RepresentationField is a key or required field of a representation, taken from the response tree.
type RepresentationField struct {
	Name      string   // in the representation
	StoreName string   // in the response tree
	Types     []string // runtime types of the object at hand for which it is sent; nil: all
	// Key true: null or absence means that there is nothing to ask. False (a required field): null is sent, absence means
	// that what it needs has failed, so that there is nothing to ask either.
	Key    bool
	Fields []*RepresentationField // nil for leaves
}

// ContextVariable passes a value of an ancestor as a variable.
type ContextVariable struct {
	Variable string // name in Document
	Type     string // type in Document
	// Choices: the first whose Types contain the runtime type of the ancestor, found Depth elements into the entity's
	// path (0 is the root), gives the value at Path below that ancestor.
	Choices []ContextChoice
}

// ContextChoice is one way to find a context's value.
type ContextChoice struct {
	Depth int
	Types []string
	Path  Path
}

// Selection is what a subgraph answers for one object and where it goes in the response tree.
type Selection struct{ Fields []*SelectionField }

// SelectionField is one field of a subgraph's answer.
type SelectionField struct {
	ResponseName string     // key in the subgraph's JSON
	StoreName    string     // key in the response tree
	Types        []string   // runtime types of the object for which it is asked; nil: all
	Guard        GuardID    // not asked when false
	Selection    *Selection // nil for leaves
}

// Object is the shape of an object in the client's response.
type Object struct {
	// TypeName is the declared type of the position in the API schema.
	TypeName string
	// PossibleTypes are the runtime types the client may see here (sorted). One: the runtime type is known and
	// "__typename" need not be in the tree. A runtime type that is not among them makes the object null with an error.
	PossibleTypes []string
	Fields        []*Field
}

// Field is one field of the client's response, in the order of the response.
type Field struct {
	ResponseName string
	StoreName    string
	Name         string   // the field's name in the schema; "__typename" is written from the runtime type
	Types        []string // runtime types for which it is in the response; nil: all
	Guard        GuardID  // absent from the response when false, whatever Denied says
	// Denied: an Authorization guard that is false makes the field null with an error instead of absent.
	Denied GuardID
	Type   *Type
	Object *Object // nil for leaves
	// Introspection fields (__schema, __type) are answered by the router itself, not from the tree; StoreName says which
	// of the operation's it is.
	Introspection bool
}

// Type is the type of a response field for completion: null propagation and leaf checks.
type Type struct {
	NonNull bool
	Elem    *Type  // list
	Name    string // named type
	Leaf    Leaf
	Values  []string // accessible values of an enum (sorted)
}

// Leaf is how a leaf value is checked.
type Leaf uint8

// The kinds of leaves. Values that do not fit become null with an error.
const (
	NotLeaf Leaf = iota
	IntLeaf
	FloatLeaf
	StringLeaf
	BooleanLeaf
	IDLeaf
	EnumLeaf
	CustomLeaf // any JSON, untouched
)

// Deferred is one later payload.
type Deferred struct {
	ID     int
	Label  string
	Parent int // ID of the enclosing Deferred, -1 for the initial response
	Path   Path
	// Guard is the @defer's condition and that the fields on its path are in the response: when false its fields, if any,
	// belong to the parent's payload.
	Guard    GuardID
	Response *Object
	// WaitsFor are the fetches whose answers the payload needs.
	WaitsFor []int
}
