package value

import "fmt"

// TypeID is a runtime type's number in a TypeTable.
type TypeID uint16

const (
	// NoType says that the runtime type is not known.
	NoType TypeID = 0
	// ForeignType says that there is a "__typename", and no plan speaks of it.
	ForeignType TypeID = 1<<16 - 1
)

// TypeTable numbers the types that a plan speaks of. It is filled while compiling, then only read.
type TypeTable struct {
	names []string
	ids   map[string]TypeID
}

// NewTypeTable makes an empty table.
func NewTypeTable() *TypeTable {
	return &TypeTable{names: []string{""}, ids: map[string]TypeID{}}
}

// Add gives a type its number.
func (t *TypeTable) Add(name string) (TypeID, error) {
	if id, ok := t.ids[name]; ok {
		return id, nil
	}
	id := len(t.names)
	if id >= int(ForeignType) {
		return NoType, fmt.Errorf("a plan may speak of at most %d types", int(ForeignType)-1)
	}
	t.names = append(t.names, name)
	t.ids[name] = TypeID(id)
	return TypeID(id), nil
}

// Len is the number of types, NoType included.
func (t *TypeTable) Len() int { return len(t.names) }

// Name is a type's name, "" for NoType and ForeignType.
func (t *TypeTable) Name(id TypeID) string {
	if int(id) >= len(t.names) {
		return ""
	}
	return t.names[id]
}

// Find is the number of a type by the JSON text of its name without quotes.
func (t *TypeTable) Find(text []byte) TypeID {
	if id, ok := t.ids[string(text)]; ok {
		return id
	}
	return ForeignType
}

// Bits is a set of small numbers. The nil set, as a set of types, means every type.
type Bits []uint64

// NewBits makes a set for numbers below n.
func NewBits(n int) Bits { return make(Bits, (n+63)/64) }

// Set adds a number that is below the set's size.
func (b Bits) Set(i int) { b[i/64] |= 1 << (i % 64) }

// Has tells whether a number is in the set.
func (b Bits) Has(i int) bool { return i/64 < len(b) && b[i/64]&(1<<(i%64)) != 0 }

// HasType tells whether a type is in a set of types.
func (b Bits) HasType(id TypeID) bool { return b == nil || b.Has(int(id)) }
