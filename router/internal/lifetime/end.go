// Package lifetime has the ends of contexts that are watched for every request: by who makes a fetch, by the connection that
// it is made on. The standard library's contexts keep a map and a channel for that, and each watch is several objects; here
// it is part of who watches.
package lifetime

import (
	"context"
	"sync"
)

// End is how a context ends: it has what context.Context asks for beside deadlines and values. The zero value has not
// ended. It is safe for concurrent use.
type End struct {
	mu      sync.Mutex
	err     error
	done    chan struct{}
	watches *Watch // the first one
}

// Finish ends the context, once, and tells those who watch it.
func (e *End) Finish(err error) {
	e.mu.Lock()
	if e.err != nil {
		e.mu.Unlock()
		return
	}
	e.err = err
	if e.done != nil {
		close(e.done)
	}
	first := e.watches
	e.watches = nil
	for w := first; w != nil; w = w.next {
		w.end = nil
	}
	e.mu.Unlock()
	for w := first; w != nil; {
		next := w.next
		w.watcher.ContextEnded()
		w = next
	}
}

// Unused tells whether it has not ended and nobody watches it, or has ever asked for its channel.
func (e *End) Unused() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.err == nil && e.done == nil && e.watches == nil
}

// Reset makes it one that has not ended. Nobody may use it meanwhile.
func (e *End) Reset() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.err, e.done, e.watches = nil, nil, nil
}

// Done is that of context.Context.
func (e *End) Done() <-chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.done == nil {
		e.done = make(chan struct{})
		if e.err != nil {
			close(e.done)
		}
	}
	return e.done
}

// Err is that of context.Context.
func (e *End) Err() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.err
}

// AfterFunc is for package context, which looks for it: contexts that are made from one with this method watch it without
// a goroutine. call runs in the goroutine that ends the context.
func (e *End) AfterFunc(call func()) (stop func() bool) {
	c := &caller{call: call}
	c.watch.start(e, c)
	return func() bool { return c.watch.stopOn(e) }
}

type caller struct {
	watch Watch
	call  func()
}

// ContextEnded implements Watcher.
func (c *caller) ContextEnded() { c.call() }

// Watcher is told that a context has ended. It must not block: what ends the context waits for it.
type Watcher interface{ ContextEnded() }

// Watch is the wait of one Watcher for the end of one context. The zero value waits for nothing.
type Watch struct {
	watcher        Watcher
	end            *End // nil: it is over, or the context is of another kind; guarded by the End's mu
	next, previous *Watch
	on             *End        // as end, but left as it is
	call           func()      // watcher's method, for contexts of other kinds
	stop           func() bool // ends the wait there
}

// Start begins to wait, always for the same Watcher, and for one context at a time.
func (w *Watch) Start(ctx context.Context, watcher Watcher) {
	w.on, w.stop = nil, nil
	if lasting, ok := ctx.(interface{ Lifetime() *End }); ok {
		w.on = lasting.Lifetime()
	}
	if w.on != nil {
		w.start(w.on, watcher)
	} else if ctx.Done() != nil {
		if w.call == nil {
			w.call = watcher.ContextEnded
		}
		w.stop = context.AfterFunc(ctx, w.call)
	}
}

// Stop ends the wait. It is false when the context has ended: then the watcher has been told, or is being told.
func (w *Watch) Stop() bool {
	switch {
	case w.on != nil:
		return w.stopOn(w.on)
	case w.stop != nil:
		return w.stop()
	}
	return true
}

func (w *Watch) start(e *End, watcher Watcher) {
	e.mu.Lock()
	defer e.mu.Unlock()
	w.watcher = watcher
	if e.err != nil {
		go watcher.ContextEnded()
		return
	}
	w.end, w.previous, w.next = e, nil, e.watches
	if w.next != nil {
		w.next.previous = w
	}
	e.watches = w
}

func (w *Watch) stopOn(e *End) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if w.end == nil {
		return false
	}
	if w.previous != nil {
		w.previous.next = w.next
	} else {
		e.watches = w.next
	}
	if w.next != nil {
		w.next.previous = w.previous
	}
	w.end, w.next, w.previous = nil, nil, nil
	return true
}
