package lifetime

import (
	"context"
	"time"
)

// WithDeadline is context.WithDeadline for contexts that many watch.
func WithDeadline(parent context.Context, deadline time.Time) (context.Context, context.CancelFunc) {
	scratch := ScratchOf(parent)
	if scratch == nil {
		c := newTimed()
		c.begin(parent, deadline)
		return c, c.stop
	}
	c, _ := scratch.Take(timedKey{}).(*timed)
	if c != nil && !c.again() {
		scratch.Remove(c) // else there would be one more after each deadline that has passed
		c = nil
	}
	if c == nil {
		c = newTimed()
		scratch.Put(timedKey{}, c)
	}
	c.begin(parent, deadline)
	return c, c.stop
}

// timed is a context with a deadline.
type timed struct {
	context.Context // parent
	deadline        time.Time
	timer           *time.Timer // nil: there was none yet
	isTimer         bool        // the timer is this context's end; else the parent's is earlier
	parent          Watch
	end             End
	stop            context.CancelFunc // cancel
	quiet           bool               // it was cancelled, and neither the timer nor the parent told it anything, or will
}

type timedKey struct{}

func newTimed() *timed {
	c := &timed{}
	c.stop = c.cancel
	return c
}

// again makes it ready for another use, if it can be.
func (c *timed) again() bool {
	if !c.quiet {
		return false
	}
	c.quiet = false
	c.end.Reset()
	return true
}

func (c *timed) begin(parent context.Context, deadline time.Time) {
	c.Context, c.deadline = parent, deadline
	earlier, ok := parent.Deadline()
	switch c.isTimer = !ok || deadline.Before(earlier); {
	case !c.isTimer:
		c.deadline = earlier
	case c.timer == nil:
		c.timer = time.AfterFunc(time.Until(deadline), c.late)
	default:
		c.timer.Reset(time.Until(deadline))
	}
	c.parent.Start(parent, c)
}

func (c *timed) late() { c.end.Finish(context.DeadlineExceeded) }

// ContextEnded implements Watcher: the parent's has ended.
func (c *timed) ContextEnded() { c.end.Finish(c.Context.Err()) }

func (c *timed) cancel() {
	stopped := !c.isTimer || c.timer.Stop()
	c.quiet = c.parent.Stop() && stopped
	c.end.Finish(context.Canceled)
}

// Lifetime is for Watch.
func (c *timed) Lifetime() *End { return &c.end }

// Keep is for the function Keep.
func (c *timed) Keep() { Keep(c.Context) }

// Deadline implements context.Context.
func (c *timed) Deadline() (time.Time, bool) { return c.deadline, true }

// Done implements context.Context.
func (c *timed) Done() <-chan struct{} {
	c.Keep()
	return c.end.Done()
}

// Err implements context.Context.
func (c *timed) Err() error { return c.end.Err() }

// AfterFunc is that of End.
func (c *timed) AfterFunc(call func()) (stop func() bool) {
	c.Keep()
	return c.end.AfterFunc(call)
}
