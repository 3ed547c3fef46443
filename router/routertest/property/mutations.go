package property

import (
	"context"
	"fmt"
	"sync"

	"github.com/tributary-gql/tributary/router/internal/exec"
	"github.com/tributary-gql/tributary/router/internal/plan"
)

// mutationsAlone is an exec.Observer that sees whether a mutation is asked for while the answer to another one is on its way:
// a subgraph only sees those that overlap within it.
type mutationsAlone struct {
	mu        sync.Mutex
	underWay  int
	violation string
}

// FetchStarts implements exec.Observer.
func (m *mutationsAlone) FetchStarts(ctx context.Context, fetch *plan.Fetch) context.Context {
	if fetch.Kind != plan.Mutation {
		return ctx
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.underWay++; m.underWay > 1 {
		m.violation = fmt.Sprintf("mutation fetch %d is made while another one is under way", fetch.ID)
	}
	return ctx
}

// FetchDone implements exec.Observer.
func (m *mutationsAlone) FetchDone(report exec.FetchReport) {
	if report.Fetch.Kind != plan.Mutation || report.Context == nil { // nil: it was not made
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.underWay--
}

// ErrorReported implements exec.Observer.
func (m *mutationsAlone) ErrorReported(string, string) {}
