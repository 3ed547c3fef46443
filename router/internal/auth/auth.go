// Package auth finds out who the caller is: it takes a JSON Web Token from a request, verifies it against key sets and
// gives an Identity. It does not decide what the caller may see; that is the plan's guards' business.
//
// A request without a token is anonymous. A token that does not verify is an *Error, never an anonymous caller. When no
// key could be fetched yet, the identity is Unavailable: whoever needs it answers 503, all others go on.
package auth

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/maypok86/otter/v2"
)

// Codes of authentication errors: stable extensions.code values.
const (
	CodeTokenInvalid    = "AUTH_TOKEN_INVALID"
	CodeKeysUnavailable = "AUTH_KEYS_UNAVAILABLE"
	CodeUnauthenticated = "UNAUTHENTICATED"
)

// Error is why a request was refused. Message is for the client and holds no secret; Err is for the log.
type Error struct {
	Code    string
	Status  int
	Message string
	Err     error
}

// Error implements error.
func (e *Error) Error() string { return e.Message }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Identity is a caller. It is immutable and may be shared by requests.
type Identity struct {
	Subject string
	Claims  map[string]any // nil for anonymous callers
	Scopes  []string       // from the claims scope (text) and scp (list or text), sorted
	// Unavailable: a token was sent, but no key to verify it with could be had.
	Unavailable bool
}

// Anonymous is the identity of a caller without a token.
var anonymous = &Identity{}

// Authenticated tells whether a token was verified.
func (i *Identity) Authenticated() bool { return i.Claims != nil }

// Source is a place where a token may stand: Header (with Prefix) or Cookie.
type Source struct{ Header, Prefix, Cookie string }

// Options configure a Verifier.
type Options struct {
	Sets       []SetOptions
	Required   bool
	Sources    []Source // default: Authorization, Bearer
	ClockSkew  time.Duration
	CoolDown   time.Duration // least time between two fetches of one set because of an unknown key id
	Algorithms []string
	Client     *http.Client // for key sets; has a timeout
	Logger     *slog.Logger
	Now        func() time.Time
}

// Verifier authenticates requests. It is safe for concurrent use.
type Verifier struct {
	options Options
	sets    []*keySet
	parser  *jwt.Parser
	cache   *otter.Cache[[sha256.Size]byte, verified]
}

type verified struct {
	identity *Identity
	expires  time.Time
	set      *keySet
	version  uint64
}

// maxCachedTokens bounds the memory for verified tokens: about 1 KiB each.
const maxCachedTokens = 10_000

// New makes a Verifier. Run keeps its keys fresh.
func New(o Options) (*Verifier, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if len(o.Sources) == 0 {
		o.Sources = []Source{{Header: "Authorization", Prefix: "Bearer"}}
	}
	cache, err := otter.New(&otter.Options[[sha256.Size]byte, verified]{MaximumSize: maxCachedTokens})
	if err != nil {
		return nil, fmt.Errorf("auth: token cache: %w", err)
	}
	v := &Verifier{options: o, cache: cache, parser: jwt.NewParser(
		jwt.WithValidMethods(o.Algorithms), jwt.WithLeeway(o.ClockSkew), jwt.WithExpirationRequired(), jwt.WithIssuedAt(),
		jwt.WithTimeFunc(o.Now), jwt.WithStrictDecoding(),
	)}
	for _, set := range o.Sets {
		v.sets = append(v.sets, newKeySet(set, o))
	}
	return v, nil
}

// Run fetches the key sets at once and then at their intervals until ctx ends. It never fails for a key set that is
// down: that is logged, and retried with back-off.
func (v *Verifier) Run(ctx context.Context) {
	done := make(chan struct{})
	for _, set := range v.sets {
		go func() { defer func() { done <- struct{}{} }(); set.run(ctx) }()
	}
	for range v.sets {
		<-done
	}
}

// Authenticate gives the caller's identity, or an *Error.
func (v *Verifier) Authenticate(ctx context.Context, r *http.Request) (*Identity, error) {
	if len(v.sets) == 0 {
		return anonymous, nil
	}
	token := v.token(r)
	if token == "" {
		if v.options.Required {
			return nil, &Error{Code: CodeUnauthenticated, Status: http.StatusUnauthorized, Message: "this graph needs a token: send one in the Authorization header"}
		}
		return anonymous, nil
	}
	hash := sha256.Sum256([]byte(token))
	if hit, ok := v.cache.GetIfPresent(hash); ok && v.options.Now().Before(hit.expires) && hit.version == hit.set.version() {
		return hit.identity, nil
	}
	identity, set, version, err := v.verify(ctx, token)
	switch {
	case errors.Is(err, errNoKeys):
		if v.options.Required {
			return nil, &Error{Code: CodeKeysUnavailable, Status: http.StatusServiceUnavailable, Message: "tokens cannot be verified at the moment; try again shortly", Err: err}
		}
		return &Identity{Unavailable: true}, nil
	case err != nil:
		return nil, &Error{Code: CodeTokenInvalid, Status: http.StatusUnauthorized, Message: "the token is not valid: " + reason(err), Err: err}
	}
	if expires, err := jwt.MapClaims(identity.Claims).GetExpirationTime(); err == nil && expires != nil {
		v.cache.Set(hash, verified{identity: identity, expires: expires.Add(v.options.ClockSkew), set: set, version: version})
	}
	return identity, nil
}

// token takes the token from the first source that has one. A header with another scheme (Basic) is no token.
func (v *Verifier) token(r *http.Request) string {
	for _, s := range v.options.Sources {
		if s.Cookie != "" {
			if c, err := r.Cookie(s.Cookie); err == nil && c.Value != "" {
				return c.Value
			}
			continue
		}
		value := r.Header.Get(s.Header)
		if s.Prefix == "" {
			if value != "" {
				return value
			}
			continue
		}
		scheme, rest, _ := strings.Cut(value, " ")
		if strings.EqualFold(scheme, s.Prefix) {
			return strings.TrimSpace(rest)
		}
	}
	return ""
}

// maxToken bounds the work for a token: real ones are a few KiB.
const maxToken = 16 << 10

var errTooLong = errors.New("token is longer than 16 KiB")

func (v *Verifier) verify(ctx context.Context, token string) (*Identity, *keySet, uint64, error) {
	if len(token) > maxToken {
		return nil, nil, 0, errTooLong
	}
	var last error
	unavailable := 0
	for _, set := range v.sets {
		claims := jwt.MapClaims{}
		version := set.version()
		_, err := v.parser.ParseWithClaims(token, claims, func(t *jwt.Token) (any, error) { return set.key(ctx, t) })
		if err == nil {
			err = set.accepts(claims)
		}
		if err == nil {
			subject, _ := claims.GetSubject()
			return &Identity{Subject: subject, Claims: claims, Scopes: scopes(claims)}, set, version, nil
		}
		if errors.Is(err, errNoKeys) {
			unavailable++
		}
		if last == nil || errors.Is(last, errUnknownKey) {
			last = err
		}
	}
	if unavailable == len(v.sets) {
		return nil, nil, 0, errNoKeys
	}
	return nil, nil, 0, last
}

// scopes reads both spellings that are in use: scope as text separated by spaces, scp (or scope) as a list.
func scopes(claims jwt.MapClaims) []string {
	var out []string
	for _, name := range []string{"scope", "scp", "scopes"} {
		switch value := claims[name].(type) {
		case string:
			out = append(out, strings.Fields(value)...)
		case []any:
			for _, item := range value {
				if s, ok := item.(string); ok {
					out = append(out, s)
				}
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// reason says in a few words why a token is refused, without repeating any of it.
func reason(err error) string {
	for _, known := range []struct {
		err  error
		text string
	}{
		{errTooLong, "it is longer than 16 KiB"},
		{jwt.ErrTokenExpired, "it has expired; log in again"},
		{jwt.ErrTokenNotValidYet, "it is not valid yet"},
		{jwt.ErrTokenUsedBeforeIssued, "it was issued in the future"},
		{errUnknownKey, "its key is not known"},
		{errIssuer, "its issuer is not accepted"},
		{errAudience, "it is meant for another audience"},
		{jwt.ErrTokenMalformed, "it is malformed"},
		{jwt.ErrTokenRequiredClaimMissing, "it never expires (exp is missing)"},
		{jwt.ErrTokenSignatureInvalid, "its signature does not verify"},
	} {
		if errors.Is(err, known.err) {
			return known.text
		}
	}
	return "it does not verify"
}
