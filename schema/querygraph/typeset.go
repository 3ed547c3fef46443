package querygraph

import (
	"iter"
	"math/bits"
	"slices"
)

// ObjectID names an object type of the supergraph by its index in Graph.Objects.
type ObjectID int32

// TypeSet is a set of object types. The zero value is the empty set. Sets are values that nobody changes: every
// operation returns a set of its own or one of its operands. They have no trailing zero words, so that equal sets have
// equal words.
type TypeSet []uint64

// NewTypeSet is the set of those types.
func NewTypeSet(types ...ObjectID) TypeSet {
	var s TypeSet
	for _, t := range types {
		s = s.with(t)
	}
	return s
}

// with adds a type in place where there is room; only for sets under construction.
func (s TypeSet) with(t ObjectID) TypeSet {
	word := int(t) / 64
	if missing := word + 1 - len(s); missing > 0 {
		s = append(s, make(TypeSet, missing)...)
	}
	s[word] |= 1 << (uint(t) % 64)
	return s
}

func (s TypeSet) trim() TypeSet {
	for len(s) > 0 && s[len(s)-1] == 0 {
		s = s[:len(s)-1]
	}
	return s
}

// Has tells whether t is in the set.
func (s TypeSet) Has(t ObjectID) bool {
	word := int(t) / 64
	return word < len(s) && s[word]&(1<<(uint(t)%64)) != 0
}

// IsEmpty tells whether nothing is in the set.
func (s TypeSet) IsEmpty() bool { return len(s) == 0 }

// Len is the number of types.
func (s TypeSet) Len() int {
	n := 0
	for _, word := range s {
		n += bits.OnesCount64(word)
	}
	return n
}

// Equal tells whether both have the same types.
func (s TypeSet) Equal(other TypeSet) bool { return slices.Equal(s, other) }

// SubsetOf tells whether every type of s is in other.
func (s TypeSet) SubsetOf(other TypeSet) bool {
	if len(s) > len(other) {
		return false
	}
	for i, word := range s {
		if word&^other[i] != 0 {
			return false
		}
	}
	return true
}

// Intersects tells whether there is a type in both.
func (s TypeSet) Intersects(other TypeSet) bool {
	for i := range min(len(s), len(other)) {
		if s[i]&other[i] != 0 {
			return true
		}
	}
	return false
}

// Intersect is the set of types in both.
func (s TypeSet) Intersect(other TypeSet) TypeSet {
	if s.SubsetOf(other) {
		return s
	}
	both := make(TypeSet, min(len(s), len(other)))
	for i := range both {
		both[i] = s[i] & other[i]
	}
	return both.trim()
}

// Union is the set of types in either.
func (s TypeSet) Union(other TypeSet) TypeSet {
	if s.SubsetOf(other) {
		return other
	}
	if len(s) < len(other) {
		s, other = other, s
	}
	either := slices.Clone(s)
	for i, word := range other {
		either[i] |= word
	}
	return either
}

// Minus is the set of types in s but not in other.
func (s TypeSet) Minus(other TypeSet) TypeSet {
	if !s.Intersects(other) {
		return s
	}
	rest := slices.Clone(s)
	for i := range min(len(s), len(other)) {
		rest[i] &^= other[i]
	}
	return rest.trim()
}

// All yields the types in ascending order.
func (s TypeSet) All() iter.Seq[ObjectID] {
	return func(yield func(ObjectID) bool) {
		for i, word := range s {
			for word != 0 {
				if !yield(ObjectID(i*64 + bits.TrailingZeros64(word))) {
					return
				}
				word &= word - 1
			}
		}
	}
}

// First is the least type of a set that is not empty.
func (s TypeSet) First() ObjectID {
	for t := range s.All() {
		return t
	}
	return -1
}
