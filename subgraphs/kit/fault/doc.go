// Package fault is how a failure travels from the domain to the client: a code that programs read, and a message that
// people read.
//
// A domain package of a service uses the standard library alone, so it does not import this package: it declares its own
// error type, and any error with the method ErrorCode is one of ours ([Coded]). Everything else is unexpected; the edge
// (package graphqlserver) logs it and shows the client one opaque message.
//
// Use [New] where a service's own domain has no error for it, and the constants for codes so that the four services say the
// same thing in the same word.
package fault
