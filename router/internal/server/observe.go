package server

import (
	"context"
	"net/http"

	"github.com/tributary-gql/tributary/router/internal/auth"
	"github.com/tributary-gql/tributary/router/internal/exec"
	"github.com/tributary-gql/tributary/router/internal/headers"
	"github.com/tributary-gql/tributary/router/internal/plan"
	"github.com/tributary-gql/tributary/router/internal/snapshot"
	"github.com/tributary-gql/tributary/router/internal/telemetry"
)

// run executes one operation and emits its payloads to sink. Its errors are those before execution.
func (s *Server) run(ctx context.Context, snap *snapshot.Snapshot, r *http.Request, identity *auth.Identity, request *graphqlRequest, sink exec.Sink) error {
	watched, ctx := telemetry.FromContext(ctx).Begin(ctx)
	err := s.execute(ctx, snap, r, identity, request, sink, watched)
	watched.End(err)
	return err
}

// observer is who hears of an operation's fetches.
func (s *Server) observer(watched *telemetry.Operation, collected *headers.Collector) exec.Observer {
	var observer exec.Observer // not an interface that holds nil
	if watched != nil {
		observer = watched
	} else if s.options.Observer != nil {
		observer = s.options.Observer
	}
	if collected == nil {
		return observer
	}
	return &collecting{next: observer, collected: collected}
}

// collecting takes the headers of answers on the way to another observer, which may be nil.
type collecting struct {
	next      exec.Observer
	collected *headers.Collector
}

// FetchStarts implements exec.Observer.
func (c *collecting) FetchStarts(ctx context.Context, fetch *plan.Fetch) context.Context {
	if c.next == nil {
		return ctx
	}
	return c.next.FetchStarts(ctx, fetch)
}

// FetchDone implements exec.Observer.
func (c *collecting) FetchDone(report exec.FetchReport) {
	if report.Err != nil {
		c.collected.Failed()
	} else {
		c.collected.Arrived(report.Fetch.ID, report.Fetch.Subgraph, report.Header)
	}
	if c.next != nil {
		c.next.FetchDone(report)
	}
}

// ErrorReported implements exec.Observer.
func (c *collecting) ErrorReported(subgraph, code string) {
	c.collected.Failed()
	if c.next != nil {
		c.next.ErrorReported(subgraph, code)
	}
}

// applyCollected gives the client of a batch what its operations have collected.
func applyCollected(h http.Header, requests ...*graphqlRequest) {
	collectors := make([]*headers.Collector, len(requests))
	for i, r := range requests {
		collectors[i] = r.collected
	}
	h["Vary"] = vary
	headers.Apply(h, collectors...)
}
