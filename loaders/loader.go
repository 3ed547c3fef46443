package loaders

import (
	"context"
	"runtime/debug"
	"sync"
	"time"
)

const (
	// DefaultWait is how long a batch gathers keys: long enough for the resolvers of one list to have been started.
	DefaultWait = time.Millisecond
	// DefaultMaxBatch is the number of keys at which a batch no longer waits. Databases limit the arguments of a query.
	DefaultMaxBatch = 500
)

// Fetch returns the values of keys, which are distinct and in the order in which they were first asked for. It leaves out a key that
// has no value. It must not keep or change keys. A [KeyErrors] fails some keys, any other error all.
type Fetch[K comparable, V any] func(ctx context.Context, keys []K) (map[K]V, error)

// Result is what [Loader.LoadAll] has for one key: a value or an error.
type Result[V any] struct {
	Value V
	Err   error
}

// Option changes how a loader batches.
type Option func(*settings)

type settings struct {
	wait     time.Duration
	maxBatch int
}

// WithWait has batches gather keys for another time than [DefaultWait].
func WithWait(wait time.Duration) Option { return func(s *settings) { s.wait = wait } }

// WithMaxBatch has batches hold at most n keys, which must be positive, instead of [DefaultMaxBatch].
func WithMaxBatch(n int) Option { return func(s *settings) { s.maxBatch = max(n, 1) } }

// Loader loads values by key, in batches, and remembers them. It is for one request and safe for concurrent use.
type Loader[K comparable, V any] struct {
	fetch    Fetch[K, V]
	settings settings

	mutex sync.Mutex
	// entries holds what is known or under way. A failed one is taken out.
	entries map[K]*entry[K, V]
	// open is the batch that still takes keys; nil when there is none.
	open *batch[K, V]
}

// New returns a loader over fetch.
func New[K comparable, V any](fetch Fetch[K, V], options ...Option) *Loader[K, V] {
	settings := settings{wait: DefaultWait, maxBatch: DefaultMaxBatch}
	for _, option := range options {
		option(&settings)
	}
	return &Loader[K, V]{fetch: fetch, settings: settings, entries: make(map[K]*entry[K, V])}
}

// entry is one key's value, or the promise of it.
type entry[K comparable, V any] struct {
	// done is closed when value and err are set.
	done  chan struct{}
	value V
	err   error
	// batch fetches the value; it is nil for a primed one.
	batch *batch[K, V]
}

// batch is the keys that are fetched together. The loader's mutex guards it until it is started; what is counted, always.
type batch[K comparable, V any] struct {
	ctx     context.Context
	cancel  context.CancelFunc
	timer   *time.Timer
	keys    []K
	entries []*entry[K, V]
	waiting int // callers
	started bool
}

// Load returns the value of key. Its error is a [NotFoundError], what the fetch said, or that of ctx.
func (l *Loader[K, V]) Load(ctx context.Context, key K) (V, error) {
	l.mutex.Lock()
	entry := l.enter(ctx, key)
	l.mutex.Unlock()
	return l.await(ctx, entry)
}

// LoadAll returns the results for keys, in their order and number: the i-th is that of keys[i], whatever its error.
func (l *Loader[K, V]) LoadAll(ctx context.Context, keys []K) []Result[V] {
	entries := make([]*entry[K, V], len(keys))
	l.mutex.Lock()
	for i, key := range keys {
		entries[i] = l.enter(ctx, key)
	}
	l.mutex.Unlock()
	results := make([]Result[V], len(keys))
	for i, entry := range entries {
		results[i].Value, results[i].Err = l.await(ctx, entry)
	}
	return results
}

// Prime makes value known without a fetch, unless key is known or under way already.
func (l *Loader[K, V]) Prime(key K, value V) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if _, known := l.entries[key]; known {
		return
	}
	done := make(chan struct{})
	close(done)
	l.entries[key] = &entry[K, V]{done: done, value: value}
}

// Forget drops what is known of key, so that the next Load fetches it: call it after changing what it stands for. Callers that
// wait for a fetch under way still get its value.
func (l *Loader[K, V]) Forget(key K) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	delete(l.entries, key)
}

// enter returns the entry of key, and counts the caller among those that wait for it. The mutex is held.
func (l *Loader[K, V]) enter(ctx context.Context, key K) *entry[K, V] {
	if known, ok := l.entries[key]; ok {
		if known.batch != nil {
			known.batch.waiting++
		}
		return known
	}
	if l.open == nil {
		l.openBatch(ctx)
	}
	b := l.open
	added := &entry[K, V]{done: make(chan struct{}), batch: b}
	b.waiting++
	b.keys, b.entries = append(b.keys, key), append(b.entries, added)
	l.entries[key] = added
	if len(b.keys) >= l.settings.maxBatch {
		l.open = nil
		b.timer.Reset(0)
	}
	return added
}

// openBatch begins a batch on behalf of the caller with ctx. The batch has the values of that context, and its own end.
func (l *Loader[K, V]) openBatch(ctx context.Context) {
	shared, cancel := context.WithCancel(context.WithoutCancel(ctx))
	b := &batch[K, V]{ctx: shared, cancel: cancel}
	b.timer = time.AfterFunc(l.settings.wait, func() { l.run(b) })
	l.open = b
}

// await waits for an entry that enter returned.
func (l *Loader[K, V]) await(ctx context.Context, entry *entry[K, V]) (V, error) {
	defer l.leave(entry)
	select {
	case <-entry.done: // what is known is given even to a caller whose time is over
		return entry.value, entry.err
	default:
	}
	select {
	case <-entry.done:
		return entry.value, entry.err
	case <-ctx.Done():
		var none V
		return none, ctx.Err()
	}
}

// leave takes a caller out of the count. When the last one leaves a fetch under way, nobody wants it any more: it is cancelled, and
// a later caller begins a new one.
func (l *Loader[K, V]) leave(entry *entry[K, V]) {
	b := entry.batch
	if b == nil {
		return
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	b.waiting--
	if b.waiting > 0 || !b.started {
		return
	}
	b.cancel()
	select {
	case <-entry.done: // nothing is under way
	default:
		l.forgetBatch(b)
	}
}

// forgetBatch takes the batch's keys out of what is known. The mutex is held.
func (l *Loader[K, V]) forgetBatch(b *batch[K, V]) {
	for i, key := range b.keys {
		if l.entries[key] == b.entries[i] {
			delete(l.entries, key)
		}
	}
}

// run fetches a batch and wakes its callers, in the timer's goroutine.
func (l *Loader[K, V]) run(b *batch[K, V]) {
	l.mutex.Lock()
	if b.started { // the timer ran out just when the batch became full
		l.mutex.Unlock()
		return
	}
	b.started = true
	if l.open == b {
		l.open = nil
	}
	if b.waiting == 0 { // everybody left before it began
		l.forgetBatch(b)
		b.cancel()
		l.mutex.Unlock()
		return
	}
	l.mutex.Unlock()
	values, err := l.callFetch(b)
	l.settle(b, values, err)
	b.cancel()
}

// callFetch turns a panic of the fetch into an error.
func (l *Loader[K, V]) callFetch(b *batch[K, V]) (values map[K]V, err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			values, err = nil, &PanicError{Value: panicked, Stack: debug.Stack()}
		}
	}()
	return l.fetch(b.ctx, b.keys)
}

// settle gives every entry of a batch its value or error, and forgets those that failed.
func (l *Loader[K, V]) settle(b *batch[K, V], values map[K]V, err error) {
	failed, partly := err.(KeyErrors[K]) //nolint:errorlint // the very type: one that is wrapped may stand for a wider failure
	l.mutex.Lock()
	defer l.mutex.Unlock()
	for i, key := range b.keys {
		entry := b.entries[i]
		value, found := values[key]
		keyErr, keyFailed := failed[key]
		switch {
		case err != nil && !partly:
			entry.err = err
		case keyFailed:
			entry.err = keyErr
		case !found:
			entry.err = &NotFoundError[K]{Key: key}
		default:
			entry.value = value
		}
		if (keyFailed || (err != nil && !partly)) && l.entries[key] == entry {
			delete(l.entries, key)
		}
		close(entry.done)
	}
}
