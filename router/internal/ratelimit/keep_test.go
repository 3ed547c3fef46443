package ratelimit

import (
	"context"
	"testing"

	"github.com/tributary-gql/tributary/router/internal/redistest"
)

// keeping is a context that hears of who keeps it.
type keeping struct {
	context.Context
	kept bool
}

func (k *keeping) Keep() { k.kept = true }

// TestRedisKeepsTheRequest: its context is not used for another request, whatever the client of Redis does with it.
func TestRedisKeepsTheRequest(t *testing.T) {
	t.Parallel()
	address := redistest.Start(t).Address
	s := newRedisStore(RedisOptions{Addresses: []string{address}}, redistest.Patience, "test")
	defer s.client.Close()
	ctx := &keeping{Context: t.Context()}
	if _, err := s.take(ctx, []demand{{key: "a", limit: limit{interval: 1, burst: 1}, need: 1, want: 1}}); err != nil || !ctx.kept {
		t.Errorf("got %v, kept is %t", err, ctx.kept)
	}
}
