package app

import (
	"log/slog"
	"math"

	"github.com/tributary-gql/tributary/router/internal/config"
	"github.com/tributary-gql/tributary/router/internal/coprocessor"
	"github.com/tributary-gql/tributary/router/internal/hook"
)

// hooksOf are a program's own hooks and then the coprocessor's; nil when there are none.
func hooksOf(c *config.Config, own *hook.Hooks, logger *slog.Logger) *hook.Hooks {
	if c.Coprocessor.URL == "" {
		return own
	}
	o := coprocessor.Options{
		URL: c.Coprocessor.URL, Timeout: c.Coprocessor.Timeout.Std(), FailOpen: c.Coprocessor.OnError == "allow",
		MaxBody: int64(c.Limits.Body), Logger: logger,
	}
	if o.MaxBody == 0 {
		o.MaxBody = math.MaxInt64 - 1 // limits.body is off
	}
	for _, s := range c.Coprocessor.Stages {
		o.Stages = append(o.Stages, coprocessor.Stage{
			Point: coprocessor.Point(s.On), Headers: s.Headers, Body: s.Body, Context: s.Context, Operation: s.Operation, Claims: s.Claims,
		})
	}
	return hook.Chain(own, coprocessor.Hooks(o))
}
