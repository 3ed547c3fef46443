package exec

import (
	"errors"
	"fmt"

	"github.com/tributary-gql/tributary/router/internal/fault"
	"github.com/tributary-gql/tributary/router/internal/value"
)

// merge takes an answer into the response tree, or notes why there is none. The caller holds mu.
func (e *execution) merge(t *task, answer Answer, err error) {
	f := &e.program.fetches[t.fetch]
	count := 0
	if err == nil {
		count, err = e.take(t, f, answer)
	} else if answer.Release != nil {
		answer.Release()
	}
	header := answer.Header
	if err != nil {
		header = nil // it may have been released
		e.fail(t, f, err)
	}
	if e.in.Observer != nil {
		e.in.Observer.FetchDone(FetchReport{
			Fetch: f.fetch, Context: t.ctx, Start: t.start, Duration: t.duration, Header: header,
			Representations: t.sent, Entities: len(t.targets),
			RequestBytes: len(t.body), ResponseBytes: len(answer.Body),
			Status: answer.Status, Errors: count, Err: err,
		})
	}
}

// take parses an answer, passes its errors on and merges its data. An error means that nothing was merged; errors counts
// those that the answer itself brought.
func (e *execution) take(t *task, f *fetchProgram, answer Answer) (count int, err error) {
	source, err := e.tree.Borrow(answer.Body)
	if err != nil {
		if answer.Release != nil {
			answer.Release()
		}
		return 0, e.malformed(f, answer, err)
	}
	e.sources = append(e.sources, newSource(answer, t.fetch))
	response, err := e.tree.ParseResponse(source, f.answer, e.guards)
	if err != nil {
		return 0, e.malformed(f, answer, err)
	}
	reported, more, ok := parseErrors(response.Errors, e.limits.Errors)
	if !ok {
		return 0, e.malformed(f, answer, errors.New(`"errors" is not a list of objects`))
	}
	if response.Data.Kind != value.Object {
		switch {
		case !response.Data.IsNull():
			return 0, e.malformed(f, answer, errors.New(`"data" is not an object`))
		case len(reported) == 0:
			return 0, e.malformed(f, answer, errors.New(`it has neither "data" nor "errors"`))
		}
		response.Data = e.tree.NewObject(f.answer.Width)
		e.explainAll(response.Data, f.answer)
	}
	if problem := e.checkEntities(t, f, response.Data, len(reported) > 0); problem != nil {
		e.pass(t, f, reported, more)
		return len(reported) + more, problem
	}
	if len(reported) > 0 {
		e.explain(f, response.Data, reported, more)
	}
	e.mergeData(t, f, response.Data)
	if len(reported) > 0 {
		e.pass(t, f, reported, more)
	}
	return len(reported) + more, nil
}

func newSource(answer Answer, fetch int32) source {
	return source{release: answer.Release, fetch: fetch}
}

// malformed is the error for an answer that is not a GraphQL response.
func (e *execution) malformed(f *fetchProgram, answer Answer, cause error) *FetchError {
	subgraph := f.fetch.Subgraph
	switch {
	case errors.Is(cause, value.ErrTooLarge):
		return &FetchError{
			Code: CodeTooLarge, Status: answer.Status, Err: cause,
			Message: fmt.Sprintf("The answer of subgraph %q is larger than allowed.", subgraph),
		}
	case answer.Status != 0 && (answer.Status < 200 || answer.Status > 299):
		return &FetchError{
			Code: CodeHTTP, Status: answer.Status, Err: cause,
			Message: fmt.Sprintf("Subgraph %q answered with HTTP status %d.", subgraph, answer.Status),
		}
	}
	return &FetchError{
		Code: CodeMalformed, Status: answer.Status, Err: cause,
		Message: fmt.Sprintf("The answer of subgraph %q is not a GraphQL response.", subgraph),
	}
}

// checkEntities makes sure that every list of entities has one item for each representation.
func (e *execution) checkEntities(t *task, f *fetchProgram, data value.Node, explained bool) *FetchError {
	for i := range t.entities {
		asked := &t.entities[i]
		list := e.tree.Field(data, f.entities[asked.index].slot)
		switch {
		case asked.count == 0:
		case list.Kind == value.List && list.Count != uint32(asked.count) && !fault.On(fault.IgnoreLength):
			return &FetchError{
				Code: CodeEntityCount,
				Message: fmt.Sprintf("Subgraph %q answered with %d entities where %d were asked for.",
					f.fetch.Subgraph, list.Count, asked.count),
			}
		case list.Kind == value.List:
			for _, item := range e.tree.Items(list) {
				if item.Kind != value.Object && item.Kind != value.Null {
					return e.malformed(f, Answer{}, errors.New("an entity is not an object"))
				}
			}
		case !list.IsNull() || !explained:
			return e.malformed(f, Answer{}, errors.New("the entities are not a list"))
		}
	}
	return nil
}

// mergeData writes an answer's data into the objects it is for.
func (e *execution) mergeData(t *task, f *fetchProgram, data value.Node) {
	switch {
	case len(f.entities) > 0:
		for i := range t.entities {
			e.mergeEntities(t, &t.entities[i], f, data)
		}
	case f.into == nil:
		e.tree.Merge(e.root, data)
	default:
		for i, target := range t.targets {
			if i > 0 && !e.program.shared {
				data = e.tree.Copy(data)
			}
			e.tree.Merge(target.object, data)
		}
	}
}

func (e *execution) mergeEntities(t *task, asked *taskEntities, f *fetchProgram, data value.Node) {
	entities := &f.entities[asked.index]
	list := e.tree.Field(data, entities.slot)
	targets := t.targets[asked.first:asked.last]
	if list.Kind != value.List {
		for i := range targets {
			e.explainAbsence(targets[i].object, entities.selection)
		}
		return
	}
	last := int32(-1) // representations are numbered in the order of their first targets
	for i := range targets {
		target := &targets[i]
		at := target.representation
		if fault.On(fault.SwapEntities) {
			at = (at + 1) % int32(list.Count)
		}
		if fault.On(fault.IgnoreLength) && at >= int32(list.Count) {
			continue
		}
		item := e.tree.Items(list)[at]
		if item.Kind == value.Null {
			if item.Flags&value.Reported != 0 {
				e.explainAbsence(target.object, entities.selection)
			}
			continue
		}
		if target.representation > last {
			last = target.representation
		} else if !e.program.shared {
			item = e.tree.Copy(item)
		}
		e.tree.Merge(target.object, item)
	}
}

// explainAbsence notes that an error was reported for what a selection did not bring to an object. Where another answer
// brought a part of a value, the rest of it is explained.
func (e *execution) explainAbsence(object value.Node, selection *value.Selection) {
	id := e.tree.Type(object)
	for i := range selection.Fields {
		field := &selection.Fields[i]
		if !field.Applies(id, e.guards) {
			continue
		}
		e.tree.FieldRef(object, field.Slot).ExplainAbsence()
	}
}

// fail reports a fetch without a usable answer: one error, and nothing more for the fields it would have filled.
func (e *execution) fail(t *task, f *fetchProgram, err error) {
	switch {
	case len(f.entities) > 0:
		for i := range t.entities {
			asked := &t.entities[i]
			for _, target := range t.targets[asked.first:asked.last] {
				e.explainAbsence(target.object, f.entities[asked.index].selection)
			}
		}
	case f.into == nil:
		e.explainAbsence(e.root, f.answer)
	default:
		for _, target := range t.targets {
			e.explainAbsence(target.object, f.answer)
		}
	}
	failure := e.fetchError(f, err)
	e.report(reportedError{
		fetch:    t.fetch,
		message:  value.AppendQuoted(nil, failure.Message),
		path:     e.failurePath(t, f),
		code:     failure.Code,
		subgraph: f.fetch.Subgraph,
		status:   failure.Status,
	})
}

// fetchError is the error of a Fetcher in the form that clients see.
func (e *execution) fetchError(f *fetchProgram, err error) *FetchError {
	var failure *FetchError
	if errors.As(err, &failure) {
		return failure
	}
	if ctxErr := e.ctx.Err(); ctxErr != nil {
		return e.contextError(ctxErr)
	}
	return &FetchError{
		Code: CodeUnreachable, Err: err,
		Message: fmt.Sprintf("Subgraph %q could not be asked.", f.fetch.Subgraph),
	}
}
