package snapshot

import (
	"context"
	"time"
)

// Observer hears of lookups and plans, from many goroutines; it must not block.
type Observer interface {
	// OperationLookedUp tells of each request for a document; hit is false when it has to be parsed and planned.
	OperationLookedUp(hit bool)
	// OperationPlanned tells how long the planner took; err is why there is no plan.
	OperationPlanned(took time.Duration, err error)
}

func (s *Snapshot) lookedUp(hit bool) {
	if s.options.Observer != nil {
		s.options.Observer.OperationLookedUp(hit)
	}
}

// planObserved is plan, told to the observer.
func (s *Snapshot) planObserved(ctx context.Context, p *Prepared, active []bool) (*Program, error) {
	if s.options.Observer == nil {
		return s.plan(ctx, p, active)
	}
	began := time.Now()
	program, err := s.plan(ctx, p, active)
	s.options.Observer.OperationPlanned(time.Since(began), err)
	return program, err
}
