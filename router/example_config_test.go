package router_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tributary-gql/tributary/router"
)

// A configuration without a file: where a subgraph is, who may ask, and how often.
func ExampleConfig() {
	subgraph := httptest.NewServer(http.HandlerFunc(users))
	defer subgraph.Close()
	keySet, token, err := issuer("https://id.example.com", "ada")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(filepath.Dir(keySet))

	c := router.DefaultConfig()
	c.Subgraphs = map[string]router.Subgraph{
		"all":   {Timeout: router.Duration(5 * time.Second), Share: new(false)},
		"users": {URL: subgraph.URL, Retry: router.Retry{Max: 1}},
	}
	c.Auth.Required = true
	c.Auth.JWKS = []router.JWKS{{File: keySet, Issuer: "https://id.example.com"}}
	c.RateLimits.Rules = []router.RateLimit{{Name: "user", Key: "claims.sub", Rate: 1, Per: router.Duration(time.Hour)}}
	c.Headers.All.Request = []router.HeaderRule{{Insert: "X-Name", Claim: "sub"}}

	r := ready(router.New(c, router.WithSupergraph(supergraphAt("http://users.internal")), router.WithLogger(slog.New(slog.DiscardHandler))))
	defer r.Close()
	post(r, `{ hello }`)
	post(r, `{ hello }`, "Authorization", "Bearer "+token)
	post(r, `{ hello }`, "Authorization", "Bearer "+token)
	// Output:
	// 401 {"errors":[{"message":"this graph needs a token: send one in the header Authorization","extensions":{"code":"UNAUTHENTICATED"}}]}
	// 200 {"data":{"hello":"hello ada"}}
	// 429 {"errors":[{"message":"the limit \"user\" is used up; try again in 3600 s","extensions":{"code":"REQUEST_RATE_LIMITED"}}]}
}

// issuer makes a key set in a file, and a token that it signs.
func issuer(name, subject string) (keySet, token string, err error) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return "", "", err
	}
	dir, err := os.MkdirTemp("", "keys-")
	if err != nil {
		return "", "", err
	}
	keySet = filepath.Join(dir, "jwks.json")
	text := fmt.Sprintf(`{"keys":[{"kty":"OKP","crv":"Ed25519","alg":"EdDSA","kid":"k1","x":%q}]}`, base64.RawURLEncoding.EncodeToString(public))
	if err := os.WriteFile(keySet, []byte(text), 0o600); err != nil {
		return "", "", err
	}
	claims := jwt.RegisteredClaims{Issuer: name, Subject: subject, ExpiresAt: jwt.NewNumericDate(time.Now().Add(time.Hour))}
	unsigned := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims)
	unsigned.Header["kid"] = "k1"
	token, err = unsigned.SignedString(private)
	return keySet, token, err
}
