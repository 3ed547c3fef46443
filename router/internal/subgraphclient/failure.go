package subgraphclient

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/tributary-gql/tributary/router/internal/exec"
)

// failure turns an error of an exchange into what clients see. The time-out is named, as it is the first question.
func (e *endpoint) failure(ctx context.Context, err error, isRequestDeadline bool) *exec.FetchError {
	var protocol protocolError
	failure := &exec.FetchError{Err: err}
	switch {
	case ctx.Err() != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded):
		failure.Code, failure.Message = exec.CodeUnreachable, fmt.Sprintf("The request to subgraph %q was cancelled.", e.name)
	case isTimeout(err) && isRequestDeadline:
		failure.Code = exec.CodeRequestTimeout
		failure.Message = fmt.Sprintf("The request's time was over before subgraph %q answered.", e.name)
	case isTimeout(err):
		failure.Code = exec.CodeTimeout
		failure.Message = fmt.Sprintf("Subgraph %q did not answer within %s.", e.name, e.settings.Timeout)
	case errors.Is(err, errTooLarge):
		failure.Code = exec.CodeTooLarge
		failure.Message = fmt.Sprintf("The answer of subgraph %q is larger than %d bytes.", e.name, e.settings.MaxResponse)
	case errors.Is(err, io.ErrUnexpectedEOF):
		failure.Code, failure.Message = exec.CodeMalformed, fmt.Sprintf("The answer of subgraph %q ended too early.", e.name)
	case errors.As(err, &protocol):
		failure.Code, failure.Message = exec.CodeMalformed, fmt.Sprintf("The answer of subgraph %q is not valid HTTP.", e.name)
	default:
		failure.Code, failure.Message = exec.CodeUnreachable, fmt.Sprintf("Subgraph %q cannot be reached.", e.name)
	}
	return failure
}

func isTimeout(err error) bool {
	var network net.Error
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, errPoolWait) ||
		errors.As(err, &network) && network.Timeout()
}

// check refuses what cannot be a GraphQL response. A status that is not 2xx passes when there is JSON: the executor
// finds out whether it is a GraphQL response.
func (e *endpoint) check(r *reply) *exec.FetchError {
	body := bytes.TrimLeft(r.body, " \t\r\n")
	if len(body) > 0 && isJSON(r.contentType, body) {
		return nil
	}
	failure := &exec.FetchError{Code: exec.CodeMalformed, Status: r.status}
	switch {
	case r.status < 200 || r.status > 299:
		failure.Code = exec.CodeHTTP
		failure.Message = fmt.Sprintf("Subgraph %q answered with HTTP status %d.", e.name, r.status)
		failure.RetryAfter = retryAfter(HeaderValue(r.header, "Retry-After"))
	case len(body) == 0:
		failure.Message = fmt.Sprintf("Subgraph %q answered without a body.", e.name)
	default:
		failure.Message = fmt.Sprintf("Subgraph %q answered with the content type %q instead of JSON.", e.name, mediaType(r.contentType))
	}
	return failure
}

// retryAfter reads the header of that name: seconds or a date.
func retryAfter(value []byte) time.Duration {
	if len(value) == 0 {
		return 0
	}
	if seconds, err := strconv.Atoi(string(value)); err == nil {
		return time.Duration(max(0, min(seconds, 86400))) * time.Second
	}
	if at, err := http.ParseTime(string(value)); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}

// isJSON tells whether a body is meant to be JSON. Without a content type the body decides.
func isJSON(contentType, body []byte) bool {
	media := mediaType(contentType)
	switch {
	case isName(media, "application/json") || isName(media, "application/graphql-response+json"):
		return true
	case len(media) == 0:
		return body[0] == '{'
	}
	return isName(media, "text/json") || len(media) > 5 && isName(media[len(media)-5:], "+json")
}

func mediaType(contentType []byte) []byte {
	media, _, _ := bytes.Cut(contentType, []byte{';'})
	return bytes.Trim(media, " \t")
}
