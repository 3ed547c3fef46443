package app

import (
	"log/slog"

	"github.com/tributary-gql/tributary/router/internal/config"
	"github.com/tributary-gql/tributary/router/internal/memory"
)

// tuneMemory sets the garbage collector's aims for the whole process until stop is called: for programs that are a router
// and nothing else.
func tuneMemory(c *config.Config, logger *slog.Logger) (stop func()) {
	return memory.Tune(memory.Options{
		Limit: int64(c.Memory.Limit), GCPercent: c.Memory.GCPercent, Reserve: int64(c.Memory.Reserve), Logger: logger,
	})
}
