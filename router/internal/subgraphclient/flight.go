package subgraphclient

import (
	"context"
	"errors"
	"sync"

	"github.com/tributary-gql/tributary/router/internal/exec"
)

// flight is one fetch under way and those who wait for it. It is the context of the fetch: the leader's, but its
// cancellation waits for the followers. Its deadline does not: past it the followers ask again.
type flight struct {
	context.Context // the leader's

	subgraph     string
	body, header []byte // the leader's; valid until the flight has landed
	shard        *shareShard

	// Guarded by shard.mu:
	followers int           // who still wait
	landed    chan struct{} // made by the first follower, closed when the answer is there
	isLanded  bool
	abandoned bool // the leader's client is gone

	// Set before landed is closed:
	answer sharedAnswer
	err    error
	again  bool // it failed for reasons of the leader alone

	end flightEnd
}

// flightEnd is the end of a flight's context.
type flightEnd struct {
	mu    sync.Mutex
	err   error
	done  chan struct{}
	funcs []*endFunc
}

type endFunc struct{ call func() }

func (f *flight) isFor(request *exec.FetchRequest, header []byte) bool {
	return f.subgraph == request.Fetch.Subgraph && string(f.header) == string(header) && string(f.body) == string(request.Body)
}

// join adds a follower and gives the channel that is closed when the answer is there. The caller holds shard.mu.
func (f *flight) join() chan struct{} {
	f.followers++
	if f.landed == nil {
		f.landed = make(chan struct{})
	}
	return f.landed
}

// leave takes a follower away, false when the flight has landed. The last one that leaves an abandoned flight ends it.
func (f *flight) leave() bool {
	f.shard.mu.Lock()
	if f.isLanded {
		f.shard.mu.Unlock()
		return false
	}
	f.followers--
	ends := f.followers == 0 && f.abandoned
	f.shard.mu.Unlock()
	if ends {
		f.cancel()
	}
	return true
}

// leaderGone is called when the leader's context has ended.
func (f *flight) leaderGone() {
	f.shard.mu.Lock()
	f.abandoned = true
	ends := f.followers == 0 || errors.Is(f.Context.Err(), context.DeadlineExceeded)
	f.shard.mu.Unlock()
	if ends {
		f.cancel()
	}
}

// land ends the flight; who comes later starts another one. It gives the number of followers.
func (f *flight) land(key uint64, answer exec.Answer, err error, again bool) int {
	f.shard.mu.Lock()
	defer f.shard.mu.Unlock()
	delete(f.shard.flights, key)
	f.isLanded = true
	f.answer.Answer, f.err, f.again = answer, err, again
	f.answer.users.Store(int64(f.followers) + 1)
	if f.landed != nil {
		close(f.landed)
	}
	return f.followers
}

func (f *flight) share() exec.Answer {
	answer := f.answer.Answer
	answer.Release = f.answer.release
	return answer
}

// cancel ends the flight's context.
func (f *flight) cancel() {
	end := &f.end
	end.mu.Lock()
	if end.err != nil {
		end.mu.Unlock()
		return
	}
	end.err = f.Context.Err()
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

// Done implements context.Context.
func (f *flight) Done() <-chan struct{} {
	end := &f.end
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

// Err implements context.Context.
func (f *flight) Err() error {
	f.end.mu.Lock()
	defer f.end.mu.Unlock()
	return f.end.err
}

// AfterFunc does what context.AfterFunc does, without a goroutine; package context uses it too.
func (f *flight) AfterFunc(call func()) (stop func() bool) {
	end := &f.end
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
