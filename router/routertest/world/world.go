package world

import (
	"fmt"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/supergraph"
)

// Options shape a world.
type Options struct {
	Seed uint64
	// PoolSize is how many entities of each type exist; 0 means 4.
	PoolSize int
	// Nulls is how many of a thousand nullable values are null.
	Nulls int
	// NullKeys is how many of a thousand nullable key fields are null: such entities cannot be asked for elsewhere by
	// that key.
	NullKeys int
	// Failures is how many of a thousand values fail with an error in every subgraph that resolves them.
	Failures int
	// Labels are the override labels that hold.
	Labels map[string]bool
}

// World is one consistent set of objects behind a supergraph. It never changes and is safe for concurrent use.
type World struct {
	Super  *supergraph.Supergraph
	Graphs []*Graph
	// API is the schema that clients see, APISDL its text.
	API    *ast.Schema
	APISDL string

	options Options
	shapes  map[string]map[string]*shape // by runtime type and field
	keys    map[string]map[string]bool   // leaf and composite fields that are part of a key, by runtime type
	needed  map[string]map[string]bool   // fields that @requires or contexts read, by runtime type
	context map[string]map[string]bool   // those that contexts read
	nulling map[string]bool              // object types inside of keys and needed fields
	pools   map[string]*pool             // by runtime type
	lookup  map[lookupKey]*Object
}

// New makes the world of a supergraph. What each subgraph declares and can answer is read out of the join directives.
func New(super *supergraph.Supergraph, options Options) (*World, error) {
	graphs, err := deriveGraphs(super)
	if err != nil {
		return nil, fmt.Errorf("world: %w", err)
	}
	return build(super, graphs, options)
}

// build makes a world of what its subgraphs declare.
func build(super *supergraph.Supergraph, graphs []*Graph, options Options) (*World, error) {
	if options.PoolSize == 0 {
		options.PoolSize = 4
	}
	w := &World{Super: super, Graphs: graphs, options: options}
	for _, g := range w.Graphs {
		if g.Types[super.Query] == nil { // every subgraph has one, for _entities
			g.Types[super.Query] = &GraphType{Name: super.Query, Kind: ast.Object, Fields: map[string]*GraphField{}}
			g.order = append(g.order, super.Query)
		}
		g.settlePossible(super)
	}
	var err error
	for _, g := range w.Graphs {
		if err := g.load(super); err != nil {
			return nil, fmt.Errorf("world: %w", err)
		}
	}
	if w.APISDL, w.API, err = loadAPI(super); err != nil {
		return nil, fmt.Errorf("world: %w", err)
	}
	if err := w.settleShapes(); err != nil {
		return nil, fmt.Errorf("world: %w", err)
	}
	w.settleKeys()
	w.settleNeeded()
	w.settleNulling()
	w.settlePools()
	return w, nil
}

// With is the world behind the same subgraphs by other options, at a fraction of the cost of a new one. The labels stay.
func (w *World) With(options Options) *World {
	if options.PoolSize == 0 {
		options.PoolSize = 4
	}
	options.Labels = w.options.Labels
	other := *w
	other.options = options
	other.settlePools()
	return &other
}

// Graph returns the subgraph of that name, or nil.
func (w *World) Graph(name string) *Graph {
	i := slices.IndexFunc(w.Graphs, func(g *Graph) bool { return g.Name == name })
	if i < 0 {
		return nil
	}
	return w.Graphs[i]
}

// Labels are the override labels that hold in this world.
func (w *World) Labels() map[string]bool { return w.options.Labels }

// HasNullKeys tells whether some entities have nulls in their keys, so that some of their fields cannot be asked for.
func (w *World) HasNullKeys() bool { return w.options.NullKeys > 0 }

// HasFailures tells whether some values fail in every subgraph that resolves them.
func (w *World) HasFailures() bool { return w.options.Failures > 0 }

// Root is the object on which an operation of that kind starts.
func (w *World) Root(kind ast.Operation) *Object {
	name := w.Super.Query
	switch kind {
	case ast.Mutation:
		name = w.Super.Mutation
	case ast.Subscription:
		name = w.Super.Subscription
	}
	return w.rootObject(name)
}

func (w *World) rootObject(typeName string) *Object {
	return &Object{Type: typeName, identity: digest(w.options.Seed, "root", typeName), ordinal: noOrdinal}
}

// Event is the object on which the n-th event of a subscription starts.
func (w *World) Event(n int) *Object {
	root := w.rootObject(w.Super.Subscription)
	root.identity = digest(root.identity, "event", fmt.Sprint(n))
	return root
}
