// Package planner turns an operation into a query plan: which subgraph answers what, in which order, in how few
// requests. It decides; package plan holds what was decided, package exec runs it.
//
// # How it decides
//
// The operation is a graph of selection sets; a selection set at a place in the response is a position. Whether a
// field of a position is answered by the subgraph that has the object already, or by another one that is entered with
// a key, depends only on the selection set and on where the object is known: on (shape, sources). The planner solves
// each such pair once (position.go), so that fragments which expand to 2^n places, recursive data and interfaces with
// many implementations stay small, and what it makes of them is a graph as well.
//
// Within a position each runtime type is a class of its own, as keys and fields differ by type; classes with the same
// answer are put together again when selections are built. For a class, reach.go finds every way to enter a subgraph
// and at which level (number of round trips below the position), choose.go picks a way for each field by the cost in
// cost.go, and solve.go adds what the chosen ways need first: key fields, required fields, contexts.
//
// What a source brings with it decides as well: contexts that its fetch has as variables (ride.go), and the @defer that
// holds the field which leads there (divide.go): what another @defer holds is entered once more, in requests of its own.
//
// Choices say nothing of requests. build.go walks the chosen positions from the root and places every step in a fetch
// by the exact level at which its inputs have arrived. Later passes (phases.go lists them) put fetches of one subgraph
// together where nothing gets later by it, find the paths, write the documents and the response's shape.
//
// # What bounds it
//
// Ways to a place are joined where there are many (paths.go), as positions that double have 2^n of them. All work is
// counted, and a plan that needs more than Options.Budget units, paths or bytes ends with a *LimitError. The
// context is asked every thousand units.
package planner
