package auth_test

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

// TestTheCacheIsBounded: however many valid tokens come, no more are kept than there is room for, and all are accepted.
func TestTheCacheIsBounded(t *testing.T) {
	t.Parallel()
	k := newKey(t, "k")
	i := newIssuer(t, k.public)
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
				wantSubject(t, v, k.sign(t, claims(subject)), subject)
			}
		})
	}
	callers.Wait()
	if now, most := v.Cached(); now > room || now == 0 || most != room {
		t.Errorf("%d of at most %d tokens are kept, want %d", now, most, room)
	}
	// Who is kept is still known by what he sent, and nobody else.
	again := k.sign(t, claims("again"))
	for range 2 {
		wantSubject(t, v, again, "again")
	}
}

// TestRefusedTokensAreNotKept: a flood of them takes no room from those that are valid.
func TestRefusedTokensAreNotKept(t *testing.T) {
	t.Parallel()
	k := newKey(t, "k")
	i := newIssuer(t, k.public)
	v := verifier(t, options(i))
	wantSubject(t, v, k.sign(t, claims("ada")), "ada")
	for n := range 20 {
		elsewhere := claims(fmt.Sprint("user", n))
		elsewhere["aud"] = "elsewhere"
		wantInvalid(t, v, k.sign(t, elsewhere))
	}
	if now, _ := v.Cached(); now != 1 {
		t.Errorf("%d tokens are kept", now)
	}
}

// TestCachedTokensExpire: a token that was verified is known until it expires, the clock skew included, and then gone.
func TestCachedTokensExpire(t *testing.T) {
	t.Parallel()
	k := newKey(t, "k")
	i := newIssuer(t, k.public)
	begin := time.Now().Truncate(time.Second)
	o := options(i)
	now := newClock(&o, begin)
	o.ClockSkew = 30 * time.Second
	v := verifier(t, o)
	short := claims("ada")
	short["exp"] = begin.Add(time.Minute).Unix()
	token := k.sign(t, short)
	wantSubject(t, v, token, "ada")
	now.set(begin.Add(time.Minute + 30*time.Second - time.Nanosecond))
	if !known(t, v, token) {
		t.Error("it is not known just before its end")
	}
	now.set(begin.Add(time.Minute + 30*time.Second))
	if known(t, v, token) {
		t.Error("it is known at its end")
	}
	if kept, _ := v.Cached(); kept != 0 {
		t.Error("it is still there")
	}
	wantInvalid(t, v, token)
}

// TestCachedTokensOfWithdrawnKeys: a key that its set no longer holds takes its tokens along, also those that were verified;
// until the set is fetched they are good, and while it cannot be fetched they stay good.
func TestCachedTokensOfWithdrawnKeys(t *testing.T) {
	t.Parallel()
	old, next := newKey(t, "old"), newKey(t, "new")
	i := newIssuer(t, old.public, next.public)
	v := verifier(t, options(i))
	before, after := old.sign(t, claims("ada")), next.sign(t, claims("ada"))
	for _, token := range []string{before, after} {
		wantSubject(t, v, token, "ada")
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
	i.set(false, next.public)
	if !known(t, v, before) {
		t.Error("the withdrawal was known before the set was fetched")
	}
	v.Refresh()
	if known(t, v, before) {
		t.Error("a token of a withdrawn key is accepted unseen")
	}
	wantInvalid(t, v, before)
	wantSubject(t, v, after, "ada")
	if !known(t, v, after) {
		t.Error("it is not known again")
	}
	// The same name for another key is another key.
	i.set(false, newKey(t, "new").public)
	v.Refresh()
	wantInvalid(t, v, after)
}
