package identity

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/MicahParks/jwkset"
	"golang.org/x/sync/singleflight"
)

const (
	defaultRefresh  = 10 * time.Minute
	defaultCoolDown = 10 * time.Second
	// firstRetry is the cool-down while no keys were ever read: a service started before its issuer must not wait long.
	firstRetry   = time.Second
	fetchTimeout = 5 * time.Second
	// maxKeySetSize bounds the key set's JSON in bytes.
	maxKeySetSize = 1 << 20
)

// RemoteKeysOptions says where the keys are and how often they are read. Only URL is needed.
type RemoteKeysOptions struct {
	URL string
	// Client makes the requests; nil is one with a timeout of 5 seconds.
	Client *http.Client
	// Refresh is the age at which the keys are read again, so that a withdrawn key stops to count. Default 10 minutes.
	Refresh time.Duration
	// CoolDown is the least time between two fetches for unknown key ids. Default 10 seconds.
	CoolDown time.Duration
	// Logger gets one line for each failed fetch; nil is slog.Default().
	Logger *slog.Logger
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// RemoteKeys is a [KeySource] that reads a JWKS by HTTP. It is safe for concurrent use and starts no goroutine of its own
// except for a fetch, which ends within 5 seconds.
type RemoteKeys struct {
	options RemoteKeysOptions
	flight  singleflight.Group

	mutex     sync.RWMutex
	keys      map[string]crypto.PublicKey // nil until the first good fetch
	fetchedAt time.Time                   // of the last good fetch
	triedAt   time.Time                   // of the last fetch
}

// NewRemoteKeys returns a source that reads its keys when they are first needed.
func NewRemoteKeys(options RemoteKeysOptions) *RemoteKeys {
	if options.Client == nil {
		options.Client = &http.Client{Timeout: fetchTimeout}
	}
	if options.Refresh == 0 {
		options.Refresh = defaultRefresh
	}
	if options.CoolDown == 0 {
		options.CoolDown = defaultCoolDown
	}
	if options.Logger == nil {
		options.Logger = slog.Default()
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	return &RemoteKeys{options: options}
}

// Key implements [KeySource].
func (r *RemoteKeys) Key(ctx context.Context, keyID string) (crypto.PublicKey, error) {
	key, state := r.look(keyID)
	if key != nil && state == fresh {
		return key, nil
	}
	if state == coolingDown {
		if key != nil {
			return key, nil
		}
		return nil, r.missing()
	}
	// The fetch is shared, so it is not tied to this caller's context; the caller stops waiting when its own ends.
	done := r.flight.DoChan("fetch", func() (any, error) {
		background, cancel := context.WithTimeout(context.Background(), fetchTimeout)
		defer cancel()
		if _, state := r.look(keyID); state != due {
			return nil, nil // another flight landed between the look and this one
		}
		return nil, r.fetch(background)
	})
	if key != nil {
		return key, nil // old but good: it need not wait for the fetch
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-done:
	}
	if key, _ := r.look(keyID); key != nil {
		return key, nil
	}
	return nil, r.missing()
}

// Ready returns nil when keys were read at some time, and tries to read them otherwise.
func (r *RemoteKeys) Ready(ctx context.Context) error {
	r.mutex.RLock()
	have := r.keys != nil
	r.mutex.RUnlock()
	if have {
		return nil
	}
	if _, err := r.Key(ctx, ""); errors.Is(err, ErrKeysUnavailable) || ctx.Err() != nil {
		return fmt.Errorf("%w from %s", ErrKeysUnavailable, r.options.URL)
	}
	return nil
}

// freshness says what may be done about a key that was looked up.
type freshness int

const (
	fresh       freshness = iota // the key is known and young enough
	due                          // fetch again
	coolingDown                  // a fetch would be due, but the last one was a moment ago
)

func (r *RemoteKeys) look(keyID string) (crypto.PublicKey, freshness) {
	r.mutex.RLock()
	defer r.mutex.RUnlock()
	now := r.options.Now()
	key := r.keys[keyID]
	if key != nil && now.Sub(r.fetchedAt) < r.options.Refresh {
		return key, fresh
	}
	coolDown := r.options.CoolDown
	if r.keys == nil {
		coolDown = min(coolDown, firstRetry)
	}
	if !r.triedAt.IsZero() && now.Sub(r.triedAt) < coolDown {
		return key, coolingDown
	}
	return key, due
}

func (r *RemoteKeys) missing() error {
	r.mutex.RLock()
	defer r.mutex.RUnlock()
	if r.keys == nil {
		return ErrKeysUnavailable
	}
	return ErrUnknownKey
}

// fetch replaces the keys when the address answers with a key set, and keeps the old ones otherwise.
func (r *RemoteKeys) fetch(ctx context.Context) error {
	keys, err := r.read(ctx)
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.triedAt = r.options.Now()
	if err != nil {
		r.options.Logger.Warn("reading the keys for access tokens failed", "url", r.options.URL, "error", err, "keys_kept", len(r.keys))
		return err
	}
	r.keys, r.fetchedAt = keys, r.triedAt
	return nil
}

func (r *RemoteKeys) read(ctx context.Context) (map[string]crypto.PublicKey, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.options.URL, nil)
	if err != nil {
		return nil, err
	}
	response, err := r.options.Client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the status is %s", response.Status)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxKeySetSize+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxKeySetSize {
		return nil, fmt.Errorf("the key set is larger than %d bytes", maxKeySetSize)
	}
	return parseKeySet(body)
}

// parseKeySet returns the keys of a JWKS (RFC 7517) that we can use, by their id. Keys of other kinds, for other uses or without
// an id are left out; a set with none that we can use is an error, so that it never replaces a good one.
func parseKeySet(body []byte) (map[string]crypto.PublicKey, error) {
	var set jwkset.JWKSMarshal
	if err := json.Unmarshal(body, &set); err != nil {
		return nil, fmt.Errorf("the answer is not a JSON Web Key Set: %w", err)
	}
	keys := make(map[string]crypto.PublicKey, len(set.Keys))
	for _, marshalled := range set.Keys {
		if marshalled.KID == "" || (marshalled.USE != "" && marshalled.USE != jwkset.UseSig) {
			continue
		}
		key, err := jwkset.NewJWKFromMarshal(marshalled, jwkset.JWKMarshalOptions{}, jwkset.JWKValidateOptions{})
		if err != nil {
			continue
		}
		switch public := key.Key().(type) {
		case ed25519.PublicKey:
			keys[marshalled.KID] = public
		case *ecdsa.PublicKey:
			keys[marshalled.KID] = public
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("the key set has no Ed25519 or P-256 key for signatures")
	}
	return keys, nil
}
