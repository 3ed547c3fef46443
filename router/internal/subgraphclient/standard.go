package subgraphclient

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tributary-gql/tributary/router/internal/exec"
	"github.com/tributary-gql/tributary/router/internal/plan"
)

// standard speaks HTTP through net/http: TLS, HTTP/2, compression.
type standard struct {
	url     string
	maxBody int64
	// protocol is the major version that the endpoint speaks; 0 until an https:// one has answered.
	protocol atomic.Int32
	http1    *http.Transport // of HTTP/1.1: it keeps to MaxConnsPerHost
	http2    *lanes          // of HTTP/2, and of requests whose answer tells the protocol
}

func newStandard(t target, settings Endpoint, dial func(context.Context, string, string) (net.Conn, error)) *standard {
	s := &standard{url: t.url, maxBody: settings.MaxResponse}
	open := func(connections int) *http.Transport {
		return &http.Transport{
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return dial(ctx, t.network, t.address)
			},
			MaxConnsPerHost:     connections,
			MaxIdleConnsPerHost: connections,
			IdleConnTimeout:     settings.IdleTimeout,
			DisableCompression:  !settings.Compression,
			TLSClientConfig:     settings.TLS.Clone(),
			Protocols:           new(http.Protocols),
		}
	}
	s.http1 = open(settings.MaxConnections)
	s.http1.Protocols.SetHTTP1(true)
	s.http2 = newLanes(settings.MaxConnections, func() *http.Transport {
		one := open(1)
		one.Protocols.SetHTTP2(true)
		if settings.HTTP2 {
			one.Protocols.SetUnencryptedHTTP2(true)
		} else {
			one.Protocols.SetHTTP1(true)
		}
		return one
	})
	switch {
	case settings.HTTP2:
		s.protocol.Store(2)
	case !strings.HasPrefix(t.url, "https:"):
		s.protocol.Store(1)
	}
	return s
}

func (s *standard) close() {
	s.http1.CloseIdleConnections()
	s.http2.close()
}

// roundTrip sends a request the way that the endpoint understands. done has to be called when its answer was read.
func (s *standard) roundTrip(r *http.Request) (answer *http.Response, done func(), err error) {
	protocol := s.protocol.Load()
	if protocol == 1 {
		answer, err = s.http1.RoundTrip(r)
		return answer, func() {}, err
	}
	streams := streamsPerConnection
	if protocol == 0 {
		streams = 1 // it may be HTTP/1.1
	}
	l, err := s.http2.take(r.Context(), streams)
	if err != nil {
		return nil, nil, err
	}
	answer, err = l.transport.RoundTrip(r)
	if err != nil {
		s.http2.leave(l)
		return nil, nil, err
	}
	if spoken := int32(answer.ProtoMajor); spoken != protocol { // HTTP/1.1 may come after HTTP/2 where servers are replaced
		s.protocol.Store(spoken)
	}
	return answer, func() {
		s.http2.leave(l)
		if answer.ProtoMajor == 1 {
			l.transport.CloseIdleConnections()
		}
	}, nil
}

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
	answer, done, err := s.roundTrip(r)
	if err != nil {
		return reply{}, err
	}
	defer done()
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
