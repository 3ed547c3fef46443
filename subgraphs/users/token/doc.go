// Package token signs access tokens and publishes the keys that verify them.
//
// The keys are Ed25519 key pairs in the service's database, so that all replicas sign with the same and a restart loses none. A
// [Ring] makes a new key in time, publishes it for a while before it signs (so that no verifier meets a key it has not read),
// and keeps publishing the old one until the last token that it signed has expired.
//
//	made ── lead ──▶ signs ── rotation ──▶ next one signs ── token life + slack ──▶ removed
//	└──────────────────── published in /.well-known/jwks.json ────────────────────┘
//
// With a [Sealer] that has a secret, private keys are encrypted in the database.
package token
