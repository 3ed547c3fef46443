// Package apq keeps documents that clients have sent once, by the SHA-256 hash of their text: automatic persisted queries.
// Documents live in memory, bounded in bytes, and, with Redis, for all routers together.
//
// Redis only helps: when it fails, a breaker stops asking after a few failures, and clients that send a hash which this
// router does not hold are asked for the document, as if it were new. Run looks for Redis in the background, so that no
// request pays for a probe, and writes what was registered, so that none waits for a write.
package apq

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/maypok86/otter/v2"
	"github.com/redis/go-redis/v9"
	"github.com/sony/gobreaker/v2"

	"github.com/tributary-gql/tributary/router/internal/lifetime"
)

// Options configure a Cache. Zero values have defaults.
type Options struct {
	Memory  int64                 // bytes of documents in the process; default 16 MiB
	Redis   redis.UniversalClient // nil: this process only. The Cache closes it.
	Prefix  string                // of keys in Redis; default "tributary:apq"
	TTL     time.Duration         // of documents in Redis, from when they were last registered; default 24h
	Timeout time.Duration         // of one call to Redis; default 50ms
	Logger  *slog.Logger
}

// Cache holds documents by their hash. It is safe for concurrent use.
type Cache struct {
	options Options
	memory  *otter.Cache[string, string]
	breaker *gobreaker.CircuitBreaker[string]
	opened  chan struct{} // holds a signal when Run has to probe
	writes  chan write
}

type write struct{ hash, document string }

// When the breaker opens, and how it closes again.
const (
	failuresInARow = 3
	openFor        = 200 * time.Millisecond // less than probeInterval, so that each probe finds the breaker half open
	probeInterval  = 500 * time.Millisecond
)

// maxWrites bounds the documents that wait to be written to Redis; more are kept in memory only.
const maxWrites = 1024

// entryOverhead is what an entry costs in memory beside its document: key, hash table, links.
const entryOverhead = 256

// New makes a Cache. It opens no connection; Run and Close belong to it.
func New(o Options) (*Cache, error) {
	if o.Memory <= 0 {
		o.Memory = 16 << 20
	}
	if o.Prefix == "" {
		o.Prefix = "tributary:apq"
	}
	if o.TTL <= 0 {
		o.TTL = 24 * time.Hour
	}
	if o.Timeout <= 0 {
		o.Timeout = 50 * time.Millisecond
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	memory, err := otter.New(&otter.Options[string, string]{
		MaximumWeight: uint64(o.Memory),
		Weigher:       func(_, document string) uint32 { return uint32(entryOverhead + len(document)) },
	})
	if err != nil {
		return nil, fmt.Errorf("apq: cache of documents: %w", err)
	}
	c := &Cache{options: o, memory: memory, opened: make(chan struct{}, 1), writes: make(chan write, maxWrites)}
	c.breaker = gobreaker.NewCircuitBreaker[string](gobreaker.Settings{
		Name: "automatic persisted queries", MaxRequests: 1, Timeout: openFor,
		ReadyToTrip:   func(counts gobreaker.Counts) bool { return counts.ConsecutiveFailures >= failuresInARow },
		OnStateChange: func(_ string, from, to gobreaker.State) { c.changed(from, to) },
	})
	return c, nil
}

// Hash is the hash of a document as clients send it: SHA-256 in lower-case hexadecimal.
func Hash(document string) string {
	sum := sha256.Sum256([]byte(document))
	return hex.EncodeToString(sum[:])
}

// ValidHash tells whether text can be a hash.
func ValidHash(text string) bool {
	if len(text) != hex.EncodedLen(sha256.Size) {
		return false
	}
	for _, c := range []byte(text) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// Get gives the document with a hash, "" when nobody has registered it or it was forgotten.
func (c *Cache) Get(ctx context.Context, hash string) string {
	if document, ok := c.memory.GetIfPresent(hash); ok {
		return document
	}
	if c.options.Redis == nil || c.breaker.State() != gobreaker.StateClosed {
		return ""
	}
	document, err := c.ask(ctx, func(ctx context.Context) (string, error) {
		return c.options.Redis.Get(ctx, c.key(hash)).Result()
	})
	if err != nil || Hash(document) != hash { // whoever else writes to Redis must not choose what clients run
		return ""
	}
	c.memory.Set(strings.Clone(hash), document)
	return document
}

// Put registers a document, whose hash the caller has checked. It copies both.
func (c *Cache) Put(hash, document string) {
	if _, known := c.memory.GetIfPresent(hash); known {
		return
	}
	hash, document = strings.Clone(hash), strings.Clone(document)
	c.memory.Set(hash, document)
	if c.options.Redis == nil {
		return
	}
	select {
	case c.writes <- write{hash, document}:
	default: // Redis is slow or away; clients will register it again with another router
	}
}

// Run writes to Redis and watches over it until ctx ends.
func (c *Cache) Run(ctx context.Context) {
	if c.options.Redis == nil {
		return
	}
	for range failuresInARow { // so that a router that starts without Redis knows before its first request
		if c.probe(ctx) || ctx.Err() != nil {
			break
		}
	}
	var probes <-chan time.Time
	ticker := time.NewTicker(probeInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.opened:
			probes = ticker.C
		case <-probes:
			if c.probe(ctx) {
				probes = nil
			}
		case w := <-c.writes:
			_, _ = c.ask(ctx, func(ctx context.Context) (string, error) { // the breaker counts it
				return c.options.Redis.Set(ctx, c.key(w.hash), w.document, c.options.TTL).Result()
			})
		}
	}
}

// Close closes the connections.
func (c *Cache) Close() error {
	if c.options.Redis == nil {
		return nil
	}
	return c.options.Redis.Close()
}

// probe asks Redis whether it is back, and tells whether it is.
func (c *Cache) probe(ctx context.Context) bool {
	_, err := c.ask(ctx, func(ctx context.Context) (string, error) { return c.options.Redis.Get(ctx, c.key("probe")).Result() })
	return err == nil
}

// ask counts only failures of Redis: that it lacks a key is none. A caller that goes away must not look like one.
func (c *Cache) ask(ctx context.Context, call func(context.Context) (string, error)) (string, error) {
	lifetime.Keep(ctx) // the client of Redis may hold it for longer than the call takes
	return c.breaker.Execute(func() (string, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.options.Timeout)
		defer cancel()
		text, err := call(ctx)
		if errors.Is(err, redis.Nil) {
			return "", nil
		}
		return text, err
	})
}

func (c *Cache) key(hash string) string { return c.options.Prefix + ":" + hash }

func (c *Cache) changed(from, to gobreaker.State) {
	switch {
	case from == gobreaker.StateClosed:
		c.options.Logger.Warn("automatic persisted queries cannot reach Redis; each router remembers its own")
		select {
		case c.opened <- struct{}{}:
		default:
		}
	case to == gobreaker.StateClosed:
		c.options.Logger.Info("automatic persisted queries are on Redis again")
	}
}
