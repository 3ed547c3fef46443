package server

import (
	"context"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/tributary-gql/tributary/router/internal/auth"
	"github.com/tributary-gql/tributary/router/internal/gqlerr"
	"github.com/tributary-gql/tributary/router/internal/plan"
)

// authorize tells for each authorization of a plan whether the caller meets it.
func (s *Server) authorize(ctx context.Context, demands []plan.Authorization, identity *auth.Identity, r *http.Request) ([]bool, error) {
	if len(demands) == 0 {
		return nil, nil
	}
	if identity.Unavailable {
		return nil, &auth.Error{Code: auth.CodeKeysUnavailable, Status: http.StatusServiceUnavailable,
			Message: "the operation needs your identity, and tokens cannot be verified at the moment; try again shortly"}
	}
	met := make([]bool, len(demands))
	for i := range demands {
		met[i] = s.meets(ctx, &demands[i], identity, r)
		if !met[i] && s.options.RejectUnauthorized {
			return nil, &httpError{status: http.StatusForbidden, err: gqlerr.New(gqlerr.UnauthorizedField, "the operation asks for fields that you may not see")}
		}
	}
	return met, nil
}

// meets: every part of a demand that is present must hold; within scopes and policies one row of several must hold whole.
func (s *Server) meets(ctx context.Context, demand *plan.Authorization, identity *auth.Identity, r *http.Request) bool {
	if demand.Authenticated && !identity.Authenticated() {
		return false
	}
	if len(demand.Scopes) > 0 && !anyRow(demand.Scopes, func(scope string) bool {
		_, found := slices.BinarySearch(identity.Scopes, scope)
		return found
	}) {
		return false
	}
	return len(demand.Policies) == 0 || anyRow(demand.Policies, func(policy string) bool {
		return s.options.Policy != nil && s.options.Policy(ctx, policy, identity, r)
	})
}

func anyRow(rows [][]string, holds func(string) bool) bool {
	return slices.ContainsFunc(rows, func(row []string) bool {
		return !slices.ContainsFunc(row, func(name string) bool { return !holds(name) })
	})
}

// activeLabels decides the override labels of an operation: percentages by chance, others by configuration.
func (s *Server) activeLabels(labels []string, identity *auth.Identity, r *http.Request) []bool {
	if len(labels) == 0 {
		return nil
	}
	active := make([]bool, len(labels))
	for i, label := range labels {
		if percent, ok := percentage(label); ok {
			active[i] = rand.Float64()*100 < percent
		} else if s.options.Labels != nil {
			active[i] = s.options.Labels(label, identity, r)
		}
	}
	return active
}

// percentage reads the label percent(N).
func percentage(label string) (float64, bool) {
	number, ok := strings.CutPrefix(label, "percent(")
	if !ok {
		return 0, false
	}
	number, ok = strings.CutSuffix(number, ")")
	if !ok {
		return 0, false
	}
	value, err := strconv.ParseFloat(number, 64)
	return value, err == nil
}
