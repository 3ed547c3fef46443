package exec

import "slices"

const (
	moreFollows = `,"hasNext":true`
	lastOne     = `,"hasNext":false`
)

// activeDeferred marks the deferred parts whose guards hold; the others' fields are in their parents' payloads.
func (e *execution) activeDeferred() (active []bool, count int) {
	active = make([]bool, len(e.program.deferred))
	for i := range e.program.deferred {
		if e.guards.Has(int(e.program.deferred[i].guard)) {
			active[i] = true
			count++
		}
	}
	return active, count
}

func (e *execution) hasDeferred() bool {
	for i := range e.program.deferred {
		if e.guards.Has(int(e.program.deferred[i].guard)) {
			return true
		}
	}
	return false
}

// runDeferred makes all fetches in goroutines of their own, and emits each payload from here as soon as its fetches have
// arrived and its parent is out. final tells that nothing follows the last of them.
func (e *execution) runDeferred(sink Sink, final bool) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if t := e.dispatch(); t != nil {
		e.start(t)
	}
	active, left := e.activeDeferred()
	waiting := slices.Clone(active)
	err := e.emitWhen(func() bool { return e.initialReady(active) }, func() error {
		return e.emitUnlocked(sink, e.payload(moreFollows, func(fetch int32) bool {
			return fetch == ownErrors || e.program.initial[fetch]
		}), true)
	})
	for left > 0 && err == nil {
		var next int
		err = e.emitWhen(func() bool {
			next = e.nextDeferred(waiting, active)
			return next >= 0
		}, func() error {
			waiting[next] = false
			left--
			more := moreFollows
			if left == 0 && final {
				more = lastOne
			}
			part := &e.program.deferred[next]
			return e.emitUnlocked(sink, e.incremental(part, more, e.errorsOf(part, left == 0)), left > 0 || !final)
		})
	}
	if err != nil {
		e.cancel()
	}
	e.waitForAll()
	return err
}

// errorsOf tells whose errors go with a deferred part: its own fetches', and everyone's with the last part.
func (e *execution) errorsOf(part *deferredProgram, isLast bool) func(fetch int32) bool {
	if isLast {
		return nil
	}
	return func(fetch int32) bool {
		return fetch == ownErrors || slices.Contains(part.plan.WaitsFor, int(fetch))
	}
}

// emitWhen waits until a payload is ready and emits it. The caller holds mu.
func (e *execution) emitWhen(ready func() bool, emit func() error) error {
	for (!ready() || e.isLate()) && e.running > 0 {
		e.await()
	}
	if err := e.abandoned(); err != nil {
		return err
	}
	return emit()
}

// emitUnlocked lets answers be merged while the sink writes. The caller holds mu.
func (e *execution) emitUnlocked(sink Sink, payload []byte, hasNext bool) error {
	e.mu.Unlock()
	defer e.mu.Lock()
	defer e.proj.release()
	return sink.Emit(payload, hasNext)
}

func (e *execution) initialReady(active []bool) bool {
	for i, needed := range e.program.initial {
		if needed && !e.done[i] {
			return false
		}
	}
	return e.hasInactive(-1, active)
}

// hasInactive tells whether everything has arrived for the inactive parts whose fields are in a payload: that of a deferred
// part, or the initial response (-1).
func (e *execution) hasInactive(payload int32, active []bool) bool {
	for i := range e.program.deferred {
		if active[i] {
			continue
		}
		above := e.program.deferred[i].parent
		for above >= 0 && !active[above] {
			above = e.program.deferred[above].parent
		}
		if above == payload && !e.hasArrived(&e.program.deferred[i]) {
			return false
		}
	}
	return true
}

func (e *execution) hasArrived(part *deferredProgram) bool {
	for _, fetch := range part.plan.WaitsFor {
		if !e.done[fetch] {
			return false
		}
	}
	return true
}

// nextDeferred finds a part whose fetches are done and whose nearest waiting ancestor is out, -1 when there is none.
func (e *execution) nextDeferred(waiting, active []bool) int {
	for i := range e.program.deferred {
		if waiting[i] && e.isDeferredReady(i, waiting, active) {
			return i
		}
	}
	return -1
}

func (e *execution) isDeferredReady(i int, waiting, active []bool) bool {
	deferred := &e.program.deferred[i]
	for above := deferred.parent; above >= 0; above = e.program.deferred[above].parent {
		if waiting[above] {
			return false
		}
	}
	return e.hasArrived(deferred) && e.hasInactive(int32(i), active)
}
