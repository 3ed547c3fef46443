package graphqlserver

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/tributary-gql/tributary/subgraphs/kit/fault"
)

// The codes of requests that are refused before they are executed, beside gqlgen's own.
const (
	codeBodyTooLarge     = "REQUEST_BODY_TOO_LARGE"
	codeBadRequest       = "BAD_REQUEST"
	codeMethodNotAllowed = "METHOD_NOT_ALLOWED"
)

const mediaTypeJSON = "application/json"

// postTransport is GraphQL over HTTP's POST with JSON. It stands in for gqlgen's, which repeats a malformed body in its error and has no
// limit.
type postTransport struct {
	maxBodyBytes int
}

// Supports implements graphql.Transport; everything that is no GraphQL request is answered here, too, so that it gets a clear error.
func (postTransport) Supports(*http.Request) bool { return true }

// Do implements graphql.Transport.
func (t postTransport) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	params, refusal := t.read(w, r)
	if refusal != nil {
		if refusal.status == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", http.MethodPost)
		}
		fault.WriteResponse(w, refusal.status, refusal.code, refusal.message)
		return
	}
	ctx := r.Context()
	operation, problems := exec.CreateOperationContext(ctx, params)
	if problems != nil {
		response := exec.DispatchError(graphql.WithOperationContext(ctx, operation), problems)
		// Nothing was executed, so the response has no "data" (GraphQL specification, section 7.1).
		write(w, statusOf(problems), struct {
			Errors gqlerror.List `json:"errors"`
		}{response.Errors})
		return
	}
	handle, ctx := exec.DispatchOperation(ctx, operation)
	response := handle(ctx)
	if response == nil { // gqlgen's answer to a context that is over
		fault.WriteResponse(w, http.StatusGatewayTimeout, fault.Timeout, "the request's time was over before its answer was ready")
		return
	}
	write(w, http.StatusOK, response)
}

// refusal is the answer to a request that carries no GraphQL operation.
type refusal struct {
	status  int
	code    string
	message string
}

func (t postTransport) read(w http.ResponseWriter, r *http.Request) (*graphql.RawParams, *refusal) {
	if r.Method != http.MethodPost {
		return nil, &refusal{http.StatusMethodNotAllowed, codeMethodNotAllowed, "send the operation as a POST request"}
	}
	if mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || mediaType != mediaTypeJSON {
		return nil, &refusal{http.StatusUnsupportedMediaType, codeBadRequest, "the Content-Type must be application/json"}
	}
	tooLarge := &refusal{http.StatusRequestEntityTooLarge, codeBodyTooLarge,
		fmt.Sprintf("the request's body is larger than the limit of %d bytes", t.maxBodyBytes)}
	if r.ContentLength > int64(t.maxBodyBytes) {
		return nil, tooLarge
	}
	start := graphql.Now()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, int64(t.maxBodyBytes)))
	if err != nil {
		var limit *http.MaxBytesError
		if errors.As(err, &limit) {
			return nil, tooLarge
		}
		return nil, &refusal{http.StatusBadRequest, codeBadRequest, "the request's body ended before its announced length"}
	}
	params, err := decode(body)
	if err != nil {
		return nil, &refusal{http.StatusBadRequest, codeBadRequest, err.Error()}
	}
	params.Headers = r.Header
	params.ReadTime = graphql.TraceTiming{Start: start, End: graphql.Now()}
	return params, nil
}

// decode reads a GraphQL request. Numbers stay as they are written, so that none is rounded.
func decode(body []byte) (*graphql.RawParams, error) {
	if trimmed := bytes.TrimLeft(body, " \t\r\n"); len(trimmed) > 0 && trimmed[0] == '[' {
		return nil, errors.New("the request's body must be one JSON object: lists of operations are not supported")
	}
	var params graphql.RawParams
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if err := decoder.Decode(&params); err != nil {
		return nil, fmt.Errorf("the request's body is not a GraphQL request in JSON: %w", err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, errors.New("the request's body has more text after its JSON object")
	}
	if params.Query == "" {
		return nil, errors.New(`the request's body has no "query"`)
	}
	return &params, nil
}

func statusOf(problems gqlerror.List) int {
	for _, problem := range problems {
		if problem.Extensions["code"] == errcode.ParseFailed {
			return http.StatusBadRequest
		}
	}
	return http.StatusUnprocessableEntity
}

func write(w http.ResponseWriter, status int, response any) {
	body, err := json.Marshal(response)
	if err != nil { // a scalar of ours wrote something that is not JSON
		panic(fmt.Errorf("marshalling the response: %w", err))
	}
	w.Header().Set("Content-Type", mediaTypeJSON)
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that went away has no use for the answer
}
