package auth

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"
)

var (
	errNoKeys     = errors.New("auth: no keys have been fetched yet")
	errUnknownKey = errors.New("auth: unknown key")
	errIssuer     = errors.New("auth: issuer not accepted")
	errAudience   = errors.New("auth: audience not accepted")
)

// SetOptions is one key set: exactly one of URL and File.
type SetOptions struct {
	URL, File        string
	Issuer, Audience string        // "" accepts any
	Interval         time.Duration // 0: 5 minutes
}

// keySet holds the keys of one issuer. Keys are replaced as a whole; the last good ones survive every failure.
type keySet struct {
	options  SetOptions
	client   *http.Client
	logger   *slog.Logger
	now      func() time.Time
	coolDown time.Duration

	keys atomic.Pointer[keys]

	fetching    sync.Mutex // one fetch at a time; waiters use its result
	lastUnknown time.Time  // when an unknown key id last led to a fetch; guarded by fetching
}

type keys struct {
	version uint64
	all     []key
}

type key struct {
	id, algorithm string // either may be ""
	public        crypto.PublicKey
}

const (
	defaultInterval = 5 * time.Minute
	firstRetry      = time.Second
	maxRetry        = time.Minute
	maxSet          = 1 << 20
)

func newKeySet(o SetOptions, options Options) *keySet {
	if o.Interval <= 0 {
		o.Interval = defaultInterval
	}
	return &keySet{options: o, client: options.Client, logger: options.Logger, now: options.Now, coolDown: options.CoolDown}
}

func (s *keySet) version() uint64 {
	if k := s.keys.Load(); k != nil {
		return k.version
	}
	return 0
}

func (s *keySet) name() string { return s.options.URL + s.options.File }

// run refreshes the set until ctx ends: at its interval, or with doubling back-off while it cannot be had.
func (s *keySet) run(ctx context.Context) {
	retry := firstRetry
	for {
		s.fetching.Lock()
		err := s.refresh(ctx)
		s.fetching.Unlock()
		wait := s.options.Interval
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			s.logger.Warn("key set cannot be fetched; the last good keys stay", "set", s.name(), "error", err, "retry_in", retry)
			wait, retry = retry, min(2*retry, maxRetry)
		default:
			retry = firstRetry
		}
		// A tenth of jitter, so that a fleet does not ask at the same moment.
		timer := time.NewTimer(wait + time.Duration(rand.Int64N(int64(wait)/10+1)))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// key finds the key for a token. An unknown key id leads to at most one fetch in a cool-down, shared by all callers.
func (s *keySet) key(ctx context.Context, t *jwt.Token) (any, error) {
	id, _ := t.Header["kid"].(string)
	seen := s.version()
	if k := s.find(id, t.Method.Alg()); k != nil {
		return k, nil
	}
	if s.refetch(ctx, seen) {
		if k := s.find(id, t.Method.Alg()); k != nil {
			return k, nil
		}
	}
	if s.keys.Load() == nil {
		return nil, errNoKeys
	}
	return nil, errUnknownKey
}

// refetch tells whether the keys changed since version seen. It never waits for a cool-down to pass.
func (s *keySet) refetch(ctx context.Context, seen uint64) bool {
	s.fetching.Lock()
	defer s.fetching.Unlock()
	if s.version() != seen {
		return true
	}
	now := s.now()
	if !s.lastUnknown.IsZero() && now.Sub(s.lastUnknown) < s.coolDown {
		return false
	}
	s.lastUnknown = now
	if err := s.refresh(context.WithoutCancel(ctx)); err != nil {
		s.logger.Warn("key set cannot be fetched for an unknown key", "set", s.name(), "error", err)
		return false
	}
	return s.version() != seen
}

func (s *keySet) find(id, algorithm string) crypto.PublicKey {
	set := s.keys.Load()
	if set == nil {
		return nil
	}
	var only crypto.PublicKey
	for _, k := range set.all {
		if !fits(k, algorithm) {
			continue
		}
		if id != "" && k.id == id {
			return k.public
		}
		if id == "" {
			if only != nil {
				return nil // ambiguous: a token without a key id needs a set with one fitting key
			}
			only = k.public
		}
	}
	return only
}

// fits keeps a key from being used with an algorithm of another family, whatever the token says.
func fits(k key, algorithm string) bool {
	if k.algorithm != "" {
		return k.algorithm == algorithm
	}
	switch public := k.public.(type) {
	case ed25519.PublicKey:
		return algorithm == "EdDSA"
	case *ecdsa.PublicKey:
		return algorithm == map[int]string{256: "ES256", 384: "ES384", 521: "ES512"}[public.Curve.Params().BitSize]
	case *rsa.PublicKey:
		return strings.HasPrefix(algorithm, "RS") || strings.HasPrefix(algorithm, "PS")
	}
	return false
}

func (s *keySet) accepts(claims jwt.MapClaims) error {
	if s.options.Issuer != "" {
		if issuer, err := claims.GetIssuer(); err != nil || issuer != s.options.Issuer {
			return errIssuer
		}
	}
	if s.options.Audience != "" {
		if audience, err := claims.GetAudience(); err != nil || !slices.Contains(audience, s.options.Audience) {
			return errAudience
		}
	}
	return nil
}

// refresh replaces the keys. The caller holds fetching.
func (s *keySet) refresh(ctx context.Context) error {
	text, err := s.read(ctx)
	if err != nil {
		return err
	}
	var document struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(text, &document); err != nil {
		return fmt.Errorf("is not a JSON key set: %w", err)
	}
	next := &keys{version: s.version() + 1}
	for _, raw := range document.Keys {
		if k, ok := parseKey(raw); ok {
			next.all = append(next.all, k)
		}
	}
	if len(next.all) == 0 {
		return errors.New("holds no public signature key that can be used")
	}
	if current := s.keys.Load(); current != nil && slices.EqualFunc(current.all, next.all, sameKey) {
		return nil
	}
	s.keys.Store(next)
	return nil
}

// parseKey reads one public signature key. Symmetric, private-only, encryption and unknown keys are left out.
func parseKey(raw json.RawMessage) (key, bool) {
	var m jwkset.JWKMarshal
	if json.Unmarshal(raw, &m) != nil || (m.USE != "" && m.USE != jwkset.UseSig) || m.KTY == jwkset.KtyOct {
		return key{}, false
	}
	m.D, m.P, m.Q, m.DP, m.DQ, m.QI, m.OTH = "", "", "", "", "", "", nil
	jwk, err := jwkset.NewJWKFromMarshal(m, jwkset.JWKMarshalOptions{}, jwkset.JWKValidateOptions{})
	if err != nil {
		return key{}, false
	}
	switch jwk.Key().(type) {
	case ed25519.PublicKey, *ecdsa.PublicKey, *rsa.PublicKey:
		return key{id: m.KID, algorithm: string(m.ALG), public: jwk.Key()}, true
	}
	return key{}, false
}

func sameKey(a, b key) bool {
	public, ok := a.public.(interface{ Equal(crypto.PublicKey) bool })
	return ok && a.id == b.id && a.algorithm == b.algorithm && public.Equal(b.public)
}

func (s *keySet) read(ctx context.Context) ([]byte, error) {
	if s.options.File != "" {
		return os.ReadFile(s.options.File)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.options.URL, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/jwk-set+json, application/json")
	response, err := s.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("answered %s", response.Status)
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, maxSet+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxSet {
		return nil, errors.New("is larger than 1 MiB")
	}
	return text, nil
}
