// Package bubble runs tests on a virtual clock.
//
// It is testing/synctest on one processor. The timers of a synctest bubble share one context of the race detector, and a
// channel operation, a Reset or an AfterFunc whose time has come runs its timer on the spot: on two processors at once that
// corrupts the context, and the detector ends the process with "ThreadSanitizer: CHECK failed" (golang/go#78156, open).
// Tests of this module use this package in place of testing/synctest, which deploy/local's test of the imports checks.
package bubble

import (
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
)

// bubbles counts those that run: parallel tests have several.
var bubbles struct {
	sync.Mutex
	running    int
	processors int // what to go back to after the last one
}

// Test is synctest.Test on one processor.
func Test(t *testing.T, f func(*testing.T)) {
	t.Helper()
	enter()
	defer leave()
	synctest.Test(t, f)
}

// Wait is synctest.Wait: it returns when every other goroutine of the bubble is blocked.
func Wait() { synctest.Wait() }

func enter() {
	bubbles.Lock()
	defer bubbles.Unlock()
	if bubbles.running == 0 {
		bubbles.processors = runtime.GOMAXPROCS(1)
	}
	bubbles.running++
}

func leave() {
	bubbles.Lock()
	defer bubbles.Unlock()
	if bubbles.running--; bubbles.running == 0 {
		runtime.GOMAXPROCS(bubbles.processors)
	}
}
