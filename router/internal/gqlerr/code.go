package gqlerr

import "net/http"

// Code is a stable extensions.code: clients may depend on it.
type Code string

// The codes of the router. What each means is in Codes, the one table from which the reference page is generated.
const (
	BadRequest                 Code = "BAD_REQUEST"
	ParseFailed                Code = "GRAPHQL_PARSE_FAILED"
	ValidationFailed           Code = "GRAPHQL_VALIDATION_FAILED"
	OperationResolutionFailure Code = "OPERATION_RESOLUTION_FAILURE"
	BadUserInput               Code = "BAD_USER_INPUT"
	IntrospectionDisabled      Code = "INTROSPECTION_DISABLED"
	QueryPlanLimit             Code = "QUERY_PLAN_LIMIT"
	OperationTooLarge          Code = "OPERATION_TOO_LARGE"
	CostLimitExceeded          Code = "COST_ESTIMATED_TOO_EXPENSIVE"
	CostQueryParseFailure      Code = "COST_QUERY_PARSE_FAILURE"
	PersistedQueryNotFound     Code = "PERSISTED_QUERY_NOT_FOUND"
	PersistedQueryNotSupported Code = "PERSISTED_QUERY_NOT_SUPPORTED"
	PersistedQueryIDRequired   Code = "PERSISTED_QUERY_ID_REQUIRED"
	PersistedQueryHashMismatch Code = "PERSISTED_QUERY_HASH_MISMATCH"
	PersistedQueryNotInList    Code = "PERSISTED_QUERY_NOT_IN_LIST"
	QueryNotInSafelist         Code = "QUERY_NOT_IN_SAFELIST"
	CSRFPrevention             Code = "CSRF_PREVENTION"
	MethodNotAllowed           Code = "METHOD_NOT_ALLOWED"
	Unauthenticated            Code = "UNAUTHENTICATED"
	UnauthorizedField          Code = "UNAUTHORIZED_FIELD_OR_TYPE"
	RateLimited                Code = "REQUEST_RATE_LIMITED"
	Overloaded                 Code = "SERVICE_OVERLOADED"
	RequestTimeout             Code = "REQUEST_TIMEOUT"
	RequestTooLarge            Code = "REQUEST_TOO_LARGE"
	SubgraphUnreachable        Code = "SUBGRAPH_UNREACHABLE"
	SubgraphTimeout            Code = "SUBGRAPH_TIMEOUT"
	SubgraphHTTPError          Code = "SUBGRAPH_HTTP_ERROR"
	SubgraphBadContentType     Code = "SUBGRAPH_BAD_CONTENT_TYPE"
	SubgraphMalformedResponse  Code = "SUBGRAPH_MALFORMED_RESPONSE"
	SubgraphResponseTooLarge   Code = "SUBGRAPH_RESPONSE_TOO_LARGE"
	SubgraphCircuitOpen        Code = "SUBGRAPH_CIRCUIT_OPEN"
	SubgraphOverloaded         Code = "SUBGRAPH_OVERLOADED"
	EntityCountMismatch        Code = "ENTITY_COUNT_MISMATCH"
	InvalidValue               Code = "SUBGRAPH_INVALID_VALUE"
	InvalidType                Code = "SUBGRAPH_INVALID_TYPE"
	Conflict                   Code = "SUBGRAPH_CONFLICT"
	SubgraphError              Code = "SUBGRAPH_ERROR"
	NullForNonNullable         Code = "NULL_FOR_NON_NULLABLE_FIELD"
	ResponseTooLarge           Code = "RESPONSE_TOO_LARGE"
	TooManyErrors              Code = "TOO_MANY_ERRORS"
	TokenInvalid               Code = "AUTH_TOKEN_INVALID"
	KeysUnavailable            Code = "AUTH_KEYS_UNAVAILABLE"
	InternalServerError        Code = "INTERNAL_SERVER_ERROR"
)

// Description says what a code means. Status is the HTTP status of a response that consists of such an error only, when
// the client accepts application/graphql-response+json; 200 for errors that come with data.
type Description struct {
	Code    Code
	Status  int
	Meaning string
}

// Codes lists every code of the router in the order of a request's life.
func Codes() []Description {
	return []Description{
		{BadRequest, http.StatusBadRequest, "The request is not a GraphQL request: its body, parameters or headers are malformed."},
		{MethodNotAllowed, http.StatusMethodNotAllowed, "The HTTP method does not fit the operation, such as a mutation by GET."},
		{CSRFPrevention, http.StatusBadRequest, "The request could come from another site's form: it lacks the headers that prevent that."},
		{RequestTooLarge, http.StatusRequestEntityTooLarge, "The request body is larger than the router accepts."},
		{Unauthenticated, http.StatusUnauthorized, "The caller's identity is missing or not valid."},
		{TokenInvalid, http.StatusUnauthorized, "The caller's token does not verify; the message says why."},
		{KeysUnavailable, http.StatusServiceUnavailable, "Tokens cannot be verified at the moment, because no key could be had; try again."},
		{RateLimited, http.StatusTooManyRequests, "The caller has used up its rate limit; Retry-After says when to come back."},
		{Overloaded, http.StatusServiceUnavailable, "The router has more work than it may take on; try again."},
		{PersistedQueryNotFound, http.StatusOK, "The router does not know the hash: send the document with it."},
		{PersistedQueryNotSupported, http.StatusOK, "Automatic persisted queries are switched off."},
		{PersistedQueryIDRequired, http.StatusBadRequest, "Documents are accepted by their identifier only."},
		{PersistedQueryHashMismatch, http.StatusBadRequest, "The identifier belongs to another document than the one that was sent with it."},
		{PersistedQueryNotInList, http.StatusBadRequest, "No document is registered by the identifier."},
		{QueryNotInSafelist, http.StatusForbidden, "The document is not registered, and only registered documents are answered."},
		{OperationTooLarge, http.StatusBadRequest, "The document has more tokens, or nests deeper, than the router accepts."},
		{ParseFailed, http.StatusBadRequest, "The document is not GraphQL."},
		{ValidationFailed, http.StatusBadRequest, "The document does not fit the schema or breaks a rule of the specification."},
		{OperationResolutionFailure, http.StatusBadRequest, "The document holds no operation of the name asked for, or several and no name was given."},
		{IntrospectionDisabled, http.StatusBadRequest, "Introspection is switched off."},
		{BadUserInput, http.StatusBadRequest, "A variable's value does not fit its type."},
		{QueryPlanLimit, http.StatusBadRequest, "Planning the operation would cost more than the router spends on one."},
		{CostLimitExceeded, http.StatusBadRequest, "The operation's estimated cost is over the limit."},
		{CostQueryParseFailure, http.StatusBadRequest, "The operation's cost cannot be estimated: a list needs exactly one of its slicing arguments."},
		{UnauthorizedField, http.StatusOK, "The caller may not see a field or type; it is null."},
		{RequestTimeout, http.StatusGatewayTimeout, "The request's deadline passed."},
		{SubgraphUnreachable, http.StatusOK, "No connection to a subgraph could be made, or it broke."},
		{SubgraphTimeout, http.StatusOK, "A subgraph did not answer within its time."},
		{SubgraphCircuitOpen, http.StatusOK, "A subgraph has failed so often that it is left alone for a while."},
		{SubgraphOverloaded, http.StatusOK, "Too many requests to a subgraph are under way, and too many wait."},
		{SubgraphHTTPError, http.StatusOK, "A subgraph answered with an HTTP status of failure and no GraphQL response."},
		{SubgraphBadContentType, http.StatusOK, "A subgraph answered with something that is not JSON."},
		{SubgraphMalformedResponse, http.StatusOK, "A subgraph's answer is not a GraphQL response."},
		{SubgraphResponseTooLarge, http.StatusOK, "A subgraph's answer is larger than the router accepts."},
		{EntityCountMismatch, http.StatusOK, "A subgraph returned more or fewer entities than it was asked for; none of them is used."},
		{InvalidValue, http.StatusOK, "A subgraph returned a value that the field's type does not allow."},
		{InvalidType, http.StatusOK, "A subgraph returned an object of a type that cannot stand there."},
		{Conflict, http.StatusOK, "Subgraphs disagree about the shape of a value."},
		{SubgraphError, http.StatusOK, "A subgraph reported an error without a code of its own."},
		{NullForNonNullable, http.StatusOK, "A field that cannot be null has no value."},
		{ResponseTooLarge, http.StatusOK, "The response would be larger than the router sends."},
		{TooManyErrors, http.StatusOK, "There are more errors, which were left out."},
		{InternalServerError, http.StatusInternalServerError, "The router failed; the reference in the message is in its log."},
	}
}

// Status is the HTTP status that goes with the code; codes of others (subgraphs, hooks) have 200.
func (c Code) Status() int {
	for _, d := range Codes() {
		if d.Code == c {
			return d.Status
		}
	}
	return http.StatusOK
}
