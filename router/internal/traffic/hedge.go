package traffic

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/tributary-gql/tributary/router/internal/exec"
)

// hedged asks, and once more when there is no answer after the delay; the first good answer wins and the other request is
// cancelled. Both have ended when it returns, as the request's body is the caller's.
func (l *lane) hedged(ctx context.Context, request *exec.FetchRequest) (exec.Answer, error) {
	delay, ok := l.hedgeDelay()
	if !ok {
		return l.timed(ctx, request)
	}
	primary, cancelPrimary := context.WithCancel(ctx)
	defer cancelPrimary()
	secondary, cancelSecondary := context.WithCancel(ctx)
	defer cancelSecondary()
	h := &hedge{lane: l, request: *request, done: make(chan struct{}), win: cancelPrimary}
	if !request.HasHeader {
		h.request.Header = nil // each makes its own
	}
	timer := time.AfterFunc(delay, func() { h.run(secondary) })
	answer, err := l.timed(primary, request)
	if timer.Stop() {
		return answer, err
	}
	if err == nil && !l.isBad(answer, nil) {
		cancelSecondary()
		<-h.done
		release(h.answer)
		return answer, nil
	}
	<-h.done // it may still bring what the first could not, or it has ended the first
	if !h.isGood {
		release(h.answer)
		return answer, err
	}
	release(answer)
	l.note(HedgeWon)
	return h.answer, nil
}

// hedge is the second request for a fetch.
type hedge struct {
	lane    *lane
	request exec.FetchRequest
	win     context.CancelFunc // ends the first request

	// Set before done is closed:
	done   chan struct{}
	answer exec.Answer
	isGood bool
}

func (h *hedge) run(ctx context.Context) {
	defer close(h.done)
	if ctx.Err() != nil {
		return
	}
	if !h.lane.budget.take() {
		h.lane.note(BudgetDenied)
		return
	}
	h.lane.note(Hedged)
	var err error
	if h.answer, err = h.ask(ctx); err == nil && !h.lane.isBad(h.answer, nil) {
		h.isGood = true
		h.win()
	}
}

// ask keeps a Fetcher that panics from ending the process: nobody above recovers here.
func (h *hedge) ask(ctx context.Context) (answer exec.Answer, err error) {
	defer func() {
		if r := recover(); r != nil {
			answer, err = exec.Answer{}, fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return h.lane.attempt(ctx, &h.request, atOnce)
}

// hedgeDelay is false while too little is known of the subgraph's latency.
func (l *lane) hedgeDelay() (time.Duration, bool) {
	s := &l.settings.Hedge
	if l.latency == nil {
		return s.Delay, true
	}
	d, ok := l.latency.value()
	return max(d, s.MinDelay), ok
}

// timed asks and learns how long it took. A first request that the second has ended counts too: as long as it has waited.
func (l *lane) timed(ctx context.Context, request *exec.FetchRequest) (exec.Answer, error) {
	if l.latency == nil {
		return l.attempt(ctx, request, mayWait)
	}
	began := time.Now()
	answer, err := l.attempt(ctx, request, mayWait)
	if err == nil || ctx.Err() != nil {
		l.latency.observe(time.Since(began))
	}
	return answer, err
}
