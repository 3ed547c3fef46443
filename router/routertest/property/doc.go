// Package property states what must hold for every operation on every supergraph, and checks it: the router's answer
// is the reference executor's answer, byte for byte, and no subgraph was asked anything that it does not answer.
//
// Campaigns run random operations on random supergraphs: one from a fixed seed, which also counts what it met and proves
// that deliberate faults are noticed (package fault), and one from a fresh seed, which it prints. On and on:
//
//	go test ./routertest/property -run FreshSeeds -for 1h -timeout 2h -failing /tmp
//
// A Case is one request against one world; Check runs it through the router's own packages (operation, planner, exec)
// with the fake subgraphs behind. Shrink makes a failing case small, Scenario writes it down.
package property
