package server

import (
	"context"
	"crypto/rand"
	"log/slog"

	"github.com/tributary-gql/tributary/router/internal/exec"
	"github.com/tributary-gql/tributary/router/internal/gqlerr"
)

// errorsFor gives what a client sees of subgraphs' errors; nil when everything passes.
func (s *Server) errorsFor(ctx context.Context) exec.ErrorPolicy {
	if s.options.Errors == nil || s.options.Errors.Open() {
		return nil
	}
	return &masking{ctx: ctx, policy: s.options.Errors, logger: s.options.Logger}
}

// masking is the error policy of one operation. It logs what it masks, under the reference that the client gets.
type masking struct {
	ctx       context.Context
	policy    *gqlerr.Policy
	logger    *slog.Logger
	reference string // made with the first message that is masked
	logged    int
}

// mostLogged bounds the lines that one operation writes.
const mostLogged = 10

// Message implements exec.ErrorPolicy.
func (m *masking) Message(subgraph, code string, message []byte) []byte {
	if !m.policy.Masks(subgraph, code) {
		return nil
	}
	if m.reference == "" {
		m.reference = rand.Text()
	}
	if m.logged++; m.logged <= mostLogged {
		m.logger.WarnContext(m.ctx, "masked error of a subgraph", "reference", m.reference, "subgraph", subgraph, "code", code, "message", string(message))
	}
	return gqlerr.AppendString(nil, "The service "+subgraph+" reported an error (reference "+m.reference+")")
}

// KeepExtension implements exec.ErrorPolicy.
func (m *masking) KeepExtension(subgraph, name string) bool {
	return m.policy.KeepsExtension(subgraph, name)
}
