package server

import (
	"context"
	"net/http"

	"github.com/tributary-gql/tributary/router/internal/auth"
	"github.com/tributary-gql/tributary/router/internal/ratelimit"
)

// identify finds out who the caller is and debits the request's operations. Limits that need no identity come before a
// token that nobody has seen yet is verified, and requests that are refused for their tokens count like all others: so a
// flood of bad tokens costs the router no more than a flood of anything else.
func (s *Server) identify(ctx context.Context, w http.ResponseWriter, r *http.Request, operations int) (*auth.Identity, error) {
	credential, identity, refusal := s.options.Verifier.Look(r)
	switch {
	case refusal != nil:
		if err := s.limitRate(ctx, w, r, ratelimit.AllRules, auth.Anonymous(), operations); err != nil {
			return nil, err
		}
		return nil, refusal
	case identity != nil:
		return identity, s.limitRate(ctx, w, r, ratelimit.AllRules, identity, operations)
	}
	if err := s.limitRate(ctx, w, r, ratelimit.WithoutIdentity, auth.Anonymous(), operations); err != nil {
		return nil, err
	}
	identity, refusal = s.options.Verifier.Verify(ctx, credential)
	if refusal != nil {
		if err := s.limitRate(ctx, w, r, ratelimit.WithIdentity, auth.Anonymous(), operations); err != nil {
			return nil, err
		}
		return nil, refusal
	}
	return identity, s.limitRate(ctx, w, r, ratelimit.WithIdentity, identity, operations)
}
