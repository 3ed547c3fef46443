package exec

import (
	"hash/maphash"

	"github.com/tributary-gql/tributary/router/internal/fault"
)

// hashSeed makes representation hashes unpredictable for whoever chooses the keys.
var hashSeed = maphash.MakeSeed()

// representationTable finds equal representations in a body: open addressing by hash, compared in full.
type representationTable struct {
	entries []representationEntry
	slots   []int32 // index in entries plus one, 0: free; a power of two long
}

type representationEntry struct {
	hash       uint64
	start, end int
}

// retainedEntries is the largest table that is kept for later requests.
const retainedEntries = 1 << 14

func (t *representationTable) reset() {
	if cap(t.entries) > retainedEntries {
		t.entries, t.slots = nil, nil
	}
	t.entries = t.entries[:0]
	clear(t.slots)
}

// add notes the representation body[start:] unless an equal one is there, and gives its number.
func (t *representationTable) add(body []byte, start int) (number int32, isNew bool) {
	if 2*len(t.entries) >= len(t.slots) {
		t.grow()
	}
	text := body[start:]
	hash := maphash.Bytes(hashSeed, text)
	mask := uint64(len(t.slots) - 1)
	for at := hash & mask; ; at = (at + 1) & mask {
		i := t.slots[at]
		if i == 0 {
			t.entries = append(t.entries, representationEntry{hash: hash, start: start, end: len(body)})
			t.slots[at] = int32(len(t.entries))
			return int32(len(t.entries) - 1), true
		}
		entry := &t.entries[i-1]
		if entry.hash == hash && string(body[entry.start:entry.end]) == string(text) ||
			fault.On(fault.WeakDedup) && entry.end-entry.start == len(text) {
			return i - 1, false
		}
	}
}

func (t *representationTable) grow() {
	t.slots = make([]int32, max(32, 2*len(t.slots)))
	mask := uint64(len(t.slots) - 1)
	for i := range t.entries {
		at := t.entries[i].hash & mask
		for t.slots[at] != 0 {
			at = (at + 1) & mask
		}
		t.slots[at] = int32(i + 1)
	}
}
