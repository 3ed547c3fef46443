package identity_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"go.uber.org/goleak"

	"github.com/tributary-gql/tributary/subgraphs/kit/fault"
	"github.com/tributary-gql/tributary/subgraphs/kit/identity"
	"github.com/tributary-gql/tributary/subgraphs/kit/identity/identitytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAGoodTokenTellsWhoSpeaks(t *testing.T) {
	t.Parallel()
	for name, rotate := range map[string]func(*identitytest.Issuer){
		"EdDSA": func(i *identitytest.Issuer) { i.Rotate(t) },
		"ES256": func(i *identitytest.Issuer) { i.RotateES256(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			issuer := identitytest.New(t)
			rotate(issuer)
			who, err := issuer.Verifier().Verify(t.Context(), issuer.Token(t, "u-0007", identity.RoleAdmin))
			if err != nil {
				t.Fatal(err)
			}
			if who.Subject != "u-0007" || who.Name != "User u-0007" || !who.IsAdmin() || !who.HasRole(identity.RoleUser) {
				t.Errorf("the identity is %+v", who)
			}
		})
	}
}

// unsigned makes a token whose header is chosen freely.
func unsigned(header, claims, signature string) string {
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(header)) + "." + encode([]byte(claims)) + "." + signature
}

func TestBadTokensAreRefused(t *testing.T) {
	t.Parallel()
	issuer := identitytest.New(t)
	other := identitytest.New(t)
	keyID, public := issuer.PublicKey()
	spoiled := func(spoil func(*identity.Claims)) string {
		claims := identitytest.Claims("u-0001")
		spoil(&claims)
		return issuer.Sign(t, claims)
	}
	signedAs := func(method jwt.SigningMethod, key any) string {
		token := jwt.NewWithClaims(method, identitytest.Claims("u-0001"))
		token.Header["kid"] = keyID
		signed, err := token.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := issuer.Token(t, "u-0001")
	body := `{"iss":"` + identitytest.IssuerName + `","aud":"tributary","sub":"u-0001","exp":99999999999}`
	tests := map[string]string{
		"alg none":                              unsigned(`{"alg":"none","kid":"`+keyID+`"}`, body, ""),
		"alg None in other capitals":            unsigned(`{"alg":"nOnE","kid":"`+keyID+`"}`, body, ""),
		"HMAC over the raw public key":          signedAs(jwt.SigningMethodHS256, []byte(public.(ed25519.PublicKey))),
		"HMAC over the DER of the public key":   signedAs(jwt.SigningMethodHS256, der),
		"another algorithm for a published key": signedAs(jwt.SigningMethodES256, p256),
		"signed by a stranger":                  other.Token(t, "u-0001"),
		"signature cut off":                     good[:strings.LastIndex(good, ".")+1],
		"signature of another token":            good[:strings.LastIndex(good, ".")] + issuer.Token(t, "u-0002")[strings.LastIndex(good, "."):],
		"expired": spoiled(func(c *identity.Claims) {
			c.ExpiresAt = jwt.NewNumericDate(time.Now().Add(-2 * time.Minute))
		}),
		"without an expiry": spoiled(func(c *identity.Claims) { c.ExpiresAt = nil }),
		"not yet valid": spoiled(func(c *identity.Claims) {
			c.NotBefore = jwt.NewNumericDate(time.Now().Add(time.Hour))
		}),
		"from the future":     spoiled(func(c *identity.Claims) { c.IssuedAt = jwt.NewNumericDate(time.Now().Add(time.Hour)) }),
		"of another issuer":   spoiled(func(c *identity.Claims) { c.Issuer = "http://evil.example" }),
		"for another service": spoiled(func(c *identity.Claims) { c.Audience = jwt.ClaimStrings{"elsewhere"} }),
		"for nobody":          spoiled(func(c *identity.Claims) { c.Audience = nil }),
		"without a subject":   spoiled(func(c *identity.Claims) { c.Subject = "" }),
		"not a token":         "hello",
		"a whole novel":       strings.Repeat("x", 9000),
	}
	verifier := issuer.Verifier()
	if _, err := verifier.Verify(t.Context(), good); err != nil {
		t.Fatalf("the token that the others are made from is refused: %v", err)
	}
	for name, token := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if who, err := verifier.Verify(t.Context(), token); err == nil {
				t.Errorf("the token is accepted as %+v", who)
			}
		})
	}
}

// keyServer answers with whatever body and status it is told.
type keyServer struct {
	*httptest.Server
	status int
	body   string
}

func TestKeySetsThatAreNone(t *testing.T) {
	t.Parallel()
	tests := map[string]keyServer{
		"a failure":         {status: 500, body: "{}"},
		"HTML":              {status: 200, body: "<html>"},
		"no keys":           {status: 200, body: `{"keys":[]}`},
		"keys of one kind":  {status: 200, body: `{"keys":[{"kty":"oct","kid":"a","k":"AAAA"}]}`},
		"for encryption":    {status: 200, body: `{"keys":[{"kty":"OKP","crv":"Ed25519","use":"enc","kid":"a","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`},
		"a broken key":      {status: 200, body: `{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a","x":"!!"}]}`},
		"more than we read": {status: 200, body: `{"keys":[` + strings.Repeat(" ", 1<<20) + `]}`},
	}
	for name, answer := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(answer.status)
				_, _ = io.WriteString(w, answer.body)
			}))
			defer server.Close()
			keys := identity.NewRemoteKeys(identity.RemoteKeysOptions{URL: server.URL, Client: server.Client(), Logger: slog.New(slog.DiscardHandler)})
			if _, err := keys.Key(t.Context(), "a"); !errors.Is(err, identity.ErrKeysUnavailable) {
				t.Errorf("the error is %v, want ErrKeysUnavailable", err)
			}
			if err := keys.Ready(t.Context()); !errors.Is(err, identity.ErrKeysUnavailable) {
				t.Errorf("Ready says %v", err)
			}
		})
	}
}

func TestRequire(t *testing.T) {
	t.Parallel()
	user := identity.With(t.Context(), &identity.Identity{Subject: "u-0001", Roles: []string{identity.RoleUser}})
	admin := identity.With(t.Context(), &identity.Identity{Subject: "u-0003", Roles: []string{identity.RoleUser, identity.RoleAdmin}})
	ask := func(ctx context.Context, question func(context.Context) (*identity.Identity, error)) string {
		_, err := question(ctx)
		return fault.Code(err)
	}
	needsAdmin := func(ctx context.Context) (*identity.Identity, error) {
		return identity.RequireRole(ctx, identity.RoleAdmin)
	}
	actsForOne := func(ctx context.Context) (*identity.Identity, error) { return identity.RequireActFor(ctx, "u-0001") }
	actsForTwo := func(ctx context.Context) (*identity.Identity, error) { return identity.RequireActFor(ctx, "u-0002") }
	tests := []struct {
		name string
		got  string
		want string
	}{
		{"anonymous", ask(t.Context(), identity.Require), fault.Unauthenticated},
		{"a user", ask(user, identity.Require), ""},
		{"anonymous, role", ask(t.Context(), needsAdmin), fault.Unauthenticated},
		{"a user, role", ask(user, needsAdmin), fault.Forbidden},
		{"an admin, role", ask(admin, needsAdmin), ""},
		{"anonymous for a user", ask(t.Context(), actsForOne), fault.Unauthenticated},
		{"a user for themself", ask(user, actsForOne), ""},
		{"a user for another", ask(user, actsForTwo), fault.Forbidden},
		{"an admin for another", ask(admin, actsForTwo), ""},
	}
	for _, test := range tests {
		if test.got != test.want {
			t.Errorf("%s: the code is %q, want %q", test.name, test.got, test.want)
		}
	}
	var nobody *identity.Identity
	if nobody.IsAdmin() || nobody.MayActFor("u-0001") || identity.From(t.Context()) != nil {
		t.Error("nobody may do something")
	}
}

// fixedKeys is a KeySource without a network.
type fixedKeys map[string]crypto.PublicKey

func (f fixedKeys) Key(_ context.Context, keyID string) (crypto.PublicKey, error) {
	if key, ok := f[keyID]; ok {
		return key, nil
	}
	return nil, identity.ErrUnknownKey
}

func FuzzVerify(f *testing.F) {
	issuer := identitytest.New(f)
	keyID, public := issuer.PublicKey()
	verifier := identity.NewVerifier(fixedKeys{keyID: public}, identity.Expectations{Issuer: identitytest.IssuerName, Audience: identitytest.Audience})
	good := issuer.Token(f, "u-0001")
	f.Add(good)
	f.Add("")
	f.Add("a.b.c")
	f.Add(unsigned(`{"alg":"none"}`, `{}`, ""))
	f.Fuzz(func(t *testing.T, token string) {
		who, err := verifier.Verify(t.Context(), token)
		if err == nil && token != good {
			t.Errorf("%q is accepted as %+v", token, who)
		}
	})
}
