package e2e

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"
)

// signingKey is a private key with its place in a key set.
type signingKey struct {
	ID      string
	Method  jwt.SigningMethod
	Private crypto.Signer
}

// newSigningKey makes a key for a JWA algorithm: EdDSA, ES256…ES512, RS256…RS512, PS256…PS512.
func newSigningKey(t testing.TB, algorithm, id string) *signingKey {
	t.Helper()
	k := &signingKey{ID: id, Method: jwt.GetSigningMethod(algorithm)}
	if k.Method == nil {
		t.Fatalf("unknown algorithm %s", algorithm)
	}
	var err error
	switch algorithm {
	case "EdDSA":
		_, k.Private, err = ed25519.GenerateKey(rand.Reader)
	case "ES256":
		k.Private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "ES384":
		k.Private, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "ES512":
		k.Private, err = ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	default:
		k.Private, err = rsa.GenerateKey(rand.Reader, 2048)
	}
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// Sign makes a token of any claims.
func (k *signingKey) Sign(t testing.TB, claims jwt.MapClaims) string {
	t.Helper()
	token := jwt.NewWithClaims(k.Method, claims)
	if k.ID != "" {
		token.Header["kid"] = k.ID
	}
	text, err := token.SignedString(k.Private)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (k *signingKey) public(t testing.TB) json.RawMessage {
	t.Helper()
	jwk, err := jwkset.NewJWKFromKey(k.Private.Public(), jwkset.JWKOptions{
		Metadata: jwkset.JWKMetadataOptions{KID: k.ID, ALG: jwkset.ALG(k.Method.Alg()), USE: jwkset.UseSig},
	})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(jwk.Marshal())
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// issuer signs tokens and serves the keys to verify them with.
type issuer struct {
	URL    string // of the key set
	Issuer string // value of iss
	Key    *signingKey

	mu      sync.Mutex
	served  json.RawMessage
	down    bool
	hang    chan struct{} // not nil: answers wait until it is closed
	fetches int
}

const audience = "graph"

// newIssuer makes an issuer with one EdDSA key that is served.
func newIssuer(t testing.TB) *issuer {
	t.Helper()
	i := &issuer{Issuer: "https://issuer.example.com"}
	i.Rotate(t, newSigningKey(t, "EdDSA", "first"))
	server := httptest.NewServer(http.HandlerFunc(i.serve))
	t.Cleanup(func() {
		i.Release()
		server.CloseClientConnections()
		server.Close()
	})
	i.URL = server.URL + "/jwks.json"
	return i
}

func (i *issuer) serve(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	i.fetches++
	hang, down, served := i.hang, i.down, i.served
	i.mu.Unlock()
	if hang != nil {
		select {
		case <-hang:
		case <-r.Context().Done():
			return
		}
	}
	if down {
		http.Error(w, "down", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/jwk-set+json")
	_, _ = w.Write(served) // the router may have gone
}

// Rotate makes key the one that Token signs with, and serves it together with others.
func (i *issuer) Rotate(t testing.TB, key *signingKey, others ...*signingKey) {
	t.Helper()
	i.Key = key
	i.Serve(t, append([]*signingKey{key}, others...)...)
}

// Serve changes the key set alone.
func (i *issuer) Serve(t testing.TB, keys ...*signingKey) {
	t.Helper()
	set := struct {
		Keys []json.RawMessage `json:"keys"`
	}{Keys: []json.RawMessage{}}
	for _, key := range keys {
		set.Keys = append(set.Keys, key.public(t))
	}
	text, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.served = text
}

// SetDown makes the key set answer 503, or be there again.
func (i *issuer) SetDown(down bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.down = down
}

// Hang makes the key set take requests and not answer, until Release.
func (i *issuer) Hang() {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.hang == nil {
		i.hang = make(chan struct{})
	}
}

// Release ends Hang.
func (i *issuer) Release() {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.hang != nil {
		close(i.hang)
		i.hang = nil
	}
}

// Fetches is how often the key set was asked for.
func (i *issuer) Fetches() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.fetches
}

// Claims are what Token signs: valid for an hour, with further claims; a nil value removes one.
func (i *issuer) Claims(subject string, further ...jwt.MapClaims) jwt.MapClaims {
	claims := jwt.MapClaims{"sub": subject, "iss": i.Issuer, "aud": audience, "exp": time.Now().Add(time.Hour).Unix()}
	for _, f := range further {
		maps.Copy(claims, f)
	}
	maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
	return claims
}

// Token is a valid token for a subject.
func (i *issuer) Token(t testing.TB, subject string, further ...jwt.MapClaims) string {
	t.Helper()
	return i.Key.Sign(t, i.Claims(subject, further...))
}

// Config is the section of router.yml that trusts the issuer; further are more lines of authentication, unindented.
func (i *issuer) Config(further ...string) string {
	text := fmt.Sprintf("authentication:\n  jwks:\n    - url: %s\n      issuer: %s\n      audience: %s\n", i.URL, i.Issuer, audience)
	for _, line := range further {
		text += "  " + line + "\n"
	}
	return text
}
