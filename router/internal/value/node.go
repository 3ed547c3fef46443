package value

import "errors"

// Kind is what a Node holds.
type Kind uint8

// The kinds of nodes. Absent is the zero value: nobody wrote the slot.
const (
	Absent Kind = iota
	Null
	False
	True
	Number
	String
	// Raw is an object or list where a leaf was expected: a custom scalar, kept as its JSON text.
	Raw
	List
	Object
	// Conflict stands where answers disagree about the shape of a value.
	Conflict
)

// Flags tell more about a Node.
type Flags uint8

const (
	// Reported says that the Null, or the absence, was explained to the client by an error already; of a List or an Object, what
	// is absent in it.
	Reported Flags = 1 << iota
	// Fraction says that the Number has a fraction or an exponent.
	Fraction
	// Escaped says that the String contains a backslash.
	Escaped
)

// Node is one value. Of a leaf, First and Count are the span in its source (quotes included); of a
// List the run of its items, of an Object the run of its slots.
type Node struct {
	First  uint32
	Count  uint32
	Source uint16
	Kind   Kind
	Flags  Flags
}

// IsNull tells whether the node is null or absent.
func (n Node) IsNull() bool { return n.Kind <= Null }

// ExplainAbsence notes that an error was reported for what an answer did not bring here: for a value that is absent, or for
// what is absent in a list or an object that another answer brought. A leaf that is there lacks nothing, and a null has come
// from someone.
func (n *Node) ExplainAbsence() {
	if n.Kind == Absent || n.Kind >= List {
		n.Flags |= Reported
	}
}

// maxSources is how many answers one tree can borrow from.
const maxSources = 1<<16 - 1

// DefaultMaxNodes bounds a tree: 96 MB of nodes.
const DefaultMaxNodes = 8 << 20

// retainedNodes is the largest storage that Reset keeps.
const retainedNodes = 1 << 16

// ErrTooLarge is returned by Parse for an answer that would make the tree larger than its bound.
var ErrTooLarge = errors.New("the answer has too many values")

// Tree is the storage of one operation's values. The zero Tree is ready for use.
type Tree struct {
	nodes    []Node
	stack    []Node // items of the lists that are being parsed
	sources  [][]byte
	maxNodes int
}

// Reset forgets all values and the answers they borrow from. maxNodes bounds what comes next; 0: DefaultMaxNodes.
func (t *Tree) Reset(maxNodes int) {
	if maxNodes <= 0 {
		maxNodes = DefaultMaxNodes
	}
	t.maxNodes = maxNodes
	t.nodes, t.stack = emptied(t.nodes), emptied(t.stack)
	clear(t.sources)
	t.sources = t.sources[:0]
}

func emptied(nodes []Node) []Node {
	if cap(nodes) > retainedNodes {
		return nil
	}
	return nodes[:0]
}

// Len is the number of nodes in use.
func (t *Tree) Len() int { return len(t.nodes) }

// NewObject makes an object of width slots, all absent. Slot 0 is the tree's own (see header).
func (t *Tree) NewObject(width uint32) Node {
	return Node{Kind: Object, First: t.grow(ownNodes(width)), Count: width}
}

// grow adds n nodes that are absent and gives the first.
func (t *Tree) grow(n uint32) uint32 {
	first := len(t.nodes)
	end := first + int(n)
	if end <= cap(t.nodes) {
		t.nodes = t.nodes[:end]
		clear(t.nodes[first:])
	} else {
		t.nodes = append(t.nodes, make([]Node, n)...)
	}
	return uint32(first)
}

// An object's slot 0 is its header: First is the mark of the last visit, Count what the visitor left with it, and
// Source the object's runtime type.

// Field is the value in a slot of an object.
func (t *Tree) Field(object Node, slot uint32) Node {
	if object.Count >= wideObject {
		return t.pagedField(object, slot)
	}
	return t.nodes[object.First+slot]
}

// FieldRef is where a slot of an object is; valid until the tree grows, which FieldRef itself may bring about.
func (t *Tree) FieldRef(object Node, slot uint32) *Node { return &t.nodes[t.fieldIndex(object, slot)] }

func (t *Tree) fieldIndex(object Node, slot uint32) uint32 {
	if object.Count >= wideObject {
		return t.pagedIndex(object, slot)
	}
	return object.First + slot
}

// Items are the items of a list; valid until the tree grows.
func (t *Tree) Items(list Node) []Node { return t.nodes[list.First : list.First+list.Count] }

// Type is an object's runtime type, NoType while no "__typename" was seen.
func (t *Tree) Type(object Node) TypeID { return TypeID(t.nodes[object.First].Source) }

// Mark notes a visit of an object, with a number for the visitor, and tells whether this mark's visitor was there last.
// Marks are greater than zero.
func (t *Tree) Mark(object Node, mark, number uint32) (before uint32, seen bool) {
	header := &t.nodes[object.First]
	if header.First == mark {
		return header.Count, true
	}
	header.First, header.Count = mark, number
	return 0, false
}

// Bytes is the JSON text of a leaf: null, a boolean, a Number, a String (with quotes) or a Raw.
func (t *Tree) Bytes(n Node) []byte {
	return t.sources[n.Source][n.First : n.First+n.Count]
}

// Text is a String without its quotes, escapes kept.
func (t *Tree) Text(n Node) []byte {
	return t.sources[n.Source][n.First+1 : n.First+n.Count-1]
}
