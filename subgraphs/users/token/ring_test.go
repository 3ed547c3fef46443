package token_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/subgraphs/kit/identity"
	"github.com/tributary-gql/tributary/subgraphs/users"
	"github.com/tributary-gql/tributary/subgraphs/users/token"
)

const (
	issuer    = "http://users.test"
	audience  = "test"
	tokenLife = 15 * time.Minute
	lead      = 15 * time.Minute
	rotation  = 24 * time.Hour
)

// memory is a token.Store.
type memory struct {
	mutex sync.Mutex
	keys  []token.StoredKey
	err   error
	reads int
}

func (m *memory) Keys(context.Context) ([]token.StoredKey, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.reads++
	return slices.Clone(m.keys), m.err
}

func (m *memory) AddKey(_ context.Context, key token.StoredKey) error {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	for _, existing := range m.keys {
		if existing.Generation == key.Generation {
			return nil
		}
	}
	m.keys = append(m.keys, key)
	return m.err
}

func (m *memory) RemoveKeysBefore(_ context.Context, generation int64) error {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.keys = slices.DeleteFunc(m.keys, func(key token.StoredKey) bool { return key.Generation < generation })
	return m.err
}

// clock is moved by the test.
type clock struct {
	mutex sync.Mutex
	now   time.Time
}

func (c *clock) Now() time.Time {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.now
}

func (c *clock) pass(length time.Duration) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.now = c.now.Add(length)
}

func newClock() *clock { return &clock{now: time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)} }

func newRing(t *testing.T, store token.Store, clock *clock, secret string) *token.Ring {
	t.Helper()
	ring, err := openRing(t, store, clock, secret)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// openRing also stands for what Ring.Run does each minute: it brings the keys up to date.
func openRing(t *testing.T, store token.Store, clock *clock, secret string) (*token.Ring, error) {
	t.Helper()
	sealer, err := token.NewSealer(secret)
	if err != nil {
		t.Fatal(err)
	}
	return token.NewRing(t.Context(), store, token.Options{
		Issuer: issuer, Audience: audience, TokenLife: tokenLife, Rotation: rotation, Lead: lead,
		Sealer: sealer, Logger: slog.New(slog.DiscardHandler), Now: clock.Now,
	})
}

func ada() *users.User {
	return &users.User{ID: "u-0001", Name: "Ada Lovelace", Roles: []users.Role{users.RoleUser, users.RoleAdmin}}
}

func sign(t *testing.T, ring *token.Ring) string {
	t.Helper()
	signed, _, err := ring.Sign(t.Context(), ada(), "s-1")
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func verify(t *testing.T, keys identity.KeySource, clock *clock, signed string) error {
	t.Helper()
	_, err := identity.NewVerifier(keys, identity.Expectations{Issuer: issuer, Audience: audience, Now: clock.Now}).Verify(t.Context(), signed)
	return err
}

// published returns the ids of the keys that a ring publishes.
func published(t *testing.T, ring *token.Ring) []string {
	t.Helper()
	recorder := httptest.NewRecorder()
	ring.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	var set struct {
		Keys []map[string]string `json:"keys"`
	}
	if err := json.Unmarshal(recorder.Body.Bytes(), &set); err != nil {
		t.Fatalf("%v: %s", err, recorder.Body)
	}
	var ids []string
	for _, key := range set.Keys {
		if key["d"] != "" || key["use"] != "sig" || key["alg"] != "EdDSA" {
			t.Errorf("a published key is %v", key)
		}
		ids = append(ids, key["kid"])
	}
	return ids
}

func TestSign(t *testing.T) {
	t.Parallel()
	clock := newClock()
	ring := newRing(t, &memory{}, clock, "")
	signed, expiresAt, err := ring.Sign(t.Context(), ada(), "s-1")
	if err != nil {
		t.Fatal(err)
	}
	if want := clock.Now().Add(tokenLife); !expiresAt.Equal(want) {
		t.Errorf("the token expires at %v, want %v", expiresAt, want)
	}
	who, err := identity.NewVerifier(ring, identity.Expectations{Issuer: issuer, Audience: audience, Now: clock.Now}).Verify(t.Context(), signed)
	if err != nil {
		t.Fatal(err)
	}
	if who.Subject != "u-0001" || who.Name != "Ada Lovelace" || who.SessionID != "s-1" || !who.IsAdmin() || !who.ExpiresAt.Equal(expiresAt) {
		t.Errorf("the identity is %+v", who)
	}
	clock.pass(tokenLife + time.Minute)
	if err := verify(t, ring, clock, signed); err == nil {
		t.Error("an expired token is accepted")
	}
}

// TestRotation follows the keys through two rotations: at every moment a published key signs, and every valid token's key is
// published.
func TestRotation(t *testing.T) {
	t.Parallel()
	clock, store := newClock(), &memory{}
	ring := newRing(t, store, clock, "")
	first := published(t, ring)
	if len(first) != 1 {
		t.Fatalf("at first %d keys are published", len(first))
	}
	type issued struct {
		token   string
		expires time.Time
	}
	var tokens []issued
	generations := map[string]bool{}
	const stepLength = 5 * time.Minute
	for range int(2*rotation/stepLength) + 10 {
		clock.pass(stepLength)
		ring = newRing(t, store, clock, "")
		ids := published(t, ring)
		if len(ids) == 0 || len(ids) > 2 {
			t.Fatalf("at %v %d keys are published", clock.Now(), len(ids))
		}
		for _, id := range ids {
			generations[id] = true
		}
		tokens = append(tokens, issued{sign(t, ring), clock.Now().Add(tokenLife)})
		for _, issued := range tokens[max(0, len(tokens)-5):] {
			if clock.Now().Before(issued.expires) {
				if err := verify(t, ring, clock, issued.token); err != nil {
					t.Fatalf("at %v a valid token is refused: %v", clock.Now(), err)
				}
			}
		}
	}
	if len(generations) != 3 {
		t.Errorf("%d keys were published in two rotations, want 3", len(generations))
	}
	if ids := published(t, ring); slices.Contains(ids, first[0]) {
		t.Error("the first key is still published after two rotations")
	}
}

func TestANewKeyIsPublishedBeforeItSigns(t *testing.T) {
	t.Parallel()
	clock, store := newClock(), &memory{}
	old := published(t, newRing(t, store, clock, ""))[0]
	clock.pass(rotation - lead)
	ring := newRing(t, store, clock, "")
	if ids := published(t, ring); len(ids) != 2 || ids[0] != old {
		t.Fatalf("the lead time begins with the keys %v published", ids)
	}
	withOldKeysOnly := newRing(t, &memory{keys: store.keys[:1]}, clock, "")
	if err := verify(t, withOldKeysOnly, clock, sign(t, ring)); err != nil {
		t.Errorf("within the lead time a token is signed by the new key: %v", err)
	}
	clock.pass(lead)
	if err := verify(t, withOldKeysOnly, clock, sign(t, ring)); !errors.Is(err, identity.ErrUnknownKey) {
		t.Errorf("after the lead time a token is not signed by the new key: %v", err)
	}
}

// TestALongSleepDoesNotSkipTheLead: a service that was down for weeks signs with its old key until the new one was published long
// enough.
func TestALongSleepDoesNotSkipTheLead(t *testing.T) {
	t.Parallel()
	clock, store := newClock(), &memory{}
	newRing(t, store, clock, "")
	clock.pass(30 * rotation)
	newRing(t, store, clock, "")
	if len(store.keys) != 2 || !store.keys[1].SignsFrom.Equal(clock.Now().Add(lead)) {
		t.Errorf("after the sleep the keys are %+v", store.keys)
	}
}

func TestReplicasShareTheirKeys(t *testing.T) {
	t.Parallel()
	clock, store := newClock(), &memory{}
	newRing(t, store, clock, "")
	two := newRing(t, store, clock, "")
	if len(store.keys) != 1 {
		t.Fatalf("two replicas made %d first keys", len(store.keys))
	}
	clock.pass(rotation)
	one := newRing(t, store, clock, "")
	clock.pass(lead)
	if err := verify(t, two, clock, sign(t, one)); err != nil {
		t.Errorf("a replica refuses the new key of another: %v", err)
	}
}

func TestUnknownKeysDoNotFloodTheDatabase(t *testing.T) {
	t.Parallel()
	clock, store := newClock(), &memory{}
	ring := newRing(t, store, clock, "")
	stranger := newRing(t, &memory{}, clock, "")
	clock.pass(time.Minute)
	before := store.reads
	for range 100 {
		if err := verify(t, ring, clock, sign(t, stranger)); !errors.Is(err, identity.ErrUnknownKey) {
			t.Fatal(err)
		}
	}
	if reads := store.reads - before; reads != 1 {
		t.Errorf("100 unknown keys caused %d reads, want 1", reads)
	}
}

func TestKeysArePublishedWhileTheDatabaseIsDown(t *testing.T) {
	t.Parallel()
	clock, store := newClock(), &memory{}
	ring := newRing(t, store, clock, "")
	before := published(t, ring)
	store.err = errors.New("down")
	clock.pass(time.Hour)
	if after := published(t, ring); !slices.Equal(before, after) {
		t.Errorf("published %v before and %v during the outage", before, after)
	}
}

func TestSealedKeys(t *testing.T) {
	t.Parallel()
	secret, other := strings.Repeat("s", token.MinSecret), strings.Repeat("o", token.MinSecret)
	clock, store := newClock(), &memory{}
	signed := sign(t, newRing(t, store, clock, secret))
	if err := verify(t, newRing(t, store, clock, secret), clock, signed); err != nil {
		t.Errorf("with the secret: %v", err)
	}
	for name, secret := range map[string]string{"another secret": other, "no secret": ""} {
		if _, err := openRing(t, store, clock, secret); err == nil || !strings.Contains(err.Error(), "--key-secret") {
			t.Errorf("with %s the error is %v", name, err)
		}
	}
	plain := &memory{}
	newRing(t, plain, clock, "")
	if len(plain.keys[0].Private) >= len(store.keys[0].Private) {
		t.Error("a sealed key is no longer than a plain one")
	}
	if _, err := openRing(t, plain, clock, secret); err != nil {
		t.Errorf("a key from before there was a secret cannot be read: %v", err)
	}
	if _, err := token.NewSealer("short"); err == nil {
		t.Error("a short secret is accepted")
	}
	swapped := &memory{keys: slices.Clone(store.keys)}
	swapped.keys[0].ID = "another"
	if _, err := openRing(t, swapped, clock, secret); err == nil {
		t.Error("a sealed key can be moved to another id")
	}
}
