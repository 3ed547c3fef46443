package server

import (
	"context"
	"encoding/binary"
	"hash/maphash"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tributary-gql/tributary/router/internal/auth"
	"github.com/tributary-gql/tributary/router/internal/exec"
	"github.com/tributary-gql/tributary/router/internal/inflight"
	"github.com/tributary-gql/tributary/router/internal/plan"
	"github.com/tributary-gql/tributary/router/internal/snapshot"
	"github.com/tributary-gql/tributary/router/internal/subgraphclient"
	"github.com/tributary-gql/tributary/router/internal/telemetry"
)

// ShareRequests says whose identical queries share one execution while they are under way.
type ShareRequests int

// Those who may share.
const (
	ShareNone      ShareRequests = iota
	ShareAnonymous               // callers without credentials
	ShareAll                     // callers with credentials too: each only with itself
)

// sharer lets identical queries that are under way at the same time share one execution. Identical means that everything
// an execution depends on is equal, compared in full: the compiled plan (and so the supergraph and the override labels),
// the variables, what the caller may see, the header lines that each subgraph of the plan would get, and the caller's
// credentials. What a response's form depends on (media type, compression) is each request's own: only the payload is
// shared.
type sharer struct {
	who   ShareRequests
	group *inflight.Group[requestKey, *sharedPayload]
	// repeats finds the same flights by the words of their requests.
	repeats *inflight.Group[repeatable, *sharedPayload]
	// following is how many wait for somebody else's execution.
	following atomic.Int64
}

type sharedFlight = inflight.Flight[*sharedPayload]

func newSharer(who ShareRequests) *sharer {
	if who == ShareNone {
		return nil
	}
	return &sharer{
		who:     who,
		group:   inflight.NewGroup[requestKey, *sharedPayload](requestKey.equal),
		repeats: inflight.NewGroup[repeatable, *sharedPayload](repeatable.equal),
	}
}

// requestKey is what makes requests identical. text is the leader's, and lives as long as its flight.
type requestKey struct {
	program *snapshot.Program
	text    []byte
}

func (k requestKey) equal(other requestKey) bool {
	return k.program == other.program && string(k.text) == string(other.text)
}

var requestSeed = maphash.MakeSeed()

func (k requestKey) hash() uint64 {
	return maphash.Bytes(requestSeed, k.text) ^ maphash.Comparable(requestSeed, k.program)
}

// credentials are the headers that tell who a caller is, beside tokens in places that the configuration names.
var credentials = []string{"Authorization", "Cookie", "Proxy-Authorization"}

// mayShare tells whether a request's execution can be another one's. One whose fetches know more of their request than the
// key tells, as hooks do, or give more than a payload, as headers for the client, is its own (isPrivate).
func (s *sharer) mayShare(program *snapshot.Program, identity *auth.Identity, header http.Header, isPrivate bool) bool {
	if s == nil || isPrivate || program.Plan.Kind != plan.Query || len(program.Plan.Deferred) > 0 || identity.Unavailable {
		return false
	}
	return s.mayShareAs(identity, header)
}

// mayShareAs tells whether a caller may share with callers who are the same in all that counts.
func (s *sharer) mayShareAs(identity *auth.Identity, header http.Header) bool {
	switch {
	case s.who == ShareAll:
		return true
	case identity.Authenticated():
		return false
	}
	for _, name := range credentials {
		if len(header[name]) > 0 {
			return false
		}
	}
	return true
}

// appendKey writes everything but the plan that an execution depends on, each part with its length.
func appendKey(dst []byte, program *snapshot.Program, header http.Header, in *exec.Input) []byte {
	for _, v := range in.Variables {
		dst = binary.AppendVarint(dst, lengthOf(v))
		dst = append(dst, v...)
	}
	for _, met := range in.Authorizations {
		b := byte(0)
		if met {
			b = 1
		}
		dst = append(dst, b)
	}
	if source, ok := in.Client.(subgraphclient.HeaderSource); ok {
		for _, subgraph := range program.Subgraphs {
			start := len(dst)
			dst = append(dst, 0, 0, 0, 0)
			dst = subgraphclient.AppendHeaderLines(dst, source, subgraph)
			binary.BigEndian.PutUint32(dst[start:], uint32(len(dst)-start-4))
		}
	}
	for _, name := range credentials {
		values := header[name]
		dst = binary.AppendVarint(dst, int64(len(values)))
		for _, v := range values {
			dst = binary.AppendVarint(dst, int64(len(v)))
			dst = append(dst, v...)
		}
	}
	return dst
}

// lengthOf tells an absent variable from an empty one.
func lengthOf(variable []byte) int64 {
	if variable == nil {
		return -1
	}
	return int64(len(variable))
}

// keys holds the texts of keys between requests; retainedKey bounds them.
var keys = sync.Pool{New: func() any { return new([]byte) }}

const retainedKey = 16 << 10

// execution is a program that is to be executed for a request.
type execution struct {
	program *snapshot.Program
	input   exec.Input
	sink    exec.Sink
	watched *telemetry.Operation
	asked   repeatable // zero: it is not
}

// run executes it alone.
func (e *execution) run(ctx context.Context, fetcher exec.Fetcher) error {
	return e.program.Execute(ctx, e.input, fetcher, e.sink)
}

// perform executes a program for a request, or takes the payload of an identical one that is under way.
func (s *Server) perform(ctx context.Context, r *http.Request, identity *auth.Identity, e *execution) error {
	isPrivate := s.options.ResponseHeaders != nil || s.options.Hooks != nil && s.options.Hooks.OnFetch != nil
	if !s.sharer.mayShare(e.program, identity, r.Header, isPrivate) {
		return e.run(ctx, s.options.Fetcher)
	}
	text := keys.Get().(*[]byte)
	defer func() {
		if cap(*text) <= retainedKey {
			keys.Put(text)
		}
	}()
	*text = appendKey((*text)[:0], e.program, r.Header, &e.input)
	key := requestKey{program: e.program, text: *text}
	hash := key.hash()
	for {
		flight, role := s.sharer.group.Join(ctx, hash, key)
		switch role {
		case inflight.Leader:
			return s.lead(flight, e)
		case inflight.Stranger:
			return e.run(ctx, s.options.Fetcher)
		}
		payload, err, ok := s.sharer.wait(ctx, flight)
		switch {
		case !ok:
			continue
		case err != nil:
			return err
		}
		e.watched.Shares(payload.outcome)
		err = e.sink.Emit(payload.bytes, false)
		payload.leave(flight)
		return err
	}
}

// wait is Flight.Wait, counted.
func (s *sharer) wait(ctx context.Context, flight *sharedFlight) (payload *sharedPayload, err error, ok bool) { //nolint:revive // ok says whether err counts
	s.following.Add(1)
	defer s.following.Add(-1)
	return flight.Wait(ctx)
}

// lead executes the program and gives the payload to who came meanwhile. Their share of it is a copy, so that nobody has
// to wait for a slow client.
func (s *Server) lead(flight *sharedFlight, e *execution) error {
	leader := &leaderSink{flight: flight, next: e.sink, watched: e.watched}
	if e.asked.snap != nil {
		s.sharer.repeats.Add(e.asked.hash(), e.asked, flight)
	}
	defer func() {
		if !leader.landed { // nothing was emitted, or it panicked: the followers begin anew
			flight.Land(nil, nil, true)
		}
	}()
	return e.program.Execute(flight, e.input, s.options.Fetcher, leader)
}

// leaderSink takes the payload of the leader's execution.
type leaderSink struct {
	flight  *sharedFlight
	next    exec.Sink
	watched *telemetry.Operation
	landed  bool
}

// Emit implements exec.Sink.
func (l *leaderSink) Emit(payload []byte, hasNext bool) error {
	var shared *sharedPayload
	if !hasNext && !l.timeIsOver() && l.flight.HasFollowers() {
		shared = sharePayload(payload)
		shared.outcome = l.watched.Outcome()
	}
	l.landed = true
	// Who came after the look for followers begins anew.
	l.flight.Land(shared, nil, shared == nil)
	if shared != nil {
		defer shared.leave(l.flight)
	}
	return l.next.Emit(payload, hasNext)
}

// timeIsOver tells whether the payload may say so: that is not the followers' answer.
func (l *leaderSink) timeIsOver() bool {
	deadline, ok := l.flight.Deadline()
	return l.flight.Err() != nil || ok && !time.Now().Before(deadline)
}

// sharedPayload is a payload that several requests write; pooled.
type sharedPayload struct {
	bytes   []byte
	outcome telemetry.Outcome
}

var sharedPayloads = sync.Pool{New: func() any { return new(sharedPayload) }}

// retainedPayload is the largest payload whose memory is kept.
const retainedPayload = 256 << 10

func sharePayload(payload []byte) *sharedPayload {
	p := sharedPayloads.Get().(*sharedPayload)
	p.bytes = append(p.bytes[:0], payload...)
	return p
}

func (p *sharedPayload) leave(flight *sharedFlight) {
	if flight.Leave() && cap(p.bytes) <= retainedPayload {
		sharedPayloads.Put(p)
	}
}
