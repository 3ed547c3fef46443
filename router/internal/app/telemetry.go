package app

import (
	"context"
	"errors"
	"runtime/debug"
	"time"

	"github.com/tributary-gql/tributary/router/internal/config"
	"github.com/tributary-gql/tributary/router/internal/exec"
	"github.com/tributary-gql/tributary/router/internal/headers"
	"github.com/tributary-gql/tributary/router/internal/snapshot"
	"github.com/tributary-gql/tributary/router/internal/subgraphclient"
	"github.com/tributary-gql/tributary/router/internal/telemetry"
)

// newTelemetry is made once: what is exported, and where, does not change while the router runs.
func (a *App) newTelemetry(c *config.Config) (*telemetry.Telemetry, error) {
	t := c.Telemetry
	made, err := telemetry.New(telemetry.Options{
		ServiceName: t.ServiceName, ServiceVersion: version(), Attributes: t.Attributes, Scrape: c.AdminListen != "", Logger: a.logger,
		Traces: telemetry.TraceOptions{Export: exportOptions(t.Traces.OTLP), Sample: t.Traces.Sample, IgnoreCallers: !t.Traces.FollowCallers},
		Metrics: telemetry.MetricOptions{
			Export: exportOptions(t.Metrics.OTLP), Interval: t.Metrics.Interval.Std(), Operations: t.Metrics.Operations, Clients: t.Metrics.Clients,
		},
	})
	if err != nil {
		return nil, err
	}
	m := made.Metrics()
	m.Gauge("tributary.supergraph.loaded", "1 when a supergraph is in use.", func() float64 {
		if a.snapshot.Load() == nil {
			return 0
		}
		return 1
	})
	m.Gauge("tributary.operations.cached", "Documents that are parsed, validated and planned.", func() float64 {
		if snap := a.snapshot.Load(); snap != nil {
			return float64(snap.Cached())
		}
		return 0
	})
	return made, nil
}

func exportOptions(o config.OTLP) telemetry.ExportOptions {
	return telemetry.ExportOptions{Endpoint: o.Endpoint, GRPC: o.Protocol == "grpc", Headers: o.Headers, Timeout: o.Timeout.Std()}
}

// version is the router's, as the build knows it.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.Main.Version
	}
	return ""
}

// buildSnapshot makes a snapshot that tells what it looks up and plans.
func (a *App) buildSnapshot(sdl string, c *config.Config) (*snapshot.Snapshot, error) {
	o := snapshotOptions(c)
	if m := a.watch.Metrics(); m != nil {
		o.Observer = snapshotEvents{m}
	}
	next, err := snapshot.Build(sdl, o)
	if err != nil {
		a.watch.Metrics().Add(telemetry.SupergraphLoads, 1, "refused")
	}
	return next, err
}

// snapshotEvents counts what snapshots do.
type snapshotEvents struct{ metrics *telemetry.Metrics }

// OperationLookedUp implements snapshot.Observer.
func (e snapshotEvents) OperationLookedUp(hit bool) {
	result := "miss"
	if hit {
		result = "hit"
	}
	e.metrics.Add(telemetry.OperationLookups, 1, result)
}

// OperationPlanned implements snapshot.Observer.
func (e snapshotEvents) OperationPlanned(took time.Duration, err error) {
	e.metrics.Record(telemetry.PlanDuration, took.Seconds())
	if err != nil {
		e.metrics.Add(telemetry.PlanFailures, 1, telemetry.CodeOf(err))
	}
}

// headerRules are those for requests and for responses. Where requests are traced, rules leave our headers alone.
func (a *App) headerRules(c *config.Config) (*headers.Rules, *headers.ResponseRules, error) {
	var reserved []string
	if a.watch.Traces() {
		reserved = telemetry.TraceHeaders
	}
	requests, err := newHeaderRules(c, reserved...)
	responses, responseErr := newResponseRules(c, requests)
	if err := errors.Join(err, responseErr); err != nil {
		return nil, nil, config.Problem{Path: "headers", Text: err.Error()}
	}
	return requests, responses, nil
}

// fetcher asks subgraphs, with the trace that a fetch belongs to.
func (a *App) fetcher() exec.Fetcher {
	if a.watch.Traces() {
		return traced{a.client}
	}
	return a.client
}

// traced sends the trace on to subgraphs. It stands below what lets fetches share an answer: each trace has a header of its
// own, and fetches that differ in that alone are the same.
type traced struct{ next exec.Fetcher }

// Fetch implements exec.Fetcher.
func (t traced) Fetch(ctx context.Context, request *exec.FetchRequest) (exec.Answer, error) {
	own := withTrace(ctx, request)
	return t.next.Fetch(ctx, &own)
}

// Stream implements exec.Streamer, as far as what is below does.
func (t traced) Stream(ctx context.Context, request *exec.FetchRequest, emit func(exec.Answer) error) error {
	streamer, ok := t.next.(exec.Streamer)
	if !ok {
		return &exec.FetchError{Code: exec.CodeInternal, Message: "Subscriptions are not supported here."}
	}
	own := withTrace(ctx, request)
	return streamer.Stream(ctx, &own, emit)
}

// withTrace gives a request of its own: others may still compare the lines of the original.
func withTrace(ctx context.Context, request *exec.FetchRequest) exec.FetchRequest {
	lines := subgraphclient.RequestHeader(request)
	own := *request
	own.Header, own.HasHeader = telemetry.AppendTraceHeaders(ctx, lines[:len(lines):len(lines)]), true
	return own
}
