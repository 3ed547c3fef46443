package world

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/routertest/coerce"
)

const noOrdinal = -1

// Object is one object of a world. Entities are the same pointer wherever they appear.
type Object struct {
	Type     string // runtime type
	identity uint64
	// ordinal numbers what keys must tell apart: entities within their pool, and the objects inside their keys.
	ordinal int
	entity  bool
}

// Kind is the kind of a Value.
type Kind uint8

// The kinds of values.
const (
	Null Kind = iota
	Leaf
	List
	Composite
	Failed
)

// Value is what a field resolves to.
type Value struct {
	Kind    Kind
	Raw     string // Leaf: JSON as the subgraph writes it
	Items   []Value
	Object  *Object
	Message string // Failed
	// Extra is whatever the one who serves a Composite wants to find again when it is asked for the object's fields.
	Extra any
}

// pool holds the entities that share keys: those of one object type, or of all implementations of interfaces that are
// entities themselves.
type pool struct {
	name    string
	members map[string][]*Object // by runtime type
}

type lookupKey struct {
	graph *Graph
	key   *Key
	text  string // canonical JSON of the key's fields
}

// settleKeys notes which fields are part of a key in any subgraph, nested ones included.
func (w *World) settleKeys() {
	w.keys = map[string]map[string]bool{}
	for _, g := range w.Graphs {
		for _, name := range g.order {
			for _, key := range g.Types[name].Keys {
				markNeeded(w.keys, g, name, key.Selection)
			}
		}
	}
}

// settlePools creates the entities and the table that finds them by key. An entity whose key another one already has
// (the key's type has too few values) does not exist.
func (w *World) settlePools() {
	w.pools = map[string]*pool{}
	w.lookup = map[lookupKey]*Object{}
	groups := w.groupEntities()
	for _, types := range groups {
		p := &pool{name: types[0], members: map[string][]*Object{}}
		for i, typeName := range types {
			w.pools[typeName] = p
			for n := range w.options.PoolSize {
				ordinal := i*w.options.PoolSize + n
				identity := digest(w.options.Seed, "entity", p.name, itoa(ordinal))
				p.members[typeName] = append(p.members[typeName], &Object{Type: typeName, identity: identity, ordinal: ordinal, entity: true})
			}
		}
	}
	// Keys may contain entities of other pools: the second round sees only those that the first one left alive.
	for range 2 {
		w.lookup = map[lookupKey]*Object{}
		for _, types := range groups {
			w.sieve(types)
		}
	}
}

// sieve drops the entities of a pool whose keys belong to others already.
func (w *World) sieve(types []string) {
	p := w.pools[types[0]]
	alive := map[string][]*Object{}
	for _, typeName := range types {
		for _, o := range p.members[typeName] {
			if keys := w.keysOf(o); w.free(keys) {
				for _, key := range keys {
					w.lookup[key] = o
				}
				alive[typeName] = append(alive[typeName], o)
			}
		}
	}
	p.members = alive
}

// groupEntities lists the entity types, those together that share an interface with a key; in the supergraph's order.
func (w *World) groupEntities() [][]string {
	leader := map[string]string{}
	var find func(string) string
	find = func(name string) string {
		if leader[name] == name {
			return name
		}
		return find(leader[name])
	}
	for _, g := range w.Graphs {
		for _, name := range g.order {
			t := g.Types[name]
			if len(t.Keys) == 0 {
				continue
			}
			for _, runtimeType := range t.Possible {
				if leader[runtimeType] == "" {
					leader[runtimeType] = runtimeType
				}
				leader[find(runtimeType)] = find(t.Possible[0])
			}
		}
	}
	var groups [][]string
	index := map[string]int{}
	for _, t := range w.Super.Types {
		if leader[t.Name] == "" {
			continue
		}
		root := find(t.Name)
		if _, known := index[root]; !known {
			index[root] = len(groups)
			groups = append(groups, nil)
		}
		groups[index[root]] = append(groups[index[root]], t.Name)
	}
	return groups
}

// keysOf are all keys by which any subgraph finds the entity.
func (w *World) keysOf(o *Object) []lookupKey {
	var keys []lookupKey
	for _, g := range w.Graphs {
		for _, name := range g.order {
			t := g.Types[name]
			if !t.Answers(o.Type) {
				continue
			}
			for _, key := range t.Keys {
				if projected, err := w.project(g, o, key.Selection); err == nil && !hasNull(projected) {
					keys = append(keys, lookupKey{g, key, coerce.Canonical(projected)})
				}
			}
		}
	}
	return keys
}

// hasNull tells whether a key has a null in it: nothing can be asked with it.
func hasNull(value any) bool {
	switch value := value.(type) {
	case nil:
		return true
	case map[string]any:
		for _, field := range value {
			if hasNull(field) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(value, hasNull)
	}
	return false
}

func (w *World) free(keys []lookupKey) bool {
	for _, key := range keys {
		if w.lookup[key] != nil {
			return false
		}
	}
	return true
}

// FindByKey is the entity with these key values (as coerce.Parse gives them), or nil.
func (w *World) FindByKey(g *Graph, key *Key, values any) *Object {
	return w.lookup[lookupKey{g, key, coerce.Canonical(values)}]
}

// selectionText is a canonical text of a selection, "" for nil.
func selectionText(selection ast.SelectionSet) string {
	var out strings.Builder
	for _, s := range selection {
		switch s := s.(type) {
		case *ast.Field:
			out.WriteString(s.Name)
			for _, argument := range s.Arguments {
				out.WriteString("(" + argument.Name + ":" + argument.Value.String() + ")")
			}
			if len(s.SelectionSet) > 0 {
				out.WriteString("{" + selectionText(s.SelectionSet) + "}")
			}
		case *ast.InlineFragment:
			out.WriteString("...on " + s.TypeCondition + "{" + selectionText(s.SelectionSet) + "}")
		}
		out.WriteByte(' ')
	}
	return out.String()
}
