package lifetime

import (
	"context"
	"time"
)

// WithDeadline is context.WithDeadline for contexts that many watch.
func WithDeadline(parent context.Context, deadline time.Time) (context.Context, context.CancelFunc) {
	c := &timed{Context: parent, deadline: deadline}
	if earlier, ok := parent.Deadline(); ok && earlier.Before(deadline) {
		c.deadline = earlier
	} else {
		c.timer = time.AfterFunc(time.Until(deadline), c.late)
	}
	c.parent.Start(parent, c)
	return c, c.cancel
}

// timed is a context with a deadline.
type timed struct {
	context.Context // parent
	deadline        time.Time
	timer           *time.Timer // nil: the parent's ends earlier
	parent          Watch
	end             End
}

func (c *timed) late() { c.end.Finish(context.DeadlineExceeded) }

// ContextEnded implements Watcher: the parent's has ended.
func (c *timed) ContextEnded() { c.end.Finish(c.Context.Err()) }

func (c *timed) cancel() {
	if c.timer != nil {
		c.timer.Stop()
	}
	c.parent.Stop()
	c.end.Finish(context.Canceled)
}

// Lifetime is for Watch.
func (c *timed) Lifetime() *End { return &c.end }

// Deadline implements context.Context.
func (c *timed) Deadline() (time.Time, bool) { return c.deadline, true }

// Done implements context.Context.
func (c *timed) Done() <-chan struct{} { return c.end.Done() }

// Err implements context.Context.
func (c *timed) Err() error { return c.end.Err() }

// AfterFunc is that of End.
func (c *timed) AfterFunc(call func()) (stop func() bool) { return c.end.AfterFunc(call) }
