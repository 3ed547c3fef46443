package server

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/internal/auth"
	"github.com/tributary-gql/tributary/router/internal/auth/policyhook"
	"github.com/tributary-gql/tributary/router/internal/exec"
	"github.com/tributary-gql/tributary/router/internal/gqlerr"
	"github.com/tributary-gql/tributary/router/internal/lifetime"
	"github.com/tributary-gql/tributary/router/internal/snapshot"
	"github.com/tributary-gql/tributary/router/internal/telemetry"
)

// bodies holds request bodies between requests.
var bodies = sync.Pool{New: func() any { b := make([]byte, 0, 4<<10); return &b }}

// maxPooledBody keeps one large request from holding its memory for ever.
const maxPooledBody = 64 << 10

// serveGraphQL answers /graphql (GraphQL over HTTP, "Serving over HTTP").
func (s *Server) serveGraphQL(w http.ResponseWriter, r *http.Request) {
	media, err := negotiate(r.Header["Accept"])
	if err != nil {
		s.refuse(w, r, jsonType, err)
		return
	}
	snap := s.options.Snapshot(r)
	if snap == nil {
		s.refuse(w, r, media, refuse(http.StatusServiceUnavailable, gqlerr.Overloaded, "the router has no supergraph yet; try again shortly"))
		return
	}
	began := time.Now()
	buffer := bodies.Get().(*[]byte)
	defer func() {
		if cap(*buffer) <= maxPooledBody {
			bodies.Put(buffer)
		}
	}()
	body, err := s.readBody(r, buffer)
	if err != nil {
		s.refuse(w, r, media, err)
		return
	}
	identity, done := s.repeat(w, r, began, media, snap, body)
	if done {
		s.release(r)
		return
	}
	ctx, m := r.Context(), memoryOf(r.Context())
	if s.options.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = lifetime.WithDeadline(ctx, began.Add(s.options.Timeout))
		defer cancel()
	}
	requests, batch, err := s.readRequests(r, body, m)
	if err != nil {
		s.refuse(w, r, media, err)
		return
	}
	if identity == nil {
		if identity, err = s.identify(ctx, w, r, len(requests)); err != nil {
			s.refuse(w, r, media, err)
			return
		}
	}
	telemetry.FromContext(ctx).Caller(identity.Subject)
	s.admit(w, requests)
	if batch {
		s.serveBatch(ctx, w, r, snap, identity, requests)
		return
	}
	requests[0].collected = s.options.ResponseHeaders.Collect()
	m.sink = responseSink{w: w, request: r, media: media, encoding: acceptedEncoding(r.Header["Accept-Encoding"]), collected: requests[0].collected}
	if err := s.run(ctx, snap, r, identity, requests[0], &m.sink); err != nil {
		s.answerError(w, r, media, err)
		return
	}
	*m = memory{} // a body may be large, and the connection idle for long
	s.release(r)
}

// release lets the connection use a request's memory again. An execution has ended with all it started; of hooks nobody knows.
func (s *Server) release(r *http.Request) {
	if s.options.Hooks == nil {
		lifetime.Release(r.Context())
	}
}

// readBody takes the body of a POST, in buffer; nil for other methods.
func (s *Server) readBody(r *http.Request, buffer *[]byte) ([]byte, error) {
	if r.Method != http.MethodPost {
		return nil, nil
	}
	if err := checkContentType(r.Header.Get("Content-Type")); err != nil {
		return nil, err
	}
	body, err := readEncoded(r.Body, r.ContentLength, r.Header.Get("Content-Encoding"), s.options.MaxBody, *buffer)
	if err == nil {
		*buffer = body
	}
	return body, err
}

// readRequests takes the operations from a request whose body has been read; they may be in m.
func (s *Server) readRequests(r *http.Request, body []byte, m *memory) (requests []*graphqlRequest, batch bool, err error) {
	switch r.Method {
	case http.MethodPost:
		return readPost(body, s.options.MaxBatch, m)
	case http.MethodGet:
		if err := s.checkCSRF(r); err != nil {
			return nil, false, err
		}
		request, err := readGet(r)
		if err != nil {
			return nil, false, err
		}
		return []*graphqlRequest{request}, false, nil
	default:
		refusal := refuse(http.StatusMethodNotAllowed, gqlerr.MethodNotAllowed, "the method %s is not allowed here: use POST, or GET for queries", r.Method)
		refusal.header = http.Header{"Allow": {"GET, POST"}}
		return nil, false, refusal
	}
}

// checkCSRF refuses a GET that a browser sends for another site, unless a header shows that a script sent it after a
// preflight. A browser says so in Sec-Fetch-Site, which pages cannot change; other clients do not send it. POST needs no
// check: its content type alone makes browsers ask first.
func (s *Server) checkCSRF(r *http.Request) error {
	if len(s.options.CSRFHeaders) == 0 {
		return nil
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return nil
	}
	for _, name := range s.options.CSRFHeaders {
		if r.Header.Get(name) != "" {
			return nil
		}
	}
	if r.Header.Get("Content-Type") != "" && checkContentType(r.Header.Get("Content-Type")) == nil {
		return nil
	}
	return refuse(http.StatusForbidden, gqlerr.CSRFPrevention, "a page of another site caused this request; a script that means it sends one of the headers %s", strings.Join(s.options.CSRFHeaders, ", "))
}

// execute is run without what is told of it.
func (s *Server) execute(ctx context.Context, snap *snapshot.Snapshot, r *http.Request, identity *auth.Identity, request *graphqlRequest, sink exec.Sink, watched *telemetry.Operation) error {
	hash, err := s.documents.find(ctx, r.Header, request)
	if err != nil {
		return err
	}
	watched.PlanStarts(ctx)
	prepared, err := snap.Prepare(ctx, request.Query, request.OperationName)
	if err != nil {
		return err
	}
	repeated := prepared.Repeated()
	watched.Known(prepared.Operation.Name, string(prepared.Operation.Kind), prepared.Operation.Hash, repeated)
	s.documents.remember(hash, request.Query)
	if prepared.Operation.Kind == ast.Subscription {
		return refuse(http.StatusBadRequest, gqlerr.BadRequest, "subscriptions need a transport of events, which this router does not have: send a query or a mutation")
	}
	if r.Method == http.MethodGet && prepared.Operation.Kind != ast.Query {
		refusal := refuse(http.StatusMethodNotAllowed, gqlerr.MethodNotAllowed, "a %s cannot be sent by GET: use POST", prepared.Operation.Kind)
		refusal.header = http.Header{"Allow": {"POST"}}
		return refusal
	}
	if !s.options.Introspection && prepared.Operation.Introspects() {
		return gqlerr.New(gqlerr.IntrospectionDisabled, "introspection is switched off (introspection.enabled)")
	}
	if s.options.Hooks != nil {
		if r, err = s.onOperation(ctx, r, identity, request, prepared); err != nil {
			return err
		}
	}
	variables, err := prepared.Operation.CoerceVariables(nil, request.Variables, prepared.Literals)
	if err != nil {
		return err
	}
	counted, estimate, err := s.limitCost(ctx, r, identity, request, prepared, variables, sink, watched)
	if err != nil {
		return err
	}
	program, err := snap.Program(ctx, prepared, s.activeLabels(prepared.Labels, identity, r))
	if err != nil {
		return err
	}
	watched.PlanEnds(repeated, nil)
	authorizations, err := s.authorize(ctx, program.Plan, operationVariables{prepared.Operation.Variables, variables}, identity, r)
	if err != nil {
		return err
	}
	request.client = client{rules: s.options.Headers, header: r.Header, identity: identity}
	e := execution{program: program, sink: counted, watched: watched, input: exec.Input{
		Variables: variables, Authorizations: authorizations, Errors: s.errorsFor(ctx), Observer: s.observer(watched, request.collected),
		Client: &request.client,
	}}
	if prepared.Operation.Introspects() {
		e.input.Introspect = func(responseName string) ([]byte, error) { return snap.Introspect(prepared, variables, responseName) }
	}
	if counted == sink && s.isRepeatable(request, prepared, program) {
		e.asked = repeatable{snap: snap, header: r.Header, body: request.body, prepared: prepared, estimate: estimate}
	}
	return s.perform(ctx, r, identity, &e)
}

// serveBatch runs the operations of a batch side by side and answers with the list of their responses.
func (s *Server) serveBatch(ctx context.Context, w http.ResponseWriter, r *http.Request, snap *snapshot.Snapshot, identity *auth.Identity, requests []*graphqlRequest) {
	telemetry.FromContext(ctx).Batch()
	ctx = policyhook.Once(ctx)
	payloads := make([][]byte, len(requests))
	var group sync.WaitGroup
	for i, request := range requests {
		request.collected = s.options.ResponseHeaders.Collect()
		group.Go(func() {
			sink := &memorySink{}
			if err := s.run(ctx, snap, r, identity, request, sink); err != nil {
				errs, _ := s.edgeErrors(r, err)
				sink.payload = errorsBody(errs)
				request.collected.Failed()
			}
			payloads[i] = sink.payload
		})
	}
	group.Wait()
	size := 2
	for _, p := range payloads {
		size += len(p) + 1
	}
	body := make([]byte, 0, size)
	body = append(body, '[')
	for i, p := range payloads {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, p...)
	}
	status := http.StatusOK
	if requests[0].admission.allRefused(len(requests)) {
		status = http.StatusTooManyRequests
	}
	if s.options.ResponseHeaders != nil {
		applyCollected(w.Header(), requests...)
	}
	writeBody(w, r, jsonType, acceptedEncoding(r.Header["Accept-Encoding"]), status, append(body, ']'))
}

// memorySink keeps the one payload of a batched operation.
type memorySink struct{ payload []byte }

// Emit implements exec.Sink.
func (m *memorySink) Emit(payload []byte, hasNext bool) error {
	if hasNext || m.payload != nil {
		return gqlerr.New(gqlerr.BadRequest, "operations that answer in several parts cannot be batched")
	}
	m.payload = append([]byte(nil), payload...)
	return nil
}
