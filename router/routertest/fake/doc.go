// Package fake serves the subgraphs of a simulated world, strictly: a request that no careful subgraph would accept is
// recorded as a violation, so that the test that sent it fails. Documents are validated in full against the subgraph's
// own schema; fields that the subgraph does not resolve, representations without a key, without required fields or with
// wrong values, objects that do not exist and representations sent twice are violations.
//
// Requests are logged in a canonical order. Faults can be injected for tests of error handling.
package fake
