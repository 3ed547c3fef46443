package e2e

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/internal/redistest"

	"github.com/golang-jwt/jwt/v5"
)

// identityGraph is one subgraph with a public field and one that needs a token.
func identityGraph(t *testing.T) (*service, string) {
	t.Helper()
	s := subgraph(t, data(`{"public":"p","secret":"s"}`))
	return s, supergraphOf(t, graph{"one", s.URL, `type Query { public: String secret: String @authenticated }`})
}

// sendsSubject lets subgraphs see who the router thinks the caller is.
const sendsSubject = `
headers:
  all:
    request:
      - propagate: "x-*"
      - insert: x-user-id
        claim: sub
      - insert: x-role
        claim: role
`

// wantRefusal checks that a request was refused before any subgraph saw it.
func wantRefusal(t *testing.T, what string, a *answer, status int, code string, services ...*service) {
	t.Helper()
	if a.Status != status || len(a.Errors) == 0 || a.Errors[0].Code() != code || a.Errors[0].Message == "" || a.Data != nil {
		t.Errorf("%s: got %d %s, want %d with %s", what, a.Status, a.Body, status, code)
	}
	for _, s := range services {
		if n := s.Count(); n != 0 {
			t.Errorf("%s: %d requests reached a subgraph: %s", what, n, s.Queries())
			s.Reset()
		}
	}
}

func TestEveryAlgorithmIsAccepted(t *testing.T) {
	t.Parallel()
	s, sdl := identityGraph(t)
	tokens := newIssuer(t)
	algorithms := []string{"EdDSA", "ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}
	keys := make([]*signingKey, len(algorithms))
	for i, algorithm := range algorithms {
		keys[i] = newSigningKey(t, algorithm, algorithm)
	}
	tokens.Serve(t, keys...)
	r := start(t, options{Supergraph: sdl, Config: tokens.Config() + sendsSubject})
	for i, key := range keys {
		token := key.Sign(t, tokens.Claims("user of "+algorithms[i]))
		if a := r.Post(t, `{secret}`, withToken(token)); a.DataJSON() != `{"secret":"s"}` || len(a.Errors) > 0 {
			t.Errorf("%s: %d %s", algorithms[i], a.Status, a.Body)
		} else if got := s.Last(t).Header.Get("X-User-Id"); got != "user of "+algorithms[i] {
			t.Errorf("%s: the subgraph sees %q", algorithms[i], got)
		}
	}
	if n := tokens.Fetches(); n != 1 {
		t.Errorf("%d fetches of the key set", n)
	}
}

// TestForgedAndUnfitTokens: whatever is wrong with a token, the request is refused with a reason, and nothing is asked of
// subgraphs, not even for public fields.
func TestForgedAndUnfitTokens(t *testing.T) {
	t.Parallel()
	s, sdl := identityGraph(t)
	tokens := newIssuer(t)
	rsa := newSigningKey(t, "RS256", "rsa")
	tokens.Rotate(t, tokens.Key, rsa)
	other := newSigningKey(t, "EdDSA", tokens.Key.ID)
	r := start(t, options{Supergraph: sdl, Config: tokens.Config("clock_skew: 30s", "refetch_cool_down: 1h")})

	public := tokens.Key.Private.Public().(ed25519.PublicKey)
	der, err := x509.MarshalPKIXPublicKey(rsa.Private.Public())
	if err != nil {
		t.Fatal(err)
	}
	rsaPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	now := time.Now()
	at := func(d time.Duration) int64 { return now.Add(d).Unix() }
	hmac := func(kid string, secret []byte) string {
		token := jwt.NewWithClaims(jwt.SigningMethodHS256, tokens.Claims("admin"))
		token.Header["kid"] = kid
		text, err := token.SignedString(secret)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	none, err := jwt.NewWithClaims(jwt.SigningMethodNone, tokens.Claims("admin")).SignedString(jwt.UnsafeAllowNoneSignatureType)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(tokens.Token(t, "ada"), ".")
	encode := base64.RawURLEncoding.EncodeToString
	cases := []struct{ name, token, reason string }{
		{"alg none", none, "signature does not verify"},
		{"alg none in capitals", encode([]byte(`{"alg":"NONE"}`)) + "." + parts[1] + ".", "does not verify"},
		{"no signature", parts[0] + "." + parts[1] + ".", "signature does not verify"},
		{"HMAC with the EdDSA key", hmac(tokens.Key.ID, public), "signature does not verify"},
		{"HMAC with the RSA key in PEM", hmac(rsa.ID, rsaPEM), "signature does not verify"},
		{"another key of the same name", other.Sign(t, tokens.Claims("admin")), "signature does not verify"},
		{"other claims, same signature", parts[0] + "." + encode([]byte(`{"sub":"admin","iss":"`+tokens.Issuer+`","exp":9999999999}`)) + "." + parts[2], "signature does not verify"},
		{"a key that nobody has", newSigningKey(t, "EdDSA", "nobody").Sign(t, tokens.Claims("admin")), "key is not known"},
		{"another issuer", tokens.Token(t, "admin", jwt.MapClaims{"iss": "https://evil.example.com"}), "issuer is not accepted"},
		{"no issuer", tokens.Token(t, "admin", jwt.MapClaims{"iss": nil}), "issuer is not accepted"},
		{"another audience", tokens.Token(t, "admin", jwt.MapClaims{"aud": "shop"}), "another audience"},
		{"no audience", tokens.Token(t, "admin", jwt.MapClaims{"aud": nil}), "another audience"},
		{"expired beyond the skew", tokens.Token(t, "admin", jwt.MapClaims{"exp": at(-40 * time.Second)}), "expired"},
		{"no expiry", tokens.Token(t, "admin", jwt.MapClaims{"exp": nil}), "never expires"},
		{"expiry as text", tokens.Token(t, "admin", jwt.MapClaims{"exp": "tomorrow"}), "does not verify"},
		{"not valid yet", tokens.Token(t, "admin", jwt.MapClaims{"nbf": at(time.Minute)}), "not valid yet"},
		{"issued in the future", tokens.Token(t, "admin", jwt.MapClaims{"iat": at(time.Minute)}), "issued in the future"},
		{"no token at all", "hello", "malformed"},
		{"empty parts", "..", "malformed"},
		{"longer than allowed", strings.Repeat("a", 17<<10), "longer than 16 KiB"},
	}
	for _, c := range cases {
		a := r.Post(t, `{public}`, withToken(c.token))
		wantRefusal(t, c.name, a, http.StatusUnauthorized, "AUTH_TOKEN_INVALID", s)
		if len(a.Errors) > 0 && !strings.Contains(a.Errors[0].Message, c.reason) {
			t.Errorf("%s: says %q, not %q", c.name, a.Errors[0].Message, c.reason)
		}
		if a.Header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: no WWW-Authenticate", c.name)
		}
	}
	if n := tokens.Fetches(); n > 2 {
		t.Errorf("the tokens cost %d fetches of the key set", n)
	}
	for name, claims := range map[string]jwt.MapClaims{
		"expired within the skew":          {"exp": at(-10 * time.Second)},
		"valid in a moment":                {"nbf": at(10 * time.Second)},
		"one of several audiences":         {"aud": []string{"shop", audience}},
		"claims that nobody has asked for": {"x": map[string]any{"y": []any{1, 2}}},
	} {
		if a := r.Post(t, `{secret}`, withToken(tokens.Token(t, "ada", claims))); a.DataJSON() != `{"secret":"s"}` {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
	}
}

func TestTokenSources(t *testing.T) {
	t.Parallel()
	s, sdl := identityGraph(t)
	tokens := newIssuer(t)
	r := start(t, options{Supergraph: sdl, Config: tokens.Config(
		"sources:", "  - {header: X-Token}", "  - {header: Authorization, prefix: Bearer}", "  - {cookie: session}") + sendsSubject})
	token := tokens.Token(t, "ada")
	for name, change := range map[string]change{
		"header":              withHeader("X-Token", token),
		"bearer":              withHeader("Authorization", "Bearer "+token),
		"scheme ignores case": withHeader("Authorization", "bearer "+token),
		"cookie":              withHeader("Cookie", "a=b; session="+token),
	} {
		if a := r.Post(t, `{secret}`, change); a.DataJSON() != `{"secret":"s"}` {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
	}
	s.Reset()
	// Another scheme is not for the router: the caller is anonymous.
	if a := r.Post(t, `{public secret}`, withHeader("Authorization", "Basic "+token)); a.DataJSON() != `{"public":"p","secret":null}` {
		t.Errorf("basic: %d %s", a.Status, a.Body)
	}
	s.Reset()
	for name, change := range map[string]change{
		"two headers": func(r *http.Request) { r.Header["Authorization"] = []string{"Bearer " + token, "Bearer evil"} },
		"two cookies": withHeader("Cookie", "session="+token+"; session=evil"),
	} {
		wantRefusal(t, name, r.Post(t, `{public}`, change), http.StatusUnauthorized, "AUTH_TOKEN_INVALID", s)
	}
}

func TestRequiredAuthentication(t *testing.T) {
	t.Parallel()
	s, sdl := identityGraph(t)
	tokens := newIssuer(t)
	r := start(t, options{Supergraph: sdl, Config: tokens.Config("required: true")})
	wantRefusal(t, "no token", r.Post(t, `{public}`), http.StatusUnauthorized, "UNAUTHENTICATED", s)
	wantRefusal(t, "another scheme", r.Post(t, `{public}`, withHeader("Authorization", "Basic YTpi")), http.StatusUnauthorized, "UNAUTHENTICATED", s)
	if a := r.Post(t, `{public}`, withToken(tokens.Token(t, "ada"))); a.DataJSON() != `{"public":"p"}` {
		t.Errorf("with a token: %d %s", a.Status, a.Body)
	}
}

// TestKeyRotation: a new key is found by its first token, unknown keys cost one fetch for all callers, and a key that was
// withdrawn is good no longer, not even for tokens that were verified before.
func TestKeyRotation(t *testing.T) {
	t.Parallel()
	_, sdl := identityGraph(t)
	tokens := newIssuer(t)
	first := tokens.Key
	r := start(t, options{Supergraph: sdl, Config: tokens.Config("refetch_cool_down: 1h")})
	old := tokens.Token(t, "ada")
	if a := r.Post(t, `{secret}`, withToken(old)); a.Status != http.StatusOK || tokens.Fetches() != 1 {
		t.Fatalf("%d %s after %d fetches", a.Status, a.Body, tokens.Fetches())
	}
	second := newSigningKey(t, "ES256", "second")
	tokens.Rotate(t, second, first)
	if a := r.Post(t, `{secret}`, withToken(tokens.Token(t, "ada"))); a.DataJSON() != `{"secret":"s"}` || tokens.Fetches() != 2 {
		t.Errorf("the new key: %d %s after %d fetches", a.Status, a.Body, tokens.Fetches())
	}
	if a := r.Post(t, `{secret}`, withToken(old)); a.DataJSON() != `{"secret":"s"}` {
		t.Errorf("the old key beside it: %d %s", a.Status, a.Body)
	}
	var callers sync.WaitGroup
	for i := range 50 {
		token := newSigningKey(t, "EdDSA", fmt.Sprint("unknown", i)).Sign(t, tokens.Claims("eve"))
		callers.Go(func() {
			if a := r.Post(t, `{public}`, withToken(token)); a.Status != http.StatusUnauthorized {
				t.Errorf("an unknown key: %d %s", a.Status, a.Body)
			}
		})
	}
	callers.Wait()
	if n := tokens.Fetches(); n != 2 {
		t.Errorf("%d fetches: unknown keys may not cause any within the cool-down", n)
	}
}

func TestWithdrawnKeys(t *testing.T) {
	t.Parallel()
	_, sdl := identityGraph(t)
	tokens := newIssuer(t)
	r := start(t, options{Supergraph: sdl, Config: strings.Replace(tokens.Config(), "    - url:", "    - interval: 20ms\n      url:", 1)})
	token := tokens.Token(t, "ada")
	if a := r.Post(t, `{secret}`, withToken(token)); a.DataJSON() != `{"secret":"s"}` {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	tokens.Rotate(t, newSigningKey(t, "EdDSA", "second"))
	redistest.Eventually(t, "tokens of the withdrawn key are refused", func() bool {
		return r.Post(t, `{secret}`, withToken(token)).Status == http.StatusUnauthorized
	})
}

// TestKeySetDownAtBoot: the router starts, public operations work, others say that it is not the caller's fault.
func TestKeySetDownAtBoot(t *testing.T) {
	t.Parallel()
	s, sdl := identityGraph(t)
	tokens := newIssuer(t)
	tokens.SetDown(true)
	r := start(t, options{Supergraph: sdl, Config: tokens.Config()})
	token := tokens.Token(t, "ada")
	for name, changes := range map[string][]change{"anonymous": nil, "with a token": {withToken(token)}} {
		if a := r.Post(t, `{public}`, changes...); a.DataJSON() != `{"public":"p"}` || len(a.Errors) > 0 {
			t.Errorf("public, %s: %d %s", name, a.Status, a.Body)
		}
	}
	s.Reset()
	wantRefusal(t, "protected", r.Post(t, `{public secret}`, withToken(token)), http.StatusServiceUnavailable, "AUTH_KEYS_UNAVAILABLE", s)
	if a := r.PostVariables(t, `query($v: Boolean!) { public secret @include(if: $v) }`, map[string]any{"v": false}, withToken(token)); a.DataJSON() != `{"public":"p"}` || len(a.Errors) > 0 {
		t.Errorf("protected, but left out: %d %s", a.Status, a.Body)
	}
	if a := r.Post(t, `{public secret}`); a.DataJSON() != `{"public":"p","secret":null}` || !slices.Equal(a.Codes(), []string{"UNAUTHORIZED_FIELD_OR_TYPE"}) {
		t.Errorf("protected, anonymous: %d %s", a.Status, a.Body)
	}
	tokens.SetDown(false)
	redistest.Eventually(t, "the key set is fetched again", func() bool {
		return r.Post(t, `{secret}`, withToken(token)).DataJSON() == `{"secret":"s"}`
	})
	// Down later: what is known stays good.
	tokens.SetDown(true)
	if a := r.Post(t, `{secret}`, withToken(tokens.Token(t, "grace"))); a.DataJSON() != `{"secret":"s"}` {
		t.Errorf("with the last good keys: %d %s", a.Status, a.Body)
	}
}

// TestAHangingKeySet: nobody waits for long, and no fetch is made beside the one that hangs.
func TestAHangingKeySet(t *testing.T) {
	t.Parallel()
	_, sdl := identityGraph(t)
	tokens := newIssuer(t)
	tokens.Hang()
	r := start(t, options{Supergraph: sdl, Config: tokens.Config()})
	var callers sync.WaitGroup
	for i := range 20 {
		token := tokens.Token(t, fmt.Sprint("user", i))
		callers.Go(func() {
			if a := r.Post(t, `{public}`, withToken(token)); a.DataJSON() != `{"public":"p"}` {
				t.Errorf("public: %d %s", a.Status, a.Body)
			}
			if a := r.Post(t, `{secret}`, withToken(token)); a.Status != http.StatusServiceUnavailable || !slices.Equal(a.Codes(), []string{"AUTH_KEYS_UNAVAILABLE"}) {
				t.Errorf("protected: %d %s", a.Status, a.Body)
			}
		})
	}
	callers.Wait()
	if n := tokens.Fetches(); n != 1 {
		t.Errorf("%d fetches while one hangs", n)
	}
	tokens.Release()
	redistest.Eventually(t, "the keys are known", func() bool {
		return r.Post(t, `{secret}`, withToken(tokens.Token(t, "ada"))).DataJSON() == `{"secret":"s"}`
	})
}

func TestKeySetFromAFile(t *testing.T) {
	t.Parallel()
	_, sdl := identityGraph(t)
	tokens := newIssuer(t)
	r := start(t, options{
		Supergraph: sdl, Files: map[string]string{"jwks.json": string(tokens.served)},
		Config: "authentication:\n  jwks:\n    - {file: jwks.json, interval: 20ms}\n",
	})
	if a := r.Post(t, `{secret}`, withToken(tokens.Token(t, "ada"))); a.DataJSON() != `{"secret":"s"}` {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	tokens.Rotate(t, newSigningKey(t, "RS256", "next"))
	r.Write(t, "jwks.json", string(tokens.served))
	redistest.Eventually(t, "the new file is in use", func() bool {
		return r.Post(t, `{secret}`, withToken(tokens.Token(t, "ada"))).DataJSON() == `{"secret":"s"}`
	})
	if n := tokens.Fetches(); n != 0 {
		t.Errorf("%d fetches over HTTP", n)
	}
}

// TestClaimsToHeaders: what the subgraph sees comes from the token, whatever the client sends under the same name.
func TestClaimsToHeaders(t *testing.T) {
	t.Parallel()
	s, sdl := identityGraph(t)
	tokens := newIssuer(t)
	r := start(t, options{Supergraph: sdl, Config: tokens.Config() + sendsSubject})
	lies := []change{withHeader("X-User-Id", "admin"), withHeader("x-role", "root"), withHeader("X-Other", "kept")}
	for name, c := range map[string]struct {
		changes    []change
		user, role []string
	}{
		"a token":                 {append(lies, withToken(tokens.Token(t, "bob", jwt.MapClaims{"role": "reader"}))), []string{"bob"}, []string{"reader"}},
		"a token without a role":  {append(lies, withToken(tokens.Token(t, "bob"))), []string{"bob"}, nil},
		"anonymous":               {lies, nil, nil},
		"a line break in a claim": {append(lies, withToken(tokens.Token(t, "bob", jwt.MapClaims{"role": "reader\r\nX-Role: root"}))), []string{"bob"}, nil},
		"a claim that is no text": {append(lies, withToken(tokens.Token(t, "bob", jwt.MapClaims{"role": map[string]any{"a": 1}}))), []string{"bob"}, nil},
	} {
		r.Post(t, `{public}`, c.changes...)
		h := s.Last(t).Header
		if !slices.Equal(h["X-User-Id"], c.user) || !slices.Equal(h["X-Role"], c.role) || h.Get("X-Other") != "kept" {
			t.Errorf("%s: the subgraph sees %v", name, h)
		}
	}
}

// TestAFloodOfBadTokens: bad tokens count like other requests, and once the address has used up its limit they are not even
// verified.
func TestAFloodOfBadTokens(t *testing.T) {
	t.Parallel()
	s, sdl := identityGraph(t)
	tokens := newIssuer(t)
	tokens.SetDown(true) // whoever looks for a key shows in the count of fetches
	r := start(t, options{Supergraph: sdl, Config: tokens.Config("refetch_cool_down: 1ms") + `
rate_limits:
  rules:
    - {name: address, key: address, rate: 5, per: 1h}
    - {name: subject, key: "claims?.sub ?? 'nobody'", rate: 1000, per: 1h}
`})
	tokens.SetDown(false)
	forged := func(i int) change {
		return withToken(newSigningKey(t, "EdDSA", fmt.Sprint("k", i)).Sign(t, tokens.Claims("eve")))
	}
	for i := range 5 {
		if a := r.Post(t, `{public}`, forged(i)); a.Status == http.StatusTooManyRequests {
			t.Fatalf("request %d: %d %s", i, a.Status, a.Body)
		}
	}
	s.Reset()
	before := tokens.Fetches()
	for i := range 20 {
		wantRefusal(t, "over the limit", r.Post(t, `{public}`, forged(5+i)), http.StatusTooManyRequests, "REQUEST_RATE_LIMITED", s)
	}
	if n := tokens.Fetches() - before; n > 2 { // the router's own, after the outage
		t.Errorf("%d fetches for tokens of a caller over the limit", n)
	}
}
