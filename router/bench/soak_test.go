//go:build linux

package main

import "testing"

func TestGrowths(t *testing.T) {
	t.Parallel()
	steady := func(int) sample { return sample{resident: 50 << 20, heap: 10 << 20, goroutines: 20, files: 30} }
	series := func(at func(i int) sample) []sample {
		samples := make([]sample, 31)
		for i := range samples {
			samples[i] = at(i)
		}
		return samples
	}
	for _, c := range []struct {
		name  string
		at    func(i int) sample
		grown string
	}{
		{"steady", steady, ""},
		{"warm-up", func(i int) sample {
			s := steady(i)
			if i == 0 {
				s.heap = 1
			}
			return s
		}, ""},
		{"alive", func(i int) sample { s := steady(i); s.heap += int64(i) << 18; return s }, "alive MB"},
		{"goroutines", func(i int) sample { s := steady(i); s.goroutines += int64(i); return s }, "goroutines"},
		{"files", func(i int) sample { s := steady(i); s.files += 3 * int64(i); return s }, "files"},
		{"resident", func(i int) sample { s := steady(i); s.resident += int64(i) << 20; return s }, "resident MB"},
	} {
		grown := ""
		for _, g := range growths(series(c.at)) {
			if g.last > g.allowed {
				grown += g.name
			}
		}
		if grown != c.grown {
			t.Errorf("%s: got growth of %q, want %q", c.name, grown, c.grown)
		}
	}
}
