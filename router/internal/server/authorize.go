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
	"github.com/tributary-gql/tributary/router/internal/operation"
	"github.com/tributary-gql/tributary/router/internal/plan"
)

// authorize tells for each authorization of a plan whether the caller meets it. Only those count that this request demands:
// what @skip and @include leave out is nobody's business. Policies are asked for together, and only those that can still
// make a difference.
func (s *Server) authorize(ctx context.Context, p *plan.Plan, given operationVariables, identity *auth.Identity, r *http.Request) ([]bool, error) {
	if len(p.Authorizations) == 0 {
		return nil, nil
	}
	met := make([]bool, len(p.Authorizations))
	unmet, policed := false, false
	for i := range p.Authorizations {
		demand := &p.Authorizations[i]
		met[i] = meets(demand, identity)
		unmet = unmet || !met[i]
		policed = policed || met[i] && len(demand.Policies) > 0
	}
	var demanded []bool
	if policed || unmet && (identity.Unavailable || s.options.RejectUnauthorized) {
		demanded = p.Demanded(given.isTrue)
	}
	if identity.Unavailable && slices.Contains(demanded, true) {
		return nil, &auth.Error{Code: auth.CodeKeysUnavailable, Status: http.StatusServiceUnavailable,
			Message: "the operation needs your identity, and tokens cannot be verified at the moment; try again shortly"}
	}
	if policed {
		s.decidePolicies(ctx, p.Authorizations, demanded, met, identity, r)
	}
	if s.options.RejectUnauthorized {
		for i := range demanded {
			if demanded[i] && !met[i] {
				return nil, &httpError{status: http.StatusForbidden, err: gqlerr.New(gqlerr.UnauthorizedField, "the operation asks for fields that you may not see")}
			}
		}
	}
	return met, nil
}

// operationVariables are an operation's, with their values.
type operationVariables struct {
	declared []*operation.Variable
	values   [][]byte // JSON, in the order of declared
}

// isTrue tells the value of a Boolean variable.
func (v operationVariables) isTrue(name string) bool {
	for i, declared := range v.declared {
		if declared.Name == name {
			return string(v.values[i]) == "true"
		}
	}
	return false
}

// decidePolicies takes back of met what needs policies that do not hold. Those of authorizations that the request does not
// demand are not asked for, and do not hold.
func (s *Server) decidePolicies(ctx context.Context, demands []plan.Authorization, demanded, met []bool, identity *auth.Identity, r *http.Request) {
	var names []string
	for i := range demands {
		if met[i] && demanded[i] {
			for _, row := range demands[i].Policies {
				names = append(names, row...)
			}
		}
	}
	held := func(string) bool { return false }
	if len(names) > 0 {
		slices.Sort(names)
		held = s.policies(ctx, slices.Compact(names), identity, r)
	}
	for i := range demands {
		met[i] = met[i] && (len(demands[i].Policies) == 0 || anyRow(demands[i].Policies, held))
	}
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
