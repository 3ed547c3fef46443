package introspect

import (
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

const (
	maxCachedAnswers = 256
	maxCachedBytes   = 64 << 20
)

// answers is a cache of answers, bounded by count and bytes.
type answers struct {
	mutex sync.Mutex
	byKey *simplelru.LRU[string, []byte]
	bytes int
}

func newAnswers() *answers {
	a := &answers{}
	// The only error is about a size that is not positive.
	a.byKey, _ = simplelru.NewLRU(maxCachedAnswers, func(key string, answer []byte) { a.bytes -= len(key) + len(answer) })
	return a
}

func (a *answers) get(key string) ([]byte, bool) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return a.byKey.Get(key)
}

func (a *answers) add(key string, answer []byte) {
	size := len(key) + len(answer)
	if size > maxCachedBytes/4 {
		return
	}
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if a.byKey.Contains(key) {
		return
	}
	a.bytes += size
	a.byKey.Add(key, answer)
	for a.bytes > maxCachedBytes {
		a.byKey.RemoveOldest()
	}
}
