package exec

import "time"

// subscribe runs the plan once for each event of its first fetch.
func (e *execution) subscribe(sink Sink) error {
	first := &e.program.fetches[0]
	if !e.guards.Has(int(first.guard)) { // skipped, or the caller may not see it: there is nothing to wait for
		return e.runOnce(sink)
	}
	t := e.subscriptionTask(first)
	streamer, ok := e.fetcher.(Streamer)
	if !ok {
		e.fail(t, first, &FetchError{Code: CodeInternal, Message: "Subscriptions are not supported here."})
		return sink.Emit(e.payload("", nil), false)
	}
	ctx := e.ctx
	if e.in.Observer != nil { // the first event is the answer that it hears of with a time
		t.start = time.Now()
		ctx = e.in.Observer.FetchStarts(ctx, first.fetch)
		t.ctx = ctx
	}
	var sinkErr error
	err := streamer.Stream(ctx, &t.request, func(answer Answer) error {
		sinkErr = e.event(t, answer, sink)
		return sinkErr
	})
	switch {
	case sinkErr != nil:
		return sinkErr
	case e.abandoned() != nil:
		return e.abandoned()
	case err == nil:
		return nil
	}
	e.reset()
	e.fail(t, first, err)
	return sink.Emit(e.payload("", nil), false)
}

func (e *execution) subscriptionTask(first *fetchProgram) *task {
	e.mu.Lock()
	defer e.mu.Unlock()
	t := e.prepare(0, first)[0]
	t.request = FetchRequest{Fetch: first.fetch, Body: t.body, Client: e.in.Client}
	return t
}

// event merges one event and runs the rest of the plan for it.
func (e *execution) event(t *task, answer Answer, sink Sink) error {
	e.reset()
	e.mu.Lock()
	e.ready = e.ready[:copy(e.ready, e.ready[1:])] // the first fetch is what brings the events
	if t.ctx != nil {
		t.duration = time.Since(t.start)
	}
	e.merge(t, answer, nil)
	t.ctx = nil
	e.complete(0)
	e.mu.Unlock()
	if e.hasDeferred() {
		return e.runDeferred(sink, false)
	}
	e.runAll()
	if err := e.abandoned(); err != nil {
		return err
	}
	defer e.proj.release() // the next event may be far
	return sink.Emit(e.payload("", nil), true)
}
