// Package coprocessor lets a service in any language take part in requests, at the points of package hook: the router asks
// it over HTTP, and it may change headers and refuse.
//
// The question is a POST of JSON (see message), with what the stage's configuration asks for:
//
//	{"version": 1, "stage": "operation", "method": "POST", "path": "/graphql", "headers": {"X-Tenant": ["t1"]},
//	 "context": {"a": 1}, "operationName": "Q", "operationKind": "query", "subgraph": "users", "status": 200,
//	 "claims": {"sub": "ada"}, "body": …}
//
// The answer is 204, or 200 with JSON (see answer), all of it optional:
//
//	{"headers": {"set": {"x-tenant": ["t2"]}, "remove": ["cookie"]}, "context": {"a": 2},
//	 "reject": {"status": 403, "errors": [{"message": "…", "extensions": {"code": "…"}}], "headers": {}}}
package coprocessor

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/tributary-gql/tributary/router/internal/hook"
	"github.com/tributary-gql/tributary/router/internal/hook/remote"
)

// Point is where in a request the service is asked.
type Point string

// The points.
const (
	OnRequest   Point = "request"
	OnOperation Point = "operation"
	OnFetch     Point = "fetch"
	OnResponse  Point = "response"
)

// Stage says what the service is told at a point.
type Stage struct {
	Point Point
	// Headers are the names that are sent; "*" sends all.
	Headers []string
	// Body, Context, Operation and Claims tell whether these are sent.
	Body, Context, Operation, Claims bool
}

// Options configure a coprocessor.
type Options struct {
	URL     string
	Timeout time.Duration
	// FailOpen goes on when the service fails; else the request is refused.
	FailOpen bool
	Stages   []Stage // at most one for each point
	MaxBody  int64   // of a client's request that is sent
	Logger   *slog.Logger
}

// CodeUnavailable is the code of requests that are refused because the service fails.
const CodeUnavailable = "COPROCESSOR_UNAVAILABLE"

type coprocessor struct {
	options Options
	service *remote.Service
}

// message is the question. Fields that a stage does not have, or that are not asked for, are absent.
type message struct {
	Version       int                 `json:"version"`
	Stage         Point               `json:"stage"`
	Method        string              `json:"method,omitempty"`
	Path          string              `json:"path,omitempty"`
	Headers       map[string][]string `json:"headers,omitempty"`
	Context       map[string]any      `json:"context,omitempty"`
	OperationName string              `json:"operationName,omitempty"`
	OperationKind string              `json:"operationKind,omitempty"`
	Subgraph      string              `json:"subgraph,omitempty"`
	Status        int                 `json:"status,omitempty"`
	Claims        map[string]any      `json:"claims,omitempty"`
	// Body is JSON where the router has JSON (operation: query and variables; fetch, response), else text (request).
	Body any `json:"body,omitempty"`
}

// answer is what the service may say.
type answer struct {
	Headers struct {
		Set    map[string][]string `json:"set"`
		Remove []string            `json:"remove"`
	} `json:"headers"`
	Context map[string]any `json:"context"` // values to set; null removes one
	Reject  *struct {
		Status int `json:"status"`
		Errors []struct {
			Message    string         `json:"message"`
			Extensions map[string]any `json:"extensions"`
		} `json:"errors"`
		Headers map[string][]string `json:"headers"`
	} `json:"reject"`
}

// Hooks gives the hooks that ask the service; nil without stages.
func Hooks(o Options) *hook.Hooks {
	if len(o.Stages) == 0 {
		return nil
	}
	c := &coprocessor{options: o, service: remote.New(remote.Options{URL: o.URL, Timeout: o.Timeout, IdleConnections: 128})}
	hooks := &hook.Hooks{}
	for _, s := range o.Stages {
		switch s.Point {
		case OnRequest:
			hooks.OnRequest = func(ctx context.Context, r *hook.Request) error { return c.onRequest(ctx, s, r) }
		case OnOperation:
			hooks.OnOperation = func(ctx context.Context, op *hook.Operation) error { return c.onOperation(ctx, s, op) }
		case OnFetch:
			hooks.OnFetch = func(ctx context.Context, f *hook.Fetch) error { return c.onFetch(ctx, s, f) }
		case OnResponse:
			hooks.OnResponse = func(ctx context.Context, r *hook.Response) error { return c.onResponse(ctx, s, r) }
		}
	}
	return hooks
}

func (c *coprocessor) onRequest(ctx context.Context, s Stage, r *hook.Request) error {
	m := message{Method: r.HTTP.Method, Path: r.HTTP.URL.Path}
	// A compressed body is for the operation's stage, where it is known.
	if s.Body && r.HTTP.Header.Get("Content-Encoding") == "" {
		body, err := r.Body(c.options.MaxBody)
		if err != nil {
			return hook.Refuse(http.StatusRequestEntityTooLarge, "REQUEST_TOO_LARGE", "the body cannot be read, or is larger than what is accepted (limits.body)")
		}
		if m.Body = string(body); r.HTTP.Method == http.MethodGet {
			m.Body = r.HTTP.URL.RawQuery
		}
	}
	return c.ask(ctx, s, m, r.HTTP.Header, r.Values)
}

func (c *coprocessor) onOperation(ctx context.Context, s Stage, op *hook.Operation) error {
	m := message{Method: op.HTTP.Method, Path: op.HTTP.URL.Path}
	if s.Operation {
		m.OperationName, m.OperationKind = op.Name, op.Kind
	}
	if s.Claims {
		m.Claims = op.Claims
	}
	if s.Body {
		body := map[string]any{"query": op.Document}
		if op.Variables != nil {
			body["variables"] = json.RawMessage(op.Variables)
		}
		m.Body = body
	}
	return c.ask(ctx, s, m, op.HTTP.Header, op.Values)
}

func (c *coprocessor) onFetch(ctx context.Context, s Stage, f *hook.Fetch) error {
	m := message{Subgraph: f.Subgraph}
	if s.Operation {
		m.OperationName, m.OperationKind = f.OperationName, f.Kind
	}
	if s.Body {
		m.Body = json.RawMessage(f.Body)
	}
	return c.ask(ctx, s, m, f.Header, f.Values)
}

func (c *coprocessor) onResponse(ctx context.Context, s Stage, r *hook.Response) error {
	m := message{Method: r.HTTP.Method, Path: r.HTTP.URL.Path, Status: r.Status}
	if s.Body {
		m.Body = json.RawMessage(r.Body)
	}
	return c.ask(ctx, s, m, r.Header, r.Values)
}

// ask sends the question and does what the answer says.
func (c *coprocessor) ask(ctx context.Context, s Stage, m message, header http.Header, values *hook.Values) error {
	m.Version, m.Stage, m.Headers = 1, s.Point, selected(header, s.Headers)
	if s.Context {
		m.Context = values.All()
	}
	said, err := c.call(ctx, m)
	if err != nil {
		c.options.Logger.WarnContext(ctx, "the coprocessor failed", "stage", s.Point, "goes_on", c.options.FailOpen, "error", err)
		if c.options.FailOpen {
			return nil
		}
		return hook.Refuse(http.StatusServiceUnavailable, CodeUnavailable, "a service that has to agree to the request cannot be asked at the moment; try again shortly")
	}
	for name, value := range said.Context {
		values.Set(name, value)
	}
	if said.Reject != nil {
		return refusal(said)
	}
	for _, name := range said.Headers.Remove {
		header.Del(name)
	}
	for name, list := range said.Headers.Set {
		header[http.CanonicalHeaderKey(name)] = list
	}
	return nil
}

func refusal(said answer) *hook.Refusal {
	out := &hook.Refusal{Status: said.Reject.Status, Header: http.Header{}}
	if out.Status < 400 || out.Status > 599 {
		out.Status = http.StatusForbidden
	}
	for name, list := range said.Reject.Headers {
		out.Header[http.CanonicalHeaderKey(name)] = list
	}
	for _, e := range said.Reject.Errors {
		made := hook.Error{Message: e.Message, Extensions: e.Extensions}
		if code, ok := e.Extensions["code"].(string); ok {
			made.Code = code
			delete(e.Extensions, "code")
		}
		out.Errors = append(out.Errors, made)
	}
	return out
}

// selected are the headers of the names; "*" selects all.
func selected(header http.Header, names []string) map[string][]string {
	if slices.Contains(names, "*") {
		return header
	}
	out := map[string][]string{}
	for _, name := range names {
		if values := header.Values(name); len(values) > 0 {
			out[http.CanonicalHeaderKey(name)] = values
		}
	}
	return out
}

func (c *coprocessor) call(ctx context.Context, m message) (said answer, err error) {
	body, err := json.Marshal(m)
	if err != nil {
		return said, err
	}
	status, text, err := c.service.Ask(ctx, body, http.StatusOK, http.StatusNoContent)
	if err != nil || status == http.StatusNoContent {
		return said, err
	}
	if err := json.Unmarshal(text, &said); err != nil {
		return answer{}, fmt.Errorf("the answer is not what it may be: %w", err)
	}
	return said, nil
}
