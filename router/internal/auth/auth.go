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
	// Unavailable: a token was sent, but the key to verify it with could not be had.
	Unavailable bool
}

// Two identities that all callers of their kind share.
var (
	anonymous   = &Identity{}                  // no token
	unavailable = &Identity{Unavailable: true} // a token that nobody can judge at the moment
)

// Anonymous is the identity of callers without a token.
func Anonymous() *Identity { return anonymous }

// Authenticated tells whether a token was verified.
func (i *Identity) Authenticated() bool { return i.Claims != nil }

// Source is a place where a token may stand: Header (with Prefix) or Cookie.
type Source struct{ Header, Prefix, Cookie string }

// Options configure a Verifier.
type Options struct {
	Sets      []SetOptions
	Required  bool
	Sources   []Source // default: Authorization, Bearer
	ClockSkew time.Duration
	// CoolDown is the least time between two fetches of one set because of unknown keys.
	CoolDown time.Duration
	// Patience bounds how long a request waits for a key set that is being fetched; 0: a second.
	Patience time.Duration
	// CachedTokens is how many verified tokens are kept; 0: 10,000.
	CachedTokens int
	Algorithms   []string
	Client       *http.Client // for key sets; has a timeout
	Logger       *slog.Logger
	Now          func() time.Time
}

// Verifier authenticates requests. It is safe for concurrent use.
type Verifier struct {
	options Options
	sets    []*keySet
	parser  *jwt.Parser
	cache   *otter.Cache[[sha256.Size]byte, verified]
}

// verified is what is kept of a token, by its hash: good until the token expires (and the clock skew has passed), and while
// the keys of its set are the same. Any change of the set, of whichever key, makes all its tokens be verified again: those
// of a key that was withdrawn are refused from then on. A withdrawal is noticed when the set is next fetched (at its
// interval, or for an unknown key), and until then the tokens are good, kept or not; a set that cannot be fetched withdraws
// nothing. What is no longer good goes when its token comes again, or when room is needed.
type verified struct {
	identity *Identity
	expires  time.Time
	set      *keySet
	version  uint64
}

// maxCachedTokens is how many verified tokens are kept by default: about 1 KiB each.
const maxCachedTokens = 10_000

// New makes a Verifier. Run keeps its keys fresh.
func New(o Options) (*Verifier, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Client == nil {
		o.Client = &http.Client{Timeout: 5 * time.Second}
	}
	if o.Patience <= 0 {
		o.Patience = time.Second
	}
	if o.CachedTokens <= 0 {
		o.CachedTokens = maxCachedTokens
	}
	if len(o.Sources) == 0 {
		o.Sources = []Source{{Header: "Authorization", Prefix: "Bearer"}}
	}
	o.Sources = slices.Clone(o.Sources)
	for i := range o.Sources {
		o.Sources[i].Header = http.CanonicalHeaderKey(o.Sources[i].Header)
	}
	cache, err := otter.New(&otter.Options[[sha256.Size]byte, verified]{MaximumSize: o.CachedTokens})
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
	credential, identity, err := v.Look(r)
	if identity != nil || err != nil {
		return identity, err
	}
	return v.Verify(ctx, credential)
}

// Credential is a token that has to be verified.
type Credential struct {
	token string
	hash  [sha256.Size]byte
}

// Look gives the caller's identity, or an *Error, when that costs next to nothing: there is no token, or it was verified
// lately. Else it gives neither, and what Verify needs. So callers who ask too often can be refused before a token that
// nobody has seen yet costs a signature.
func (v *Verifier) Look(r *http.Request) (Credential, *Identity, error) {
	if len(v.sets) == 0 {
		return Credential{}, anonymous, nil
	}
	token, err := v.token(r)
	switch {
	case err != nil:
		return Credential{}, nil, invalid(err)
	case token == "" && v.options.Required:
		return Credential{}, nil, &Error{Code: CodeUnauthenticated, Status: http.StatusUnauthorized, Message: "this graph needs a token: send one in " + v.places()}
	case token == "":
		return Credential{}, anonymous, nil
	}
	c := Credential{token: token, hash: sha256.Sum256([]byte(token))}
	if hit, ok := v.cache.GetIfPresent(c.hash); ok {
		if v.options.Now().Before(hit.expires) && hit.version == hit.set.version() {
			return c, hit.identity, nil
		}
		v.cache.Invalidate(c.hash)
	}
	return c, nil, nil
}

// Verify gives the identity that a token proves, or an *Error.
func (v *Verifier) Verify(ctx context.Context, c Credential) (*Identity, error) {
	found, err := v.verify(ctx, c.token)
	switch {
	case errors.Is(err, errNoKeys):
		if v.options.Required {
			return nil, &Error{Code: CodeKeysUnavailable, Status: http.StatusServiceUnavailable, Message: "tokens cannot be verified at the moment; try again shortly", Err: err}
		}
		return unavailable, nil
	case err != nil:
		return nil, invalid(err)
	}
	if !found.expires.IsZero() {
		v.cache.Set(c.hash, found)
	}
	return found.identity, nil
}

func invalid(err error) *Error {
	return &Error{Code: CodeTokenInvalid, Status: http.StatusUnauthorized, Message: "the token is not valid: " + reason(err), Err: err}
}

// token takes the token from the first source that has one. A header with another scheme (Basic) is no token. Two tokens in
// one place are refused: what is passed on to subgraphs may not be the one that was verified.
func (v *Verifier) token(r *http.Request) (string, error) {
	for _, s := range v.options.Sources {
		var found []string
		if s.Cookie != "" {
			for _, c := range r.CookiesNamed(s.Cookie) {
				found = append(found, c.Value)
			}
		} else {
			found = r.Header.Values(s.Header)
		}
		if len(found) > 1 {
			return "", errTwice
		}
		if len(found) == 0 || found[0] == "" {
			continue
		}
		if s.Cookie != "" || s.Prefix == "" {
			return found[0], nil
		}
		scheme, rest, _ := strings.Cut(found[0], " ")
		if strings.EqualFold(scheme, s.Prefix) {
			if rest = strings.TrimSpace(rest); rest == "" {
				return "", jwt.ErrTokenMalformed
			}
			return rest, nil
		}
	}
	return "", nil
}

// places names the sources for people.
func (v *Verifier) places() string {
	names := make([]string, len(v.options.Sources))
	for i, s := range v.options.Sources {
		if names[i] = "the header " + s.Header; s.Cookie != "" {
			names[i] = "the cookie " + s.Cookie
		}
	}
	return strings.Join(names, " or ")
}

// maxToken bounds the work for a token: real ones are a few KiB.
const maxToken = 16 << 10

var (
	errTooLong  = errors.New("auth: token is longer than 16 KiB")
	errCritical = errors.New("auth: the token's crit header asks for extensions")
	errTwice    = errors.New("auth: several tokens in one request")
)

func (v *Verifier) verify(ctx context.Context, token string) (verified, error) {
	if len(token) > maxToken {
		return verified{}, errTooLong
	}
	unverified, _, err := v.parser.ParseUnverified(token, jwt.MapClaims{})
	if err != nil {
		return verified{}, err
	}
	if _, critical := unverified.Header["crit"]; critical {
		return verified{}, errCritical // RFC 7515, section 4.1.11: we understand none
	}
	if !slices.Contains(v.options.Algorithms, unverified.Method.Alg()) {
		return verified{}, fmt.Errorf("%w: algorithm %s is not accepted", jwt.ErrTokenSignatureInvalid, unverified.Method.Alg())
	}
	issuer, _ := unverified.Claims.GetIssuer() // not a text: no set that names its issuer fits
	var sets []*keySet
	for _, set := range v.sets {
		if set.options.Issuer == "" || set.options.Issuer == issuer {
			sets = append(sets, set)
		}
	}
	// A key that is there is enough; only when no set has one are sets asked for new keys.
	id, _ := unverified.Header["kid"].(string)
	var last error
	for _, set := range sets {
		version, found := set.find(id, unverified.Method.Alg())
		if len(found) == 0 {
			continue
		}
		if last = v.verifyWith(token, set, found); last == nil {
			return v.accept(unverified, set, version), nil
		}
	}
	if last != nil && (id != "" || !errors.Is(last, jwt.ErrTokenSignatureInvalid)) {
		return verified{}, last
	}
	unavailable := 0
	for _, set := range sets {
		version, found, err := set.fetched(ctx, id, unverified.Method.Alg())
		if errors.Is(err, errNoKeys) {
			unavailable++
		}
		if err == nil {
			if err = v.verifyWith(token, set, found); err == nil {
				return v.accept(unverified, set, version), nil
			}
		}
		if last == nil || errors.Is(last, errUnknownKey) || errors.Is(last, errNoKeys) {
			last = err
		}
	}
	switch {
	case len(sets) == 0:
		last = errIssuer
	case unavailable == len(sets):
		last = errNoKeys
	}
	return verified{}, last
}

// verifyWith checks signature and claims. Several keys are tried only for tokens that do not name theirs.
func (v *Verifier) verifyWith(token string, set *keySet, candidates []key) (err error) {
	for _, k := range candidates {
		claims := jwt.MapClaims{}
		if _, err = v.parser.ParseWithClaims(token, claims, func(*jwt.Token) (any, error) { return k.public, nil }); err == nil {
			return set.accepts(claims)
		}
		if !errors.Is(err, jwt.ErrTokenSignatureInvalid) {
			return err
		}
	}
	return err
}

// accept makes the identity of a token that was verified.
func (v *Verifier) accept(token *jwt.Token, set *keySet, version uint64) verified {
	claims := token.Claims.(jwt.MapClaims)
	subject, _ := claims.GetSubject() // not a text: none
	out := verified{identity: &Identity{Subject: subject, Claims: claims, Scopes: scopes(claims)}, set: set, version: version}
	if expires, err := claims.GetExpirationTime(); err == nil && expires != nil {
		out.expires = expires.Add(v.options.ClockSkew)
	}
	return out
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
		{errTwice, "there are several; send one"},
		{errCritical, "it needs extensions (crit) that are not supported"},
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
