// Package exec runs query plans: it schedules fetches as their inputs arrive, builds and deduplicates entity
// representations, merges answers into one response tree that borrows the subgraphs' bytes, and projects that tree to
// the client's response in one pass. It knows nothing of HTTP: a Fetcher brings answers, a Sink takes payloads.
package exec

import (
	"context"

	"github.com/tributary-gql/tributary/router/internal/plan"
)

// FetchRequest is one request to one subgraph.
type FetchRequest struct {
	Fetch *plan.Fetch
	// Body is the complete JSON request body: query, operationName, variables. It is owned by the executor and valid
	// until Fetch returns or, for a stream, until its first answer.
	Body []byte
	// Client is whatever the server attached to the request (identity, headers); the executor only passes it on.
	Client any
}

// Answer is a subgraph's answer. Body is a GraphQL response in JSON; the executor keeps and reads it until it calls
// Release, once; Release may be nil.
type Answer struct {
	Body    []byte
	Release func()
}

// Fetcher asks subgraphs. Implementations are safe for concurrent use and return a *FetchError for everything that is
// not a GraphQL response in JSON: connection, time-out, status, content type, size.
type Fetcher interface {
	Fetch(ctx context.Context, request *FetchRequest) (Answer, error)
}

// Streamer is a Fetcher that can also answer subscription fetches: emit is called for each event in order, until it
// returns an error, the context ends, or the subgraph completes.
type Streamer interface {
	Fetcher
	Stream(ctx context.Context, request *FetchRequest, emit func(Answer) error) error
}

// FetchError is why a subgraph gave no usable answer.
type FetchError struct {
	Code    string // stable extensions.code, e.g. "SUBGRAPH_TIMEOUT"
	Message string // for the client, without secrets
	Status  int    // HTTP status, 0 when there was none
	Err     error  // for the log
}

// Error implements error.
func (e *FetchError) Error() string { return e.Message }

// Unwrap gives the cause.
func (e *FetchError) Unwrap() error { return e.Err }

// Sink takes the payloads of one operation in order: one for most operations, several with @defer or a subscription.
type Sink interface {
	// Emit takes one complete payload; the bytes are valid until it returns. hasNext tells whether more may follow.
	Emit(payload []byte, hasNext bool) error
}
