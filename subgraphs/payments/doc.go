// Package payments is the domain of the payments service: money, payments, the ledger behind them, and the rules for who may do what.
//
// It decides what a valid amount is, which states a payment passes through, which ledger postings each change makes and who may see or
// change a payment. It knows nothing of GraphQL, SQL or events: package store keeps payments, package graph publishes them, package service
// assembles the server. Only the standard library is imported here.
//
// Entry points: Ledger applies the rules; Store is what it needs kept; ParseMoney and Money.Amount convert between text and minor units.
//
// Invariants, kept by Store in one transaction per change:
//   - every journal's postings sum to zero (double entry), so all balances together are always zero;
//   - an available balance never goes below the limit, because a debit carries the floor it must respect;
//   - money of an authorised payment is held apart (account kind "held") until it is captured or cancelled, so it cannot be spent twice.
package payments

//go:generate go tool gqlgen generate --config ../../gqlgen.yml
