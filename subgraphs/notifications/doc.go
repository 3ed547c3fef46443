// Package notifications is the domain of the notifications service: what users are told, about what, and on which channels.
//
// It decides which notifications a payment or a new user causes, for whom and in which words, and who may read or change them. It knows
// nothing of GraphQL, SQL or how events arrive: package consumer turns events into calls of this package, package store keeps
// notifications. Only the standard library is imported here.
//
// Entry points: AboutPayment and AboutUser make notifications; Inbox applies the rules for those who read them; Store is what it needs kept.
//
// Invariant: a notification's id follows from its owner, kind and subject. The same event, however often it comes and whether it comes as an
// event or as demo data, makes the same notification once.
package notifications

//go:generate go tool gqlgen generate --config ../../gqlgen.yml
