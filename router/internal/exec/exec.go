// Package exec runs query plans: it schedules fetches as their inputs arrive, builds and deduplicates entity
// representations, merges answers into one response tree that borrows the subgraphs' bytes, and projects that tree to
// the client's response in one pass. It knows nothing of HTTP: a Fetcher brings answers, a Sink takes payloads.
//
// Compile makes an immutable Program of a plan, once for all its requests: request bodies as segments with holes,
// selections with slots instead of names, and the projection as flat runs of fields. Program.Execute answers one
// request with it.
package exec

import (
	"context"
	"time"

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
	// Header holds the header lines that are sent for this client, each "Name: value\r\n", once HasHeader is set: the
	// first Fetcher that needs them appends them to what the executor gave (empty, with room) for those it wraps. Valid as
	// long as Body.
	Header    []byte
	HasHeader bool
}

// Answer is a subgraph's answer. Body is a GraphQL response in JSON; the executor keeps and reads it until it calls
// Release, once; Release may be nil.
type Answer struct {
	Body    []byte
	Release func()
	// Status is the HTTP status, 0 when there was none. An answer that is not 2xx counts if it is a GraphQL response.
	Status int
	// Header holds the answer's header lines, each "Name: value\r\n"; nil when they are not known. Valid until Release.
	Header []byte
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
	// RetryAfter is what the subgraph asked for, 0 when it did not.
	RetryAfter time.Duration
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

// Input is what one request adds to a program. The executor only reads it.
type Input struct {
	// Variables are the coerced values as JSON, in the order of the names given to Compile; nil: absent.
	Variables [][]byte
	// Authorizations tell which of Plan.Authorizations the caller meets.
	Authorizations []bool
	// Client is passed on to the Fetcher.
	Client any
	// Introspect answers an introspection field by its store name, as JSON. Nil: introspection is off.
	Introspect func(storeName string) ([]byte, error)
	// Limits bound the request; zero fields mean the defaults.
	Limits Limits
	// Errors decides what clients see of errors; nil: everything passes.
	Errors ErrorPolicy
	// Observer hears of fetches; nil: nobody, at no cost.
	Observer Observer
	// Turn decides in which order things happen that are under way together: it chooses one of n, 0 ≤ choice < n. The goroutine
	// that calls Execute makes all requests then, one after the other. It is for tests that must come out the same again; nil:
	// requests run beside each other, and answers are merged as they come.
	Turn func(n int) int
}

// Limits bound what one request may take.
type Limits struct {
	ResponseBytes int // of one payload; default 128 MiB
	Nodes         int // values in the response tree, 12 bytes each; default 8 Mi
	Errors        int // in one list of errors, at least 1; default 1000
}

// ErrorPolicy decides what clients see of what went wrong in subgraphs.
type ErrorPolicy interface {
	// Message gives the message to show for an error of a subgraph; message is the JSON text of the subgraph's own, or of
	// the executor's words for a failed fetch. It returns JSON text, or nil to show it as it is.
	Message(subgraph, code string, message []byte) []byte
	// KeepExtension tells whether an extension of a subgraph's error passes.
	KeepExtension(subgraph, name string) bool
}

// Observer hears of each request that is made for a fetch, and of each error that goes to the client. It must not block.
type Observer interface {
	// FetchStarts is called before a request is made, from several goroutines at once. The request runs in the context that
	// it returns, which is ctx itself when there is nothing to add.
	FetchStarts(ctx context.Context, fetch *plan.Fetch) context.Context
	// FetchDone is called from several goroutines, but one at a time for one Execute.
	FetchDone(report FetchReport)
	// ErrorReported is called like FetchDone. subgraph is "" when none is to blame.
	ErrorReported(subgraph, code string)
}

// FetchReport is about one request for one fetch.
type FetchReport struct {
	Fetch           *plan.Fetch
	Context         context.Context // that FetchStarts gave; nil when the request was not made, because its time was over
	Start           time.Time
	Duration        time.Duration // until the answer was there
	Representations int           // sent
	Entities        int           // positions in the response tree that they stand for
	RequestBytes    int
	ResponseBytes   int
	Status          int    // HTTP status, 0 when there was none
	Header          []byte // of the answer (see Answer), valid during FetchDone; nil when the fetch failed
	Errors          int    // in the answer
	Err             error  // why the fetch failed, nil when it did not
}

const (
	defaultResponseBytes = 128 << 20
	defaultErrors        = 1000
)

func (l Limits) withDefaults() Limits {
	if l.ResponseBytes <= 0 {
		l.ResponseBytes = defaultResponseBytes
	}
	if l.Errors <= 0 {
		l.Errors = defaultErrors
	}
	return l
}
