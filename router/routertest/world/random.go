package world

import (
	"hash/fnv"
	"strconv"
)

// digest mixes a number and words into a number; equal inputs give equal outputs for ever.
func digest(seed uint64, words ...string) uint64 {
	h := fnv.New64a()
	for _, word := range words {
		h.Write([]byte(word))
		h.Write([]byte{0})
	}
	return scramble(seed ^ scramble(h.Sum64()))
}

// scramble is the finaliser of splitmix64: every input bit changes half of the output bits.
func scramble(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// source is a small deterministic random source.
type source struct{ state uint64 }

func (s *source) next() uint64 {
	s.state += 0x9e3779b97f4a7c15
	return scramble(s.state)
}

// below gives a number in [0, n).
func (s *source) below(n int) int { return int(s.next() % uint64(n)) }

// permille is true n times of a thousand.
func (s *source) permille(n int) bool { return s.below(1000) < n }

func itoa(n int) string { return strconv.Itoa(n) }
