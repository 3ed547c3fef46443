// Package traffic keeps what goes wrong with one subgraph from spreading. A Controller is an exec.Fetcher in front of
// another one; for each subgraph it
//
//   - repeats queries that failed on the way (never mutations), with exponential backoff and full jitter, as long as the
//     fetch's time and a budget allow: retries and hedges together are at most a share of the fetches;
//   - leaves a subgraph alone that fails most of the time, and probes it (circuit breaker);
//   - bounds how many fetches are under way and how many wait for their turn;
//   - asks a second time when an answer takes unusually long, and takes what comes first (hedging).
//
// What the subgraph itself says (GraphQL errors, statuses below 500) is an answer: it trips nothing. A subgraph for which
// all of it is off costs one look into a map.
package traffic
