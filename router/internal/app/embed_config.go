package app

import "github.com/tributary-gql/tributary/router/internal/config"

// Config and its sections are for programs that embed the router.
type (
	Config             = config.Config
	APQ                = config.APQ
	Account            = config.Account
	Authentication     = config.Authentication
	Authorization      = config.Authorization
	Breaker            = config.Breaker
	CORS               = config.CORS
	CSRF               = config.CSRF
	Concurrency        = config.Concurrency
	Coprocessor        = config.Coprocessor
	CoprocessorStage   = config.CoprocessorStage
	DemandControl      = config.DemandControl
	DocumentRedis      = config.DocumentRedis
	Duration           = config.Duration
	ErrorRule          = config.ErrorRule
	Errors             = config.Errors
	Example            = config.Example
	HeaderRule         = config.HeaderRule
	HeaderRules        = config.HeaderRules
	Headers            = config.Headers
	Hedge              = config.Hedge
	Introspection      = config.Introspection
	JWKS               = config.JWKS
	JWTSource          = config.JWTSource
	Limits             = config.Limits
	Log                = config.Log
	LogIn              = config.LogIn
	Memory             = config.Memory
	MetricExport       = config.MetricExport
	OTLP               = config.OTLP
	Overload           = config.Overload
	Override           = config.Override
	PersistedDocuments = config.PersistedDocuments
	Plans              = config.Plans
	Playground         = config.Playground
	PolicyHook         = config.PolicyHook
	RateLimit          = config.RateLimit
	RateLimitOverride  = config.RateLimitOverride
	RateLimits         = config.RateLimits
	Redis              = config.Redis
	RedisTLS           = config.RedisTLS
	ResponseHeaderRule = config.ResponseHeaderRule
	Retry              = config.Retry
	Sharing            = config.Sharing
	Size               = config.Size
	Subgraph           = config.Subgraph
	SubgraphTLS        = config.SubgraphTLS
	Supergraph         = config.Supergraph
	TLS                = config.TLS
	Telemetry          = config.Telemetry
	Traces             = config.Traces
	Traffic            = config.Traffic
)
