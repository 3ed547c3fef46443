package router

import (
	"os"

	"github.com/tributary-gql/tributary/router/internal/config"
)

// Config is router.yml as a value; `router config reference` prints what each field means. Its listen addresses, tls,
// traffic.read_timeout, traffic.write_timeout and traffic.drain are for the command: an embedded router listens on nothing.
// What is true or false and not said, where that is a pointer, is inherited: new(true) says it.
type Config = config.Config

// DefaultConfig is a configuration that lacks nothing but a supergraph. Every default is safe for production.
func DefaultConfig() *Config { return config.Default() }

// LoadConfig reads a router.yml, with the environment, and reports everything that is wrong with it.
func LoadConfig(path string) (*Config, error) { return config.Load(path, os.LookupEnv, nil) }

// The sections of a Config, and what is in them, so that a program can write them without a file.
type (
	// APQ are automatic persisted queries: clients send a document once, and then its hash.
	APQ = config.APQ
	// Account is a demo account in the playground's log-in helper.
	Account = config.Account
	// Authentication says how callers prove who they are. Without JWKS all callers are anonymous.
	Authentication = config.Authentication
	// Authorization says what happens to fields that the caller may not see.
	Authorization = config.Authorization
	// Breaker configures the circuit breaker.
	Breaker = config.Breaker
	// CORS configures cross-origin requests. Empty: none are allowed.
	CORS = config.CORS
	// CSRF configures the protection against simple requests.
	CSRF = config.CSRF
	// Concurrency bounds the fetches to a subgraph that are under way.
	Concurrency = config.Concurrency
	// Coprocessor is a service that takes part in requests, in whatever language it is written.
	Coprocessor = config.Coprocessor
	// CoprocessorStage is a point in a request at which the service is asked.
	CoprocessorStage = config.CoprocessorStage
	// DemandControl bounds what one operation may cost: @cost and @listSize in the supergraph say what fields and lists
	// cost, and everything else has a default.
	DemandControl = config.DemandControl
	// Duration is a time span, written as "250ms", "30s" or "1h30m".
	Duration = config.Duration
	// ErrorRule says what passes of subgraphs' errors. Unset values are the mode's.
	ErrorRule = config.ErrorRule
	// Errors says what clients learn of errors. The code and the subgraph's name always pass.
	Errors = config.Errors
	// Example is an operation in the playground.
	Example = config.Example
	// HeaderRule does exactly one of propagate, insert and remove.
	HeaderRule = config.HeaderRule
	// HeaderRules are applied in order.
	HeaderRules = config.HeaderRules
	// Headers holds the header rules.
	Headers = config.Headers
	// Hedge configures second requests for slow queries.
	Hedge = config.Hedge
	// Introspection says who may ask for the schema.
	Introspection = config.Introspection
	// JWKS is one key set.
	JWKS = config.JWKS
	// JWTSource is a place where a token may stand: exactly one of header and cookie.
	JWTSource = config.JWTSource
	// Limits bound a request. 0 turns a limit off.
	Limits = config.Limits
	// Log configures structured logs.
	Log = config.Log
	// LogIn says how the playground gets a token from the graph itself.
	LogIn = config.LogIn
	// Memory bounds the router's memory. The environment variables GOMEMLIMIT and GOGC win over it.
	Memory = config.Memory
	// MetricExport says where metrics are sent.
	MetricExport = config.MetricExport
	// OTLP is an OpenTelemetry collector.
	OTLP = config.OTLP
	// Overload configures load shedding. Health, readiness and the operators' listener are never shed.
	Overload = config.Overload
	// Override decides the labels of progressive @override.
	Override = config.Override
	// PersistedDocuments are documents that clients have registered ahead of time, in manifest files.
	PersistedDocuments = config.PersistedDocuments
	// Plans configures planning.
	Plans = config.Plans
	// Playground configures the web page for developers.
	Playground = config.Playground
	// PolicyHook is a service that decides policies.
	PolicyHook = config.PolicyHook
	// RateLimit is one limit.
	RateLimit = config.RateLimit
	// RateLimitOverride is the limit for the callers for whom when is true.
	RateLimitOverride = config.RateLimitOverride
	// RateLimits say how often callers may ask. Without rules nothing is limited.
	RateLimits = config.RateLimits
	// Redis says where a Redis is: standalone, behind Sentinels (master_name), or a Cluster (cluster, or several addresses).
	Redis = config.Redis
	// RedisTLS says how connections are encrypted.
	RedisTLS = config.RedisTLS
	// ResponseHeaderRule does exactly one of propagate, insert and remove.
	ResponseHeaderRule = config.ResponseHeaderRule
	// Retry says when queries are sent to a subgraph once more. Mutations never are.
	Retry = config.Retry
	// Sharing says whose identical queries share one execution while they are under way. Sharing of the requests to
	// subgraphs is subgraphs.NAME.share.
	Sharing = config.Sharing
	// Size is a number of bytes, written as "2MB", "512KiB" or a bare number.
	Size = config.Size
	// Subgraph holds what is particular to the requests to one subgraph. Zero values inherit from "all".
	Subgraph = config.Subgraph
	// SubgraphTLS is for https:// addresses of subgraphs.
	SubgraphTLS = config.SubgraphTLS
	// Supergraph says where the supergraph comes from.
	Supergraph = config.Supergraph
	// TLS configures the listener for clients. Files are read again when they change.
	TLS = config.TLS
	// Telemetry says what is told of the router's work beside the log. All of it is off by default but what /metrics on the
	// admin address gives.
	Telemetry = config.Telemetry
	// Traces say which requests are traced.
	Traces = config.Traces
	// Traffic holds deadlines, what the router takes on at once, and how it stops.
	Traffic = config.Traffic
)
