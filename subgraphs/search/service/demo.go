package service

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/tributary-gql/tributary/subgraphs/kit/demo"
	kit "github.com/tributary-gql/tributary/subgraphs/kit/service"
)

// demoPatience is how long a service that was told of demo data waits for it before it takes requests without.
const demoPatience = 45 * time.Second

// demoChecks keeps a demo from beginning with an empty search: with --seed-demo and Redis, the service is ready when the demo data of the
// other services has come as events, or after demoPatience.
func (s *Service) demoChecks() []kit.Check {
	if !s.settings.SeedDemo || s.redis == nil {
		return nil
	}
	deadline := time.Now().Add(demoPatience)
	var complete atomic.Bool
	return []kit.Check{{Name: "demo data", Run: func(ctx context.Context) error {
		if complete.Load() || time.Now().After(deadline) {
			return nil
		}
		n, err := s.index.Count(ctx)
		if err != nil {
			return err
		}
		if want := demo.UserCount + demo.PaymentCount + demo.NotificationCount(); n < want {
			return fmt.Errorf("%d of %d documents are indexed", n, want)
		}
		complete.Store(true)
		return nil
	}}}
}
