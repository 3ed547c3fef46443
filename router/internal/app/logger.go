package app

import (
	"io"
	"log/slog"

	"github.com/tributary-gql/tributary/router/internal/config"
	"github.com/tributary-gql/tributary/router/internal/telemetry"
)

// logHandler is a handler whose level can change while the router runs.
type logHandler struct {
	slog.Handler
	level *slog.LevelVar
}

// NewLogger gives the router's logger.
func NewLogger(c *config.Config, w io.Writer) *slog.Logger {
	level := &slog.LevelVar{}
	h := logHandler{level: level}
	h.setLevel(c.Log.Level)
	options := &slog.HandlerOptions{Level: level}
	if c.Log.Format == "text" {
		h.Handler = telemetry.LogHandler(slog.NewTextHandler(w, options))
	} else {
		h.Handler = telemetry.LogHandler(slog.NewJSONHandler(w, options))
	}
	return slog.New(h)
}

func (h logHandler) setLevel(name string) {
	var level slog.Level
	_ = level.UnmarshalText([]byte(name)) // checked by config
	h.level.Set(level)
}

// WithAttrs implements slog.Handler.
func (h logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return logHandler{Handler: h.Handler.WithAttrs(attrs), level: h.level}
}

// WithGroup implements slog.Handler.
func (h logHandler) WithGroup(name string) slog.Handler {
	return logHandler{Handler: h.Handler.WithGroup(name), level: h.level}
}
