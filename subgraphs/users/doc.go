// Package users is the domain of the users service: who has an account, how somebody proves to be its owner, and how long that
// proof holds. It knows neither SQL nor HTTP nor GraphQL, and uses the standard library alone.
//
// [Accounts] is the door: signing up, logging in, keeping a session alive with rotating refresh tokens, and ending it. What it
// needs is behind small interfaces: [Store] (package store), [Passwords] (package password) and [Tokens] (package token).
//
// Every failure that a client may see is an [Error] with a code.
package users

//go:generate go tool gqlgen generate --config ../../gqlgen.yml
