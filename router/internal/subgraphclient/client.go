package subgraphclient

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tributary-gql/tributary/router/internal/exec"
)

// Options configure a Client.
type Options struct {
	// Subgraphs are the endpoints by the subgraph's name; see Client.SetSubgraphs.
	Subgraphs map[string]Endpoint
	// Dial replaces how plain connections are made, for tests and proxies. Nil: net.Dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Client asks subgraphs over HTTP. It implements exec.Fetcher and is safe for concurrent use.
type Client struct {
	dial      func(ctx context.Context, network, address string) (net.Conn, error)
	endpoints atomic.Pointer[map[string]*endpoint]

	mu     sync.Mutex // of SetSubgraphs and Close
	closed bool
}

// exchanger is one way to make an HTTP request. Its errors are those of the network, of HTTP, or errTooLarge.
type exchanger interface {
	exchange(ctx context.Context, request *exec.FetchRequest, deadline time.Time) (reply, error)
	close()
}

// reply is an HTTP response, whatever it is.
type reply struct {
	status      int
	header      []byte // lines
	contentType []byte
	body        []byte
	release     func()
}

// endpoint is one subgraph.
type endpoint struct {
	name     string
	settings Endpoint
	exchanger
}

// New makes a client. Endpoints with an unusable URL are an error.
func New(options Options) (*Client, error) {
	c := &Client{dial: options.Dial}
	if c.dial == nil {
		c.dial = (&net.Dialer{}).DialContext
	}
	c.endpoints.Store(&map[string]*endpoint{})
	if err := c.SetSubgraphs(options.Subgraphs); err != nil {
		return nil, err
	}
	return c, nil
}

// SetSubgraphs replaces the endpoints, for example after the supergraph has changed. Endpoints that stay the same keep
// their connections; fetches under way go on. On an error nothing changes.
func (c *Client) SetSubgraphs(subgraphs map[string]Endpoint) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return errClosed
	}
	old := *c.endpoints.Load()
	next := make(map[string]*endpoint, len(subgraphs))
	var problems []error
	for name, settings := range subgraphs {
		settings = settings.withDefaults()
		if same, ok := old[name]; ok && same.settings == settings {
			next[name] = same
			continue
		}
		made, err := c.newEndpoint(name, settings)
		if err != nil {
			problems = append(problems, fmt.Errorf("subgraph %q: %w", name, err))
			continue
		}
		next[name] = made
	}
	if len(problems) > 0 {
		return errors.Join(problems...)
	}
	c.endpoints.Store(&next)
	for name, e := range old {
		if next[name] != e {
			e.close()
		}
	}
	return nil
}

func (c *Client) newEndpoint(name string, settings Endpoint) (*endpoint, error) {
	target, err := parseTarget(settings)
	if err != nil {
		return nil, err
	}
	e := &endpoint{name: name, settings: settings}
	if target.standard {
		e.exchanger = newStandard(target, settings, c.dial)
	} else {
		e.exchanger = newPlain(target, settings, c.dial)
	}
	return e, nil
}

// Close closes idle connections; those in use are closed when their fetch ends. Later fetches fail.
func (c *Client) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for _, e := range *c.endpoints.Load() {
		e.close()
	}
}

// Fetch implements exec.Fetcher.
func (c *Client) Fetch(ctx context.Context, request *exec.FetchRequest) (exec.Answer, error) {
	name := request.Fetch.Subgraph
	e := (*c.endpoints.Load())[name]
	if e == nil {
		return exec.Answer{}, &exec.FetchError{
			Code: exec.CodeUnreachable, Message: fmt.Sprintf("Subgraph %q is not known to the router.", name),
		}
	}
	deadline := time.Now().Add(e.settings.Timeout)
	isRequestDeadline := false
	if d, ok := ctx.Deadline(); ok && d.Before(deadline) {
		deadline, isRequestDeadline = d, true
	}
	r, err := e.exchange(ctx, request, deadline)
	if err != nil {
		return exec.Answer{}, e.failure(ctx, err, isRequestDeadline)
	}
	if failure := e.check(&r); failure != nil {
		r.release()
		return exec.Answer{}, failure
	}
	return exec.Answer{Body: r.body, Release: r.release, Status: r.status, Header: r.header}, nil
}
