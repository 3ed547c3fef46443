package subgraphclient

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/tributary-gql/tributary/router/internal/exec"
	"github.com/tributary-gql/tributary/router/internal/plan"
)

// standard speaks HTTP through net/http: TLS, HTTP/2, compression.
type standard struct {
	url       string
	transport *http.Transport
	maxBody   int64
}

func newStandard(t target, settings Endpoint, dial func(context.Context, string, string) (net.Conn, error)) *standard {
	s := &standard{url: t.url, maxBody: settings.MaxResponse}
	s.transport = &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dial(ctx, t.network, t.address)
		},
		MaxConnsPerHost:     settings.MaxConnections,
		MaxIdleConnsPerHost: settings.MaxConnections,
		IdleConnTimeout:     settings.IdleTimeout,
		DisableCompression:  !settings.Compression,
		ForceAttemptHTTP2:   true,
		TLSClientConfig:     settings.TLS.Clone(),
		Protocols:           new(http.Protocols),
	}
	if settings.HTTP2 {
		s.transport.Protocols.SetUnencryptedHTTP2(true)
		s.transport.Protocols.SetHTTP2(true)
	} else {
		s.transport.Protocols.SetHTTP1(true)
		s.transport.Protocols.SetHTTP2(true)
	}
	return s
}

func (s *standard) close() { s.transport.CloseIdleConnections() }

func (s *standard) exchange(ctx context.Context, request *exec.FetchRequest, deadline time.Time) (reply, error) {
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	// The transport may read the body even after it has answered, so it gets one of its own.
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(bytes.Clone(request.Body)))
	if err != nil {
		return reply{}, err
	}
	for line := range bytes.SplitSeq(requestHeader(request), crlf) {
		if name, value, ok := bytes.Cut(line, []byte(": ")); ok {
			r.Header.Add(string(name), string(value))
		}
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", acceptedTypes)
	if r.Header.Get("User-Agent") == "" {
		r.Header.Set("User-Agent", "") // the default names the language
	}
	if request.Fetch.Kind != plan.Mutation {
		r.Header["Idempotency-Key"] = []string{} // not sent; lets the transport repeat it when a kept connection was closed
	}
	answer, err := s.transport.RoundTrip(r)
	if err != nil {
		return reply{}, err
	}
	defer answer.Body.Close()
	return s.read(answer)
}

func (s *standard) read(answer *http.Response) (reply, error) {
	if answer.ContentLength > s.maxBody {
		return reply{}, errTooLarge
	}
	b := getBuffer(max(smallestBuffer, int(answer.ContentLength)+firstReadRoom))
	rd := reader{conn: answer.Body, buffer: b}
	for {
		rd.room(firstReadRoom)
		err := rd.fill()
		if int64(len(rd.buffer.data)) > s.maxBody {
			err = errTooLarge
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			rd.buffer.free()
			return reply{}, err
		}
	}
	var header bytes.Buffer
	if err := answer.Header.Write(&header); err != nil {
		rd.buffer.free()
		return reply{}, err
	}
	return reply{
		status: answer.StatusCode, header: header.Bytes(), contentType: []byte(answer.Header.Get("Content-Type")),
		body: rd.buffer.data, release: rd.buffer.release,
	}, nil
}
