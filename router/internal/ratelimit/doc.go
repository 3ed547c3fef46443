// Package ratelimit decides whether a caller may go on, and says when to come back if not. Several rules are judged at
// once, each with buckets of its own: a rule's key, an expression over the caller, names the bucket. The buckets live in
// Redis, so that all routers share them; without Redis in the configuration they live in the process.
//
// # The guarantee
//
// A bucket is a generic cell rate algorithm: over any window of length t it admits at most rate·t/per + burst. One Lua
// script reads the clock of Redis, judges, and debits in one step, so the bound holds for any number of routers and
// callers. Rules are judged together: a request that one rule refuses takes nothing from the others. On a Redis Cluster
// buckets live on different nodes and cannot be judged in one step: there, what the others gave is given back at once.
// Either way the bound holds; in between, another request can at most be refused that would just have fitted.
//
// # Leases
//
// With Rule.Lease a router takes tokens in blocks of that many and spends them without asking Redis. Tokens that are not
// spent within LeaseTime are dropped. The price: tokens that were taken earlier may be spent in a window that they do not
// belong to. With n routers a window of length t admits at most
//
//	rate·t/per + burst + min(n·Lease, rate·LeaseTime/per)
//
// and callers may get less than their rate by what routers hold unspent, at most n·Lease tokens.
//
// # When Redis fails
//
// Calls have a short timeout, and a circuit breaker stops asking after a few failures; from then on a decision costs
// no I/O. Run looks for Redis in the background, so no request pays for a probe. Until it is back, OnError decides: allow
// (no limit), deny (refuse what an enforced rule speaks about), or local: buckets in the process, each router on its own
// and starting full, so that n routers together admit up to n times the limit. Nothing needs Redis to start.
package ratelimit
