package server

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"

	"github.com/tributary-gql/tributary/router/internal/auth"
	"github.com/tributary-gql/tributary/router/internal/gqlerr"
	"github.com/tributary-gql/tributary/router/internal/hook"
	"github.com/tributary-gql/tributary/router/internal/snapshot"
)

// useHooks puts OnFetch in front of fetches. It may make any two requests different: none share an execution then.
func (s *Server) useHooks() {
	if s.options.Hooks != nil && s.options.Hooks.OnFetch != nil {
		s.options.Fetcher = hook.Fetcher(s.options.Fetcher, s.options.Hooks.OnFetch)
		s.sharer = nil
	}
}

// serveHooked is serveGraphQL with hooks around it.
func (s *Server) serveHooked(w http.ResponseWriter, r *http.Request) {
	values := &hook.Values{}
	r = r.WithContext(hook.WithValues(r.Context(), values))
	if s.options.Hooks.OnResponse != nil {
		w = &hookedWriter{ResponseWriter: w, server: s, request: r, values: values}
	}
	if s.options.Hooks.OnRequest != nil {
		if err := s.options.Hooks.OnRequest(r.Context(), &hook.Request{HTTP: r, Values: values}); err != nil {
			media, notAcceptable := negotiate(r.Header["Accept"])
			if notAcceptable != nil {
				media = jsonType
			}
			s.refuse(w, r, media, hookError(err))
			return
		}
	}
	s.serveGraphQL(w, r)
}

// onOperation calls the hook, and gives the request that goes on: one whose headers are the operation's own.
func (s *Server) onOperation(ctx context.Context, r *http.Request, identity *auth.Identity, request *graphqlRequest, prepared *snapshot.Prepared) (*http.Request, error) {
	if s.options.Hooks.OnOperation == nil {
		return r, nil
	}
	own := r.WithContext(r.Context())
	own.Header = r.Header.Clone()
	about := &hook.Operation{
		HTTP: own, Name: prepared.Operation.Name, Kind: string(prepared.Operation.Kind), Document: request.Query, Variables: request.Variables,
		Subject: identity.Subject, Claims: identity.Claims, Scopes: identity.Scopes, Values: hook.ValuesOf(ctx),
	}
	if err := s.options.Hooks.OnOperation(ctx, about); err != nil {
		return nil, hookError(err)
	}
	return own, nil
}

// hookedWriter lets OnResponse see whole responses; see writeBody.
type hookedWriter struct {
	http.ResponseWriter
	server  *Server
	request *http.Request
	values  *hook.Values
}

// Unwrap is for http.ResponseController.
func (w *hookedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// respond gives what is written in place of a response.
func (w *hookedWriter) respond(status int, body []byte) (int, []byte) {
	about := &hook.Response{HTTP: w.request, Status: status, Header: w.Header(), Body: body, Values: w.values}
	if err := w.server.options.Hooks.OnResponse(w.request.Context(), about); err != nil {
		err = hookError(err)
		var refusal *httpError
		if errors.As(err, &refusal) {
			maps.Copy(w.Header(), refusal.header)
		}
		errs, status := w.server.edgeErrors(w.request, err)
		return status, errorsBody(errs)
	}
	if about.Status < 200 || about.Status > 599 {
		about.Status = status
	}
	return about.Status, about.Body
}

// hookError turns a hook's refusal into an answer; other errors are the router's trouble.
func hookError(err error) error {
	var refusal *hook.Refusal
	if !errors.As(err, &refusal) {
		return err
	}
	out := &httpError{status: refusal.Status, header: refusal.Header}
	if out.status == 0 {
		out.status = http.StatusForbidden
	}
	for i, e := range refusal.Errors {
		code := e.Code
		if code == "" {
			code = hook.CodeForbidden
		}
		made := gqlerr.New(gqlerr.Code(code), "%s", e.Message)
		for _, name := range slices.Sorted(maps.Keys(e.Extensions)) {
			if value, err := json.Marshal(e.Extensions[name]); err == nil {
				made.Extensions = append(made.Extensions, gqlerr.Extension{Name: name, Value: value})
			}
		}
		if i == 0 {
			out.err = made
		} else {
			out.more = append(out.more, made)
		}
	}
	if out.err == nil {
		out.err = gqlerr.New(hook.CodeForbidden, "the request was refused")
	}
	return out
}
