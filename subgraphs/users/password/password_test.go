package password_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/tributary-gql/tributary/subgraphs/users"
	"github.com/tributary-gql/tributary/subgraphs/users/password"
)

// cheap are parameters for tests: what is tested does not depend on them.
var cheap = password.Parameters{Memory: 64, Time: 1, Threads: 1}

func TestHashAndVerify(t *testing.T) {
	t.Parallel()
	hasher := password.New(cheap)
	hash, err := hasher.Hash(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := hasher.Hash(t.Context(), "correct horse"); err != nil || again == hash {
		t.Errorf("the same password hashed twice gives %q and %q, %v: the salt does not differ", hash, again, err)
	}
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=64,t=1,p=1$") {
		t.Errorf("the hash is %q", hash)
	}
	for _, test := range []struct {
		password, hash string
		want           bool
	}{
		{"correct horse", hash, true},
		{"correct horsf", hash, false},
		{"", hash, false},
		{"correct horse", "", false},
		{"", "", false},
	} {
		ok, outdated, err := hasher.Verify(t.Context(), test.password, test.hash)
		if err != nil || ok != test.want || outdated {
			t.Errorf("Verify(%q, %q) = %v, outdated %v, %v; want %v", test.password, test.hash, ok, outdated, err, test.want)
		}
	}
}

func TestAHashOfOtherParametersIsOutdated(t *testing.T) {
	t.Parallel()
	hash, err := password.New(cheap).Hash(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	stronger := password.New(password.Parameters{Memory: 128, Time: 1, Threads: 1})
	if ok, outdated, err := stronger.Verify(t.Context(), "correct horse", hash); !ok || !outdated || err != nil {
		t.Errorf("ok %v, outdated %v, %v", ok, outdated, err)
	}
}

// TestAHashOfTheReferenceImplementationFits pins the algorithm and the format. The hash was made by: (echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1 -l 32).
func TestAHashOfTheReferenceImplementationFits(t *testing.T) {
	t.Parallel()
	const known = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	ok, outdated, err := password.New(cheap).Verify(t.Context(), "password", known)
	if !ok || !outdated || err != nil {
		t.Errorf("ok %v, outdated %v, %v", ok, outdated, err)
	}
}

func TestHashesThatAreNoneAreErrors(t *testing.T) {
	t.Parallel()
	const salt, hash = "c29tZXNhbHQ", "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	hasher := password.New(cheap)
	for _, text := range []string{
		"plain",
		"$2a$10$bcrypt",
		"$argon2i$v=19$m=64,t=1,p=1$" + salt + "$" + hash,
		"$argon2id$v=16$m=64,t=1,p=1$" + salt + "$" + hash,
		"$argon2id$v=19$m=4294967295,t=1,p=1$" + salt + "$" + hash,
		"$argon2id$v=19$m=64,t=99,p=1$" + salt + "$" + hash,
		"$argon2id$v=19$m=64,t=0,p=1$" + salt + "$" + hash,
		"$argon2id$v=19$m=64,t=1,p=1 $" + salt + "$" + hash,
		"$argon2id$v=19$m=64,t=1,p=1$!$" + hash,
		"$argon2id$v=19$m=64,t=1,p=1$" + salt + "$",
		"$argon2id$v=19$m=64,t=1,p=1$" + salt + "$" + hash + "$",
	} {
		ok, _, err := hasher.Verify(t.Context(), "password", text)
		if ok || err == nil || strings.Contains(err.Error(), text) {
			t.Errorf("Verify with %q = %v, %v", text, ok, err)
		}
	}
}

func TestTooManyAtOnceAreTurnedAway(t *testing.T) {
	t.Parallel()
	hasher := password.New(password.Parameters{Memory: 8 << 10, Time: 1, Threads: 1})
	start := make(chan struct{})
	var (
		group  sync.WaitGroup
		mutex  sync.Mutex
		counts = map[string]int{}
	)
	for range 500 {
		group.Go(func() {
			<-start
			_, err := hasher.Hash(t.Context(), "correct horse")
			mutex.Lock()
			defer mutex.Unlock()
			switch {
			case err == nil:
				counts["hashed"]++
			case errors.Is(err, users.ErrBusy):
				counts["busy"]++
			default:
				t.Errorf("Hash: %v", err)
			}
		})
	}
	close(start)
	group.Wait()
	if counts["hashed"] == 0 || counts["busy"] == 0 {
		t.Errorf("of 500 at once %d were hashed and %d turned away; some of each were expected", counts["hashed"], counts["busy"])
	}
	if _, err := hasher.Hash(t.Context(), "correct horse"); err != nil {
		t.Errorf("after the rush: %v", err)
	}
}

func TestAWaitingCallerMayLeave(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	hasher := password.New(cheap)
	if _, _, err := hasher.Verify(ctx, "correct horse", ""); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}

func FuzzVerify(f *testing.F) {
	f.Add("$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
	f.Add("$argon2id$v=19$m=64,t=1,p=1$$")
	f.Fuzz(func(t *testing.T, hash string) {
		if strings.Contains(hash, "m=") && !strings.Contains(hash, "m=64,") {
			return // another amount of memory would only make the run slow
		}
		if ok, _, _ := password.New(cheap).Verify(t.Context(), "not the password", hash); ok {
			t.Errorf("the hash %q fits a password that it was not made of", hash)
		}
	})
}
