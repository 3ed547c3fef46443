// Package config is the router's configuration: one tree of plain values with its defaults, a strict loader and a
// check that reports everything that is wrong at once. It decides nothing and starts nothing; package app turns it into
// a running router. The environment is read here and nowhere else.
//
// Precedence: command-line flags, then environment variables, then the file, then Default.
package config

import "time"

// Config is router.yml. Durations are written as "250ms", "30s"; sizes as "2MB", "512KiB" or a number of bytes.
type Config struct {
	// Listen is the address for clients: host:port, or unix:///path.
	Listen string `yaml:"listen" env:"ROUTER_LISTEN" doc:"Address for clients: host:port, or unix:///path/to/socket."`
	// AdminListen is the address for /metrics and profiles; empty turns it off.
	AdminListen string `yaml:"admin_listen" env:"ROUTER_ADMIN_LISTEN" doc:"Address for /metrics and profiles. Empty: off."`

	Supergraph    Supergraph          `yaml:"supergraph" doc:"Where the supergraph comes from: exactly one of file and compose."`
	Subgraphs     map[string]Subgraph `yaml:"subgraphs" doc:"Settings by subgraph name; \"all\" holds those of every subgraph that does not say otherwise."`
	Playground    Playground          `yaml:"playground" doc:"The GraphQL playground at /."`
	Introspection Introspection       `yaml:"introspection" doc:"Whether clients may ask for the schema."`
	Limits        Limits              `yaml:"limits" doc:"What a request may cost before it is refused."`
	RateLimits    RateLimits          `yaml:"rate_limits" doc:"How often callers may ask."`
	Demand        DemandControl       `yaml:"demand_control" doc:"What an operation may cost: @cost and @listSize."`
	Persisted     PersistedDocuments  `yaml:"persisted_documents" doc:"Documents that clients have registered ahead of time, and whether others are answered."`
	APQ           APQ                 `yaml:"apq" doc:"Automatic persisted queries: clients send a document once, and then its hash."`
	Sharing       Sharing             `yaml:"sharing" doc:"Identical queries that are under way at the same time."`
	Memory        Memory              `yaml:"memory" doc:"How much memory the router takes."`
	Traffic       Traffic             `yaml:"traffic" doc:"Deadlines, overload and shutdown."`
	TLS           TLS                 `yaml:"tls" doc:"Encryption of the listener for clients, with HTTP/2."`
	Plans         Plans               `yaml:"plans" doc:"Query planning and its cache."`
	Auth          Authentication      `yaml:"authentication" doc:"Who the caller is: JSON Web Tokens."`
	Authorization Authorization       `yaml:"authorization" doc:"What the caller may see: @authenticated, @requiresScopes, @policy."`
	Headers       Headers             `yaml:"headers" doc:"Which headers go to subgraphs, and which of theirs to clients."`
	Errors        Errors              `yaml:"errors" doc:"What clients learn of errors."`
	CORS          CORS                `yaml:"cors" doc:"Which web origins may call the router."`
	CSRF          CSRF                `yaml:"csrf" doc:"Protection against requests that a browser sends without asking."`
	Coprocessor   Coprocessor         `yaml:"coprocessor" doc:"A service that takes part in requests."`
	Override      Override            `yaml:"override" doc:"Progressive @override: which labels are on."`
	Telemetry     Telemetry           `yaml:"telemetry" doc:"Traces and metrics."`
	Log           Log                 `yaml:"log" doc:"Structured logs on standard error."`
}

// Supergraph says where the supergraph comes from.
type Supergraph struct {
	File    string `yaml:"file" env:"ROUTER_SUPERGRAPH" doc:"Supergraph SDL file; watched for changes."`
	Compose string `yaml:"compose" env:"ROUTER_COMPOSE" doc:"A supergraph.yaml that lists subgraphs (files or running services) to compose."`
	// Interval between looks for a change.
	Interval Duration `yaml:"interval" doc:"Time between two looks for a change. 0: never look again."`
}

// Subgraph holds what is particular to the requests to one subgraph. Zero values inherit from "all".
type Subgraph struct {
	URL            string   `yaml:"url" doc:"Replaces the routing URL of the supergraph: http://, https:// or unix:///path."`
	Timeout        Duration `yaml:"timeout" doc:"Longest wait for an answer, retries included."`
	MaxConnections int      `yaml:"max_connections" doc:"Most connections to the subgraph at once, whatever the protocol. With HTTP/2 a connection carries up to 16 requests before another one is made."`
	MaxResponse    Size     `yaml:"max_response" doc:"Largest answer that is read."`
	// Share lets identical requests that are under way at the same time share one answer.
	Share *bool `yaml:"share" doc:"Identical requests (all headers included) that are under way at the same time share one answer."`

	IdleTimeout Duration    `yaml:"idle_timeout" doc:"Time for which an unused connection is kept."`
	HTTP2       *bool       `yaml:"http2" doc:"Speak HTTP/2 to http:// and unix:// addresses (h2c); https:// negotiates it anyway."`
	TLS         SubgraphTLS `yaml:"tls" doc:"Encryption of https:// addresses."`
	Retry       Retry       `yaml:"retry" doc:"Further tries of queries."`
	Hedge       Hedge       `yaml:"hedge" doc:"Second requests for slow queries."`
	Breaker     Breaker     `yaml:"breaker" doc:"Circuit breaker."`
	Concurrency Concurrency `yaml:"concurrency" doc:"Fetches under way at once."`
}

// Playground configures the web page for developers.
type Playground struct {
	Enabled  bool      `yaml:"enabled" env:"ROUTER_PLAYGROUND" doc:"Serve the playground at /."`
	LogIn    LogIn     `yaml:"log_in" doc:"The log-in helper; without an operation there is none."`
	Examples []Example `yaml:"examples" doc:"Operations that the playground opens with."`
}

// LogIn says how the playground gets a token from the graph itself.
type LogIn struct {
	Operation string    `yaml:"operation" doc:"GraphQL document with the variables email and password."`
	Token     string    `yaml:"token" doc:"Where the token stands in the operation's data, e.g. logIn.accessToken."`
	Accounts  []Account `yaml:"accounts" doc:"Demo accounts that are offered."`
}

// Account is a demo account in the playground's log-in helper.
type Account struct {
	Email    string `yaml:"email" doc:"E-mail address."`
	Password string `yaml:"password" doc:"Password; shown to everybody who opens the playground."`
}

// Example is an operation in the playground.
type Example struct {
	Name      string `yaml:"name" doc:"Title of the tab."`
	Operation string `yaml:"operation" doc:"GraphQL document."`
	Variables string `yaml:"variables" doc:"Variables as JSON."`
}

// Introspection says who may ask for the schema.
type Introspection struct {
	Enabled bool `yaml:"enabled" env:"ROUTER_INTROSPECTION" doc:"Answer __schema and __type."`
}

// Limits bound a request. 0 turns a limit off.
type Limits struct {
	Body            Size `yaml:"body" doc:"Largest request body, after decompression."`
	Tokens          int  `yaml:"tokens" doc:"Most tokens in a document."`
	Depth           int  `yaml:"depth" doc:"Deepest nesting of fields."`
	Aliases         int  `yaml:"aliases" doc:"Most aliased fields."`
	RootFields      int  `yaml:"root_fields" doc:"Most fields at the root."`
	Fields          int  `yaml:"fields" doc:"Most fields in an operation, fragments expanded."`
	Directives      int  `yaml:"directives" doc:"Most directives in a document."`
	Variables       int  `yaml:"variables" doc:"Most variables that an operation declares."`
	Batch           int  `yaml:"batch" doc:"Most operations in one request. 1: no batches."`
	IntrospectDepth int  `yaml:"introspection_depth" doc:"Deepest nesting of introspection fields."`
}

// Plans configures planning.
type Plans struct {
	CacheSize Size     `yaml:"cache_size" doc:"Memory for operations and their plans."`
	Timeout   Duration `yaml:"timeout" doc:"Longest time to plan one operation."`
	Workers   int      `yaml:"workers" doc:"Operations planned at the same time. 0: one for each processor."`
}

// Authentication says how callers prove who they are. Without JWKS all callers are anonymous.
type Authentication struct {
	JWKS []JWKS `yaml:"jwks" doc:"Key sets that sign the tokens which are accepted."`
	// Required refuses anonymous requests.
	Required   bool        `yaml:"required" doc:"Refuse requests without a valid token."`
	Sources    []JWTSource `yaml:"sources" doc:"Where a token may stand, first match wins. Default: the Authorization header, Bearer."`
	ClockSkew  Duration    `yaml:"clock_skew" doc:"Tolerance for exp, nbf and iat."`
	CoolDown   Duration    `yaml:"refetch_cool_down" doc:"Least time between two fetches of a key set because of an unknown key id."`
	Algorithms []string    `yaml:"algorithms" doc:"Signature algorithms that are accepted."`
}

// JWKS is one key set.
type JWKS struct {
	URL      string   `yaml:"url" doc:"Address of the key set; exactly one of url and file."`
	File     string   `yaml:"file" doc:"File that holds the key set."`
	Issuer   string   `yaml:"issuer" doc:"Value that the iss claim must have. Empty: any."`
	Audience string   `yaml:"audience" doc:"Value that the aud claim must contain. Empty: any."`
	Interval Duration `yaml:"interval" doc:"Time between two fetches."`
}

// JWTSource is a place where a token may stand: exactly one of header and cookie.
type JWTSource struct {
	Header string `yaml:"header" doc:"Name of a header."`
	Prefix string `yaml:"prefix" doc:"Text before the token in the header, e.g. Bearer."`
	Cookie string `yaml:"cookie" doc:"Name of a cookie."`
}

// Authorization says what happens to fields that the caller may not see.
type Authorization struct {
	// Mode is "filter" or "reject".
	Mode string `yaml:"mode" enum:"filter,reject" doc:"filter: unauthorised fields are null with an error. reject: the operation is refused."`
	// Policies are expressions by name for @policy.
	Policies map[string]string `yaml:"policies" doc:"Expressions by policy name, over claims, headers and scopes."`
	// Hook decides the policies that have no expression.
	Hook PolicyHook `yaml:"hook" doc:"Decides the policies that have no expression."`
}

// CORS configures cross-origin requests. Empty: none are allowed.
type CORS struct {
	Origins     []string `yaml:"origins" doc:"Origins that may call, e.g. https://app.example.com, https://*.example.com, or *."`
	Headers     []string `yaml:"headers" doc:"Request headers that are allowed beside the safe ones."`
	Credentials bool     `yaml:"credentials" doc:"Allow cookies and HTTP authentication; not together with the origin *."`
	MaxAge      Duration `yaml:"max_age" doc:"Time for which a browser may keep the answer."`
}

// CSRF configures the protection against simple requests.
type CSRF struct {
	Enabled bool     `yaml:"enabled" doc:"Refuse simple requests that carry none of the headers."`
	Headers []string `yaml:"headers" doc:"Headers that prove that a script, not a form, sent the request."`
}

// Override decides the labels of progressive @override.
type Override struct {
	Labels map[string]string `yaml:"labels" doc:"Custom labels: true, false, or an expression over claims and headers."`
}

// Log configures structured logs.
type Log struct {
	Level  string `yaml:"level" enum:"debug,info,warn,error" env:"ROUTER_LOG_LEVEL" doc:"debug, info, warn or error."`
	Format string `yaml:"format" enum:"json,text" env:"ROUTER_LOG_FORMAT" doc:"json or text."`
	// Access writes one line for each request.
	Access bool `yaml:"access" doc:"Write a line for each request."`
}

// Default is the configuration before anything is read. Every default is safe for production.
func Default() *Config {
	return &Config{
		Listen:        "127.0.0.1:4000",
		Supergraph:    Supergraph{Interval: Duration(time.Second)},
		Subgraphs:     map[string]Subgraph{},
		Playground:    Playground{Enabled: true},
		Introspection: Introspection{Enabled: true},
		Limits: Limits{
			Body: 2 << 20, Tokens: 15_000, Depth: 100, Aliases: 500, RootFields: 250, Fields: 5_000,
			Directives: 500, Variables: 500, Batch: 10, IntrospectDepth: 24,
		},
		RateLimits: defaultRateLimits(),
		Sharing:    defaultSharing(),
		Memory:     defaultMemory(),
		Demand:     defaultDemandControl(),
		Persisted:  defaultPersistedDocuments(),
		APQ:        defaultAPQ(),
		Traffic:    defaultTraffic(),
		TLS:        defaultTLS(),
		Plans:      Plans{CacheSize: 64 << 20, Timeout: Duration(5 * time.Second)},
		Auth: Authentication{
			ClockSkew: Duration(30 * time.Second), CoolDown: Duration(30 * time.Second),
			Algorithms: []string{"EdDSA", "ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"},
		},
		Authorization: defaultAuthorization(),
		Coprocessor:   defaultCoprocessor(),
		Errors:        Errors{Mode: "development"},
		CSRF: CSRF{
			Enabled: true, Headers: []string{"apollo-require-preflight", "x-apollo-operation-name", "graphql-require-preflight"},
		},
		CORS:      CORS{MaxAge: Duration(time.Hour)},
		Telemetry: defaultTelemetry(),
		Log:       Log{Level: "info", Format: "json"},
	}
}
