package auth_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
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

func newIssuer(t *testing.T, keys ...map[string]any) *issuer {
	t.Helper()
	i := &issuer{keys: keys}
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

// key is an Ed25519 key.
type key struct {
	id      string
	private ed25519.PrivateKey
	public  map[string]any // as key sets have it
}

func newKey(t *testing.T, id string) key {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key{id, private, map[string]any{"kty": "OKP", "crv": "Ed25519", "kid": id, "x": b64(public)}}
}

func (k key) sign(t *testing.T, claims jwt.MapClaims) string {
	t.Helper()
	return sign(t, jwt.SigningMethodEdDSA, k.id, k.private, claims)
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

// clock is a time that a test sets.
type clock struct{ now atomic.Int64 }

// newClock gives a verifier its time.
func newClock(o *auth.Options, at time.Time) *clock {
	c := &clock{}
	c.set(at)
	o.Now = func() time.Time { return time.Unix(0, c.now.Load()) }
	return c
}

func (c *clock) set(at time.Time)        { c.now.Store(at.UnixNano()) }
func (c *clock) advance(d time.Duration) { c.now.Add(int64(d)) }

// bearing is a request with a token.
func bearing(token string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/graphql", nil)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return r
}

func authenticate(t *testing.T, v *auth.Verifier, token string) (*auth.Identity, error) {
	t.Helper()
	return v.Authenticate(t.Context(), bearing(token))
}

// wantSubject checks that a token is accepted as somebody's.
func wantSubject(t *testing.T, v *auth.Verifier, token, subject string) {
	t.Helper()
	if identity, err := authenticate(t, v, token); err != nil || identity.Subject != subject || !identity.Authenticated() {
		t.Errorf("got %+v, %v, want %s", identity, err, subject)
	}
}

// wantInvalid checks that a token is refused.
func wantInvalid(t *testing.T, v *auth.Verifier, token string) {
	t.Helper()
	_, err := authenticate(t, v, token)
	wantError(t, err, auth.CodeTokenInvalid, http.StatusUnauthorized)
}

func wantError(t *testing.T, err error, code string, status int) {
	t.Helper()
	var authError *auth.Error
	if !errors.As(err, &authError) || authError.Code != code || authError.Status != status {
		t.Errorf("got %#v, want %s with status %d", err, code, status)
	}
}

// known tells whether a token is accepted without being verified again.
func known(t *testing.T, v *auth.Verifier, token string) bool {
	t.Helper()
	_, identity, err := v.Look(bearing(token))
	if err != nil {
		t.Fatal(err)
	}
	return identity != nil
}
