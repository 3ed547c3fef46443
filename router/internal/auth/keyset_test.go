package auth_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tributary-gql/tributary/router/internal/auth"
)

// hanging is a key server that takes requests and does not answer until the test ends.
func hanging(t *testing.T) (server *httptest.Server, fetches *atomic.Int32) {
	t.Helper()
	fetches = new(atomic.Int32)
	over := make(chan struct{})
	server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		fetches.Add(1)
		select {
		case <-over:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(func() { close(over); server.Close() })
	return server, fetches
}

// TestAHangingKeySetHoldsNobody: requests wait a bounded time for one fetch, and then not at all.
func TestAHangingKeySetHoldsNobody(t *testing.T) {
	t.Parallel()
	server, fetches := hanging(t)
	k := newKey(t, "k")
	o := options(&issuer{Server: server})
	o.Sets[0].Issuer, o.Patience, o.Client = "me", time.Millisecond, &http.Client{Timeout: time.Minute}
	v := verifier(t, o)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { v.Run(ctx) })
	var callers sync.WaitGroup
	for range 100 {
		callers.Go(func() {
			identity, err := authenticate(t, v, k.sign(t, claims("ada")))
			if err != nil || !identity.Unavailable || identity.Authenticated() {
				t.Errorf("got %+v, %v", identity, err)
			}
		})
	}
	callers.Wait()
	if n := fetches.Load(); n > 1 {
		t.Errorf("%d fetches while the first hangs", n)
	}
	cancel()
	running.Wait() // ends the fetch that hangs
}

// TestAnUnknownKeyInAnOutage: a token of a key that may be new is not called forged while nobody can tell.
func TestAnUnknownKeyInAnOutage(t *testing.T) {
	t.Parallel()
	known, unknown := newKey(t, "known"), newKey(t, "unknown")
	i := newIssuer(t, known.public)
	o := options(i)
	v := verifier(t, o)
	wantSubject(t, v, known.sign(t, claims("ada")), "ada")
	wantInvalid(t, v, unknown.sign(t, claims("ada")))

	o.CoolDown = time.Nanosecond
	v = verifier(t, o)
	wantSubject(t, v, known.sign(t, claims("ada")), "ada")
	i.set(true)
	identity, err := authenticate(t, v, unknown.sign(t, claims("ada")))
	if err != nil || !identity.Unavailable {
		t.Errorf("got %+v, %v", identity, err)
	}
	wantSubject(t, v, known.sign(t, claims("grace")), "grace")
}

// TestTokensWithoutAKeyID: all keys that fit are tried, and new ones are fetched once when none does.
func TestTokensWithoutAKeyID(t *testing.T) {
	t.Parallel()
	first, second, later := newKey(t, "first"), newKey(t, "second"), newKey(t, "later")
	nameless := func(k key) string { return sign(t, jwt.SigningMethodEdDSA, "", k.private, claims("ada")) }
	i := newIssuer(t, first.public, second.public)
	o := options(i)
	wantSubject(t, verifier(t, o), nameless(second), "ada")
	o.CoolDown = time.Nanosecond
	v := verifier(t, o)
	wantSubject(t, v, nameless(second), "ada")
	i.set(false, later.public)
	wantSubject(t, v, nameless(later), "ada")
}

// TestSeveralSets: a token is for the set of its issuer, and a set that is down does not touch the others.
func TestSeveralSets(t *testing.T) {
	t.Parallel()
	k := newKey(t, "k")
	up, down := newIssuer(t, k.public), newIssuer(t)
	down.set(true)
	o := options(up)
	o.Sets = append([]auth.SetOptions{{URL: down.URL, Issuer: "you"}}, o.Sets...)
	v := verifier(t, o)
	wantSubject(t, v, k.sign(t, claims("ada")), "ada")
	if n := down.fetches.Load(); n != 0 {
		t.Errorf("the set of another issuer was asked %d times", n)
	}
	other := claims("ada")
	other["iss"] = "them"
	wantInvalid(t, v, k.sign(t, other))
}

func TestWeakKeysAreLeftOut(t *testing.T) {
	t.Parallel()
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	_, ec := ecKey(t, "ec")
	i := newIssuer(t, ec, map[string]any{
		"kty": "RSA", "kid": "weak", "n": b64(weak.N.Bytes()), "e": base64.RawURLEncoding.EncodeToString([]byte{1, 0, 1}),
	})
	o := options(i)
	o.Algorithms = append(o.Algorithms, "RS256")
	wantInvalid(t, verifier(t, o), sign(t, jwt.SigningMethodRS256, "weak", weak, claims("ada")))
}

// TestSeveralTokens: what a subgraph would take from the request may not be what was verified.
func TestSeveralTokens(t *testing.T) {
	t.Parallel()
	k := newKey(t, "k")
	i := newIssuer(t, k.public)
	o := options(i)
	o.Sources = []auth.Source{{Header: "authorization", Prefix: "Bearer"}, {Cookie: "session"}}
	v := verifier(t, o)
	token := k.sign(t, claims("ada"))
	for name, set := range map[string]func(http.Header){
		"two headers": func(h http.Header) { h["Authorization"] = []string{"Bearer " + token, "Bearer other"} },
		"two cookies": func(h http.Header) { h["Cookie"] = []string{"session=" + token + "; session=other"} },
		"two cookie lines": func(h http.Header) {
			h["Cookie"] = []string{"session=" + token, "session=other"}
		},
		"an empty bearer": func(h http.Header) { h["Authorization"] = []string{"Bearer "} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := bearing("")
			set(r.Header)
			_, err := v.Authenticate(t.Context(), r)
			wantError(t, err, auth.CodeTokenInvalid, http.StatusUnauthorized)
		})
	}
}

// TestCriticalExtensions: a token that says its extensions must be understood is not accepted without them.
func TestCriticalExtensions(t *testing.T) {
	t.Parallel()
	k := newKey(t, "k")
	i := newIssuer(t, k.public)
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims("ada"))
	token.Header["kid"], token.Header["crit"], token.Header["urn:x"] = "k", []string{"urn:x"}, true
	text, err := token.SignedString(k.private)
	if err != nil {
		t.Fatal(err)
	}
	wantInvalid(t, verifier(t, options(i)), text)
}

// TestLookCostsNothing: a token that was verified lately is known without a signature, an unknown one is not judged.
func TestLookCostsNothing(t *testing.T) {
	t.Parallel()
	k := newKey(t, "k")
	i := newIssuer(t, k.public)
	v := verifier(t, options(i))
	r := bearing(k.sign(t, claims("ada")))
	credential, identity, err := v.Look(r)
	if identity != nil || err != nil || i.fetches.Load() != 0 {
		t.Fatalf("got %+v, %v after %d fetches", identity, err, i.fetches.Load())
	}
	if _, err := v.Verify(t.Context(), credential); err != nil {
		t.Fatal(err)
	}
	if _, identity, err = v.Look(r); err != nil || identity == nil || identity.Subject != "ada" {
		t.Errorf("got %+v, %v", identity, err)
	}
}

// FuzzToken: no text makes the verifier fail in another way than by refusing.
func FuzzToken(f *testing.F) {
	v, err := auth.New(auth.Options{Sets: []auth.SetOptions{{File: "testdata/none.json"}}, Algorithms: []string{"EdDSA", "ES256", "RS256"}, CoolDown: time.Hour})
	if err != nil {
		f.Fatal(err)
	}
	f.Add("eyJhbGciOiJFZERTQSIsImtpZCI6ImsifQ.eyJzdWIiOiJhIn0.AAAA")
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Add("..")
	f.Fuzz(func(t *testing.T, token string) {
		r := &http.Request{Header: http.Header{"Authorization": {"Bearer " + token}}}
		identity, err := v.Authenticate(context.Background(), r)
		if err == nil && identity.Authenticated() {
			t.Errorf("%q was accepted without any key", token)
		}
	})
}
