// Package querygraph shows a supergraph from the side of the subgraphs: what each of them can answer, and how to get
// from one to another. It is built once for a supergraph, never changes, and is shared by composition's satisfiability
// check and the router's planner.
//
// It has two layers.
//
// The view (Subgraph, Type, Field, Key) restates the join directives as each subgraph's own schema: which types it
// has, their possible runtime types there, their keys, and for each field its type there and on what terms the
// subgraph answers it: owned, external, with requirements, for one side of an override label.
//
// The graph (Node, Edge, Entry) is what a path through the subgraphs walks on. A node is a composite type in a
// subgraph. Every way that a @provides opens up has nodes of its own: private copies with more edges, so that walking
// needs no memory of how a node was reached. From a node one goes
//
//   - along a field: Graph.Edge(node, field). An edge exists where the subgraph answers the field at that node; its Field
//     says on what terms (Requires, Context, Label).
//   - down to a runtime type: Graph.Down(node, object), for the types that the subgraph can return there.
//   - to another subgraph, or to another place in the same one, by a key: Graph.Entries(type) lists every way to enter
//     any subgraph with an object of that type in hand, whichever subgraph it came from; each names the key fields that
//     must be known first. Interface objects and keys on interfaces are entries as well.
//   - to a root type, for nothing: Graph.Root.
//
// Key edges are stored with their target alone, as they don't depend on the source: n subgraphs that share an entity
// have n entries, not n² edges.
package querygraph
