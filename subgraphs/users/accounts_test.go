package users_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/subgraphs/users"
)

// world is everything around Accounts; it knows one user, whose password is "right password", and records what is asked of it.
type world struct {
	users.Store
	calls    []string
	wait     time.Duration
	outdated bool
	busy     error
}

func (w *world) record(call string) { w.calls = append(w.calls, call) }

func (w *world) TakeAttempt(context.Context, string, time.Time, users.Throttle) (time.Duration, error) {
	w.record("attempt")
	return w.wait, nil
}

func (w *world) ClearAttempts(context.Context, string) error {
	w.record("clear")
	return nil
}

func (w *world) Credentials(_ context.Context, email string) (*users.User, string, error) {
	w.record("credentials")
	if email != "ada@example.com" {
		return nil, "", nil
	}
	return &users.User{ID: "u-1", Email: email}, "hash of right password", nil
}

func (w *world) Create(context.Context, *users.User, string) error {
	w.record("create")
	return users.ErrEmailTaken
}

func (w *world) SetPasswordHash(_ context.Context, userID, old, replacement string) error {
	w.record("replace " + old + " by " + replacement)
	return nil
}

func (w *world) StartSession(_ context.Context, session *users.Session, token users.RefreshToken) error {
	w.record("session")
	if len(token.Hash) != 64 || session.UserID != "u-1" {
		return errors.New("the token is not hashed")
	}
	return nil
}

func (w *world) Hash(_ context.Context, password string) (string, error) {
	w.record("hash")
	return "new hash", w.busy
}

func (w *world) Verify(_ context.Context, password, hash string) (ok, outdated bool, err error) {
	w.record("verify")
	return hash == "hash of "+password, w.outdated, w.busy
}

func (w *world) Sign(context.Context, *users.User, string) (string, time.Time, error) {
	w.record("sign")
	return "token", time.Time{}, nil
}

func (w *world) accounts() *users.Accounts {
	return users.NewAccounts(w, w, w, users.DefaultPolicy(), slog.New(slog.DiscardHandler), time.Now)
}

// TestLogInDoesTheSameWorkForEveryWrongAnswer: what happens before the refusal is what can be timed.
func TestLogInDoesTheSameWorkForEveryWrongAnswer(t *testing.T) {
	t.Parallel()
	refused := []string{"attempt", "credentials", "verify"}
	tests := []struct {
		name            string
		world           world
		email, password string
		code            string
		calls           []string
	}{
		{"a wrong password", world{}, "ada@example.com", "wrong password", users.CodeInvalidCredentials, refused},
		{"an unknown address", world{}, "eve@example.com", "right password", users.CodeInvalidCredentials, refused},
		{"an unknown address and the password of none", world{}, "eve@example.com", "", users.CodeInvalidCredentials, refused},
		{"too many attempts", world{wait: time.Second}, "ada@example.com", "right password", users.CodeTooManyRequests, []string{"attempt"}},
		{"too many at once", world{busy: users.ErrBusy}, "ada@example.com", "right password", users.CodeTooManyRequests, refused},
		{"the right password", world{}, " ADA@example.com", "right password", "", append(slices.Clone(refused), "clear", "session", "sign")},
		{
			"the right password with an old hash", world{outdated: true}, "ada@example.com", "right password", "",
			append(slices.Clone(refused), "clear", "hash", "replace hash of right password by new hash", "session", "sign"),
		},
	}
	for _, test := range tests {
		granted, err := test.world.accounts().LogIn(t.Context(), test.email, test.password)
		if codeOf(err) != test.code || (granted == nil) != (test.code != "") {
			t.Errorf("%s: %+v, %v; want the code %q", test.name, granted, err, test.code)
		}
		if !slices.Equal(test.world.calls, test.calls) {
			t.Errorf("%s: the calls are %v, want %v", test.name, test.world.calls, test.calls)
		}
	}
}

// TestSignUpHashesBeforeItLooks: how long the refusal of a taken address takes says nothing.
func TestSignUpHashesBeforeItLooks(t *testing.T) {
	t.Parallel()
	w := &world{}
	if _, err := w.accounts().SignUp(t.Context(), "ada@example.com", "right password", "Ada"); !errors.Is(err, users.ErrEmailTaken) {
		t.Errorf("the error is %v", err)
	}
	if want := []string{"hash", "create"}; !slices.Equal(w.calls, want) {
		t.Errorf("the calls are %v, want %v", w.calls, want)
	}
}
