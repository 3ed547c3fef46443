package ratelimit

import (
	"context"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/internal/redistest"
)

// BenchmarkTake is the price of one decision on one rule.
func BenchmarkTake(b *testing.B) {
	rule := Rule{Name: "r", Key: "address", Rate: 1_000_000, Per: time.Second, Burst: 1 << 40}
	leased := rule
	leased.Lease = 1000
	server, down := redistest.Start(b), redistest.Start(b)
	down.Kill()
	shared := RedisOptions{Addresses: []string{server.Address}}
	for _, c := range []struct {
		name    string
		options Options
	}{
		{"in the process", Options{Rules: []Rule{rule}}},
		{"on Redis", Options{Rules: []Rule{rule}, Redis: shared, OnError: Deny, Timeout: redistest.Patience}},
		{"leased", Options{Rules: []Rule{leased}, Redis: shared, OnError: Deny, Timeout: redistest.Patience}},
		{"Redis down, local", Options{Rules: []Rule{rule}, Redis: RedisOptions{Addresses: []string{down.Address}}}},
	} {
		b.Run(c.name, func(b *testing.B) {
			l, caller := run(b, c.options), from("192.0.2.1")
			b.ReportAllocs()
			for b.Loop() {
				l.Take(context.Background(), ByRequests, caller, 1)
			}
		})
	}
}
