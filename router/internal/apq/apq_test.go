package apq

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/internal/redistest"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"go.uber.org/goleak"

	"github.com/tributary-gql/tributary/router/internal/redisconn"
)

func TestMain(m *testing.M) {
	redis.SetLogger(&logging.VoidLogger{}) // servers go away here
	goleak.VerifyTestMain(m)
}

func newCache(t *testing.T, o Options) *Cache {
	t.Helper()
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func TestGetAndPut(t *testing.T) {
	t.Parallel()
	c := newCache(t, Options{})
	document := "{ a }"
	hash := Hash(document)
	if got := c.Get(t.Context(), hash); got != "" {
		t.Errorf("got %q before it was registered", got)
	}
	c.Put(hash, document)
	if got := c.Get(t.Context(), hash); got != document {
		t.Errorf("got %q", got)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	const room = 64 << 10
	c := newCache(t, Options{Memory: room})
	for i := range 1000 {
		document := fmt.Sprintf("{ a%d } #%s", i, strings.Repeat("x", 1000))
		c.Put(Hash(document), document)
	}
	c.memory.CleanUp()
	if weight := c.memory.WeightedSize(); weight > room || weight == 0 {
		t.Errorf("%d bytes are kept", weight)
	}
}

func TestValidHash(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		Hash("{ a }"): true, "": false, "abc": false, strings.Repeat("g", 64): false,
		strings.ToUpper(Hash("{ a }")): false, Hash("{ a }") + "0": false,
	} {
		if ValidHash(text) != want {
			t.Errorf("%q: not %v", text, want)
		}
	}
}

// TestRoutersShareDocuments: what one has registered another finds, though nobody's word is taken for a hash.
func TestRoutersShareDocuments(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	client := s.Client()
	defer client.Close()
	o := func() Options {
		return Options{Redis: redisconn.New(redisconn.Options{Addresses: []string{s.Address}}, time.Second), Timeout: time.Second}
	}
	one, two := newCache(t, o()), newCache(t, o())
	hash := Hash("{ a }")
	one.Put(hash, "{ a }")
	redistest.Eventually(t, "the other router finds it", func() bool { return two.Get(t.Context(), hash) == "{ a }" })
	if ttl := client.TTL(t.Context(), "tributary:apq:"+hash).Val(); ttl <= 0 || ttl > 24*time.Hour {
		t.Errorf("it expires in %v", ttl)
	}
	forged := Hash("{ mine }")
	if err := client.Set(t.Context(), "tributary:apq:"+forged, "{ yours }", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if got := two.Get(t.Context(), forged); got != "" {
		t.Errorf("a forged document was believed: %q", got)
	}
}

// TestOutage: without Redis each router remembers its own, and returns to Redis when that is back.
func TestOutage(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	client := s.Client()
	defer client.Close()
	s.Kill()
	c := newCache(t, Options{Redis: redisconn.New(redisconn.Options{Addresses: []string{s.Address}}, time.Second), Timeout: time.Second})
	redistest.Eventually(t, "the breaker opens", func() bool { return c.breaker.State().String() == "open" })
	own := Hash("{ own }")
	c.Put(own, "{ own }")
	if got := c.Get(t.Context(), own); got != "{ own }" {
		t.Errorf("got %q", got)
	}
	if got := c.Get(t.Context(), Hash("{ other }")); got != "" {
		t.Errorf("got %q", got)
	}
	s.Start(t)
	other := Hash("{ other }")
	if err := client.Set(t.Context(), "tributary:apq:"+other, "{ other }", 0).Err(); err != nil {
		t.Fatal(err)
	}
	redistest.Eventually(t, "it asks Redis again", func() bool { return c.Get(t.Context(), other) == "{ other }" })
}
