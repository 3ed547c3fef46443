package telemetry

import (
	"context"

	"go.opentelemetry.io/otel/trace"
)

// TraceHeaders are the headers by which a trace goes on in a subgraph (W3C Trace Context).
var TraceHeaders = []string{"Traceparent", "Tracestate"}

const hexDigits = "0123456789abcdef"

// AppendTraceHeaders appends header lines ("Name: value\r\n") that make the fetch's span in ctx the parent of what the
// subgraph does. Without a span nothing is appended.
func AppendTraceHeaders(ctx context.Context, lines []byte) []byte {
	at := trace.SpanContextFromContext(ctx)
	if !at.IsValid() {
		return lines
	}
	traceID, spanID, flags := at.TraceID(), at.SpanID(), byte(at.TraceFlags()&trace.FlagsSampled)
	lines = append(lines, "traceparent: 00-"...)
	lines = appendHex(lines, traceID[:])
	lines = append(lines, '-')
	lines = appendHex(lines, spanID[:])
	lines = append(lines, '-')
	lines = append(appendHex(lines, []byte{flags}), "\r\n"...)
	if state := at.TraceState().String(); state != "" {
		lines = append(append(append(lines, "tracestate: "...), state...), "\r\n"...)
	}
	return lines
}

func appendHex(dst, data []byte) []byte {
	for _, b := range data {
		dst = append(dst, hexDigits[b>>4], hexDigits[b&0xf])
	}
	return dst
}
