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

	keys     atomic.Pointer[keys]
	failing  atomic.Bool // the newest fetch failed
	waiting  atomic.Int64
	patience time.Duration

	mu          sync.Mutex
	fetch       *fetch    // under way, else nil
	lastUnknown time.Time // when an unknown key last led to a fetch
	ended       bool      // no fetch is begun any more
	background  sync.WaitGroup
	lifetime    context.Context // of fetches: a caller who goes away does not end what others wait for
	end         context.CancelFunc
}

// fetch is one fetch of the set; all who need it wait for the same.
type fetch struct{ done chan struct{} }

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
	maxRetry        = 30 * time.Second
	maxSet          = 1 << 20
	// maxWaiting bounds how many requests wait for one fetch; more are answered at once.
	maxWaiting = 1024
	// maxCandidates bounds how many keys are tried for a token that does not name its key.
	maxCandidates = 8
	// minRSABits is RFC 7518's minimum (section 3.3).
	minRSABits = 2048
)

func newKeySet(o SetOptions, options Options) *keySet {
	if o.Interval <= 0 {
		o.Interval = defaultInterval
	}
	s := &keySet{
		options: o, client: options.Client, logger: options.Logger, now: options.Now, coolDown: options.CoolDown, patience: options.Patience,
	}
	s.lifetime, s.end = context.WithCancel(context.Background())
	return s
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
	defer s.stop()
	retry := firstRetry
	for {
		if f, _ := s.begin(func() bool { return true }); f != nil {
			select {
			case <-f.done:
			case <-ctx.Done():
				return
			}
		}
		wait := s.options.Interval
		if s.failing.Load() {
			wait, retry = retry, min(2*retry, maxRetry)
		} else {
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

// stop ends a fetch that is under way, and waits for it.
func (s *keySet) stop() {
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	s.end()
	s.background.Wait()
}

// begin gives the fetch that is under way, or begins one if wanted says so, else nil. wanted is called with mu locked.
func (s *keySet) begin(wanted func() bool) (f *fetch, began bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fetch != nil || s.ended || !wanted() {
		return s.fetch, false
	}
	f = &fetch{done: make(chan struct{})}
	s.fetch = f
	s.background.Go(func() {
		err := s.refresh(s.lifetime)
		if err != nil && s.lifetime.Err() == nil {
			s.logger.Warn("key set cannot be fetched; the last good keys stay", "set", s.name(), "error", err)
		}
		s.failing.Store(err != nil)
		s.mu.Lock()
		s.fetch = nil
		s.mu.Unlock()
		close(f.done)
	})
	return f, true
}

// fetched finds the keys for a token after a fetch, if one is due: keys that are not there lead to at most one fetch in a
// cool-down, which all callers share. While the set cannot be had only the caller who begins a fetch waits for it.
func (s *keySet) fetched(ctx context.Context, id, algorithm string) (version uint64, found []key, err error) {
	seen, failing := s.version(), s.failing.Load()
	f, began := s.begin(func() bool {
		now := s.now()
		due := s.lastUnknown.IsZero() || now.Sub(s.lastUnknown) >= s.coolDown
		if due {
			s.lastUnknown = now
		}
		return due
	})
	judged := true
	if f != nil {
		judged = (began || !failing) && s.wait(ctx, f)
	}
	if s.version() != seen || id == "" {
		if version, found = s.find(id, algorithm); len(found) > 0 {
			return version, found, nil
		}
	}
	if s.keys.Load() == nil || !judged || s.failing.Load() {
		return 0, nil, errNoKeys
	}
	return 0, nil, errUnknownKey
}

// wait tells whether the fetch ended in time.
func (s *keySet) wait(ctx context.Context, f *fetch) bool {
	defer s.waiting.Add(-1)
	if s.waiting.Add(1) > maxWaiting {
		return false
	}
	timer := time.NewTimer(s.patience)
	defer timer.Stop()
	select {
	case <-f.done:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}

// find gives the keys that may have signed a token: the one it names, or all that fit when it names none.
func (s *keySet) find(id, algorithm string) (version uint64, found []key) {
	set := s.keys.Load()
	if set == nil {
		return 0, nil
	}
	for _, k := range set.all {
		if fits(k, algorithm) && (id == "" || k.id == id) && len(found) < maxCandidates {
			found = append(found, k)
		}
	}
	return set.version, found
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

// refresh replaces the keys.
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
	switch public := jwk.Key().(type) {
	case *rsa.PublicKey:
		if public.N.BitLen() < minRSABits {
			return key{}, false
		}
	case ed25519.PublicKey, *ecdsa.PublicKey:
	default:
		return key{}, false
	}
	return key{id: m.KID, algorithm: string(m.ALG), public: jwk.Key()}, true
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
