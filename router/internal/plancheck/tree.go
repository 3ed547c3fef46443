package plancheck

import (
	"maps"
	"slices"
)

// node stands for the objects at one position of the response tree. What the fetches write is entered into it; the
// runtime types of the objects are kept apart where fetches treat them differently.
type node struct {
	possible types    // runtime types that the subgraphs can return here
	answers  []answer // those that bring the objects
	fields   map[string][]*slot
	origin   *node // of a copy: the node it was split off, so that what is known of that is known of this one
}

// answer says that a fetch brings the objects of a position, and of which runtime types it can.
type answer struct {
	guard truth
	types types
}

// answered enters an answer. An object that several answers bring is of a type that all of them can have: each is
// narrowed by those that are there whenever it is.
func (n *node) answered(w *world, guard truth, returned types) {
	n.answers = append(slices.Clip(n.answers), answer{guard, returned})
	n.possible = w.none
	for _, a := range n.answers {
		set := a.types
		for _, other := range n.answers {
			if a.guard.implies(other.guard) {
				set = set.and(other.types)
			}
		}
		n.possible = n.possible.or(set)
	}
}

// slot is a field of the tree for some runtime types of the object that has it; slots of one field have different types.
type slot struct {
	types  types
	writes []write
	child  *node // of objects and lists of them, nil for leaves
}

// write says that a fetch writes a slot.
type write struct {
	fetch int
	guard truth
	value value
}

// value says what is written, so that two writes can be compared.
type value struct {
	field     string
	arguments string // canonical
}

func newNode(w *world) *node { return &node{possible: w.none, fields: map[string][]*slot{}} }

// split gives the slots of a field that lie within set, cutting those that lie in it partly. What set has beyond them
// is returned as rest.
func (n *node) split(name string, set types) (inside []*slot, rest types) {
	rest = set
	slots := n.fields[name]
	for i := range slots {
		s := slots[i]
		common := s.types.and(set)
		if common.isEmpty() {
			continue
		}
		rest = rest.without(common)
		if !common.equal(s.types) {
			other := s.clone()
			other.types = s.types.without(common)
			s.types = common
			slots = append(slots, other)
		}
		inside = append(inside, s)
	}
	if len(slots) > 0 {
		n.fields[name] = slots
	}
	return inside, rest
}

// open is split that makes a slot of the rest as well.
func (n *node) open(name string, set types) []*slot {
	inside, rest := n.split(name, set)
	if !rest.isEmpty() {
		made := &slot{types: rest}
		n.fields[name] = append(n.fields[name], made)
		inside = append(inside, made)
	}
	return inside
}

func (s *slot) clone() *slot {
	return &slot{types: s.types, writes: slices.Clone(s.writes), child: s.child.clone()}
}

func (n *node) clone() *node {
	if n == nil {
		return nil
	}
	made := &node{possible: n.possible, answers: n.answers, origin: n.original(), fields: make(map[string][]*slot, len(n.fields))}
	for _, name := range slices.Sorted(maps.Keys(n.fields)) {
		for _, s := range n.fields[name] {
			made.fields[name] = append(made.fields[name], s.clone())
		}
	}
	return made
}

func (n *node) original() *node {
	if n.origin != nil {
		return n.origin
	}
	return n
}

// written is when one of the fetches in set has written the slot; reads gets those fetches. A nil set means all.
func (s *slot) written(c *conditions, set fetchSet, reads fetchSet) truth {
	when := c.never
	for _, w := range s.writes {
		if set == nil || set[w.fetch] {
			when = when.or(w.guard)
			if reads != nil {
				reads[w.fetch] = true
			}
		}
	}
	return when
}

// fetchSet is a set of fetches by ID.
type fetchSet map[int]bool
