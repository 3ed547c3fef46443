package server

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/tributary-gql/tributary/router/internal/auth"
	"github.com/tributary-gql/tributary/router/internal/gather"
	"github.com/tributary-gql/tributary/router/internal/gqlerr"
	"github.com/tributary-gql/tributary/router/internal/headers"
	"github.com/tributary-gql/tributary/router/internal/telemetry"
)

// responseSink writes the one payload of an operation.
type responseSink struct {
	w        http.ResponseWriter
	request  *http.Request
	media    mediaType
	encoding encoding
	// collected are the headers that subgraphs give the client; nil without rules for them.
	collected *headers.Collector
}

// Emit implements exec.Sink.
func (s *responseSink) Emit(payload []byte, hasNext bool) error {
	if hasNext {
		return gqlerr.New(gqlerr.BadRequest, "this operation answers in several parts, which needs another transport")
	}
	if s.collected != nil {
		s.w.Header()["Vary"] = vary
		headers.Apply(s.w.Header(), s.collected)
	}
	writeBody(s.w, s.request, s.media, s.encoding, http.StatusOK, payload)
	return nil
}

// writeBody writes the whole response to a request, compressed when that is worth it. body is not kept.
func writeBody(w http.ResponseWriter, r *http.Request, media mediaType, as encoding, status int, body []byte) {
	if hooked, ok := w.(*hookedWriter); ok {
		status, body = hooked.respond(status, body)
	}
	h := w.Header()
	if status == http.StatusNoContent || status == http.StatusNotModified { // hooks may say so
		w.WriteHeader(status)
		return
	}
	if len(h["Vary"]) == 0 {
		h["Vary"] = vary
	}
	if as != identityEncoding && len(body) >= minCompressed {
		body = compress(body, as)
		h["Content-Encoding"] = []string{string(as)}
	}
	h["Content-Type"] = contentTypes[media]
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	gather.Expect(r, status, len(body))
	_, _ = w.Write(body) // a client that has gone is not our error
}

// What a response depends on beside the address and the operation.
var vary = []string{"Accept, Accept-Encoding, Origin"}

// uncached is the Cache-Control of errors.
var uncached = []string{"no-store"}

// contentTypes are shared by all responses, so that setting one allocates nothing.
var contentTypes = map[mediaType][]string{jsonType: {jsonType.header()}, responseType: {responseType.header()}}

// refuse answers a request that never became an operation: with its status, whatever the client accepts.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, media mediaType, err error) {
	errs, status := s.edgeErrors(r, err)
	telemetry.FromContext(r.Context()).Refused(string(errs[0].Code))
	var refusal *httpError
	if errors.As(err, &refusal) {
		for name, values := range refusal.header {
			w.Header()[name] = values
		}
	}
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="graphql"`)
	}
	w.Header()["Cache-Control"] = uncached
	writeBody(w, r, media, identityEncoding, status, errorsBody(errs))
}

// answerError answers an operation that could not be executed. Clients that accept only application/json expect status
// 200 for what is wrong with the document (GraphQL over HTTP, "application/json").
func (s *Server) answerError(w http.ResponseWriter, r *http.Request, media mediaType, err error) {
	var refusal *httpError
	var identity *auth.Error
	if errors.As(err, &refusal) || errors.As(err, &identity) {
		s.refuse(w, r, media, err)
		return
	}
	errs, status := s.edgeErrors(r, err)
	if media == jsonType && aboutDocument(errs[0].Code) {
		status = http.StatusOK
	}
	w.Header()["Cache-Control"] = uncached
	writeBody(w, r, media, identityEncoding, status, errorsBody(errs))
}

// aboutDocument tells whether an error says what is wrong with an operation. That a right one is too large or too expensive
// is no such error: proxies and clients have to see it by the status.
func aboutDocument(code gqlerr.Code) bool {
	switch code {
	case gqlerr.ParseFailed, gqlerr.ValidationFailed, gqlerr.OperationResolutionFailure, gqlerr.BadUserInput, gqlerr.IntrospectionDisabled:
		return true
	}
	return false
}

// edgeErrors turns an error into what the client sees, with the HTTP status of a response that has nothing else.
func (s *Server) edgeErrors(r *http.Request, err error) (gqlerr.List, int) {
	var refusal *httpError
	if errors.As(err, &refusal) {
		return append(gqlerr.List{refusal.err}, refusal.more...), refusal.status
	}
	var identity *auth.Error
	if errors.As(err, &identity) {
		if identity.Err != nil {
			s.options.Logger.InfoContext(r.Context(), "caller refused", "code", identity.Code, "error", identity.Err)
		}
		return gqlerr.List{gqlerr.New(gqlerr.Code(identity.Code), "%s", identity.Message)}, identity.Status
	}
	if list, ok := gqlerr.From(err); ok {
		if !s.options.Introspection {
			list = withoutSuggestions(list)
		}
		return list, list[0].Code.Status()
	}
	if errors.Is(err, context.DeadlineExceeded) {
		e := gqlerr.New(gqlerr.RequestTimeout, "the request took longer than %v (traffic.timeout)", s.options.Timeout)
		return gqlerr.List{e}, http.StatusGatewayTimeout
	}
	if errors.Is(err, context.Canceled) {
		return gqlerr.List{gqlerr.New(gqlerr.BadRequest, "the client went away")}, 499
	}
	return gqlerr.List{gqlerr.Hide(r.Context(), s.options.Logger, err)}, http.StatusInternalServerError
}

// errorsBody is a response that has errors and no data.
func errorsBody(errs gqlerr.List) []byte {
	return append(errs.AppendJSON([]byte(`{"errors":`)), '}')
}
