package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tributary-gql/tributary/subgraphs/kit/database"
	"github.com/tributary-gql/tributary/subgraphs/kit/database/dbtest"
	"github.com/tributary-gql/tributary/subgraphs/kit/demo"
	"github.com/tributary-gql/tributary/subgraphs/kit/events"
	"github.com/tributary-gql/tributary/subgraphs/users"
	"github.com/tributary-gql/tributary/subgraphs/users/store"
	"github.com/tributary-gql/tributary/subgraphs/users/token"
)

func TestMain(m *testing.M) { dbtest.Main(m, func() error { return goleak.Find() }) }

// start is when the tests' clocks stand.
func start() time.Time { return time.Date(2026, 1, 5, 8, 0, 0, 123456000, time.UTC) }

// eachStore runs test on an empty store in either database.
func eachStore(t *testing.T, test func(t *testing.T, db *database.DB, s *store.Store)) {
	t.Helper()
	dbtest.Run(t, store.Migrations, func(t *testing.T, db *database.DB) {
		test(t, db, store.New(db, events.NewOutbox(db)))
	})
}

func user(number int) *users.User {
	return &users.User{
		ID: fmt.Sprintf("u-%d", number), Name: fmt.Sprint("User ", number), Email: fmt.Sprintf("user%d@example.com", number),
		Roles: []users.Role{users.RoleUser}, CreatedAt: start().Add(time.Duration(number) * time.Minute),
	}
}

func create(t *testing.T, s *store.Store, numbers ...int) {
	t.Helper()
	for _, number := range numbers {
		if err := s.Create(t.Context(), user(number), "hash"); err != nil {
			t.Fatal(err)
		}
	}
}

// appended returns the events in the outbox as "type id name #sequence".
func appended(t *testing.T, db *database.DB) []string {
	t.Helper()
	var envelopes []string
	if err := db.SelectContext(t.Context(), &envelopes, "SELECT envelope FROM kit_outbox ORDER BY position"); err != nil {
		t.Fatal(err)
	}
	texts := make([]string, len(envelopes))
	for i, text := range envelopes {
		var envelope events.Envelope
		if err := json.Unmarshal([]byte(text), &envelope); err != nil {
			t.Fatal(err)
		}
		var data struct{ ID, Name, CreatedAt string }
		if err := json.Unmarshal(envelope.Data, &data); err != nil {
			t.Fatal(err)
		}
		if _, err := time.Parse(time.RFC3339, data.CreatedAt); err != nil || data.ID != envelope.Aggregate.ID {
			t.Errorf("the event's data is %s", envelope.Data)
		}
		texts[i] = fmt.Sprintf("%s %s %s #%d", envelope.Type, data.ID, data.Name, envelope.Sequence)
	}
	return texts
}

func TestCreateAndRead(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, db *database.DB, s *store.Store) {
		created := user(1)
		created.Roles = append(created.Roles, users.RoleAdmin)
		created.CreatedAt = created.CreatedAt.Add(999 * time.Nanosecond)
		if err := s.Create(t.Context(), created, "hash"); err != nil {
			t.Fatal(err)
		}
		found, err := s.UsersByID(t.Context(), []string{"u-1", "u-2"})
		if err != nil || len(found) != 1 {
			t.Fatalf("found %v, %v", found, err)
		}
		got := found["u-1"]
		if got.Name != created.Name || got.Email != created.Email || !got.CreatedAt.Equal(created.CreatedAt) || !slices.Equal(got.Roles, created.Roles) {
			t.Errorf("read %+v, created %+v", got, created)
		}
		byEmail, hash, err := s.Credentials(t.Context(), created.Email)
		if err != nil || byEmail.ID != "u-1" || hash != "hash" {
			t.Errorf("the credentials are %+v, %q, %v", byEmail, hash, err)
		}
		if nobody, hash, err := s.Credentials(t.Context(), "nobody@example.com"); nobody != nil || hash != "" || err != nil {
			t.Errorf("nobody's credentials are %+v, %q, %v", nobody, hash, err)
		}
		other := user(2)
		other.Email = created.Email
		if err := s.Create(t.Context(), other, "hash"); !errors.Is(err, users.ErrEmailTaken) {
			t.Errorf("the second account with an address gives %v", err)
		}
		if got, want := appended(t, db), []string{"user.created u-1 User 1 #1"}; !slices.Equal(got, want) {
			t.Errorf("the events are %v, want %v", got, want)
		}
	})
}

func TestListPages(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, _ *database.DB, s *store.Store) {
		create(t, s, 3, 1, 5, 2)
		twin := user(4)
		twin.CreatedAt = user(3).CreatedAt // two at the same moment: the id decides
		if err := s.Create(t.Context(), twin, "hash"); err != nil {
			t.Fatal(err)
		}
		var ids []string
		var after *users.Position
		for range 4 {
			page, err := s.List(t.Context(), 2, after)
			if err != nil {
				t.Fatal(err)
			}
			for _, user := range page {
				ids = append(ids, user.ID)
				after = &users.Position{CreatedAt: user.CreatedAt, ID: user.ID}
			}
		}
		if want := []string{"u-1", "u-2", "u-3", "u-4", "u-5"}; !slices.Equal(ids, want) {
			t.Errorf("the pages hold %v, want %v", ids, want)
		}
	})
}

func TestRename(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, db *database.DB, s *store.Store) {
		create(t, s, 1)
		renamed, err := s.Rename(t.Context(), "u-1", "Countess")
		if err != nil || renamed.Name != "Countess" || renamed.Email != "user1@example.com" {
			t.Errorf("renamed %+v, %v", renamed, err)
		}
		if _, err := s.Rename(t.Context(), "u-2", "Nobody"); !errors.Is(err, users.ErrUserNotFound) {
			t.Errorf("renaming nobody gives %v", err)
		}
		want := []string{"user.created u-1 User 1 #1", "user.updated u-1 Countess #2"}
		if got := appended(t, db); !slices.Equal(got, want) {
			t.Errorf("the events are %v, want %v", got, want)
		}
	})
}

func refreshToken(hash string, issued time.Time) users.RefreshToken {
	return users.RefreshToken{Hash: hash, IssuedAt: issued, ExpiresAt: issued.Add(time.Hour)}
}

func startSession(t *testing.T, s *store.Store, id string) {
	t.Helper()
	session := &users.Session{ID: id, UserID: "u-1", CreatedAt: start(), ExpiresAt: start().Add(10 * time.Hour)}
	if err := s.StartSession(t.Context(), session, refreshToken(id+"-0", start())); err != nil {
		t.Fatal(err)
	}
}

func TestExchangeToken(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, _ *database.DB, s *store.Store) {
		create(t, s, 1)
		startSession(t, s, "s")
		exchange := func(old, next string, at time.Time, want error) {
			t.Helper()
			session, err := s.ExchangeToken(t.Context(), old, refreshToken(next, at))
			if !errors.Is(err, want) {
				t.Errorf("exchanging %s gives %v, want %v", old, err, want)
			}
			if (session != nil) != (want == nil) || (session != nil && (session.ID[:1] != "s" || session.UserID != "u-1")) {
				t.Errorf("exchanging %s gives the session %+v", old, session)
			}
		}
		exchange("unknown", "x", start(), users.ErrInvalidRefreshToken)
		exchange("s-0", "s-1", start().Add(30*time.Minute), nil)
		exchange("s-1", "s-2", start().Add(60*time.Minute), nil)
		exchange("s-0", "stolen", start().Add(61*time.Minute), users.ErrRefreshTokenReused)
		exchange("s-2", "s-3", start().Add(62*time.Minute), users.ErrInvalidRefreshToken) // its session has ended
		exchange("stolen", "more", start().Add(62*time.Minute), users.ErrInvalidRefreshToken)

		startSession(t, s, "s-late")
		exchange("s-late-0", "x-1", start().Add(time.Hour), users.ErrInvalidRefreshToken) // the token has expired
		startSession(t, s, "s-old")
		at := start()
		for i := range 19 { // each exchange in time, until the session itself is over
			at = at.Add(30 * time.Minute)
			exchange(fmt.Sprint("s-old-", i), fmt.Sprint("s-old-", i+1), at, nil)
		}
		exchange("s-old-19", "s-old-20", at.Add(30*time.Minute), users.ErrInvalidRefreshToken)
	})
}

// TestOneOfManyExchangesWins: a token that is sent many times at once gives one new token, and then nobody has a session.
func TestOneOfManyExchangesWins(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, _ *database.DB, s *store.Store) {
		create(t, s, 1)
		startSession(t, s, "s")
		var (
			group  sync.WaitGroup
			mutex  sync.Mutex
			won    []string
			reused int
		)
		for i := range 10 {
			group.Go(func() {
				next := fmt.Sprint("next-", i)
				_, err := s.ExchangeToken(t.Context(), "s-0", refreshToken(next, start()))
				mutex.Lock()
				defer mutex.Unlock()
				switch {
				case err == nil:
					won = append(won, next)
				case errors.Is(err, users.ErrRefreshTokenReused):
					reused++
				default:
					t.Errorf("an exchange gives %v", err)
				}
			})
		}
		group.Wait()
		if len(won) != 1 || reused != 9 {
			t.Fatalf("%d exchanges won and %d were found to be reuse, want 1 and 9", len(won), reused)
		}
		if _, err := s.ExchangeToken(t.Context(), won[0], refreshToken("later", start())); !errors.Is(err, users.ErrInvalidRefreshToken) {
			t.Errorf("the winner's token gives %v after the reuse", err)
		}
	})
}

func TestEndSessions(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, _ *database.DB, s *store.Store) {
		create(t, s, 1, 2)
		for _, id := range []string{"a", "b", "c"} {
			startSession(t, s, id)
		}
		now := start().Add(time.Minute)
		steps := []struct {
			name string
			end  func() (bool, error)
			want bool
		}{
			{"another user's", func() (bool, error) { return s.EndSession(t.Context(), "u-2", "a", now) }, false},
			{"one", func() (bool, error) { return s.EndSession(t.Context(), "u-1", "a", now) }, true},
			{"the same again", func() (bool, error) { return s.EndSession(t.Context(), "u-1", "a", now) }, false},
			{"all of nobody", func() (bool, error) { return s.EndSessions(t.Context(), "u-2", now) }, false},
			{"the rest", func() (bool, error) { return s.EndSessions(t.Context(), "u-1", now) }, true},
			{"all again", func() (bool, error) { return s.EndSessions(t.Context(), "u-1", now) }, false},
		}
		for _, step := range steps {
			if got, err := step.end(); got != step.want || err != nil {
				t.Errorf("ending %s: %v, %v; want %v", step.name, got, err, step.want)
			}
		}
		for _, id := range []string{"a", "b", "c"} {
			if _, err := s.ExchangeToken(t.Context(), id+"-0", refreshToken(id+"-1", now)); !errors.Is(err, users.ErrInvalidRefreshToken) {
				t.Errorf("session %s lives on: %v", id, err)
			}
		}
	})
}

func TestAttemptsAreThrottled(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, _ *database.DB, s *store.Store) {
		throttle := users.Throttle{Burst: 3, Interval: 10 * time.Second}
		take := func(email string, after, want time.Duration) {
			t.Helper()
			wait, err := s.TakeAttempt(t.Context(), email, start().Add(after), throttle)
			if err != nil || wait != want {
				t.Errorf("an attempt after %v must wait %v, %v; want %v", after, wait, err, want)
			}
		}
		take("a@x", 0, 0)
		take("a@x", 0, 0)
		take("a@x", time.Second, 0)
		take("a@x", time.Second, 9*time.Second)
		take("a@x", 4*time.Second, 6*time.Second) // a refused attempt does not count
		take("b@x", 4*time.Second, 0)             // another account's do not, either
		take("a@x", 10*time.Second, 0)
		take("a@x", 10*time.Second, 10*time.Second)
		take("a@x", time.Hour, 0)
		take("a@x", time.Hour, 0)
		if err := s.ClearAttempts(t.Context(), "a@x"); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			take("a@x", time.Hour, 0)
		}
	})
}

func TestGuessesSentSideBySideAllCount(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, _ *database.DB, s *store.Store) {
		throttle := users.Throttle{Burst: 5, Interval: time.Minute}
		var (
			group   sync.WaitGroup
			mutex   sync.Mutex
			allowed int
		)
		for range 20 {
			group.Go(func() {
				wait, err := s.TakeAttempt(t.Context(), "a@x", start(), throttle)
				if err != nil {
					t.Error(err)
				}
				mutex.Lock()
				defer mutex.Unlock()
				if wait == 0 {
					allowed++
				}
			})
		}
		group.Wait()
		if allowed != 5 {
			t.Errorf("%d of 20 guesses were allowed, want 5", allowed)
		}
	})
}

func TestSetPasswordHashDoesNotUndoAnotherChange(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, _ *database.DB, s *store.Store) {
		create(t, s, 1)
		for _, step := range []struct{ old, replacement, want string }{
			{"hash", "newer", "newer"},
			{"hash", "late", "newer"},
		} {
			if err := s.SetPasswordHash(t.Context(), "u-1", step.old, step.replacement); err != nil {
				t.Fatal(err)
			}
			if _, hash, err := s.Credentials(t.Context(), "user1@example.com"); err != nil || hash != step.want {
				t.Errorf("the hash is %q, %v; want %q", hash, err, step.want)
			}
		}
	})
}

func TestExpireRemovesWhatNobodyCanUse(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, db *database.DB, s *store.Store) {
		create(t, s, 1)
		startSession(t, s, "old") // for ten hours
		if _, err := s.TakeAttempt(t.Context(), "a@x", start(), users.Throttle{Burst: 1, Interval: time.Minute}); err != nil {
			t.Fatal(err)
		}
		rows := func() (count int) {
			t.Helper()
			err := db.GetContext(t.Context(), &count, `SELECT (SELECT count(*) FROM sessions) + (SELECT count(*) FROM refresh_tokens) + (SELECT count(*) FROM log_in_attempts)`)
			if err != nil {
				t.Fatal(err)
			}
			return count
		}
		for _, step := range []struct {
			after time.Duration
			want  int
		}{{0, 3}, {10*time.Hour + 30*time.Minute, 2}, {12 * time.Hour, 0}} {
			if err := s.Expire(t.Context(), start().Add(step.after), time.Hour); err != nil {
				t.Fatal(err)
			}
			if got := rows(); got != step.want {
				t.Errorf("after %v there are %d rows, want %d", step.after, got, step.want)
			}
		}
	})
}

func TestSigningKeys(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, _ *database.DB, s *store.Store) {
		key := func(generation int64, id string) token.StoredKey {
			return token.StoredKey{Generation: generation, ID: id, Private: []byte{0, 1, 0xff}, SignsFrom: start()}
		}
		for _, key := range []token.StoredKey{key(2, "b"), key(1, "a"), key(2, "a replica's")} {
			if err := s.AddKey(t.Context(), key); err != nil {
				t.Fatal(err)
			}
		}
		keys, err := s.Keys(t.Context())
		if err != nil || len(keys) != 2 || keys[0].ID != "a" || keys[1].ID != "b" {
			t.Fatalf("the keys are %+v, %v", keys, err)
		}
		if want := key(1, "a"); string(keys[0].Private) != string(want.Private) || !keys[0].SignsFrom.Equal(want.SignsFrom) {
			t.Errorf("the first key is %+v, want %+v", keys[0], want)
		}
		if err := s.RemoveKeysBefore(t.Context(), 2); err != nil {
			t.Fatal(err)
		}
		if keys, err := s.Keys(t.Context()); err != nil || len(keys) != 1 || keys[0].ID != "b" {
			t.Errorf("the keys left are %+v, %v", keys, err)
		}
	})
}

func TestSeedIsDoneOnceAndAlike(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, db *database.DB, s *store.Store) {
		var (
			group  sync.WaitGroup
			mutex  sync.Mutex
			seeded int
		)
		for range 4 {
			group.Go(func() {
				did, err := s.Seed(t.Context(), "the hash")
				if err != nil {
					t.Error(err)
				}
				mutex.Lock()
				defer mutex.Unlock()
				if did {
					seeded++
				}
			})
		}
		group.Wait()
		if seeded != 1 {
			t.Errorf("%d replicas seeded", seeded)
		}
		list, err := s.List(t.Context(), demo.UserCount+1, nil)
		if err != nil || len(list) != demo.UserCount {
			t.Fatalf("%d users, %v; want %d", len(list), err, demo.UserCount)
		}
		for i, user := range list {
			if user.ID != demo.UserID(i+1) || user.Name != demo.UserName(i+1) || user.Email != demo.UserEmail(i+1) {
				t.Errorf("user %d is %+v", i+1, user)
			}
		}
		if got := len(appended(t, db)); got != demo.UserCount {
			t.Errorf("%d events, want %d", got, demo.UserCount)
		}
		canLogIn := 0
		for _, user := range list {
			if _, hash, err := s.Credentials(t.Context(), user.Email); err != nil {
				t.Fatal(err)
			} else if hash != "" {
				canLogIn++
			}
		}
		if want := len(demo.Accounts()); canLogIn != want {
			t.Errorf("%d users can log in, want %d", canLogIn, want)
		}
	})
}

func TestACancelledCallChangesNothing(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, _ *database.DB, s *store.Store) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.Create(ctx, user(1), "hash"); !errors.Is(err, context.Canceled) {
			t.Errorf("the error is %v", err)
		}
		if found, err := s.UsersByID(t.Context(), []string{"u-1"}); err != nil || len(found) != 0 {
			t.Errorf("found %v, %v", found, err)
		}
	})
}
