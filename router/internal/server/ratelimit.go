package server

import (
	"context"
	"net/http"

	"github.com/tributary-gql/tributary/router/internal/auth"
	"github.com/tributary-gql/tributary/router/internal/ratelimit"
)

// limitRate debits the request's operations from some of the limits before anything is spent on them, and tells the caller
// what is left.
func (s *Server) limitRate(ctx context.Context, w http.ResponseWriter, r *http.Request, which ratelimit.Rules, identity *auth.Identity, operations int) error {
	if s.options.RateLimits == nil {
		return nil
	}
	decision := s.options.RateLimits.TakeRules(ctx, ratelimit.ByRequests, which, callerOf(r, identity), int64(operations))
	decision.WriteHeaders(w.Header())
	if refusal, status := decision.Err(); refusal != nil {
		return &httpError{status: status, err: refusal}
	}
	return nil
}

// callerOf is what limits know of who sends a request.
func callerOf(r *http.Request, identity *auth.Identity) *ratelimit.Caller {
	return &ratelimit.Caller{
		Claims: identity.Claims, Scopes: identity.Scopes, Authenticated: identity.Authenticated(), Header: r.Header, Peer: r.RemoteAddr,
	}
}
