package telemetry

import (
	"maps"
	"sync"
	"sync/atomic"
)

// longestWord bounds the memory of one value that somebody else chose.
const longestWord = 128

// vocabulary bounds the values of a label that clients or subgraphs choose: the first ones are kept, all others are one.
// Looking up a known word takes no lock.
type vocabulary struct {
	most  int
	words atomic.Pointer[map[string]struct{}]
	mu    sync.Mutex // of additions
}

func newVocabulary(most int) *vocabulary {
	v := &vocabulary{most: most}
	v.words.Store(&map[string]struct{}{})
	return v
}

// label gives word if it is known, or if it may be learnt and there is room.
func (v *vocabulary) label(word string, learn bool) string {
	if word == "" {
		return ""
	}
	known := *v.words.Load()
	if _, ok := known[word]; ok {
		return word
	}
	if !learn || len(known) >= v.most || len(word) > longestWord {
		return other
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	known = *v.words.Load()
	if _, ok := known[word]; ok || len(known) >= v.most {
		if ok {
			return word
		}
		return other
	}
	more := maps.Clone(known)
	more[cloned(word)] = struct{}{}
	v.words.Store(&more)
	return word
}

// cloned keeps a word from holding on to the request that it is a part of.
func cloned(s string) string { return string([]byte(s)) }
