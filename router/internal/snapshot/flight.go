package snapshot

import (
	"context"
	"sync"
)

// flight computes a value once for all who ask for it at the same time. The computation has a context of its own, which
// ends when the last of them has gone: work for nobody stops, and one impatient caller stops nobody else's.
type flight[K comparable, V any] struct {
	mu    sync.Mutex
	calls map[K]*call[V]
}

type call[V any] struct {
	done    chan struct{}
	cancel  context.CancelFunc
	waiters int // guarded by flight.mu
	value   V
	err     error
}

// do returns compute's result, or ctx's error when ctx ends first. leader tells whether this caller began it.
func (f *flight[K, V]) do(ctx context.Context, key K, compute func(context.Context) (V, error)) (value V, leader bool, err error) {
	f.mu.Lock()
	c, ok := f.calls[key]
	if !ok {
		own, cancel := context.WithCancel(context.WithoutCancel(ctx))
		c = &call[V]{done: make(chan struct{}), cancel: cancel}
		if f.calls == nil {
			f.calls = map[K]*call[V]{}
		}
		f.calls[key] = c
		go f.run(own, key, c, compute)
	}
	c.waiters++
	f.mu.Unlock()

	select {
	case <-c.done:
		return c.value, !ok, c.err
	case <-ctx.Done():
	}
	f.mu.Lock()
	c.waiters--
	if c.waiters == 0 {
		if f.calls[key] == c {
			delete(f.calls, key) // whoever comes now begins anew
		}
		c.cancel()
	}
	f.mu.Unlock()
	return value, !ok, context.Cause(ctx)
}

func (f *flight[K, V]) run(ctx context.Context, key K, c *call[V], compute func(context.Context) (V, error)) {
	defer c.cancel()
	c.value, c.err = compute(ctx)
	f.mu.Lock()
	if f.calls[key] == c {
		delete(f.calls, key)
	}
	f.mu.Unlock()
	close(c.done)
}
