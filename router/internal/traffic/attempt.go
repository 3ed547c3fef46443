package traffic

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/tributary-gql/tributary/router/internal/exec"
)

// attempt asks the subgraph once, if the breaker and the bound of fetches under way allow.
func (l *lane) attempt(ctx context.Context, request *exec.FetchRequest, wait waiting) (exec.Answer, error) {
	if l.limit != nil {
		place, err := l.enter(ctx, wait)
		if err != nil {
			return exec.Answer{}, err
		}
		isAnswered := false
		defer func() { place.leave(isAnswered) }()
		answer, err := l.through(ctx, request)
		isAnswered = err == nil
		return answer, err
	}
	return l.through(ctx, request)
}

// through asks through the breaker.
func (l *lane) through(ctx context.Context, request *exec.FetchRequest) (exec.Answer, error) {
	l.inFlight.Add(1)
	defer l.inFlight.Add(-1)
	if l.breaker != nil {
		return l.breaker.fetch(ctx, request)
	}
	return l.ask(ctx, request)
}

// enter takes a place among the fetches under way. Nobody waits for a subgraph whose circuit is open.
func (l *lane) enter(ctx context.Context, wait waiting) (place, error) {
	if p, ok := l.limit.tryEnter(); ok {
		return p, nil
	}
	if l.breaker.isOpen() {
		l.note(CircuitRefused)
		return nil, l.circuitOpen()
	}
	if wait == mayWait {
		p, err := l.limit.enter(ctx)
		if err == nil {
			return p, nil
		}
		if ctx.Err() != nil {
			return nil, l.inTime(ctx, l.ended(ctx))
		}
	}
	l.note(QueueRefused)
	return nil, &exec.FetchError{
		Code:    CodeOverloaded,
		Message: fmt.Sprintf("Subgraph %q has too many requests under way; try again.", l.name),
	}
}

// waiting tells whether an attempt may wait for its turn.
type waiting bool

const (
	mayWait waiting = true
	atOnce  waiting = false
)

func (l *lane) circuitOpen() *exec.FetchError {
	return &exec.FetchError{
		Code:    CodeCircuitOpen,
		Message: fmt.Sprintf("Subgraph %q has failed too often and is left alone for a moment.", l.name),
	}
}

// ended is the error of a fetch whose request has ended before it was sent.
func (l *lane) ended(ctx context.Context) *exec.FetchError {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &exec.FetchError{
			Code: exec.CodeRequestTimeout, Err: ctx.Err(),
			Message: fmt.Sprintf("The request's time was over before subgraph %q could be asked.", l.name),
		}
	}
	return &exec.FetchError{
		Code: exec.CodeUnreachable, Err: ctx.Err(),
		Message: fmt.Sprintf("The request to subgraph %q was cancelled.", l.name),
	}
}

// isBad tells whether an outcome is worth another try, whatever else speaks against one.
func (l *lane) isBad(answer exec.Answer, err error) bool {
	if err == nil {
		return answer.Status != 0 && slices.Contains(l.settings.Retry.Statuses, answer.Status)
	}
	var failure *exec.FetchError
	if !errors.As(err, &failure) {
		return false
	}
	if failure.Code == exec.CodeHTTP {
		return slices.Contains(l.settings.Retry.Statuses, failure.Status)
	}
	return slices.Contains(l.settings.Retry.Codes, failure.Code)
}

func release(answer exec.Answer) {
	if answer.Release != nil {
		answer.Release()
	}
}
