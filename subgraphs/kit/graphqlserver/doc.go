// Package graphqlserver turns a gqlgen schema into an http.Handler with the manners that all services share.
//
// It takes POST requests with a JSON body and answers in the same way everywhere: 413 for a body that is too large, 400 for one
// that is not a GraphQL request or does not parse, 422 for an operation that does not fit the schema, and 200 for everything that
// was executed. Documents are bounded in tokens, depth and complexity. Introspection is on: the router, which is the public
// edge, decides who may use it there. (The published SDL, _service { sdl }, comes from gqlgen itself.)
//
// # Errors
//
// An error with a code (fault.Coded) is shown with its message and extensions.code. Any other error, and any panic, is logged and
// shown as one opaque message with a reference that is in the log; no stack trace ever leaves the service.
package graphqlserver
