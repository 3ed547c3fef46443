package subgraphclient

import (
	"math/bits"
	"sync"
)

// buffer holds one response. It is pooled by size: classes are 4 KiB, 6 KiB, 8 KiB, 12 KiB … 1 MiB, so that at most a third
// of one is unused; larger ones are left to the garbage collector, so that one large answer does not stay in memory.
type buffer struct {
	data    []byte // length is what was read
	class   int
	release func() // gives the buffer back; made once, so that an answer costs no closure
}

const (
	smallestBuffer = 4 << 10
	bufferClasses  = 17
)

// bufferPools is the process's memory for responses; the pools are emptied by the garbage collector.
var bufferPools [bufferClasses]sync.Pool

func bufferClass(size int) int {
	if size <= smallestBuffer {
		return 0
	}
	n := bits.Len(uint(size - 1)) // the power of two that it fits into
	class := 2 * (n - 12)
	if size <= 3<<(n-2) {
		class--
	}
	return class
}

// classSize is the room in a buffer of a class.
func classSize(class int) int {
	size := smallestBuffer << (class / 2)
	if class%2 == 1 {
		size += size / 2
	}
	return size
}

// getBuffer gives an empty buffer with room for at least size bytes.
func getBuffer(size int) *buffer {
	class := bufferClass(size)
	if class >= bufferClasses {
		return &buffer{data: make([]byte, 0, size), class: class, release: func() {}}
	}
	if b, ok := bufferPools[class].Get().(*buffer); ok {
		b.data = b.data[:0]
		return b
	}
	b := &buffer{data: make([]byte, 0, classSize(class)), class: class}
	b.release = b.free
	return b
}

func (b *buffer) free() {
	if b.class < bufferClasses {
		bufferPools[b.class].Put(b)
	}
}

// grown gives a buffer with room for size bytes in all, with the same contents; b is given back.
func (b *buffer) grown(size int) *buffer {
	larger := getBuffer(size)
	larger.data = append(larger.data, b.data...)
	b.free()
	return larger
}
