//go:build faults

package fault

import "sync/atomic"

var selected atomic.Uint32

// Select switches one fault on and all others off. Only builds with faults have it.
func Select(f Fault) { selected.Store(uint32(f)) }

// On tells whether a fault is switched on.
func On(f Fault) bool { return Fault(selected.Load()) == f }
