package server

import (
	"hash/maphash"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/tributary-gql/tributary/router/internal/auth"
	"github.com/tributary-gql/tributary/router/internal/plan"
	"github.com/tributary-gql/tributary/router/internal/ratelimit"
	"github.com/tributary-gql/tributary/router/internal/snapshot"
	"github.com/tributary-gql/tributary/router/internal/telemetry"
)

// words are all that a client said: equal ones get equal answers, whatever they mean. They are compared before they are
// understood, so that who repeats a query that is under way costs no look-up, no variables and no plan. Who says the same
// in other words is found by appendKey.
type words struct {
	snap   *snapshot.Snapshot
	header http.Header // the whole of it
	body   []byte
}

func (w *words) equal(other *words) bool {
	if w.snap != other.snap || len(w.header) != len(other.header) || string(w.body) != string(other.body) {
		return false
	}
	for name, values := range w.header {
		if !slices.Equal(values, other.header[name]) {
			return false
		}
	}
	return true
}

// hash is of the body, and of what differs most often beside it.
func (w *words) hash() uint64 {
	var h maphash.Hash
	h.SetSeed(requestSeed)
	_, _ = h.Write(w.body) // never fails
	for _, name := range credentials {
		for _, value := range w.header[name] {
			_, _ = h.WriteString(value)
		}
	}
	return h.Sum64()
}

// said is what the leader has found out about its words.
type said struct {
	prepared *snapshot.Prepared
	estimate estimate
}

// repeated is a flight and the words that ask for it. They are the leader's, and stay unchanged until it has landed.
type repeated struct {
	words  words
	said   said
	flight *sharedFlight
}

// repeats are the flights under way by their words. It is safe for concurrent use.
type repeats struct{ shards [16]repeatShard }

type repeatShard struct {
	mu     sync.Mutex
	byHash map[uint64]*repeated
}

func newRepeats() *repeats {
	r := &repeats{}
	for i := range r.shards {
		r.shards[i].byHash = map[uint64]*repeated{}
	}
	return r
}

func (r *repeats) shard(hash uint64) *repeatShard { return &r.shards[hash%uint64(len(r.shards))] }

// add makes a flight known. Another one of the same hash is forgotten: it is still found by its key.
func (r *repeats) add(hash uint64, one *repeated) {
	s := r.shard(hash)
	s.mu.Lock()
	s.byHash[hash] = one
	s.mu.Unlock()
}

// remove ends the use of a flight's words.
func (r *repeats) remove(hash uint64, flight *sharedFlight) {
	s := r.shard(hash)
	s.mu.Lock()
	if one := s.byHash[hash]; one != nil && one.flight == flight {
		delete(s.byHash, hash)
	}
	s.mu.Unlock()
}

// find gives the flight that the same words ask for, and what is known about them; nil when there is none.
func (r *repeats) find(w *words) (*sharedFlight, said) {
	hash := w.hash()
	s := r.shard(hash)
	s.mu.Lock()
	defer s.mu.Unlock()
	if one := s.byHash[hash]; one != nil && one.words.equal(w) {
		return one.flight, one.said
	}
	return nil, said{}
}

// isRepeatable tells whether everything about a request follows from its words. What is decided anew for each request, by
// chance, by somebody else or by what the caller has used up, does not; nor may what is counted be left out.
func (s *Server) isRepeatable(request *graphqlRequest, prepared *snapshot.Prepared, program *snapshot.Program) bool {
	o := &s.options
	return s.sharer != nil && request.body != nil && o.Hooks == nil && o.Cost.Expose == ExposeNothing &&
		(o.RateLimits == nil || !o.RateLimits.Debits(ratelimit.ByCost)) &&
		o.Documents.Safelist == SafelistOff && request.DocumentID == "" && request.Extensions == nil &&
		len(prepared.Labels) == 0 &&
		!slices.ContainsFunc(program.Plan.Authorizations, func(a plan.Authorization) bool { return len(a.Policies) > 0 })
}

// repeat answers a request whose words are those of a query under way. When it does not, done is false, and identity is
// set if the caller is known, and debited, already.
func (s *Server) repeat(w http.ResponseWriter, r *http.Request, began time.Time, media mediaType, snap *snapshot.Snapshot, body []byte) (identity *auth.Identity, done bool) {
	if s.sharer == nil || len(body) == 0 {
		return nil, false
	}
	flight, said := s.sharer.repeats.find(&words{snap: snap, header: r.Header, body: body})
	if flight == nil {
		return nil, false
	}
	ctx := r.Context()
	identity, err := s.identify(ctx, w, r, 1)
	if err != nil {
		s.refuse(w, r, media, err)
		return nil, true
	}
	if identity.Unavailable || !s.sharer.mayShareAs(identity, r.Header) || !flight.Follow() {
		return identity, false
	}
	payload, err, ok := s.sharer.wait(ctx, flight)
	if !ok {
		return identity, false
	}
	watching := telemetry.FromContext(ctx)
	watching.Caller(identity.Subject)
	watched, _ := watching.Begin(ctx)
	operation := said.prepared.Operation
	watched.Known(operation.Name, string(operation.Kind), operation.Hash, true)
	s.noteCost(watched, said.estimate)
	if err != nil {
		s.answerError(w, r, media, err)
	} else {
		watched.Shares(payload.outcome)
		writeBody(w, r, media, acceptedEncoding(r.Header["Accept-Encoding"]), http.StatusOK, payload.bytes)
		payload.leave(flight)
	}
	watched.EndSince(began, err)
	return identity, true
}
