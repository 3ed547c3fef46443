package auth_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tributary-gql/tributary/router/internal/auth"
)

// known tells whether a token is accepted without being verified again.
func known(t *testing.T, v *auth.Verifier, token string) bool {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/graphql", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	_, identity, err := v.Look(r)
	if err != nil {
		t.Fatal(err)
	}
	return identity != nil
}

// TestTheCacheIsBounded: however many valid tokens come, no more are kept than there is room for, and all are accepted.
func TestTheCacheIsBounded(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	key, public := edKey(t, "k")
	i.set(false, public)
	if _, most := verifier(t, options(i)).Cached(); most != 10_000 {
		t.Errorf("%d tokens are kept by default", most)
	}
	const room, tokens = 50, 600
	o := options(i)
	o.CachedTokens = room
	v := verifier(t, o)
	var callers sync.WaitGroup
	for worker := range 4 {
		callers.Go(func() {
			for n := worker; n < tokens; n += 4 {
				subject := fmt.Sprint("user", n)
				identity, err := authenticate(t, v, sign(t, jwt.SigningMethodEdDSA, "k", key, claims(subject)))
				if err != nil || identity.Subject != subject {
					t.Errorf("%s: %+v, %v", subject, identity, err)
				}
			}
		})
	}
	callers.Wait()
	if now, most := v.Cached(); now > room || now == 0 || most != room {
		t.Errorf("%d of at most %d tokens are kept, want %d", now, most, room)
	}
	// Who is kept is still known by what he sent, and nobody else.
	again := sign(t, jwt.SigningMethodEdDSA, "k", key, claims("again"))
	for range 2 {
		if identity, err := authenticate(t, v, again); err != nil || identity.Subject != "again" {
			t.Errorf("again: %+v, %v", identity, err)
		}
	}
}

// TestRefusedTokensAreNotKept: a flood of them takes no room from those that are valid.
func TestRefusedTokensAreNotKept(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	key, public := edKey(t, "k")
	i.set(false, public)
	v := verifier(t, options(i))
	if _, err := authenticate(t, v, sign(t, jwt.SigningMethodEdDSA, "k", key, claims("ada"))); err != nil {
		t.Fatal(err)
	}
	for n := range 20 {
		elsewhere := claims(fmt.Sprint("user", n))
		elsewhere["aud"] = "elsewhere"
		_, err := authenticate(t, v, sign(t, jwt.SigningMethodEdDSA, "k", key, elsewhere))
		wantError(t, err, auth.CodeTokenInvalid, http.StatusUnauthorized)
	}
	if now, _ := v.Cached(); now != 1 {
		t.Errorf("%d tokens are kept", now)
	}
}

// TestCachedTokensExpire: a token that was verified is known until it expires, the clock skew included, and then gone.
func TestCachedTokensExpire(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	key, public := edKey(t, "k")
	i.set(false, public)
	begin := time.Now().Truncate(time.Second)
	var now atomic.Int64
	now.Store(begin.UnixNano())
	o := options(i)
	o.Now = func() time.Time { return time.Unix(0, now.Load()) }
	o.ClockSkew = 30 * time.Second
	v := verifier(t, o)
	short := claims("ada")
	short["exp"] = begin.Add(time.Minute).Unix()
	token := sign(t, jwt.SigningMethodEdDSA, "k", key, short)
	if _, err := authenticate(t, v, token); err != nil {
		t.Fatal(err)
	}
	now.Store(begin.Add(time.Minute + 30*time.Second - time.Nanosecond).UnixNano())
	if !known(t, v, token) {
		t.Error("it is not known just before its end")
	}
	now.Store(begin.Add(time.Minute + 30*time.Second).UnixNano())
	if known(t, v, token) {
		t.Error("it is known at its end")
	}
	if kept, _ := v.Cached(); kept != 0 {
		t.Error("it is still there")
	}
	_, err := authenticate(t, v, token)
	wantError(t, err, auth.CodeTokenInvalid, http.StatusUnauthorized)
}

// TestCachedTokensOfWithdrawnKeys: a key that its set no longer holds takes its tokens along, also those that were verified;
// until the set is fetched they are good, and while it cannot be fetched they stay good.
func TestCachedTokensOfWithdrawnKeys(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	oldKey, oldPublic := edKey(t, "old")
	newKey, newPublic := edKey(t, "new")
	i.set(false, oldPublic, newPublic)
	v := verifier(t, options(i))
	before, after := sign(t, jwt.SigningMethodEdDSA, "old", oldKey, claims("ada")), sign(t, jwt.SigningMethodEdDSA, "new", newKey, claims("ada"))
	for _, token := range []string{before, after} {
		if _, err := authenticate(t, v, token); err != nil {
			t.Fatal(err)
		}
	}
	v.Refresh()
	if !known(t, v, before) || !known(t, v, after) {
		t.Error("a set that is the same as before made tokens be forgotten")
	}
	i.set(true)
	v.Refresh()
	if !known(t, v, before) {
		t.Error("a set that is down made tokens be forgotten")
	}
	i.set(false, newPublic)
	if !known(t, v, before) {
		t.Error("the withdrawal was known before the set was fetched")
	}
	v.Refresh()
	if known(t, v, before) {
		t.Error("a token of a withdrawn key is accepted unseen")
	}
	_, err := authenticate(t, v, before)
	wantError(t, err, auth.CodeTokenInvalid, http.StatusUnauthorized)
	if identity, err := authenticate(t, v, after); err != nil || identity.Subject != "ada" {
		t.Errorf("a token of the key that stayed: %+v, %v", identity, err)
	}
	if !known(t, v, after) {
		t.Error("it is not known again")
	}
	// The same name for another key is another key.
	_, impostor := edKey(t, "new")
	i.set(false, impostor)
	v.Refresh()
	_, err = authenticate(t, v, after)
	wantError(t, err, auth.CodeTokenInvalid, http.StatusUnauthorized)
}
