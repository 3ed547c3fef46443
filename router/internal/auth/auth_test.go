package auth_test

import (
	"context"

	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tributary-gql/tributary/router/internal/auth"
)

func TestValidTokens(t *testing.T) {
	t.Parallel()
	ed := newKey(t, "ed")
	ec, ecPublic := ecKey(t, "ec")
	i := newIssuer(t, ed.public, ecPublic)
	v := verifier(t, options(i))
	for _, token := range []string{ed.sign(t, claims("ada")), sign(t, jwt.SigningMethodES256, "ec", ec, claims("ada"))} {
		identity, err := authenticate(t, v, token)
		if err != nil || identity.Subject != "ada" || !identity.Authenticated() || !slices.Equal(identity.Scopes, []string{"a", "b", "c"}) {
			t.Errorf("got %+v, %v", identity, err)
		}
	}
	if n := i.fetches.Load(); n != 1 {
		t.Errorf("%d fetches for two keys of one set", n)
	}
}

func TestAnonymousCallers(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	o := options(i)
	if identity, err := authenticate(t, verifier(t, o), ""); err != nil || identity.Authenticated() {
		t.Errorf("got %+v, %v", identity, err)
	}
	o.Required = true
	_, err := authenticate(t, verifier(t, o), "")
	wantError(t, err, auth.CodeUnauthenticated, http.StatusUnauthorized)
}

// TestForgedTokens: every way to make a token without the key is refused.
func TestForgedTokens(t *testing.T) {
	t.Parallel()
	ed, other := newKey(t, "k"), newKey(t, "k")
	ec, _ := ecKey(t, "k")
	i := newIssuer(t, ed.public, map[string]any{"kty": "oct", "kid": "secret", "k": b64([]byte("shared secret of somebody"))})
	v := verifier(t, options(i))
	der, err := x509.MarshalPKIXPublicKey(ed.private.Public())
	if err != nil {
		t.Fatal(err)
	}
	publicPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	parts := strings.Split(ed.sign(t, claims("ada")), ".")
	with := func(change func(jwt.MapClaims)) string {
		c := claims("ada")
		change(c)
		return ed.sign(t, c)
	}
	for name, token := range map[string]string{
		"alg none":                      sign(t, jwt.SigningMethodNone, "k", jwt.UnsafeAllowNoneSignatureType, claims("admin")),
		"no signature":                  parts[0] + "." + parts[1] + ".",
		"HMAC with the public key":      sign(t, jwt.SigningMethodHS256, "k", []byte(ed.private.Public().(ed25519.PublicKey)), claims("admin")),
		"HMAC with the public key, PEM": sign(t, jwt.SigningMethodHS256, "k", publicPEM, claims("admin")),
		"HMAC with a key of the set":    sign(t, jwt.SigningMethodHS256, "secret", []byte("shared secret of somebody"), claims("admin")),
		"another key of the same name":  other.sign(t, claims("admin")),
		"another family, same name":     sign(t, jwt.SigningMethodES256, "k", ec, claims("admin")),
		"other claims, same signature":  parts[0] + "." + b64([]byte(`{"sub":"admin","exp":9999999999}`)) + "." + parts[2],
		"expired":                       with(func(c jwt.MapClaims) { c["exp"] = time.Now().Add(-time.Hour).Unix() }),
		"no expiry":                     with(func(c jwt.MapClaims) { delete(c, "exp") }),
		"not valid yet":                 with(func(c jwt.MapClaims) { c["nbf"] = time.Now().Add(time.Hour).Unix() }),
		"another issuer":                with(func(c jwt.MapClaims) { c["iss"] = "you" }),
		"no issuer":                     with(func(c jwt.MapClaims) { delete(c, "iss") }),
		"another audience":              with(func(c jwt.MapClaims) { c["aud"] = "shop" }),
		"not a token":                   "hello",
		"too long":                      strings.Repeat("a", 20<<10),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			identity, err := authenticate(t, v, token)
			if identity != nil {
				t.Errorf("accepted as %+v", identity)
			}
			wantError(t, err, auth.CodeTokenInvalid, http.StatusUnauthorized)
			if err != nil && len(token) > 10 && strings.Contains(err.Error(), token[:10]) {
				t.Errorf("the message repeats the token: %v", err)
			}
		})
	}
}

// TestRotation: the first token of a new key is accepted after one fetch, and unknown keys cost one fetch a cool-down.
func TestRotation(t *testing.T) {
	t.Parallel()
	old, next := newKey(t, "old"), newKey(t, "new")
	i := newIssuer(t, old.public)
	o := options(i)
	now := newClock(&o, time.Now())
	v := verifier(t, o)
	wantSubject(t, v, old.sign(t, claims("ada")), "ada")
	i.set(false, old.public, next.public)
	now.advance(2 * time.Minute)
	before := i.fetches.Load()
	wantSubject(t, v, next.sign(t, claims("ada")), "ada")
	if n := i.fetches.Load() - before; n != 1 {
		t.Errorf("the new key cost %d fetches", n)
	}
	now.advance(2 * time.Minute)
	before = i.fetches.Load()
	var group sync.WaitGroup
	for n := range 1000 {
		group.Go(func() {
			wantInvalid(t, v, sign(t, jwt.SigningMethodEdDSA, fmt.Sprint("random", n), next.private, claims("ada")))
		})
	}
	group.Wait()
	if n := i.fetches.Load() - before; n > 1 {
		t.Errorf("1000 unknown keys cost %d fetches in one cool-down", n)
	}
	wantSubject(t, v, old.sign(t, claims("grace")), "grace") // in the overlap
}

// TestOutage: without keys the caller's identity is unavailable, not forged; keys that were had once survive.
func TestOutage(t *testing.T) {
	t.Parallel()
	k := newKey(t, "k")
	i := newIssuer(t)
	i.set(true)
	o := options(i)
	now := newClock(&o, time.Now())
	v := verifier(t, o)
	token := k.sign(t, claims("ada"))
	if identity, err := authenticate(t, v, token); err != nil || !identity.Unavailable || identity.Authenticated() {
		t.Errorf("got %+v, %v", identity, err)
	}
	o.Required = true
	_, err := authenticate(t, verifier(t, o), token)
	wantError(t, err, auth.CodeKeysUnavailable, http.StatusServiceUnavailable)

	i.set(false, k.public)
	now.advance(2 * time.Minute)
	wantSubject(t, v, token, "ada")
	i.set(true)
	now.advance(10 * time.Minute)
	wantSubject(t, v, k.sign(t, claims("grace")), "grace")
}

func TestSources(t *testing.T) {
	t.Parallel()
	k := newKey(t, "k")
	i := newIssuer(t, k.public)
	o := options(i)
	o.Sources = []auth.Source{{Header: "X-Token"}, {Cookie: "session"}}
	v := verifier(t, o)
	token := k.sign(t, claims("ada"))
	for name, set := range map[string]func(*http.Request){
		"header without prefix": func(r *http.Request) { r.Header.Set("X-Token", token) },
		"cookie":                func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "session", Value: token}) },
	} {
		r := httptest.NewRequest(http.MethodPost, "/graphql", nil)
		set(r)
		if identity, err := v.Authenticate(t.Context(), r); err != nil || identity.Subject != "ada" {
			t.Errorf("%s: %+v, %v", name, identity, err)
		}
	}
}

func TestRunStopsWithItsContext(t *testing.T) {
	t.Parallel()
	v := verifier(t, options(newIssuer(t, newKey(t, "k").public)))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); v.Run(ctx) }()
	cancel()
	<-ended
}
