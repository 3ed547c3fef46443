package exec

// The codes of the errors that execution makes: extensions.code.
const (
	// CodeHTTP: a subgraph answered with a status that is not 2xx and without a GraphQL response.
	CodeHTTP = "SUBGRAPH_HTTP_ERROR"
	// CodeMalformed: a subgraph's answer is not a GraphQL response in JSON.
	CodeMalformed = "SUBGRAPH_MALFORMED_RESPONSE"
	// CodeTooLarge: a subgraph's answer is larger than allowed.
	CodeTooLarge = "SUBGRAPH_RESPONSE_TOO_LARGE"
	// CodeTimeout: a subgraph did not answer within its time.
	CodeTimeout = "SUBGRAPH_TIMEOUT"
	// CodeUnreachable: no connection to a subgraph, or it broke.
	CodeUnreachable = "SUBGRAPH_UNREACHABLE"
	// CodeRequestTimeout: the deadline of the whole request passed while, or before, a subgraph was asked.
	CodeRequestTimeout = "REQUEST_TIMEOUT"
	// CodeSubgraph is given to errors of subgraphs that have no code of their own.
	CodeSubgraph = "SUBGRAPH_ERROR"
	// CodeEntityCount: a subgraph answered with more or fewer entities than it was asked for.
	CodeEntityCount = "ENTITY_COUNT_MISMATCH"
	// CodeInvalidValue: a value does not fit its type in the schema.
	CodeInvalidValue = "SUBGRAPH_INVALID_VALUE"
	// CodeInvalidType: the runtime type of an object cannot stand at its position.
	CodeInvalidType = "SUBGRAPH_INVALID_TYPE"
	// CodeConflict: subgraphs disagree about the shape of a value.
	CodeConflict = "SUBGRAPH_CONFLICT"
	// CodeNull: null where the schema allows none.
	CodeNull = "NULL_FOR_NON_NULLABLE_FIELD"
	// CodeUnauthorized: the caller may not see a field.
	CodeUnauthorized = "UNAUTHORIZED_FIELD_OR_TYPE"
	// CodeIntrospection: introspection failed or is switched off.
	CodeIntrospection = "INTROSPECTION_DISABLED"
	// CodeResponseTooLarge: the response to the client would be larger than allowed.
	CodeResponseTooLarge = "RESPONSE_TOO_LARGE"
	// CodeTooManyErrors: there are more errors in a payload than allowed; this one, the last, stands for the rest.
	CodeTooManyErrors = "TOO_MANY_ERRORS"
	// CodeInternal: a fault of the router.
	CodeInternal = "INTERNAL_SERVER_ERROR"
)
