package token

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"

	"github.com/tributary-gql/tributary/subgraphs/kit/identity"
	"github.com/tributary-gql/tributary/subgraphs/users"
)

const (
	// slack is added to a token's life before its key goes: for clocks that do not agree.
	slack = 5 * time.Minute
	// checkEvery is how often the ring looks for a key that is due, and for those that other replicas made.
	checkEvery = time.Minute
	// maxAge is how old the keys may be that are published, and the least time between two looks for an unknown key.
	maxAge = 5 * time.Second
)

// StoredKey is a signing key in the database.
type StoredKey struct {
	// Generation numbers the keys from 1; two replicas that make the next one at the same time collide here.
	Generation int64
	ID         string
	// Private is what a [Sealer] made of the private key.
	Private   []byte
	SignsFrom time.Time
}

// Store keeps signing keys.
type Store interface {
	// Keys returns all keys in the order of their generation.
	Keys(ctx context.Context) ([]StoredKey, error)
	// AddKey adds a key, unless its generation exists already.
	AddKey(ctx context.Context, key StoredKey) error
	// RemoveKeysBefore removes the keys of earlier generations.
	RemoveKeysBefore(ctx context.Context, generation int64) error
}

// Options is what a ring's tokens say and how long its keys last.
type Options struct {
	Issuer   string
	Audience string
	// TokenLife is how long an access token is valid.
	TokenLife time.Duration
	// Rotation is how long a key signs.
	Rotation time.Duration
	// Lead is how long a key is published before it signs.
	Lead   time.Duration
	Sealer Sealer
	Logger *slog.Logger
	// Now is the clock.
	Now func() time.Time
}

// Ring is the signing keys. It implements users.Tokens, identity.KeySource and http.Handler, and is safe for concurrent use.
type Ring struct {
	store   Store
	options Options

	mutex    sync.RWMutex
	keys     []key // in the order of their generation
	loadedAt time.Time
}

// key is a key in use.
type key struct {
	StoredKey
	private ed25519.PrivateKey
}

// NewRing loads the keys, and makes the first when there is none.
func NewRing(ctx context.Context, store Store, options Options) (*Ring, error) {
	ring := &Ring{store: store, options: options}
	return ring, ring.maintain(ctx)
}

// Run makes new keys when they are due, until ctx ends. It returns nil then.
func (r *Ring) Run(ctx context.Context) error {
	tick := time.NewTicker(checkEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := r.maintain(ctx); err != nil && ctx.Err() == nil {
			r.options.Logger.Error("looking after the signing keys failed; trying again in a minute", "error", err)
		}
	}
}

// maintain brings the ring up to date: it loads the keys, makes the next one when it is due, and removes those that no valid token
// needs.
func (r *Ring) maintain(ctx context.Context) error {
	if err := r.load(ctx); err != nil {
		return err
	}
	now := r.options.Now()
	if next, due := r.next(now); due {
		if err := r.make(ctx, next); err != nil {
			return err
		}
		if err := r.load(ctx); err != nil {
			return err
		}
		r.options.Logger.Info("made a signing key", "generation", next.Generation, "signs_from", next.SignsFrom)
	}
	if needed := r.firstNeeded(now); needed > 0 {
		return r.store.RemoveKeysBefore(ctx, needed)
	}
	return nil
}

// next says which key should be made now.
func (r *Ring) next(now time.Time) (StoredKey, bool) {
	r.mutex.RLock()
	defer r.mutex.RUnlock()
	if len(r.keys) == 0 {
		return StoredKey{Generation: 1, SignsFrom: now}, true
	}
	newest := r.keys[len(r.keys)-1]
	due := newest.SignsFrom.Add(r.options.Rotation)
	if now.Before(due.Add(-r.options.Lead)) {
		return StoredKey{}, false
	}
	if earliest := now.Add(r.options.Lead); due.Before(earliest) {
		due = earliest
	}
	return StoredKey{Generation: newest.Generation + 1, SignsFrom: due}, true
}

func (r *Ring) make(ctx context.Context, next StoredKey) error {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return fmt.Errorf("making a signing key: %w", err)
	}
	next.ID = rand.Text()
	next.Private = r.options.Sealer.seal(next.ID, private.Seed())
	return r.store.AddKey(ctx, next)
}

func (r *Ring) load(ctx context.Context) error {
	stored, err := r.store.Keys(ctx)
	if err != nil {
		return fmt.Errorf("loading the signing keys: %w", err)
	}
	keys := make([]key, len(stored))
	for i, s := range stored {
		seed, err := r.options.Sealer.open(s.ID, s.Private)
		if err != nil {
			return fmt.Errorf("the signing key of generation %d cannot be read: %w", s.Generation, err)
		}
		if len(seed) != ed25519.SeedSize {
			return fmt.Errorf("the signing key of generation %d cannot be read: it has %d bytes", s.Generation, len(seed))
		}
		keys[i] = key{StoredKey: s, private: ed25519.NewKeyFromSeed(seed)}
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.keys, r.loadedAt = keys, r.options.Now()
	return nil
}

// firstNeeded is the generation of the oldest key that still signs, or whose tokens may be valid; 0 when there is none.
func (r *Ring) firstNeeded(now time.Time) int64 {
	r.mutex.RLock()
	defer r.mutex.RUnlock()
	for i, key := range r.keys {
		isNewest := i == len(r.keys)-1
		if isNewest || now.Before(r.keys[i+1].SignsFrom.Add(r.options.TokenLife+slack)) {
			return key.Generation
		}
	}
	return 0
}

// Sign implements users.Tokens.
func (r *Ring) Sign(_ context.Context, user *users.User, sessionID string) (string, time.Time, error) {
	now := r.options.Now()
	signing, ok := r.signing(now)
	if !ok {
		return "", time.Time{}, errors.New("no key signs yet")
	}
	expiresAt := now.Add(r.options.TokenLife).Truncate(time.Second)
	claims := identity.Claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer:    r.options.Issuer,
			Audience:  jwt.ClaimStrings{r.options.Audience},
			Subject:   user.ID,
			IssuedAt:  jwt.NewNumericDate(now),
			ExpiresAt: jwt.NewNumericDate(expiresAt),
			ID:        rand.Text(),
		},
		Name:      user.Name,
		SessionID: sessionID,
	}
	for _, role := range user.Roles {
		claims.Roles = append(claims.Roles, string(role))
	}
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims)
	token.Header["kid"] = signing.ID
	signed, err := token.SignedString(signing.private)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("signing an access token: %w", err)
	}
	return signed, expiresAt, nil
}

// signing is the newest key whose time to sign has come.
func (r *Ring) signing(now time.Time) (key, bool) {
	r.mutex.RLock()
	defer r.mutex.RUnlock()
	for i := len(r.keys) - 1; i >= 0; i-- {
		if !now.Before(r.keys[i].SignsFrom) {
			return r.keys[i], true
		}
	}
	return key{}, false
}

// Key implements identity.KeySource for this service's own requests, without a request to itself.
func (r *Ring) Key(ctx context.Context, keyID string) (crypto.PublicKey, error) {
	if public := r.find(keyID); public != nil {
		return public, nil
	}
	if err := r.refresh(ctx); err != nil { // another replica may have made it
		return nil, err
	}
	if public := r.find(keyID); public != nil {
		return public, nil
	}
	return nil, identity.ErrUnknownKey
}

func (r *Ring) find(keyID string) crypto.PublicKey {
	r.mutex.RLock()
	defer r.mutex.RUnlock()
	for _, key := range r.keys {
		if key.ID == keyID {
			return key.private.Public()
		}
	}
	return nil
}

// refresh loads the keys again, unless they were loaded a moment ago.
func (r *Ring) refresh(ctx context.Context) error {
	r.mutex.RLock()
	age := r.options.Now().Sub(r.loadedAt)
	r.mutex.RUnlock()
	if age < maxAge {
		return nil
	}
	return r.load(ctx)
}

// ServeHTTP answers with the JSON Web Key Set (RFC 7517) of the public keys.
func (r *Ring) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	if err := r.refresh(request.Context()); err != nil {
		// What was loaded before is better than no answer: verifiers would keep it, too.
		r.options.Logger.WarnContext(request.Context(), "publishing keys that may be old", "error", err)
	}
	body, err := r.publish()
	if err != nil {
		r.options.Logger.ErrorContext(request.Context(), "publishing the keys failed", "error", err)
		http.Error(w, "the keys cannot be published right now", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/jwk-set+json")
	w.Header().Set("Cache-Control", "public, max-age=60")
	_, _ = w.Write(body) // a verifier that went away asks again
}

func (r *Ring) publish() ([]byte, error) {
	r.mutex.RLock()
	defer r.mutex.RUnlock()
	set := jwkset.JWKSMarshal{Keys: make([]jwkset.JWKMarshal, 0, len(r.keys))}
	for _, key := range r.keys {
		published, err := jwkset.NewJWKFromKey(key.private.Public(), jwkset.JWKOptions{
			Metadata: jwkset.JWKMetadataOptions{ALG: jwkset.AlgEdDSA, KID: key.ID, USE: jwkset.UseSig},
		})
		if err != nil {
			return nil, err
		}
		set.Keys = append(set.Keys, published.Marshal())
	}
	return json.Marshal(set)
}
