package operation

import (
	"encoding/binary"
	"slices"
)

// typeSet is an interned set of object types: equal sets are the same pointer.
type typeSet struct {
	id    int
	types []int32 // ascending indexes into Schema.objects, which is sorted by name
}

// typeSets interns the sets of one normalisation and remembers what it has computed.
type typeSets struct {
	schema  *Schema
	byKey   map[string]*typeSet
	byName  map[string]*typeSet
	overlap map[[2]int]*typeSet
	key     []byte
}

func newTypeSets(s *Schema) *typeSets {
	return &typeSets{
		schema: s, byKey: map[string]*typeSet{}, byName: map[string]*typeSet{}, overlap: map[[2]int]*typeSet{},
	}
}

func (s *typeSets) intern(types []int32) *typeSet {
	s.key = s.key[:0]
	for _, t := range types {
		s.key = binary.LittleEndian.AppendUint32(s.key, uint32(t))
	}
	if set, ok := s.byKey[string(s.key)]; ok {
		return set
	}
	set := &typeSet{id: len(s.byKey), types: types}
	s.byKey[string(s.key)] = set
	return set
}

// possible is the set of runtime types of a named composite type.
func (s *typeSets) possible(name string) *typeSet {
	if set, ok := s.byName[name]; ok {
		return set
	}
	set := s.intern(s.schema.possible[name])
	s.byName[name] = set
	return set
}

func (s *typeSets) intersect(a, b *typeSet) *typeSet {
	if a == b {
		return a
	}
	key := [2]int{min(a.id, b.id), max(a.id, b.id)}
	if set, ok := s.overlap[key]; ok {
		return set
	}
	var common []int32
	for i, j := 0, 0; i < len(a.types) && j < len(b.types); {
		switch {
		case a.types[i] < b.types[j]:
			i++
		case a.types[i] > b.types[j]:
			j++
		default:
			common = append(common, a.types[i])
			i++
			j++
		}
	}
	set := s.intern(common)
	s.overlap[key] = set
	return set
}

func (s *typeSets) subtract(a, b *typeSet) *typeSet {
	if s.intersect(a, b) == a {
		return s.intern(nil)
	}
	var rest []int32
	for _, t := range a.types {
		if _, found := slices.BinarySearch(b.types, t); !found {
			rest = append(rest, t)
		}
	}
	return s.intern(rest)
}

func (s *typeSets) union(a, b *typeSet) *typeSet {
	if a == b || len(b.types) == 0 {
		return a
	}
	all := slices.Concat(a.types, b.types)
	slices.Sort(all)
	return s.intern(slices.Compact(all))
}

// names are the set's types, sorted.
func (s *typeSets) names(set *typeSet) []string {
	names := make([]string, len(set.types))
	for i, t := range set.types {
		names[i] = s.schema.objects[t]
	}
	return names
}
