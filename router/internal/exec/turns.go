package exec

import "slices"

// By default answers are merged as they come: which of two fetches is asked, or arrives, first is up to the scheduler and the
// network. Where Input.Turn is given it is up to that: the goroutine that calls Execute does everything itself, one thing
// after the other, so that the same choices bring the same run again.

// turn is a request that is under way without a goroutine of its own: it is made at its first turn, and its answer is
// merged at its second.
type turn struct {
	task   *task
	asked  bool
	answer Answer
	err    error
}

// start has a task worked on beside the caller. The caller holds mu.
func (e *execution) start(t *task) {
	e.running++
	if e.in.Turn != nil {
		e.turns = append(e.turns, turn{task: t})
		return
	}
	go e.workAside(t)
}

// await waits until something arrived, or takes a turn. Something is running. The caller holds mu.
func (e *execution) await() {
	if e.in.Turn == nil {
		e.progress.Wait()
		return
	}
	i := e.in.Turn(len(e.turns))
	if at := &e.turns[i]; !at.asked {
		at.asked = true
		at.answer, at.err = e.fetch(at.task)
		return
	}
	arrived := e.turns[i]
	e.turns = slices.Delete(e.turns, i, i+1)
	e.arrived(arrived.task, arrived.answer, arrived.err)
	e.dispatch()
	e.running--
}

// isLate tells whether a payload that is ready gives way to what is under way, as one does when answers are faster than the
// goroutine that emits.
func (e *execution) isLate() bool { return e.in.Turn != nil && e.running > 0 && e.in.Turn(2) == 1 }
