package exec

import (
	"github.com/tributary-gql/tributary/router/internal/plan"
	"github.com/tributary-gql/tributary/router/internal/value"
)

// Program is a compiled plan: immutable, shared by all requests for its operation. Compile makes it.
type Program struct {
	plan      *plan.Plan
	types     *value.TypeTable
	typenames [][]byte // JSON text of each type's name, by value.TypeID
	guards    []guard
	fetches   []fetchProgram
	rootWidth uint32
	// The projection: objects and their fields as runs in one slice.
	objects  []objectShape
	fields   []fieldShape
	response int32
	deferred []deferredProgram
	// initial are the fetches that the initial response waits for.
	initial []bool
	// shared is false when one entity's children may differ by the way that leads to them (@fromContext), so that they
	// must be copied instead of shared.
	shared bool
}

// Plan is what the program was compiled from.
func (p *Program) Plan() *plan.Plan { return p.plan }

// fetchProgram is one compiled fetch.
type fetchProgram struct {
	fetch      *plan.Fetch
	waits      int32   // number of fetches it waits for
	dependents []int32 // fetches that wait for it
	guard      int32
	head       []byte // the body up to the variables' values
	variables  []bodyVariable
	hasObject  bool             // the body has "variables", and head ends before their object
	answer     *value.Selection // of "data"
	into       []pathProgram    // where a root fetch's answer goes; nil: the root
	intoMark   uint32
	entities   []entitiesProgram
	hasContext bool
}

// bodyVariable is a hole in a body.
type bodyVariable struct {
	key   []byte // `,"name":`
	index int32  // operation variable, -1: the guard's value
	guard int32
}

// entitiesProgram is one compiled `_entities` selection.
type entitiesProgram struct {
	responseName    string
	slot            uint32 // of the list in the answer's data
	key             []byte // `,"representations":`
	guard           int32
	paths           []pathProgram
	mark            uint32 // of objects that have their representation
	representations []representation
	selection       *value.Selection
	context         []contextProgram
}

// pathProgram is a compiled plan.Path.
type pathProgram struct {
	steps []pathStep
	mark  uint32 // mark+i is of objects that were visited at depth i
}

// pathStep goes into one field, or into several.
type pathStep struct {
	slot  uint32
	types value.Bits
	also  []pathStep
}

// representation is a compiled plan.Representation.
type representation struct {
	types  value.Bits
	head   []byte // `,{"__typename":"User"`
	fields []representationField
}

type representationField struct {
	name   []byte // `,"id":`
	slot   uint32
	types  value.Bits
	key    bool
	fields []representationField
}

// contextProgram is a compiled plan.ContextVariable.
type contextProgram struct {
	key     []byte // `,"name":`
	choices []contextChoice
}

type contextChoice struct {
	depth int
	types value.Bits
	steps []pathStep
}

// objectShape is a compiled plan.Object: its fields are Program.fields[first:last].
type objectShape struct {
	first, last int32
	possible    value.Bits
	onlyType    value.TypeID // when only one is possible
	typeName    string
	typed       bool   // some field depends on the runtime type
	typename    uint32 // slot of "__typename", 0 when nothing writes it
}

type fieldKind uint8

const (
	leafField fieldKind = iota // a scalar or an enum value
	treeField                  // a list or an object
	typenameField
	introspectionField
)

// fieldShape is a compiled plan.Field. What every value needs comes first.
type fieldShape struct {
	key         []byte // `,"name":`
	slot        uint32
	verbatim    kinds // a leaf of these kinds is written as it came
	kind        fieldKind
	conditional bool // has types, a guard or a denial

	guard        int32
	denied       int32
	object       int32 // index in Program.objects, -1 for leaves
	types        value.Bits
	typ          *typeShape
	introspects  string // of an introspection field: its store name, by which its answer is asked
	responseName string
	coordinate   string // "User.name", for messages
}

// kinds is a set of value.Kind.
type kinds uint16

func (k kinds) has(kind value.Kind) bool { return k&(1<<kind) != 0 }

func kindsOf(all ...value.Kind) kinds {
	var set kinds
	for _, kind := range all {
		set |= 1 << kind
	}
	return set
}

// typeShape is a compiled plan.Type.
type typeShape struct {
	nonNull  bool
	verbatim kinds // of leaves that need no look at the value
	leaf     plan.Leaf
	object   int32
	elem     *typeShape
	name     string
	values   map[string]struct{} // of an enum
	text     string              // "[Int!]!"
}

// deferredProgram is a compiled plan.Deferred.
type deferredProgram struct {
	plan     *plan.Deferred
	guard    int32
	label    []byte // JSON text, nil when there is none
	parent   int32  // index in Program.deferred, -1: the initial response
	path     pathProgram
	names    []fieldShape // what the client knows the path's fields as
	response int32
}
