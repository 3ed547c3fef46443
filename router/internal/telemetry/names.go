package telemetry

import "go.opentelemetry.io/otel/attribute"

// instrument describes a metric: its name as OpenTelemetry writes it (Prometheus has underscores, the unit and _total), its
// unit, what it tells, and its labels in order. Labels are bounded: their values come from the supergraph, from the
// configuration, from the router's own codes or from small fixed sets; what clients and subgraphs choose goes through a
// vocabulary first.
type instrument struct {
	name, unit, help string
	labels           []attribute.Key
}

// Counter is something that is counted.
type Counter int

// The counters, with their labels.
const (
	Errors              Counter = iota // subgraph ("" for the router's own), code
	FetchErrors                        // subgraph, code
	Representations                    // subgraph
	OperationLookups                   // result: hit or miss
	PlanFailures                       // code
	RateLimitDecisions                 // rule, outcome
	Retries                            // subgraph
	Hedges                             // subgraph
	CircuitTransitions                 // subgraph, state
	ShedRequests                       // reason
	HedgesWon                          // subgraph
	BudgetDenials                      // subgraph
	FetchesRefused                     // subgraph, reason
	PersistedOperations                // result
	CoprocessorFailures                // point
	ConfigurationLoads                 // outcome: used, unchanged or refused
	SupergraphLoads                    // outcome: used or refused
	CostResults                        // result
	ClientsCutOff                      // none
)

var counters = [...]instrument{
	Errors:              {"tributary.errors", "{error}", "Errors in responses to clients.", []attribute.Key{keySubgraph, keyCode}},
	FetchErrors:         {"tributary.subgraph.fetch.errors", "{fetch}", "Fetches that failed, and answers with errors, by code.", []attribute.Key{keySubgraph, keyCode}},
	Representations:     {"tributary.subgraph.representations", "{representation}", "Entity representations sent, after equal ones were put together.", []attribute.Key{keySubgraph}},
	OperationLookups:    {"tributary.operation.cache.lookups", "{lookup}", "Documents that were looked up in the cache of operations.", []attribute.Key{keyResult}},
	PlanFailures:        {"tributary.plan.failures", "{operation}", "Operations that could not be planned.", []attribute.Key{keyCode}},
	RateLimitDecisions:  {"tributary.rate_limit.decisions", "{request}", "What rate limits decided.", []attribute.Key{keyRule, keyOutcome}},
	Retries:             {"tributary.subgraph.retries", "{request}", "Requests to subgraphs that were made again.", []attribute.Key{keySubgraph}},
	Hedges:              {"tributary.subgraph.hedges", "{request}", "Second requests that were made because the first was slow.", []attribute.Key{keySubgraph}},
	CircuitTransitions:  {"tributary.subgraph.circuit.transitions", "{transition}", "Changes of a circuit breaker's state.", []attribute.Key{keySubgraph, keyState}},
	ShedRequests:        {"tributary.requests.shed", "{request}", "Requests that were refused because the router had too much to do.", []attribute.Key{keyReason}},
	HedgesWon:           {"tributary.subgraph.hedges.won", "{request}", "Second requests that brought the answer.", []attribute.Key{keySubgraph}},
	BudgetDenials:       {"tributary.subgraph.retries.denied", "{request}", "Retries and second requests that the budget did not allow.", []attribute.Key{keySubgraph}},
	FetchesRefused:      {"tributary.subgraph.fetches.refused", "{fetch}", "Fetches that were not made: the circuit was open, or too many were under way.", []attribute.Key{keySubgraph, keyReason}},
	PersistedOperations: {"tributary.persisted_operations", "{request}", "Requests that named their document by an id or a hash.", []attribute.Key{keyResult}},
	CoprocessorFailures: {"tributary.coprocessor.failures", "{call}", "Calls of the coprocessor that failed.", []attribute.Key{keyPoint}},
	ConfigurationLoads:  {"tributary.configuration.loads", "{load}", "Configurations that were read while the router runs.", []attribute.Key{keyOutcome}},
	CostResults:         {"tributary.operation.cost.results", "{operation}", "What demand control said of operations: COST_OK, or the code with which they are, or would be, refused.", []attribute.Key{keyResult}},
	ClientsCutOff:       {"tributary.clients.cut_off", "{client}", "Clients that did not read their response within traffic.write_timeout.", nil},
	SupergraphLoads:     {"tributary.supergraph.loads", "{load}", "Supergraphs that were offered to the router.", []attribute.Key{keyOutcome}},
}

// Histogram is something that is measured.
type Histogram int

// The histograms, with their labels.
const (
	RequestDuration     Histogram = iota // method, route, status, client ("": not told)
	OperationDuration                    // type, name, outcome
	FetchDuration                        // subgraph
	PlanDuration                         // none
	CoprocessorDuration                  // point
	OperationCost                        // none
	ActualCost                           // none
)

var histograms = [...]instrument{
	RequestDuration:     {"http.server.request.duration", "s", "Time to answer a request.", []attribute.Key{keyMethod, keyRoute, keyStatus, keyClientName}},
	OperationDuration:   {"tributary.operation.duration", "s", "Time to answer an operation, by name where it is known.", []attribute.Key{keyOperationType, keyOperationName, keyOutcome}},
	FetchDuration:       {"tributary.subgraph.fetch.duration", "s", "Time until a subgraph's answer was there.", []attribute.Key{keySubgraph}},
	PlanDuration:        {"tributary.plan.duration", "s", "Time to plan an operation that was not in the cache.", nil},
	CoprocessorDuration: {"tributary.coprocessor.duration", "s", "Time until the coprocessor's answer was there.", []attribute.Key{keyPoint}},
	OperationCost:       {"tributary.operation.cost", "{cost}", "Estimated cost of operations.", nil},
	ActualCost:          {"tributary.operation.cost.actual", "{cost}", "What responses have really cost.", nil},
}

// durations are bucket bounds in seconds: from what a cached answer takes to what a deadline allows.
var durations = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}

// costs are bucket bounds of estimated costs.
var costs = []float64{1, 10, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 50_000, 100_000}

// activeRequests is the one value that goes up and down with requests.
var activeRequests = instrument{"http.server.active_requests", "{request}", "Requests under way.", nil}

// Keys of labels and of spans' attributes: OpenTelemetry's where there are conventions.
const (
	keyMethod        attribute.Key = "http.request.method"
	keyRoute         attribute.Key = "http.route"
	keyStatus        attribute.Key = "http.response.status_code"
	keyPath          attribute.Key = "url.path"
	keyScheme        attribute.Key = "url.scheme"
	keyUserAgent     attribute.Key = "user_agent.original"
	keyErrorType     attribute.Key = "error.type"
	keyOperationName attribute.Key = "graphql.operation.name"
	keyOperationType attribute.Key = "graphql.operation.type"
	keyOperationHash attribute.Key = "tributary.operation.hash"
	keyClientName    attribute.Key = "tributary.client.name"
	keyClientVersion attribute.Key = "tributary.client.version"
	keyPlanCached    attribute.Key = "tributary.plan.cached"
	keyErrorCount    attribute.Key = "tributary.errors"
	keyFetchSubgraph attribute.Key = "tributary.subgraph"
	keyFetchPath     attribute.Key = "tributary.fetch.path"
	keyFetchSent     attribute.Key = "tributary.fetch.representations"
	keyRequestSize   attribute.Key = "http.request.body.size"
	keyResponseSize  attribute.Key = "http.response.body.size"
	keySubgraph      attribute.Key = "subgraph"
	keyCode          attribute.Key = "code"
	keyRule          attribute.Key = "rule"
	keyOutcome       attribute.Key = "outcome"
	keyResult        attribute.Key = "result"
	keyState         attribute.Key = "state"
	keyReason        attribute.Key = "reason"
	keyPoint         attribute.Key = "point"
)

// Names of spans: those of requests are followed by the operation's type and name, those of fetches by the subgraph's.
const (
	spanRequest   = "POST /graphql"
	spanOperation = "operation"
	spanPlan      = "plan"
	spanFetch     = "fetch "
)

// Keys of log lines.
const (
	logTraceID   = "trace_id"
	logSpanID    = "span_id"
	logRequest   = "request"
	logFetch     = "a fetch failed"
	logMethod    = "method"
	logPath      = "path"
	logStatus    = "status"
	logDuration  = "duration"
	logBytes     = "bytes"
	logAddress   = "address"
	logOperation = "operation"
	logType      = "type"
	logHash      = "hash"
	logBatch     = "operations"
	logClient    = "client"
	logVersion   = "client_version"
	logSubject   = "subject"
	logCost      = "cost"
	logFetches   = "fetches"
	logErrors    = "errors"
	logCodes     = "codes"
	logSubgraph  = "subgraph"
	logCode      = "code"
	logError     = "error"
	logAt        = "at"
	logLeftOut   = "left_out"
)

// other stands for every value that is not among those that are counted one by one.
const other = "_other"

// unknownClient stands for clients that do not say what they are.
const unknownClient = "unknown"
