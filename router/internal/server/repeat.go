package server

import (
	"hash/maphash"
	"net/http"
	"slices"
	"time"

	"github.com/tributary-gql/tributary/router/internal/auth"
	"github.com/tributary-gql/tributary/router/internal/plan"
	"github.com/tributary-gql/tributary/router/internal/ratelimit"
	"github.com/tributary-gql/tributary/router/internal/snapshot"
	"github.com/tributary-gql/tributary/router/internal/telemetry"
)

// repeatable is all that a client said, word by word: equal words get equal answers, whatever they mean. They are compared
// before they are understood, so that who repeats a query that is under way costs no look-up, no variables and no plan. Who
// says the same in other words is found by appendKey.
type repeatable struct {
	snap   *snapshot.Snapshot
	header http.Header // the whole of it
	body   []byte

	// What the leader has found out, for its followers; it is not compared.
	prepared *snapshot.Prepared
	estimate estimate
}

func (a repeatable) equal(b repeatable) bool {
	if a.snap != b.snap || len(a.header) != len(b.header) || string(a.body) != string(b.body) {
		return false
	}
	for name, values := range a.header {
		if !slices.Equal(values, b.header[name]) {
			return false
		}
	}
	return true
}

// hash is of the body, and of what differs most often beside it.
func (a repeatable) hash() uint64 {
	var h maphash.Hash
	h.SetSeed(requestSeed)
	_, _ = h.Write(a.body) // never fails
	for _, name := range credentials {
		for _, value := range a.header[name] {
			_, _ = h.WriteString(value)
		}
	}
	return h.Sum64()
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
	asked := repeatable{snap: snap, header: r.Header, body: body}
	flight, leaders := s.sharer.repeats.Find(asked.hash(), asked)
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
	operation := leaders.prepared.Operation
	watched.Known(operation.Name, string(operation.Kind), operation.Hash, true)
	s.noteCost(watched, leaders.estimate)
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
