package subgraphclient

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"
)

// Endpoint is where a subgraph is and how it is asked. Zero fields mean the defaults.
type Endpoint struct {
	// URL is http://host[:port]/path, https://…, or unix:///path/to/socket with the request's path as the query
	// parameter "path" (default "/graphql").
	URL string
	// Timeout bounds one fetch, from the wait for a connection to the last byte. Default 30 s.
	Timeout time.Duration
	// MaxConnections bounds the connections in use and idle, whatever the protocol; fetches beyond what they carry wait.
	// Default 512.
	MaxConnections int
	// IdleTimeout is how long an unused connection is kept. Default 60 s.
	IdleTimeout time.Duration
	// MaxResponse bounds an answer's body, after decompression, in bytes. Default 50 MB.
	MaxResponse int64
	// Compression asks for gzip.
	Compression bool
	// HTTP2 speaks HTTP/2 to an http:// endpoint (with prior knowledge); https:// negotiates it anyway.
	HTTP2 bool
	// TLS is for https:// endpoints: roots, client certificates. Nil: the system's roots. It must not change afterwards.
	TLS *tls.Config
}

const (
	defaultTimeout     = 30 * time.Second
	defaultConnections = 512
	defaultIdleTimeout = 60 * time.Second
	defaultMaxResponse = 50 << 20
)

func (e Endpoint) withDefaults() Endpoint {
	if e.Timeout <= 0 {
		e.Timeout = defaultTimeout
	}
	if e.MaxConnections <= 0 {
		e.MaxConnections = defaultConnections
	}
	if e.IdleTimeout <= 0 {
		e.IdleTimeout = defaultIdleTimeout
	}
	if e.MaxResponse <= 0 {
		e.MaxResponse = defaultMaxResponse
	}
	return e
}

// target is a parsed Endpoint.URL.
type target struct {
	network, address string // to dial
	host             string // Host header
	path             string // request target
	standard         bool   // net/http is used
	url              string // for net/http
}

// CheckURL tells whether a URL can be an Endpoint's, and if not why.
func CheckURL(raw string) error {
	_, err := parseTarget(Endpoint{URL: raw})
	return err
}

func parseTarget(e Endpoint) (target, error) {
	u, err := url.Parse(e.URL)
	if err != nil {
		return target{}, fmt.Errorf("the URL %q cannot be read: %w", e.URL, errors.Unwrap(err))
	}
	switch u.Scheme {
	case "unix":
		return unixTarget(e, u)
	case "http", "https":
	default:
		return target{}, fmt.Errorf("the URL %q must start with http://, https:// or unix://", e.URL)
	}
	if u.Hostname() == "" {
		return target{}, fmt.Errorf("the URL %q has no host", e.URL)
	}
	port := u.Port()
	if port == "" {
		port = u.Scheme
	}
	return target{
		network: "tcp", address: net.JoinHostPort(u.Hostname(), port), host: u.Host, path: u.RequestURI(),
		standard: u.Scheme == "https" || e.HTTP2 || e.Compression || u.User != nil,
		url:      e.URL,
	}, nil
}

func unixTarget(e Endpoint, u *url.URL) (target, error) {
	if u.Host != "" || u.Path == "" {
		return target{}, fmt.Errorf("the URL %q must be unix:///path/to/socket", e.URL)
	}
	path := u.Query().Get("path")
	if path == "" {
		path = "/graphql"
	}
	request, err := url.ParseRequestURI(path)
	if err != nil || path[0] != '/' {
		return target{}, fmt.Errorf("the request path %q in the URL %q must start with /", path, e.URL)
	}
	return target{
		network: "unix", address: u.Path, host: "localhost", path: request.RequestURI(),
		standard: e.HTTP2 || e.Compression, url: "http://localhost" + request.RequestURI(),
	}, nil
}
