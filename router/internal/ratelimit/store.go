package ratelimit

import (
	"context"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// demand is what one request asks of one bucket.
type demand struct {
	key        string
	limit      limit
	need, want int64
	enforced   bool
}

// refused tells whether an enforced demand got nothing.
func refused(demands []demand, grants []grant) bool {
	for i := range demands {
		if demands[i].enforced && grants[i].granted == 0 {
			return true
		}
	}
	return false
}

// localStore keeps the buckets in the process: the least recently used are forgotten, which fills them.
type localStore struct {
	now func() time.Time

	mu      sync.Mutex
	buckets *simplelru.LRU[string, float64] // key to theoretical arrival time; guarded by mu
}

func newLocalStore(size int, now func() time.Time) (*localStore, error) {
	buckets, err := simplelru.NewLRU[string, float64](size, nil)
	return &localStore{now: now, buckets: buckets}, err
}

// take answers as redisStore.take does; it never fails.
func (s *localStore) take(_ context.Context, demands []demand) ([]grant, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := sinceEpoch(s.now())
	grants, tats := make([]grant, len(demands)), make([]float64, len(demands))
	for i, d := range demands {
		tat, _ := s.buckets.Get(d.key)
		tats[i], grants[i] = d.limit.take(tat, now, d.need, d.want)
	}
	if refused(demands, grants) {
		return grants, nil
	}
	for i, d := range demands {
		if grants[i].granted != 0 {
			s.buckets.Add(d.key, tats[i])
		}
	}
	return grants, nil
}
