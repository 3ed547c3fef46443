package inflight

import "sync"

// flightEnd is the end of a flight's context.
type flightEnd struct {
	mu    sync.Mutex
	err   error
	done  chan struct{}
	funcs []*endFunc
}

type endFunc struct{ call func() }

// finish ends the context, once.
func (end *flightEnd) finish(err error) {
	end.mu.Lock()
	if end.err != nil {
		end.mu.Unlock()
		return
	}
	end.err = err
	if end.done != nil {
		close(end.done)
	}
	funcs := end.funcs
	end.funcs = nil
	end.mu.Unlock()
	for _, one := range funcs {
		one.call()
	}
}

func (end *flightEnd) channel() <-chan struct{} {
	end.mu.Lock()
	defer end.mu.Unlock()
	if end.done == nil {
		end.done = make(chan struct{})
		if end.err != nil {
			close(end.done)
		}
	}
	return end.done
}

func (end *flightEnd) cause() error {
	end.mu.Lock()
	defer end.mu.Unlock()
	return end.err
}

func (end *flightEnd) after(call func()) (stop func() bool) {
	end.mu.Lock()
	defer end.mu.Unlock()
	if end.err != nil {
		go call()
		return func() bool { return false }
	}
	one := &endFunc{call: call}
	end.funcs = append(end.funcs, one)
	return func() bool { return end.remove(one) }
}

func (end *flightEnd) remove(one *endFunc) bool {
	end.mu.Lock()
	defer end.mu.Unlock()
	for i, other := range end.funcs {
		if other == one {
			end.funcs = append(end.funcs[:i], end.funcs[i+1:]...)
			return true
		}
	}
	return false
}
