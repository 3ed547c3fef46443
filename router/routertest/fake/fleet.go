package fake

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"runtime"
	"slices"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/routertest/coerce"
	"github.com/tributary-gql/tributary/router/routertest/document"
	"github.com/tributary-gql/tributary/router/routertest/execute"
	"github.com/tributary-gql/tributary/router/routertest/world"
)

// Fleet is all subgraphs of one world. It is safe for concurrent use.
type Fleet struct {
	world *world.World

	mu         sync.Mutex
	requests   []Request
	violations []Violation
	faults     []Fault
	documents  map[documentKey]parsedDocument
	covered    map[string]int
	mutations  []string
	mutating   int // mutations under way
}

// Request is one request that a subgraph received.
type Request struct {
	Number        int // by arrival, over all subgraphs
	Subgraph      string
	OperationName string
	Query         string
	Variables     string // canonical JSON
	Faulty        bool   // a fault was injected into its answer
}

// Violation is something that a subgraph must never be asked.
type Violation struct {
	Subgraph string
	Query    string
	What     string
}

// String implements fmt.Stringer.
func (v Violation) String() string { return fmt.Sprintf("%s: %s\n\t%s", v.Subgraph, v.What, v.Query) }

// Response is a subgraph's answer as it goes over the wire.
type Response struct {
	Status      int
	ContentType string
	Body        []byte
	// Hang: the answer never comes; the subgraph waits until its caller gives up.
	Hang bool
}

type documentKey struct{ subgraph, query string }

type parsedDocument struct {
	document *ast.QueryDocument
	err      error
}

// New serves the subgraphs of a world.
func New(w *world.World) *Fleet {
	return &Fleet{world: w, documents: map[documentKey]parsedDocument{}, covered: map[string]int{}}
}

// Requests are the requests so far, ordered by subgraph, query and variables, so that concurrency does not show.
func (f *Fleet) Requests() []Request {
	f.mu.Lock()
	defer f.mu.Unlock()
	requests := slices.Clone(f.requests)
	slices.SortStableFunc(requests, func(a, b Request) int {
		return cmp.Or(cmp.Compare(a.Subgraph, b.Subgraph), cmp.Compare(a.Query, b.Query), cmp.Compare(a.Variables, b.Variables))
	})
	return requests
}

// InOrder are the requests so far by arrival.
func (f *Fleet) InOrder() []Request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.requests)
}

// Calls counts the requests to a subgraph, or to all with "".
func (f *Fleet) Calls(subgraph string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, r := range f.requests {
		if subgraph == "" || r.Subgraph == subgraph {
			n++
		}
	}
	return n
}

// Violations are what went wrong so far, in a canonical order.
func (f *Fleet) Violations() []Violation {
	f.mu.Lock()
	defer f.mu.Unlock()
	violations := slices.Clone(f.violations)
	slices.SortStableFunc(violations, func(a, b Violation) int {
		return cmp.Or(cmp.Compare(a.Subgraph, b.Subgraph), cmp.Compare(a.What, b.What), cmp.Compare(a.Query, b.Query))
	})
	return violations
}

// Covered counts which features of federation the requests so far used, by the names in coverage.go.
func (f *Fleet) Covered() map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.covered)
}

// Reset forgets requests, violations and faults.
func (f *Fleet) Reset() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests, f.violations, f.faults, f.mutations = nil, nil, nil, nil
}

func (f *Fleet) violate(subgraph, query, format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.violations = append(f.violations, Violation{Subgraph: subgraph, Query: query, What: fmt.Sprintf(format, args...)})
}

// body is what a request may hold.
type body struct {
	Query         string          `json:"query"`
	OperationName string          `json:"operationName"`
	Variables     json.RawMessage `json:"variables"`
	Extensions    json.RawMessage `json:"extensions"`
}

// Answer is what a subgraph answers to a request body.
func (f *Fleet) Answer(subgraph string, payload []byte) Response {
	g := f.world.Graph(subgraph)
	if g == nil {
		f.violate(subgraph, "", "there is no such subgraph")
		return errorResponse(http.StatusNotFound, "no such subgraph")
	}
	var request body
	decoder := json.NewDecoder(bytes.NewReader(payload))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&request); err != nil {
		f.violate(subgraph, string(payload), "the body is not a GraphQL request: %v", err)
		return errorResponse(http.StatusBadRequest, "the body is not a GraphQL request")
	}
	variables := any(map[string]any{})
	if len(request.Variables) > 0 {
		var err error
		if variables, err = coerce.Parse(request.Variables); err != nil {
			f.violate(subgraph, request.Query, "variables: %v", err)
			return errorResponse(http.StatusBadRequest, "variables")
		}
	}
	values, isObject := variables.(map[string]any)
	if !isObject && variables != nil {
		f.violate(subgraph, request.Query, "variables are no object")
		return errorResponse(http.StatusBadRequest, "variables are no object")
	}
	fault := f.log(Request{
		Subgraph: subgraph, OperationName: request.OperationName, Query: request.Query, Variables: coerce.Canonical(variables),
	})
	return f.serve(g, request, values, fault)
}

// log records a request and takes the fault that is meant for it.
func (f *Fleet) log(request Request) *Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	fault := f.take(request)
	request.Number, request.Faulty = len(f.requests), fault != nil
	f.requests = append(f.requests, request)
	return fault
}

// serve executes a request.
func (f *Fleet) serve(g *world.Graph, request body, values map[string]any, fault *Fault) Response {
	document, err := f.parse(g, request.Query)
	if err != nil {
		f.violate(g.Name, request.Query, "invalid operation: %v", err)
		return errorResponse(http.StatusBadRequest, err.Error())
	}
	operation := document.Operations.ForName(request.OperationName)
	if operation == nil {
		f.violate(g.Name, request.Query, "there is no operation %q", request.OperationName)
		return errorResponse(http.StatusBadRequest, "no such operation")
	}
	for name := range values {
		if operation.VariableDefinitions.ForName(name) == nil {
			f.violate(g.Name, request.Query, "variable $%s is sent but not declared", name)
		}
	}
	variables, err := coerce.Variables(g.Schema, operation, values)
	if err != nil {
		f.violate(g.Name, request.Query, "%v", err)
		return errorResponse(http.StatusOK, err.Error())
	}
	if fault != nil && fault.replaces() {
		return fault.response()
	}
	if operation.Operation == ast.Mutation {
		f.beginMutation(g.Name, request.Query)
		defer f.endMutation()
	}
	backend := &backend{fleet: f, world: f.world, graph: g, query: request.Query, fault: fault}
	result := execute.Run(g.Schema, operation, variables, f.world.Root(operation.Operation), backend,
		execute.Options{Lenient: fault != nil && fault.lenient()})
	backend.count(operation)
	if operation.Operation == ast.Mutation {
		f.mutated(result.Roots)
	}
	if backend.asked && backend.sent == 0 {
		backend.violate("not one representation: the request was not needed")
	}
	answer := Response{Status: http.StatusOK, ContentType: "application/json", Body: result.JSON()}
	if fault != nil {
		answer = fault.spoil(answer)
	}
	return answer
}

// beginMutation notes that a mutation is under way, alone. One that was sent at the same time gets the chance to arrive.
func (f *Fleet) beginMutation(subgraph, query string) {
	f.mu.Lock()
	f.mutating++
	alone := f.mutating == 1
	f.mu.Unlock()
	if !alone {
		f.violate(subgraph, query, "a mutation while another one is under way")
	}
	const chances = 20
	for range chances {
		runtime.Gosched()
	}
}

func (f *Fleet) endMutation() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mutating--
}

func (f *Fleet) mutated(fields []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mutations = append(f.mutations, fields...)
}

// Mutations are the names of the mutations so far, in the order in which they happened.
func (f *Fleet) Mutations() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.mutations)
}

// parse validates a document in full; documents come often, so that results are kept.
func (f *Fleet) parse(g *world.Graph, query string) (*ast.QueryDocument, error) {
	key := documentKey{g.Name, query}
	f.mu.Lock()
	known, found := f.documents[key]
	f.mu.Unlock()
	if found {
		return known.document, known.err
	}
	var parsed parsedDocument
	parsed.document, parsed.err = document.Load(g.Schema, query)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.documents[key] = parsed
	return parsed.document, parsed.err
}

func errorResponse(status int, message string) Response {
	text, _ := json.Marshal(message) // a string always marshals
	return Response{Status: status, ContentType: "application/json", Body: []byte(`{"errors":[{"message":` + string(text) + `}]}`)}
}

// Handler serves one subgraph over HTTP.
func (f *Fleet) Handler(subgraph string) http.Handler {
	return http.HandlerFunc(func(writer http.ResponseWriter, r *http.Request) {
		payload, err := io.ReadAll(r.Body)
		if err != nil {
			return // the caller is gone
		}
		if r.Method != http.MethodPost {
			f.violate(subgraph, string(payload), "method %s", r.Method)
		}
		if mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || mediaType != "application/json" {
			f.violate(subgraph, string(payload), "content type %q", r.Header.Get("Content-Type"))
		}
		answer := f.Answer(subgraph, payload)
		if answer.Hang {
			<-r.Context().Done()
			return
		}
		writer.Header().Set("Content-Type", answer.ContentType)
		writer.WriteHeader(answer.Status)
		_, _ = writer.Write(answer.Body) // a caller that is gone does not matter
	})
}

// Wait answers in process: like Answer, but a hanging subgraph waits for the context's end.
func (f *Fleet) Wait(ctx context.Context, subgraph string, payload []byte) (Response, error) {
	answer := f.Answer(subgraph, payload)
	if answer.Hang {
		<-ctx.Done()
		return Response{}, ctx.Err()
	}
	return answer, nil
}

// Events are the first n answers of a subscription request.
func (f *Fleet) Events(subgraph string, payload []byte, n int) ([]Response, error) {
	g := f.world.Graph(subgraph)
	if g == nil {
		return nil, fmt.Errorf("there is no subgraph %q", subgraph)
	}
	var request body
	if err := json.Unmarshal(payload, &request); err != nil {
		return nil, err
	}
	document, err := f.parse(g, request.Query)
	if err != nil {
		return nil, err
	}
	operation := document.Operations.ForName(request.OperationName)
	values := any(map[string]any{})
	if len(request.Variables) > 0 {
		if values, err = coerce.Parse(request.Variables); err != nil {
			return nil, err
		}
	}
	given, _ := values.(map[string]any)
	variables, err := coerce.Variables(g.Schema, operation, given)
	if err != nil {
		return nil, err
	}
	f.log(Request{Subgraph: subgraph, OperationName: request.OperationName, Query: request.Query, Variables: coerce.Canonical(values)})
	responses := make([]Response, n)
	for i := range responses {
		backend := &backend{fleet: f, world: f.world, graph: g, query: request.Query}
		result := execute.Run(g.Schema, operation, variables, f.world.Event(i), backend, execute.Options{})
		responses[i] = Response{Status: http.StatusOK, ContentType: "application/json", Body: result.JSON()}
	}
	return responses, nil
}
