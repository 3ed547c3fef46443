// Package identitytest stands in for the users service in the tests of others: it signs access tokens and publishes its keys.
package identitytest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"

	"github.com/tributary-gql/tributary/subgraphs/kit/identity"
)

const (
	// IssuerName is the issuer that the tokens name: the default of package config.
	IssuerName = "http://users.tributary.local"
	// Audience is the audience that the tokens name: the default of package config.
	Audience = "tributary"
	// tokenLife is how long a token is valid.
	tokenLife = 15 * time.Minute
)

// Issuer signs tokens. It is safe for concurrent use.
type Issuer struct {
	server  *httptest.Server
	fetches atomic.Int64

	mutex sync.Mutex
	keys  []signingKey // all are published, the last one signs
}

type signingKey struct {
	id      string
	method  jwt.SigningMethod
	private crypto.Signer
}

// New returns an issuer with one Ed25519 key that publishes its keys by HTTP until the test ends.
func New(t testing.TB) *Issuer {
	t.Helper()
	issuer := &Issuer{}
	issuer.Rotate(t)
	issuer.server = httptest.NewServer(http.HandlerFunc(issuer.serve))
	t.Cleanup(issuer.server.Close)
	return issuer
}

// JWKSURL is where the keys are published; it is for config.Config.JWKSURL.
func (i *Issuer) JWKSURL() string { return i.server.URL }

// Fetches is how often the keys were read.
func (i *Issuer) Fetches() int { return int(i.fetches.Load()) }

// Verifier returns a verifier that reads the issuer's keys by HTTP.
func (i *Issuer) Verifier() *identity.Verifier {
	keys := identity.NewRemoteKeys(identity.RemoteKeysOptions{URL: i.JWKSURL(), Client: i.server.Client()})
	return identity.NewVerifier(keys, identity.Expectations{Issuer: IssuerName, Audience: Audience})
}

// Rotate has a new Ed25519 key sign; the old ones stay published. It returns the key's id.
func (i *Issuer) Rotate(t testing.TB) string {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return i.add(jwt.SigningMethodEdDSA, private)
}

// RotateES256 is Rotate with a key on P-256.
func (i *Issuer) RotateES256(t testing.TB) string {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return i.add(jwt.SigningMethodES256, private)
}

func (i *Issuer) add(method jwt.SigningMethod, private crypto.Signer) string {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	key := signingKey{id: rand.Text(), method: method, private: private}
	i.keys = append(i.keys, key)
	return key.id
}

// Token returns a good token for a user with the role USER and the further roles.
func (i *Issuer) Token(t testing.TB, userID string, roles ...string) string {
	t.Helper()
	return i.Sign(t, Claims(userID, roles...))
}

// Claims returns the claims of a good token, for a test to spoil.
func Claims(userID string, roles ...string) identity.Claims {
	now := time.Now()
	return identity.Claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer:    IssuerName,
			Audience:  jwt.ClaimStrings{Audience},
			Subject:   userID,
			IssuedAt:  jwt.NewNumericDate(now),
			ExpiresAt: jwt.NewNumericDate(now.Add(tokenLife)),
		},
		Name:  "User " + userID,
		Roles: append([]string{identity.RoleUser}, roles...),
	}
}

// Sign signs any claims with the newest key.
func (i *Issuer) Sign(t testing.TB, claims identity.Claims) string {
	t.Helper()
	i.mutex.Lock()
	key := i.keys[len(i.keys)-1]
	i.mutex.Unlock()
	token := jwt.NewWithClaims(key.method, claims)
	token.Header["kid"] = key.id
	signed, err := token.SignedString(key.private)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// PublicKey is the newest key's public half.
func (i *Issuer) PublicKey() (keyID string, key crypto.PublicKey) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	newest := i.keys[len(i.keys)-1]
	return newest.id, newest.private.Public()
}

func (i *Issuer) serve(w http.ResponseWriter, _ *http.Request) {
	i.fetches.Add(1)
	i.mutex.Lock()
	defer i.mutex.Unlock()
	var set jwkset.JWKSMarshal
	for _, key := range i.keys {
		published, err := jwkset.NewJWKFromKey(key.private.Public(), jwkset.JWKOptions{
			Metadata: jwkset.JWKMetadataOptions{KID: key.id, USE: jwkset.UseSig},
		})
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		set.Keys = append(set.Keys, published.Marshal())
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(set) // the reader reports a broken answer
}
