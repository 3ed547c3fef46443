// Package hook is where code that is not the router's own takes part in requests: functions that are called at four points
// in the life of a request. They may look, change headers, and refuse. Requests cost nothing more where there are none.
//
// A hook refuses with a *Refusal (see Refuse); any other error is a failure of the hook: it is logged, and the client learns
// only that something went wrong.
package hook

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"sync"
)

// Hooks are called at the points of a request. Those that are nil are not there. They are called from many goroutines.
type Hooks struct {
	// OnRequest comes first, before a request is read and its caller known.
	OnRequest func(context.Context, *Request) error
	// OnOperation comes for each operation of a request (a batch has several, side by side), once the caller is known and the
	// operation is valid, before it is executed.
	OnOperation func(context.Context, *Operation) error
	// OnFetch comes before each request to a subgraph.
	OnFetch func(context.Context, *Fetch) error
	// OnResponse comes once for each request, before its whole response is written: also one that refuses the request, and one
	// that holds the answers of a batch. Nothing is written past it: the router answers every request in one part, with what
	// @defer holds in its place, and a subscription with an error. What the hook changes is what the client gets.
	OnResponse func(context.Context, *Response) error
}

// Request is an HTTP request for GraphQL.
type Request struct {
	// HTTP is the request: its headers may be changed.
	HTTP   *http.Request
	Values *Values
}

// Body reads the body, which stays there to be read again: at most limit bytes, as they came (see Content-Encoding). A larger
// body is an error.
func (r *Request) Body(limit int64) ([]byte, error) {
	if r.HTTP.Body == nil {
		return nil, nil
	}
	read, err := io.ReadAll(io.LimitReader(r.HTTP.Body, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(read)) > limit {
		return nil, errTooLarge
	}
	r.HTTP.Body = struct {
		io.Reader
		io.Closer
	}{bytes.NewReader(read), r.HTTP.Body}
	return read, nil
}

var errTooLarge = errors.New("the body is larger than the limit")

// Operation is a GraphQL operation that is about to be executed.
type Operation struct {
	// HTTP is the request that brought it. Its headers may be changed: header rules and policies see them so.
	HTTP      *http.Request
	Name      string // "" when it has none
	Kind      string // query, mutation or subscription
	Document  string
	Variables []byte // JSON object as the client sent it, or nil
	// Subject, Claims and Scopes are the caller's; Claims is nil for anonymous ones, and is not to be changed.
	Subject string
	Claims  map[string]any
	Scopes  []string
	Values  *Values
}

// Fetch is a request to a subgraph that is about to be sent.
type Fetch struct {
	Subgraph      string
	Kind          string // query, mutation or subscription
	OperationName string // towards the subgraph
	Body          []byte // the JSON request; it is not to be changed or kept
	// Header is what the header rules let through. It may be changed; what belongs to the connection or the body is ignored.
	Header http.Header
	Values *Values
}

// Response is a whole response that is about to be written.
type Response struct {
	HTTP   *http.Request
	Status int
	Header http.Header // may be changed
	Body   []byte      // JSON, not compressed yet; it may be replaced, and is not to be changed or kept
	Values *Values
}

// Values are what the hooks of one request tell each other. They are safe for concurrent use.
type Values struct {
	mu     sync.Mutex
	values map[string]any
}

// Get gives the value of a key.
func (v *Values) Get(key string) (any, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	value, ok := v.values[key]
	return value, ok
}

// Set sets the value of a key; nil removes it.
func (v *Values) Set(key string, value any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if value == nil {
		delete(v.values, key)
		return
	}
	if v.values == nil {
		v.values = map[string]any{}
	}
	v.values[key] = value
}

// All gives a copy of all values.
func (v *Values) All() map[string]any {
	v.mu.Lock()
	defer v.mu.Unlock()
	return maps.Clone(v.values)
}

type valuesKey struct{}

// WithValues gives a request's context its values.
func WithValues(ctx context.Context, v *Values) context.Context {
	return context.WithValue(ctx, valuesKey{}, v)
}

// ValuesOf gives the values of a request's context; new ones when it has none.
func ValuesOf(ctx context.Context) *Values {
	if v, ok := ctx.Value(valuesKey{}).(*Values); ok {
		return v
	}
	return &Values{}
}

// Error is one error of a refusal.
type Error struct {
	Message string
	// Code is extensions.code; "": FORBIDDEN.
	Code string
	// Extensions are further ones; their values are written as JSON.
	Extensions map[string]any
}

// Refusal ends a request with a status and errors.
type Refusal struct {
	Status int // HTTP status; 0: 403
	Errors []Error
	Header http.Header // further headers of the response
}

// Error implements error.
func (r *Refusal) Error() string {
	if len(r.Errors) == 0 {
		return http.StatusText(r.Status)
	}
	return r.Errors[0].Message
}

// Refuse is a refusal with one error.
func Refuse(status int, code, message string) *Refusal {
	return &Refusal{Status: status, Errors: []Error{{Message: message, Code: code}}}
}

// Chain calls the hooks of all, in order, until one fails. nil entries are left out; the result is nil when nothing is left.
func Chain(all ...*Hooks) *Hooks {
	var out Hooks
	any := false
	for _, h := range all {
		if h == nil {
			continue
		}
		any = true
		out.OnRequest = then(out.OnRequest, h.OnRequest)
		out.OnOperation = then(out.OnOperation, h.OnOperation)
		out.OnFetch = then(out.OnFetch, h.OnFetch)
		out.OnResponse = then(out.OnResponse, h.OnResponse)
	}
	if !any {
		return nil
	}
	return &out
}

func then[T any](first, second func(context.Context, *T) error) func(context.Context, *T) error {
	switch {
	case first == nil:
		return second
	case second == nil:
		return first
	}
	return func(ctx context.Context, at *T) error {
		if err := first(ctx, at); err != nil {
			return err
		}
		return second(ctx, at)
	}
}
