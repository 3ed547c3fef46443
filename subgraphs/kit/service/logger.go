package service

import (
	"context"
	"io"
	"log/slog"

	"go.opentelemetry.io/otel/trace"
)

// LogOptions says how a log looks.
type LogOptions struct {
	// Service is an attribute of every line.
	Service string
	Level   slog.Level
	// Format is text or json.
	Format string
}

// NewLogger returns a logger that adds the request's id and trace to every line written with a context.
func NewLogger(output io.Writer, options LogOptions) *slog.Logger {
	handlerOptions := &slog.HandlerOptions{Level: options.Level}
	var handler slog.Handler = slog.NewTextHandler(output, handlerOptions)
	if options.Format == "json" {
		handler = slog.NewJSONHandler(output, handlerOptions)
	}
	return slog.New(contextHandler{handler}).With("service", options.Service)
}

// contextHandler adds what the context knows to each record.
type contextHandler struct{ slog.Handler }

// Handle implements slog.Handler.
func (h contextHandler) Handle(ctx context.Context, record slog.Record) error {
	if id := RequestID(ctx); id != "" {
		record.AddAttrs(slog.String("request_id", id))
	}
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		record.AddAttrs(slog.String("trace_id", span.TraceID().String()))
	}
	return h.Handler.Handle(ctx, record)
}

// WithAttrs implements slog.Handler.
func (h contextHandler) WithAttrs(attributes []slog.Attr) slog.Handler {
	return contextHandler{h.Handler.WithAttrs(attributes)}
}

// WithGroup implements slog.Handler.
func (h contextHandler) WithGroup(name string) slog.Handler {
	return contextHandler{h.Handler.WithGroup(name)}
}
