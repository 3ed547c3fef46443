package config

import (
	"net/url"
	"time"
)

// Telemetry says what is told of the router's work beside the log. All of it is off by default but what /metrics on the
// admin address gives.
type Telemetry struct {
	ServiceName string            `yaml:"service_name" env:"OTEL_SERVICE_NAME" doc:"Name of this service in traces and metrics."`
	Attributes  map[string]string `yaml:"attributes" doc:"Further attributes of this service, e.g. deployment.environment.name: production."`
	Traces      Traces            `yaml:"traces" doc:"A span for each request, plan and fetch, sent to an OpenTelemetry collector."`
	Metrics     MetricExport      `yaml:"metrics" doc:"Metrics; also on /metrics of the admin address, for Prometheus."`
}

// Traces say which requests are traced.
type Traces struct {
	OTLP OTLP `yaml:"otlp" doc:"The collector; without an endpoint nothing is traced."`
	// Sample is a share.
	Sample float64 `yaml:"sample" doc:"Share of requests that are traced, 0 to 1."`
	// FollowCallers matters where clients are not trusted: they could have everything traced.
	FollowCallers bool `yaml:"follow_callers" doc:"Requests that come with a trace are traced when their caller says so, whatever sample is."`
}

// MetricExport says where metrics are sent.
type MetricExport struct {
	OTLP       OTLP     `yaml:"otlp" doc:"The collector; without an endpoint none are sent."`
	Interval   Duration `yaml:"interval" doc:"Time between two exports."`
	Operations int      `yaml:"operations" doc:"Most operation names that are counted one by one; all others are _other. Only names of operations that are repeated count."`
	Clients    int      `yaml:"clients" doc:"Most client names (apollographql-client-name or graphql-client-name) by which the duration of requests is told apart; all others are _other, and requests without one unknown. Only names whose operations were answered count. 50 is plenty for most. 0: requests are not told apart by client."`
}

// OTLP is an OpenTelemetry collector.
type OTLP struct {
	Endpoint string            `yaml:"endpoint" doc:"http:// or https:// address, e.g. http://localhost:4318 (grpc: 4317). Empty: off."`
	Protocol string            `yaml:"protocol" enum:"http,grpc" doc:"http or grpc."`
	Headers  map[string]string `yaml:"headers" doc:"Headers of each export, e.g. a key."`
	Timeout  Duration          `yaml:"timeout" doc:"Longest wait for one export."`
}

func defaultTelemetry() Telemetry {
	collector := OTLP{Protocol: "http", Timeout: Duration(10 * time.Second)}
	return Telemetry{
		ServiceName: "tributary-router",
		Traces:      Traces{OTLP: collector, Sample: 1, FollowCallers: true},
		Metrics:     MetricExport{OTLP: collector, Interval: Duration(30 * time.Second), Operations: 200},
	}
}

func (v *validator) telemetry(t Telemetry) {
	v.otlp("telemetry.traces.otlp", t.Traces.OTLP)
	v.otlp("telemetry.metrics.otlp", t.Metrics.OTLP)
	if t.Traces.Sample < 0 || t.Traces.Sample > 1 {
		v.add("telemetry.traces.sample", "must be between 0 (none) and 1 (all)")
	}
	if t.Metrics.Interval < Duration(time.Second) {
		v.add("telemetry.metrics.interval", "must be at least 1s")
	}
	if t.Metrics.Operations < 0 || t.Metrics.Operations > maxOperations {
		v.add("telemetry.metrics.operations", "must be between 0 and %d: each name is several series", maxOperations)
	}
	if t.Metrics.Clients < 0 || t.Metrics.Clients > maxClients {
		v.add("telemetry.metrics.clients", "must be between 0 (off) and %d: each name is several series", maxClients)
	}
}

// What keeps metrics within what their readers can hold.
const (
	maxOperations = 2000
	maxClients    = 500
)

func (v *validator) otlp(path string, o OTLP) {
	v.oneOf(path+".protocol", o.Protocol, "http", "grpc")
	if u, err := url.Parse(o.Endpoint); o.Endpoint != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
		v.add(path+".endpoint", "%q is not an http:// or https:// address", o.Endpoint)
	}
	if o.Timeout == 0 {
		v.add(path+".timeout", "must be more than 0")
	}
}
