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

// authorize tells for each authorization of a plan whether the caller meets it. Policies are asked for together, and only
// those that can still make a difference.
func (s *Server) authorize(ctx context.Context, demands []plan.Authorization, identity *auth.Identity, r *http.Request) ([]bool, error) {
	if len(demands) == 0 {
		return nil, nil
	}
	if identity.Unavailable {
		return nil, &auth.Error{Code: auth.CodeKeysUnavailable, Status: http.StatusServiceUnavailable,
			Message: "the operation needs your identity, and tokens cannot be verified at the moment; try again shortly"}
	}
	met := make([]bool, len(demands))
	var policies []string
	for i := range demands {
		met[i] = meets(&demands[i], identity)
		if met[i] {
			for _, row := range demands[i].Policies {
				policies = append(policies, row...)
			}
		}
	}
	if len(policies) > 0 {
		slices.Sort(policies)
		policies = slices.Compact(policies)
		held := s.policies(ctx, policies, identity, r)
		for i := range demands {
			met[i] = met[i] && (len(demands[i].Policies) == 0 || anyRow(demands[i].Policies, held))
		}
	}
	if s.options.RejectUnauthorized && slices.Contains(met, false) {
		return nil, &httpError{status: http.StatusForbidden, err: gqlerr.New(gqlerr.UnauthorizedField, "the operation asks for fields that you may not see")}
	}
	return met, nil
}

// policies asks which policies hold. Those that cannot be decided do not.
func (s *Server) policies(ctx context.Context, names []string, identity *auth.Identity, r *http.Request) func(string) bool {
	if s.options.Policy == nil {
		return func(string) bool { return false }
	}
	held, err := s.options.Policy(ctx, names, identity, r)
	if err != nil {
		s.options.Logger.WarnContext(ctx, "policies cannot be decided and do not hold", "policies", names, "error", err)
	}
	return func(name string) bool {
		i, found := slices.BinarySearch(names, name)
		return found && i < len(held) && held[i]
	}
}

// meets tells whether the caller meets a demand but for its policies: every part that is present must hold, of scopes one
// row of several as a whole.
func meets(demand *plan.Authorization, identity *auth.Identity) bool {
	if demand.Authenticated && !identity.Authenticated() {
		return false
	}
	return len(demand.Scopes) == 0 || anyRow(demand.Scopes, func(scope string) bool {
		_, found := slices.BinarySearch(identity.Scopes, scope)
		return found
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
