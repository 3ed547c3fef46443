package hook

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/tributary-gql/tributary/router/internal/exec"
	"github.com/tributary-gql/tributary/router/internal/subgraphclient"
)

// CodeFailed is the code of a fetch whose hook failed.
const CodeFailed = "HOOK_FAILED"

// CodeForbidden is the code of refusals that name none.
const CodeForbidden = "FORBIDDEN"

// Fetcher calls OnFetch in front of next.
func Fetcher(next exec.Fetcher, onFetch func(context.Context, *Fetch) error) exec.Fetcher {
	return &fetcher{next: next, onFetch: onFetch}
}

type fetcher struct {
	next    exec.Fetcher
	onFetch func(context.Context, *Fetch) error
}

// Fetch implements exec.Fetcher.
func (f *fetcher) Fetch(ctx context.Context, request *exec.FetchRequest) (exec.Answer, error) {
	if err := f.ask(ctx, request); err != nil {
		return exec.Answer{}, err
	}
	return f.next.Fetch(ctx, request)
}

// Stream implements exec.Streamer.
func (f *fetcher) Stream(ctx context.Context, request *exec.FetchRequest, emit func(exec.Answer) error) error {
	next, ok := f.next.(exec.Streamer)
	if !ok {
		return &exec.FetchError{Code: exec.CodeUnreachable, Message: "subscriptions are not supported"}
	}
	if err := f.ask(ctx, request); err != nil {
		return err
	}
	return next.Stream(ctx, request, emit)
}

func (f *fetcher) ask(ctx context.Context, request *exec.FetchRequest) error {
	about := &Fetch{
		Subgraph: request.Fetch.Subgraph, Kind: string(request.Fetch.Kind), OperationName: request.Fetch.OperationName,
		Body: request.Body, Header: readHeader(subgraphclient.RequestHeader(request)), Values: ValuesOf(ctx),
	}
	if err := f.onFetch(ctx, about); err != nil {
		var refusal *Refusal
		if errors.As(err, &refusal) {
			code := CodeForbidden
			if len(refusal.Errors) > 0 && refusal.Errors[0].Code != "" {
				code = refusal.Errors[0].Code
			}
			return &exec.FetchError{Code: code, Message: refusal.Error()}
		}
		return &exec.FetchError{Code: CodeFailed, Message: "the request was not sent, for something in its way failed", Err: err}
	}
	request.Header = subgraphclient.AppendHeaderLines(request.Header[:0], headerSource(about.Header), request.Fetch.Subgraph)
	return nil
}

// headerSource adds headers in the order of their names, so that equal ones are equal lines.
type headerSource http.Header

// AppendHeaders implements subgraphclient.HeaderSource.
func (h headerSource) AppendHeaders(_ string, dst *subgraphclient.Headers) {
	names := make([]string, 0, len(h))
	for name := range h {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range h[name] {
			dst.Add(name, value)
		}
	}
}

func readHeader(lines []byte) http.Header {
	header := http.Header{}
	for line := range bytes.SplitSeq(lines, []byte("\r\n")) {
		if name, value, ok := bytes.Cut(line, []byte(": ")); ok {
			header.Add(string(name), string(value))
		}
	}
	return header
}
