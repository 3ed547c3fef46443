// Package world is one consistent simulated world behind a whole supergraph: every object that exists, the value of
// every field of it, and which subgraph may speak of it.
//
// A world is derived from a supergraph and a seed. Nothing is stored: the value of a field is a pure function of the
// seed, the object's identity, the field and its coerced arguments (and, for @requires, of the required values), so
// that recursion costs nothing until it is asked for, and every subgraph that resolves a field tells the same truth.
//
// Entities live in finite pools with keys that tell them apart; other objects are identified by the path that leads to
// them. Fake subgraphs (package fake) serve parts of the world, the reference executor (package reference) answers a
// client from all of it; both take their values from here and neither knows a query plan.
package world
