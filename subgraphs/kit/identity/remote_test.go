package identity_test

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/subgraphs/kit/fault"
	"github.com/tributary-gql/tributary/subgraphs/kit/identity"
	"github.com/tributary-gql/tributary/subgraphs/kit/identity/identitytest"
)

// world is an issuer behind a switch, and a clock that the test moves.
type world struct {
	issuer   *identitytest.Issuer
	down     atomic.Bool
	asked    atomic.Int64
	now      atomic.Int64 // in nanoseconds
	keys     *identity.RemoteKeys
	verifier *identity.Verifier
}

func newWorld(t *testing.T) *world {
	w := &world{issuer: identitytest.New(t)}
	w.now.Store(time.Now().UnixNano())
	front := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) {
		w.asked.Add(1)
		if w.down.Load() {
			http.Error(answer, "down", http.StatusBadGateway)
			return
		}
		http.Redirect(answer, r, w.issuer.JWKSURL(), http.StatusTemporaryRedirect)
	}))
	t.Cleanup(front.Close)
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	w.keys = identity.NewRemoteKeys(identity.RemoteKeysOptions{
		URL: front.URL, Client: client, Refresh: 10 * time.Minute, CoolDown: 30 * time.Second,
		Logger: slog.New(slog.DiscardHandler),
		Now:    func() time.Time { return time.Unix(0, w.now.Load()) },
	})
	w.verifier = identity.NewVerifier(w.keys, identity.Expectations{Issuer: identitytest.IssuerName, Audience: identitytest.Audience})
	return w
}

func (w *world) pass(length time.Duration) { w.now.Add(int64(length)) }

func (w *world) expect(t *testing.T, token string, want error, wantAsked int64) {
	t.Helper()
	_, err := w.verifier.Verify(t.Context(), token)
	if !errors.Is(err, want) {
		t.Errorf("the error is %v, want %v", err, want)
	}
	if asked := w.asked.Load(); asked != wantAsked {
		t.Errorf("the keys were read %d times, want %d", asked, wantAsked)
	}
}

func TestANewKeyIsFetchedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old := w.issuer.Token(t, "u-0001")
	w.expect(t, old, nil, 1)
	w.pass(time.Minute)
	w.issuer.Rotate(t)
	w.expect(t, w.issuer.Token(t, "u-0001"), nil, 2)
	w.expect(t, old, nil, 2)
}

func TestUnknownKeysCauseOneFetchInACoolDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.expect(t, w.issuer.Token(t, "u-0001"), nil, 1)
	w.pass(time.Minute)
	stranger := identitytest.New(t)
	var group sync.WaitGroup
	for range 200 {
		stranger.Rotate(t)
		token := stranger.Token(t, "u-0001")
		group.Go(func() {
			if _, err := w.verifier.Verify(t.Context(), token); !errors.Is(err, identity.ErrUnknownKey) {
				t.Errorf("the error is %v, want ErrUnknownKey", err)
			}
		})
	}
	group.Wait()
	if asked := w.asked.Load(); asked != 2 {
		t.Errorf("200 unknown keys caused %d fetches, want 1", asked-1)
	}
}

func TestTheLastGoodKeysStayDuringAnOutage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.issuer.Token(t, "u-0001")
	w.expect(t, token, nil, 1)
	w.down.Store(true)
	w.pass(11 * time.Minute)
	if _, err := w.verifier.Verify(t.Context(), token); err != nil {
		t.Errorf("a token of a known key is refused during an outage: %v", err)
	}
	if err := w.keys.Ready(t.Context()); err != nil {
		t.Errorf("not ready: %v", err)
	}
}

func TestTheServiceStartsBeforeItsIssuer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.down.Store(true)
	token := w.issuer.Token(t, "u-0001")
	w.expect(t, token, identity.ErrKeysUnavailable, 1)
	w.expect(t, token, identity.ErrKeysUnavailable, 1) // the first second is over at once for callers
	w.down.Store(false)
	w.pass(time.Second)
	w.expect(t, token, nil, 2)
}

func TestMiddleware(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var log strings.Builder
	handler := identity.Middleware(w.verifier, slog.New(slog.NewTextHandler(&log, nil)))(
		http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) {
			who := identity.From(r.Context())
			if who == nil {
				_, _ = answer.Write([]byte("anonymous"))
				return
			}
			_, _ = answer.Write([]byte(who.Subject))
		}))
	ask := func(authorization ...string) *httptest.ResponseRecorder {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", nil)
		for _, value := range authorization {
			request.Header.Add("Authorization", value)
		}
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, request)
		return recorder
	}
	w.down.Store(true)
	token := w.issuer.Token(t, "u-0001")
	tests := []struct {
		name          string
		authorization []string
		status        int
		body          string
	}{
		{"no keys yet", []string{"Bearer " + token}, http.StatusServiceUnavailable, identity.KeysUnavailable},
		{"anonymous while there are no keys", nil, http.StatusOK, "anonymous"},
		{"good", []string{"Bearer " + token}, http.StatusOK, "u-0001"},
		{"good, in other capitals", []string{"bearer  " + token}, http.StatusOK, "u-0001"},
		{"bad", []string{"Bearer nonsense"}, http.StatusUnauthorized, fault.Unauthenticated},
		{"another scheme", []string{"Basic YTpi"}, http.StatusUnauthorized, "one Bearer token"},
		{"twice", []string{"Bearer " + token, "Bearer " + token}, http.StatusUnauthorized, "one Bearer token"},
		{"empty", []string{"Bearer "}, http.StatusUnauthorized, "one Bearer token"},
	}
	for i, test := range tests {
		if i == 2 {
			w.down.Store(false)
			w.pass(time.Minute)
		}
		answer := ask(test.authorization...)
		if answer.Code != test.status || !strings.Contains(answer.Body.String(), test.body) {
			t.Errorf("%s: status %d, body %s; want %d with %q", test.name, answer.Code, answer.Body, test.status, test.body)
		}
		if isChallenge := answer.Header().Get("WWW-Authenticate") != ""; isChallenge != (test.status == http.StatusUnauthorized) {
			t.Errorf("%s: WWW-Authenticate is %q with status %s", test.name, answer.Header().Get("WWW-Authenticate"), strconv.Itoa(answer.Code))
		}
	}
	if strings.Contains(log.String(), "nonsense") {
		t.Errorf("the log shows a token:\n%s", &log)
	}
}
