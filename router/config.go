package router

import (
	"os"

	"github.com/tributary-gql/tributary/router/internal/app"
)

// Config is router.yml as a value; `router config reference` prints what each field means. Its listen addresses, tls,
// traffic.read_timeout, traffic.write_timeout and traffic.drain are for the command: an embedded router listens on nothing.
// What is true or false and not said, where that is a pointer, is inherited: new(true) says it.
type Config = app.Config

// DefaultConfig is a configuration that lacks nothing but a supergraph. Every default is safe for production.
func DefaultConfig() *Config { return app.DefaultConfig() }

// LoadConfig reads a router.yml, with the environment, and reports everything that is wrong with it.
func LoadConfig(path string) (*Config, error) { return app.LoadConfig(path, os.LookupEnv) }

// The sections of a Config, and what is in them, so that a program can write them without a file.
type (
	// APQ are automatic persisted queries: clients send a document once, and then its hash.
	APQ = app.APQ
	// Account is a demo account in the playground's log-in helper.
	Account = app.Account
	// Authentication says how callers prove who they are. Without JWKS all callers are anonymous.
	Authentication = app.Authentication
	// Authorization says what happens to fields that the caller may not see.
	Authorization = app.Authorization
	// Breaker configures the circuit breaker.
	Breaker = app.Breaker
	// CORS configures cross-origin requests. Empty: none are allowed.
	CORS = app.CORS
	// CSRF configures the protection against simple requests.
	CSRF = app.CSRF
	// Concurrency bounds the fetches to a subgraph that are under way.
	Concurrency = app.Concurrency
	// Coprocessor is a service that takes part in requests, in whatever language it is written.
	Coprocessor = app.Coprocessor
	// CoprocessorStage is a point in a request at which the service is asked.
	CoprocessorStage = app.CoprocessorStage
	// DemandControl bounds what one operation may cost: @cost and @listSize in the supergraph say what fields and lists
	// cost, and everything else has a default.
	DemandControl = app.DemandControl
	// DocumentRedis is a Redis with environment variables of its own.
	DocumentRedis = app.DocumentRedis
	// Duration is a time span, written as "250ms", "30s" or "1h30m".
	Duration = app.Duration
	// ErrorRule says what passes of subgraphs' errors. Unset values are the mode's.
	ErrorRule = app.ErrorRule
	// Errors says what clients learn of errors. The code and the subgraph's name always pass.
	Errors = app.Errors
	// Example is an operation in the playground.
	Example = app.Example
	// HeaderRule does exactly one of propagate, insert and remove.
	HeaderRule = app.HeaderRule
	// HeaderRules are applied in order.
	HeaderRules = app.HeaderRules
	// Headers holds the header rules.
	Headers = app.Headers
	// Hedge configures second requests for slow queries.
	Hedge = app.Hedge
	// Introspection says who may ask for the schema.
	Introspection = app.Introspection
	// JWKS is one key set.
	JWKS = app.JWKS
	// JWTSource is a place where a token may stand: exactly one of header and cookie.
	JWTSource = app.JWTSource
	// Limits bound a request. 0 turns a limit off.
	Limits = app.Limits
	// Log configures structured logs.
	Log = app.Log
	// LogIn says how the playground gets a token from the graph itself.
	LogIn = app.LogIn
	// Memory bounds the router's memory. The environment variables GOMEMLIMIT and GOGC win over it.
	Memory = app.Memory
	// MetricExport says where metrics are sent.
	MetricExport = app.MetricExport
	// OTLP is an OpenTelemetry collector.
	OTLP = app.OTLP
	// Overload configures load shedding. Health, readiness and the operators' listener are never shed.
	Overload = app.Overload
	// Override decides the labels of progressive @override.
	Override = app.Override
	// PersistedDocuments are documents that clients have registered ahead of time, in manifest files.
	PersistedDocuments = app.PersistedDocuments
	// Plans configures planning.
	Plans = app.Plans
	// Playground configures the web page for developers.
	Playground = app.Playground
	// PolicyHook is a service that decides policies.
	PolicyHook = app.PolicyHook
	// RateLimit is one limit.
	RateLimit = app.RateLimit
	// RateLimitOverride is the limit for the callers for whom when is true.
	RateLimitOverride = app.RateLimitOverride
	// RateLimits say how often callers may ask. Without rules nothing is limited.
	RateLimits = app.RateLimits
	// Redis says where a Redis is: standalone, behind Sentinels (master_name), or a Cluster (cluster, or several addresses).
	Redis = app.Redis
	// RedisTLS says how connections are encrypted.
	RedisTLS = app.RedisTLS
	// ResponseHeaderRule does exactly one of propagate, insert and remove.
	ResponseHeaderRule = app.ResponseHeaderRule
	// Retry says when queries are sent to a subgraph once more. Mutations never are.
	Retry = app.Retry
	// Sharing says whose identical queries share one execution while they are under way. Sharing of the requests to
	// subgraphs is subgraphs.NAME.share.
	Sharing = app.Sharing
	// Size is a number of bytes, written as "2MB", "512KiB" or a bare number.
	Size = app.Size
	// Subgraph holds what is particular to the requests to one subgraph. Zero values inherit from "all".
	Subgraph = app.Subgraph
	// SubgraphTLS is for https:// addresses of subgraphs.
	SubgraphTLS = app.SubgraphTLS
	// Supergraph says where the supergraph comes from.
	Supergraph = app.Supergraph
	// TLS configures the listener for clients. Files are read again when they change.
	TLS = app.TLS
	// Telemetry says what is told of the router's work beside the log. All of it is off by default but what /metrics on the
	// admin address gives.
	Telemetry = app.Telemetry
	// Traces say which requests are traced.
	Traces = app.Traces
	// Traffic holds deadlines, what the router takes on at once, and how it stops.
	Traffic = app.Traffic
)
