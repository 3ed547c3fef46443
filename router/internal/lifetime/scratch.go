package lifetime

import (
	"context"
	"slices"
	"sync"
)

// Scratch is memory of a request that the next request of its connection uses again, where nothing of the first is in use
// any more. It belongs to the goroutine that answers the request. Others may call Value at any time: package context does,
// from the goroutine that ends a context.
type Scratch struct {
	mu     sync.Mutex
	pieces []piece // guarded by mu
}

type piece struct {
	key, value any
	inUse      bool
}

// Take gives what an earlier request has put under a key and this one has not taken yet, else nil.
func (s *Scratch) Take(key any) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.pieces {
		if p := &s.pieces[i]; p.key == key && !p.inUse {
			p.inUse = true
			return p.value
		}
	}
	return nil
}

// Put keeps a value for this request and later ones.
func (s *Scratch) Put(key, value any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pieces = append(s.pieces, piece{key, value, true})
}

// Remove forgets a value that nobody may use again.
func (s *Scratch) Remove(value any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pieces = slices.DeleteFunc(s.pieces, func(p piece) bool { return p.value == value })
}

// Value gives what this request has put or taken under a key, else nil.
func (s *Scratch) Value(key any) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.pieces {
		if p := &s.pieces[i]; p.inUse && p.key == key {
			return p.value
		}
	}
	return nil
}

// Reset makes everything free for the next request.
func (s *Scratch) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.pieces {
		s.pieces[i].inUse = false
	}
}

// Zeroed gives a T that is zero, under a key of its own: the memory of an earlier request, or new memory that later ones may
// take. With no scratch nobody will.
func Zeroed[T any](s *Scratch, key any) *T {
	if s == nil {
		return new(T)
	}
	if used, ok := s.Take(key).(*T); ok {
		*used = *new(T)
		return used
	}
	made := new(T)
	s.Put(key, made)
	return made
}

// ScratchOf gives the scratch of a request's own context; nil: it has none.
func ScratchOf(ctx context.Context) *Scratch {
	if c, ok := ctx.(interface{ Scratch() *Scratch }); ok {
		return c.Scratch()
	}
	return nil
}

// Release tells a request's own context that when its handler returns, nothing of the request is in use any more: neither the
// context, nor the request, its header or its body. Strings of it may be. It is of no effect on other contexts.
func Release(ctx context.Context) {
	if c, ok := ctx.(interface{ Release() }); ok {
		c.Release()
	}
}

// Keep takes Release back: somebody whose ways are not known has got hold of the context. Contexts that are made from
// others pass it on.
func Keep(ctx context.Context) {
	if c, ok := ctx.(interface{ Keep() }); ok {
		c.Keep()
	}
}
