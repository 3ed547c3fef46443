package querygraph

import (
	"cmp"
	"fmt"
	"slices"
	"sort"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/supergraph"
)

// Graph is a supergraph's query graph. It is immutable and safe for concurrent use.
type Graph struct {
	Supergraph *supergraph.Supergraph
	Subgraphs  []*Subgraph
	Objects    []string // the names of all object types, sorted; an ObjectID is an index

	objectByName map[string]ObjectID
	possible     map[string]TypeSet
	nodes        []Node
	base         []map[string]NodeID // by subgraph: type -> node without provided fields
	entries      map[string][]Entry
	labels       []string
}

// NodeID names a node by its index; NoNode is none.
type NodeID int32

// NoNode is the target of edges that lead to a leaf.
const NoNode NodeID = -1

// Node is a composite type in a subgraph, perhaps on a way where more is provided.
type Node struct {
	ID       NodeID
	Subgraph SubgraphID
	Type     *Type
	// Provided is what is answered here in addition, by a @provides on the way; nil for the type's plain node.
	Provided *Selection
	// Edges are the fields that the subgraph answers here, sorted by name. At an interface they are the fields that its
	// selections may name: whether one is answered depends on the runtime type, look there with Down.
	Edges []Edge

	down map[ObjectID]NodeID
}

// Edge is a field that a subgraph answers at a node.
type Edge struct {
	Field *Field
	To    NodeID // NoNode for leaves
	// Provided: answered only because a @provides says so on this way; Field is external. Requires and Label of Field do
	// not count then.
	Provided bool
}

// Entry is a way to enter a subgraph with an object in hand: by a key.
type Entry struct {
	Subgraph SubgraphID
	Node     NodeID // where one is then
	// Typename is the "__typename" of the representation: the object's own type, or the interface object's.
	Typename string
	Key      *Key
	// Interface: the subgraph knows the object as the interface Typename only, an interface object or an interface with a
	// key. From an interface with a key (Node's type is abstract) the runtime type can be learnt.
	Interface bool
}

// New builds the query graph of a supergraph. An error says which field set of the supergraph makes no sense: composed
// supergraphs have none.
func New(s *supergraph.Supergraph) (*Graph, error) {
	g := &Graph{Supergraph: s, entries: map[string][]Entry{}}
	views := &viewBuilder{graph: g}
	if err := views.build(); err != nil {
		return nil, fmt.Errorf("querygraph: %w", err)
	}
	(&nodeBuilder{graph: g, copies: map[copyKey]NodeID{}}).build()
	g.buildEntries(views.views)
	g.collectLabels()
	return g, nil
}

// Node returns the node of that ID. The pointer is valid as long as the graph.
func (g *Graph) Node(id NodeID) *Node { return &g.nodes[id] }

// Nodes is the number of nodes: IDs are 0 to Nodes()-1.
func (g *Graph) Nodes() int { return len(g.nodes) }

// TypeNode returns the plain node of a type in a subgraph.
func (g *Graph) TypeNode(subgraph SubgraphID, typeName string) (NodeID, bool) {
	id, ok := g.base[subgraph][typeName]
	return id, ok
}

// Root returns the subgraph's node of the root type for that kind of operation.
func (g *Graph) Root(subgraph SubgraphID, kind ast.Operation) (NodeID, bool) {
	return g.TypeNode(subgraph, g.RootType(kind))
}

// RootType is the name of the root type for that kind of operation, "" when there is none.
func (g *Graph) RootType(kind ast.Operation) string {
	switch kind {
	case ast.Mutation:
		return g.Supergraph.Mutation
	case ast.Subscription:
		return g.Supergraph.Subscription
	default:
		return g.Supergraph.Query
	}
}

// Edge returns the edge of that field at a node.
func (g *Graph) Edge(id NodeID, field string) (Edge, bool) {
	edges := g.nodes[id].Edges
	i, ok := sort.Find(len(edges), func(i int) int { return cmp.Compare(field, edges[i].Field.Name) })
	if !ok {
		return Edge{To: NoNode}, false
	}
	return edges[i], true
}

// Down returns the node for objects of runtime type t at a node: itself where the node is that object type, the object
// type's node below an abstract one. There is none when the subgraph cannot return t there, and none at an interface
// object, whose runtime type its subgraph does not know.
func (g *Graph) Down(id NodeID, t ObjectID) (NodeID, bool) {
	node := &g.nodes[id]
	if !node.Type.Possible.Has(t) {
		return NoNode, false
	}
	if !node.Type.IsAbstract() {
		return id, true
	}
	if to, ok := node.down[t]; ok {
		return to, true
	}
	to, ok := g.base[node.Subgraph][g.Objects[t]]
	return to, ok
}

// Possible is the set of object types that a composite type of the supergraph stands for, over all subgraphs.
func (g *Graph) Possible(typeName string) TypeSet { return g.possible[typeName] }

// Object returns the ID of an object type.
func (g *Graph) Object(name string) (ObjectID, bool) {
	id, ok := g.objectByName[name]
	return id, ok
}

// Names are the names of a set's types, sorted.
func (g *Graph) Names(set TypeSet) []string {
	names := make([]string, 0, set.Len())
	for t := range set.All() {
		names = append(names, g.Objects[t])
	}
	return names
}

// Entries are all ways to enter a subgraph with an object of the named type in hand, ordered by subgraph, the keys of a
// subgraph in its order. For an object type these are its own resolvable keys, then interface objects that stand for it.
// For an interface they are what one can do with an object of which only the interface is known.
func (g *Graph) Entries(typeName string) []Entry { return g.entries[typeName] }

// Labels are the names of all override labels, sorted.
func (g *Graph) Labels() []string { return g.labels }

func (g *Graph) buildEntries(views map[string][]*Type) {
	objects := map[string][]*Type{} // by interface: its interface objects
	for name, of := range views {
		for _, view := range of {
			if view.InterfaceObject {
				objects[name] = append(objects[name], view)
			}
		}
	}
	for _, t := range g.Supergraph.Types {
		if t.Kind != ast.Object && t.Kind != ast.Interface {
			continue
		}
		ways := slices.Clone(views[t.Name])
		if t.Kind == ast.Object && len(objects) > 0 {
			for _, name := range t.InterfaceNames() {
				ways = append(ways, objects[name]...)
			}
			slices.SortStableFunc(ways, func(a, b *Type) int { return cmp.Compare(a.Subgraph, b.Subgraph) })
		}
		var entries []Entry
		for _, view := range ways {
			entries = g.addEntries(entries, view, view.InterfaceObject || t.Kind == ast.Interface)
		}
		if entries != nil {
			g.entries[t.Name] = entries
		}
	}
}

func (g *Graph) addEntries(entries []Entry, t *Type, asInterface bool) []Entry {
	for _, key := range t.Keys {
		if key.Resolvable {
			entries = append(entries, Entry{
				Subgraph: t.Subgraph, Node: g.base[t.Subgraph][t.Name], Typename: t.Name, Key: key, Interface: asInterface,
			})
		}
	}
	return entries
}

func (g *Graph) collectLabels() {
	for _, subgraph := range g.Subgraphs {
		for _, t := range subgraph.Types {
			for _, f := range t.Fields {
				if f.Label != nil {
					g.labels = append(g.labels, f.Label.Name)
				}
			}
		}
	}
	slices.Sort(g.labels)
	g.labels = slices.Compact(g.labels)
}
