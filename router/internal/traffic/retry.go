package traffic

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"github.com/tributary-gql/tributary/router/internal/exec"
	"github.com/tributary-gql/tributary/router/internal/subgraphclient"
)

// fetch asks until there is an answer, tries and time are used up, or the budget is.
func (l *lane) fetch(ctx context.Context, request *exec.FetchRequest) (exec.Answer, error) {
	l.budget.deposit()
	s := &l.settings.Retry
	began := time.Now()
	var deadline time.Time
	if l.settings.Timeout > 0 {
		deadline = began.Add(l.settings.Timeout)
	}
	answer, err := l.try(ctx, request, began, time.Time{})
	for tries := 1; tries <= s.Max && l.isBad(answer, err) && ctx.Err() == nil; tries++ {
		wait, ok := l.backoff(tries, answer, err)
		if !ok || !hasTime(ctx, deadline, wait) || l.breaker.isOpen() {
			break
		}
		if !l.budget.take() {
			l.note(BudgetDenied)
			break
		}
		if !sleep(ctx, wait) {
			break
		}
		release(answer)
		l.note(Retried)
		answer, err = l.try(ctx, request, time.Now(), deadline)
	}
	return answer, err
}

// try is one try, with its own deadline where it has one that the Fetcher does not know: until is the fetch's, for all
// tries but the first.
func (l *lane) try(ctx context.Context, request *exec.FetchRequest, now, until time.Time) (exec.Answer, error) {
	given, allowed := l.settings.Timeout, l.settings.Retry.TryTimeout
	if allowed > 0 && (until.IsZero() || now.Add(allowed).Before(until)) {
		until, given = now.Add(allowed), allowed
	}
	if d, ok := ctx.Deadline(); !until.IsZero() && (!ok || until.Before(d)) {
		bounded, cancel := context.WithDeadline(ctx, until)
		defer cancel()
		ctx = &tryContext{Context: bounded, given: given}
	}
	if l.settings.Hedge.Enabled {
		return l.hedged(ctx, request)
	}
	return l.attempt(ctx, request, mayWait)
}

// tryContext is the context of a try whose time ends before the request's.
type tryContext struct {
	context.Context
	given time.Duration
}

type tryKey struct{}

// Value implements context.Context.
func (t *tryContext) Value(key any) any {
	if key == (tryKey{}) {
		return t
	}
	return t.Context.Value(key)
}

// ask asks the subgraph. When the time of a try is over it says so: what is below takes it for the request's.
func (l *lane) ask(ctx context.Context, request *exec.FetchRequest) (exec.Answer, error) {
	answer, err := l.next.Fetch(ctx, request)
	if err != nil {
		err = l.inTime(ctx, err)
	}
	return answer, err
}

func (l *lane) inTime(ctx context.Context, err error) error {
	t, ok := ctx.Value(tryKey{}).(*tryContext)
	if !ok || codeOf(err) != exec.CodeRequestTimeout {
		return err
	}
	return &exec.FetchError{
		Code: exec.CodeTimeout, Err: err, Message: fmt.Sprintf("Subgraph %q did not answer within %s.", l.name, t.given),
	}
}

// backoff says how long to wait before the next try (exponential, full jitter), and at least as long as the subgraph has
// asked for. It is false when that is longer than anybody should wait.
func (l *lane) backoff(tries int, answer exec.Answer, err error) (time.Duration, bool) {
	s := &l.settings.Retry
	bound := s.MaxBackoff
	if shift := tries - 1; shift < 32 && s.Backoff<<shift>>shift == s.Backoff {
		bound = min(bound, s.Backoff<<shift)
	}
	var wait time.Duration
	if bound > 0 {
		wait = rand.N(bound)
	}
	asked := retryAfter(answer, err)
	return max(wait, asked), asked <= s.MaxRetryAfter
}

// retryAfter is what the subgraph has asked for by the header of that name, 0 when it has not.
func retryAfter(answer exec.Answer, err error) time.Duration {
	var failure *exec.FetchError
	if errors.As(err, &failure) {
		return failure.RetryAfter
	}
	value := string(subgraphclient.HeaderValue(answer.Header, "Retry-After"))
	if seconds, err := strconv.Atoi(value); err == nil {
		return time.Duration(max(0, min(seconds, 86400))) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}

// hasTime tells whether a wait ends before the request's deadline and the fetch's.
func hasTime(ctx context.Context, deadline time.Time, wait time.Duration) bool {
	end := time.Now().Add(wait)
	if !deadline.IsZero() && !end.Before(deadline) {
		return false
	}
	d, ok := ctx.Deadline()
	return !ok || end.Before(d)
}

// sleep waits; false: the request has ended.
func sleep(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
