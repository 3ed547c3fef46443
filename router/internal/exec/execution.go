package exec

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/tributary-gql/tributary/router/internal/plan"
	"github.com/tributary-gql/tributary/router/internal/value"
)

// execution is the state of one request. Whoever brings an answer merges it, and goes on with a fetch that became
// runnable by it; a goroutine is started only where there is more than one.
type execution struct {
	program *Program
	ctx     context.Context
	cancel  context.CancelFunc // of ctx, for plans with several payloads
	in      Input
	limits  Limits
	fetcher Fetcher
	guards  value.Bits

	mu       sync.Mutex
	progress sync.Cond // something arrived; its lock is mu
	// Guarded by mu while fetches run:
	tree     value.Tree
	root     value.Node
	sources  []source // by value.Node.Source
	waits    []int32  // fetches that each fetch still waits for
	requests []int32  // requests of each fetch that are under way
	done     []bool
	ready    []int32 // fetches whose inputs are there
	running  int     // goroutines that may still touch this execution, the caller's own excluded; or turns
	panicked error   // what one of them ended with
	errors   errorList

	turns   []turn  // where Input.Turn is given
	tasks   []*task // for reuse
	made    []*task // result of prepare
	collect collector
	proj    projector
}

// source is one answer that the tree borrows from.
type source struct {
	release func()
	fetch   int32
}

// task is one request for one fetch.
type task struct {
	fetch    int32
	request  FetchRequest
	body     []byte
	targets  []target
	entities []taskEntities
	sent     int             // representations
	ctx      context.Context // for the observer, nil without one
	start    time.Time
	duration time.Duration
}

// taskEntities is what a task asks for one entitiesProgram: targets[first:last] of the task.
type taskEntities struct {
	index       int32 // in fetchProgram.entities
	first, last int32
	count       int32 // representations sent
}

// target is an object of the response tree that a representation stands for.
type target struct {
	object         value.Node
	representation int32
}

// retainedBody is the largest request body or response buffer that is kept for later requests.
const retainedBody = 256 << 10

var executions = sync.Pool{New: func() any {
	e := &execution{}
	e.progress.L = &e.mu
	return e
}}

// Execute answers one request. The payloads go to the sink, whole and in order, from the calling goroutine; what goes
// wrong in subgraphs is in them. It returns the context's error when the client is gone (nothing was emitted then), or
// that of the sink. When it returns nothing runs any more.
func (p *Program) Execute(ctx context.Context, in Input, fetcher Fetcher, sink Sink) error {
	e := p.begin(ctx, in, fetcher)
	err := e.run(sink)
	e.end() // not deferred: after a panic of the sink, answers may still arrive
	return err
}

func (e *execution) run(sink Sink) error {
	isSubscription := e.program.plan.Kind == plan.Subscription
	if !isSubscription && !e.hasDeferred() {
		return e.runOnce(sink)
	}
	e.ctx, e.cancel = context.WithCancel(e.ctx)
	defer e.cancel()
	if isSubscription {
		return e.subscribe(sink)
	}
	return e.runDeferred(sink, true)
}

func (p *Program) begin(ctx context.Context, in Input, fetcher Fetcher) *execution {
	e := executions.Get().(*execution)
	e.program, e.ctx, e.in, e.fetcher = p, ctx, in, fetcher
	e.limits = in.Limits.withDefaults()
	words := len(p.guards)/64 + 1
	if cap(e.guards) < words {
		e.guards = make(value.Bits, words)
	}
	e.guards = e.guards[:words]
	p.evaluateGuards(e.guards, &e.in)
	e.reset()
	return e
}

// reset makes the execution ready for the plan's first fetch, also for each event of a subscription.
func (e *execution) reset() {
	n := len(e.program.fetches)
	e.waits, e.requests, e.done = resized(e.waits, n), resized(e.requests, n), resized(e.done, n)
	e.ready = e.ready[:0]
	for i := range e.program.fetches {
		e.waits[i] = e.program.fetches[i].waits
		if e.waits[i] == 0 {
			e.ready = append(e.ready, int32(i))
		}
	}
	e.forget()
	e.root = e.tree.NewObject(e.program.rootWidth)
}

// forget gives all answers back and empties the tree.
func (e *execution) forget() {
	for i := range e.sources {
		if release := e.sources[i].release; release != nil {
			release()
		}
	}
	clear(e.sources)
	e.sources = e.sources[:0]
	e.tree.Reset(e.limits.Nodes)
	tallies := 1
	if e.hasDeferred() {
		tallies = len(e.program.fetches) + 1
	}
	e.errors.reset(tallies)
}

func resized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	s = s[:n]
	clear(s)
	return s
}

func (e *execution) end() {
	e.forget()
	e.proj.reset()
	e.collect.entities, e.collect.last = nil, lastRepresentation{} // of the program, which may go before this does
	e.program, e.ctx, e.cancel, e.in, e.fetcher = nil, nil, nil, Input{}, nil
	executions.Put(e)
}

// runOnce makes all fetches and emits the one payload.
func (e *execution) runOnce(sink Sink) error {
	e.runAll()
	if err := e.abandoned(); err != nil {
		return err
	}
	return sink.Emit(e.payload("", nil), false)
}

// abandoned gives the context's error when nobody waits for an answer any more; a deadline that has passed is not that.
func (e *execution) abandoned() error {
	if err := e.ctx.Err(); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// runAll makes every fetch that is ready or becomes so, and returns when all have arrived.
func (e *execution) runAll() {
	e.mu.Lock()
	t := e.dispatch()
	e.mu.Unlock()
	e.work(t)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.waitForAll()
}

// waitForAll waits until no goroutine but the caller's runs. A panic of one of them goes on here, where the server can
// recover it for this one request. The caller holds mu.
func (e *execution) waitForAll() {
	for e.running > 0 {
		e.await()
	}
	if e.panicked != nil {
		panic(e.panicked)
	}
}

// work makes a task's request, merges its answer, and goes on with what became ready by it.
func (e *execution) work(t *task) {
	for t != nil {
		answer, err := e.fetch(t)
		t = e.advance(t, answer, err)
	}
}

// advance merges an answer and gives what to do next.
func (e *execution) advance(t *task, answer Answer, err error) *task {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.arrived(t, answer, err)
	next := e.dispatch()
	e.progress.Signal()
	return next
}

// workAside is work in a goroutine of its own.
func (e *execution) workAside(t *task) {
	defer func() {
		r := recover()
		e.mu.Lock()
		defer e.mu.Unlock()
		if r != nil {
			e.panicked = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
		e.running--
		e.progress.Signal()
	}()
	e.work(t)
}

// dispatch makes tasks of the fetches that are ready: the first is returned for the caller to work on, the others are
// started. Where things have their turns all are started. The caller holds mu.
func (e *execution) dispatch() *task {
	var first *task
	for len(e.ready) > 0 {
		index := e.ready[0]
		e.ready = e.ready[:copy(e.ready, e.ready[1:])]
		first = e.launch(index, first)
	}
	return first
}

// launch prepares a fetch and starts all its requests but one: that is first, or returned as first when there was none.
func (e *execution) launch(index int32, first *task) *task {
	f := &e.program.fetches[index]
	if !e.guards.Has(int(f.guard)) {
		e.complete(index)
		return first
	}
	e.requests[index] = 1 // until all its tasks are made
	for _, t := range e.prepare(index, f) {
		e.requests[index]++
		if first == nil && e.in.Turn == nil {
			first = t
			continue
		}
		e.start(t)
	}
	e.finished(index)
	return first
}

// finished counts down a fetch's requests.
func (e *execution) finished(index int32) {
	if e.requests[index]--; e.requests[index] == 0 {
		e.complete(index)
	}
}

// complete lets those go on that wait for a fetch.
func (e *execution) complete(index int32) {
	e.done[index] = true
	for _, next := range e.program.fetches[index].dependents {
		if e.waits[next]--; e.waits[next] == 0 {
			e.ready = append(e.ready, next)
		}
	}
}

// newTask takes a used task or makes one. The caller holds mu.
func (e *execution) newTask(index int32) *task {
	var t *task
	if last := len(e.tasks) - 1; last >= 0 {
		t = e.tasks[last]
		e.tasks = e.tasks[:last]
	} else {
		t = &task{}
	}
	t.fetch = index
	t.body = append(t.body[:0], e.program.fetches[index].head...)
	t.targets, t.entities, t.sent = t.targets[:0], t.entities[:0], 0
	return t
}

// arrived merges an answer, or notes the failure. The caller holds mu.
func (e *execution) arrived(t *task, answer Answer, err error) {
	e.merge(t, answer, err)
	e.finished(t.fetch)
	t.request, t.ctx = FetchRequest{Header: t.request.Header[:0]}, nil
	if cap(t.body) > retainedBody {
		t.body = nil
	}
	e.tasks = append(e.tasks, t)
}

// fetch makes a task's request. A Fetcher that panics fails this fetch, not the process.
func (e *execution) fetch(t *task) (answer Answer, err error) {
	if err := e.ctx.Err(); err != nil {
		return Answer{}, e.contextError(err)
	}
	fetch := e.program.fetches[t.fetch].fetch
	t.request = FetchRequest{Fetch: fetch, Body: t.body, Client: e.in.Client, Header: t.request.Header[:0]}
	ctx := e.ctx
	if e.in.Observer != nil {
		t.start, t.ctx = time.Now(), ctx
		defer func() { t.duration = time.Since(t.start) }()
	}
	defer func() {
		if r := recover(); r != nil {
			answer, err = Answer{}, &FetchError{
				Code:    CodeInternal,
				Message: fmt.Sprintf("The request to subgraph %q failed.", fetch.Subgraph),
				Err:     fmt.Errorf("panic: %v\n%s", r, debug.Stack()),
			}
		}
	}()
	if e.in.Observer != nil {
		ctx = e.in.Observer.FetchStarts(ctx, fetch)
		t.ctx = ctx
	}
	return e.fetcher.Fetch(ctx, &t.request)
}

func (e *execution) contextError(err error) *FetchError {
	if errors.Is(err, context.DeadlineExceeded) {
		return &FetchError{Code: CodeRequestTimeout, Message: "The request's time was over.", Err: err}
	}
	return &FetchError{Code: CodeInternal, Message: "The request was cancelled.", Err: err}
}
