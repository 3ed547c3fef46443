package auth_test

import (
	"context"

	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tributary-gql/tributary/router/internal/auth"
)

// issuer is a key server whose keys and health a test changes.
type issuer struct {
	*httptest.Server
	mu      sync.Mutex
	keys    []map[string]any
	down    bool
	fetches atomic.Int32
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{}
	i.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		i.fetches.Add(1)
		i.mu.Lock()
		defer i.mu.Unlock()
		if i.down {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": i.keys})
	}))
	t.Cleanup(i.Close)
	return i
}

func (i *issuer) set(down bool, keys ...map[string]any) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.down, i.keys = down, keys
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func edKey(t *testing.T, id string) (ed25519.PrivateKey, map[string]any) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return private, map[string]any{"kty": "OKP", "crv": "Ed25519", "kid": id, "x": b64(public)}
}

func ecKey(t *testing.T, id string) (*ecdsa.PrivateKey, map[string]any) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := private.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return private, map[string]any{"kty": "EC", "crv": "P-256", "kid": id, "x": b64(point[1:33]), "y": b64(point[33:])}
}

func sign(t *testing.T, method jwt.SigningMethod, id string, key any, claims jwt.MapClaims) string {
	t.Helper()
	token := jwt.NewWithClaims(method, claims)
	if id != "" {
		token.Header["kid"] = id
	}
	text, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func claims(subject string) jwt.MapClaims {
	return jwt.MapClaims{"sub": subject, "iss": "me", "aud": "graph", "exp": time.Now().Add(time.Hour).Unix(), "scope": "b a", "scp": []any{"c"}}
}

func options(i *issuer) auth.Options {
	return auth.Options{
		Sets:       []auth.SetOptions{{URL: i.URL, Issuer: "me", Audience: "graph"}},
		Algorithms: []string{"EdDSA", "ES256"}, CoolDown: time.Minute, Patience: time.Minute, Client: i.Client(), Logger: slog.New(slog.DiscardHandler),
	}
}

func verifier(t *testing.T, o auth.Options) *auth.Verifier {
	t.Helper()
	v, err := auth.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func authenticate(t *testing.T, v *auth.Verifier, token string) (*auth.Identity, error) {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/graphql", nil)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return v.Authenticate(t.Context(), r)
}

func wantError(t *testing.T, err error, code string, status int) {
	t.Helper()
	var authError *auth.Error
	if !errors.As(err, &authError) || authError.Code != code || authError.Status != status {
		t.Errorf("got %#v, want %s with status %d", err, code, status)
	}
}

func TestValidTokens(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	ed, edPublic := edKey(t, "ed")
	ec, ecPublic := ecKey(t, "ec")
	i.set(false, edPublic, ecPublic)
	v := verifier(t, options(i))
	for _, token := range []string{sign(t, jwt.SigningMethodEdDSA, "ed", ed, claims("ada")), sign(t, jwt.SigningMethodES256, "ec", ec, claims("ada"))} {
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
	i := newIssuer(t)
	ed, public := edKey(t, "k")
	other, _ := edKey(t, "k")
	ec, _ := ecKey(t, "k")
	i.set(false, public, map[string]any{"kty": "oct", "kid": "secret", "k": b64([]byte("shared secret of somebody"))})
	v := verifier(t, options(i))
	der, err := x509.MarshalPKIXPublicKey(ed.Public())
	if err != nil {
		t.Fatal(err)
	}
	publicPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	valid := sign(t, jwt.SigningMethodEdDSA, "k", ed, claims("ada"))
	parts := strings.Split(valid, ".")
	with := func(change func(jwt.MapClaims)) string {
		c := claims("ada")
		change(c)
		return sign(t, jwt.SigningMethodEdDSA, "k", ed, c)
	}
	for name, token := range map[string]string{
		"alg none":                      sign(t, jwt.SigningMethodNone, "k", jwt.UnsafeAllowNoneSignatureType, claims("admin")),
		"no signature":                  parts[0] + "." + parts[1] + ".",
		"HMAC with the public key":      sign(t, jwt.SigningMethodHS256, "k", []byte(ed.Public().(ed25519.PublicKey)), claims("admin")),
		"HMAC with the public key, PEM": sign(t, jwt.SigningMethodHS256, "k", publicPEM, claims("admin")),
		"HMAC with a key of the set":    sign(t, jwt.SigningMethodHS256, "secret", []byte("shared secret of somebody"), claims("admin")),
		"another key of the same name":  sign(t, jwt.SigningMethodEdDSA, "k", other, claims("admin")),
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
	i := newIssuer(t)
	oldKey, oldPublic := edKey(t, "old")
	newKey, newPublic := edKey(t, "new")
	i.set(false, oldPublic)
	var now atomic.Int64
	now.Store(time.Now().UnixNano())
	o := options(i)
	o.Now = func() time.Time { return time.Unix(0, now.Load()) }
	v := verifier(t, o)
	if _, err := authenticate(t, v, sign(t, jwt.SigningMethodEdDSA, "old", oldKey, claims("ada"))); err != nil {
		t.Fatal(err)
	}
	i.set(false, oldPublic, newPublic)
	now.Add(int64(2 * time.Minute))
	before := i.fetches.Load()
	if _, err := authenticate(t, v, sign(t, jwt.SigningMethodEdDSA, "new", newKey, claims("ada"))); err != nil {
		t.Errorf("new key: %v", err)
	}
	if n := i.fetches.Load() - before; n != 1 {
		t.Errorf("the new key cost %d fetches", n)
	}
	now.Add(int64(2 * time.Minute))
	before = i.fetches.Load()
	var group sync.WaitGroup
	for n := range 1000 {
		group.Go(func() {
			_, err := authenticate(t, v, sign(t, jwt.SigningMethodEdDSA, fmt.Sprint("random", n), newKey, claims("ada")))
			wantError(t, err, auth.CodeTokenInvalid, http.StatusUnauthorized)
		})
	}
	group.Wait()
	if n := i.fetches.Load() - before; n > 1 {
		t.Errorf("1000 unknown keys cost %d fetches in one cool-down", n)
	}
	if _, err := authenticate(t, v, sign(t, jwt.SigningMethodEdDSA, "old", oldKey, claims("grace"))); err != nil {
		t.Errorf("the old key in its overlap: %v", err)
	}
}

// TestOutage: without keys the caller's identity is unavailable, not forged; keys that were had once survive.
func TestOutage(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	key, public := edKey(t, "k")
	i.set(true)
	var now atomic.Int64
	now.Store(time.Now().UnixNano())
	o := options(i)
	o.Now = func() time.Time { return time.Unix(0, now.Load()) }
	v := verifier(t, o)
	token := sign(t, jwt.SigningMethodEdDSA, "k", key, claims("ada"))
	if identity, err := authenticate(t, v, token); err != nil || !identity.Unavailable || identity.Authenticated() {
		t.Errorf("got %+v, %v", identity, err)
	}
	o.Required = true
	_, err := authenticate(t, verifier(t, o), token)
	wantError(t, err, auth.CodeKeysUnavailable, http.StatusServiceUnavailable)

	i.set(false, public)
	now.Add(int64(2 * time.Minute))
	if identity, err := authenticate(t, v, token); err != nil || identity.Subject != "ada" {
		t.Errorf("after recovery: %+v, %v", identity, err)
	}
	i.set(true)
	now.Add(int64(10 * time.Minute))
	if identity, err := authenticate(t, v, sign(t, jwt.SigningMethodEdDSA, "k", key, claims("grace"))); err != nil || identity.Subject != "grace" {
		t.Errorf("in the next outage: %+v, %v", identity, err)
	}
}

func TestSources(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	key, public := edKey(t, "k")
	i.set(false, public)
	o := options(i)
	o.Sources = []auth.Source{{Header: "X-Token"}, {Cookie: "session"}}
	v := verifier(t, o)
	token := sign(t, jwt.SigningMethodEdDSA, "k", key, claims("ada"))
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
	i := newIssuer(t)
	_, public := edKey(t, "k")
	i.set(false, public)
	v := verifier(t, options(i))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); v.Run(ctx) }()
	cancel()
	<-ended
}
