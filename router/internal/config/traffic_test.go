package config_test

import (
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/internal/config"
)

// TestSectionsInheritKeyByKey: a subgraph that sets one key of a section has the others from all, then the defaults.
func TestSectionsInheritKeyByKey(t *testing.T) {
	t.Parallel()
	c := config.Default()
	c.Subgraphs = map[string]config.Subgraph{
		"all":      {Retry: config.Retry{Max: 5, Backoff: config.Duration(time.Second)}, Breaker: config.Breaker{Enabled: new(false)}},
		"payments": {Retry: config.Retry{Max: 1, Statuses: []int{500}}, Breaker: config.Breaker{Enabled: new(true)}},
	}
	payments, users := c.For("payments"), c.For("users")
	if r := payments.Retry; r.Max != 1 || r.Backoff != config.Duration(time.Second) || len(r.Statuses) != 1 || r.BudgetPercent != 20 || !*r.Enabled {
		t.Errorf("payments: %+v", r)
	}
	if r := users.Retry; r.Max != 5 || len(r.Statuses) != 4 {
		t.Errorf("users: %+v", r)
	}
	if !*payments.Breaker.Enabled || *users.Breaker.Enabled || users.Breaker.MinRequests != 20 {
		t.Errorf("breakers: %+v and %+v", payments.Breaker, users.Breaker)
	}
	if users.TLS.MinVersion != "1.2" || *users.HTTP2 || !*users.Share {
		t.Errorf("users: %+v", users)
	}
}
