package server

import (
	"context"
	"net/http"

	"github.com/tributary-gql/tributary/router/internal/auth"
	"github.com/tributary-gql/tributary/router/internal/exec"
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
func (s *Server) observer(watched *telemetry.Operation) exec.Observer {
	if watched == nil { // not an interface that holds nil
		return s.options.Observer
	}
	return watched
}
