package plancheck

import (
	"math/bits"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/supergraph"
)

// types is a set of object types of the supergraph, by their index in world.objects.
type types []uint64

func (s types) has(i int) bool { return s[i/64]&(1<<(i%64)) != 0 }

func (s types) with(i int) types {
	made := slices.Clone(s)
	made[i/64] |= 1 << (i % 64)
	return made
}

func (s types) and(other types) types     { return combine(s, other, both) }
func (s types) or(other types) types      { return combine(s, other, either) }
func (s types) without(other types) types { return combine(s, other, onlyFirst) }
func (s types) isEmpty() bool {
	return !slices.ContainsFunc(s, func(word uint64) bool { return word != 0 })
}
func (s types) equal(other types) bool { return slices.Equal(s, other) }

// each yields the members in ascending order.
func (s types) each(yield func(int) bool) {
	for w, word := range s {
		for ; word != 0; word &= word - 1 {
			if !yield(w*64 + bits.TrailingZeros64(word)) {
				return
			}
		}
	}
}

func (s types) count() int {
	n := 0
	for _, word := range s {
		n += bits.OnesCount64(word)
	}
	return n
}

// world is what a supergraph says about runtime types.
type world struct {
	sg       *supergraph.Supergraph
	objects  []string // sorted
	index    map[string]int
	possible map[string]types // of every composite type
	none     types
	demands  demandNames
}

func newWorld(sg *supergraph.Supergraph) *world {
	w := &world{sg: sg, index: map[string]int{}, possible: map[string]types{}, demands: newDemandNames(sg)}
	for _, t := range sg.Types {
		if t.Kind == ast.Object {
			w.objects = append(w.objects, t.Name)
		}
	}
	slices.Sort(w.objects)
	w.none = make(types, (len(w.objects)+63)/64)
	for i, name := range w.objects {
		w.index[name] = i
		w.possible[name] = w.none.with(i)
	}
	for _, t := range sg.Types {
		if t.Kind == ast.Interface {
			w.possible[t.Name] = w.none
		}
	}
	for _, t := range sg.Types {
		switch t.Kind {
		case ast.Object:
			for _, name := range t.InterfaceNames() {
				if known, ok := w.possible[name]; ok {
					w.possible[name] = known.with(w.index[t.Name])
				}
			}
		case ast.Union:
			w.possible[t.Name] = w.of(t.MemberNames())
		}
	}
	return w
}

// of is the set of named object types; names of others are left out.
func (w *world) of(names []string) types {
	set := w.none
	for _, name := range names {
		if i, ok := w.index[name]; ok {
			set = set.with(i)
		}
	}
	return set
}

func (w *world) names(set types) []string {
	var names []string
	for i := range set.each {
		names = append(names, w.objects[i])
	}
	return names
}

// below are the runtime types that a field of object type i can have as its value; none for leaves.
func (w *world) below(i int, field string) types {
	if f := w.sg.Type(w.objects[i]).Field(field); f != nil {
		if set, ok := w.possible[f.Type.Name()]; ok {
			return set
		}
	}
	return w.none
}

// isInterfaceObject tells whether a subgraph knows an interface of the supergraph as an object type.
func (w *world) isInterfaceObject(g supergraph.GraphID, name string) bool {
	t := w.sg.Type(name)
	return t != nil && slices.ContainsFunc(t.Joins, func(j supergraph.TypeJoin) bool { return j.Graph == g && j.IsInterfaceObject })
}
