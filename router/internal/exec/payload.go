package exec

import "github.com/tributary-gql/tributary/router/internal/value"

const (
	tooLargePayload = `{"data":null,"errors":[{"message":"The response is larger than allowed.","extensions":{"code":"` +
		CodeResponseTooLarge + `"}}]`
	unexplainedError = `{"message":"The operation could not be answered.","extensions":{"code":"` + CodeInternal + `"}}`
)

// payload writes a whole response: {"data":…,"errors":…}, with what more follows before the last brace. of tells whose
// errors are in it, nil: everyone's. It is valid until the next one.
func (e *execution) payload(more string, of func(fetch int32) bool) []byte {
	p := &e.proj
	p.begin(e)
	p.out = append(p.out, `{"data":`...)
	start := len(p.out)
	isNull := !p.object(e.root, e.program.response)
	if isNull {
		p.out = append(p.out[:start], nullText...)
	}
	switch {
	case p.tooLarge || len(p.out) > p.limit:
		p.out = append(p.out[:0], tooLargePayload...)
		e.errors.forget(of)
		e.observeError(CodeResponseTooLarge)
	case e.errors.has(of):
		p.out = e.appendErrors(append(p.out, `,"errors":`...), of)
	case isNull:
		p.out = append(append(append(p.out, `,"errors":[`...), unexplainedError...), ']')
		e.observeError(CodeInternal)
	}
	p.out = append(append(p.out, more...), '}')
	return p.out
}

// observeError tells of an error that is none of a subgraph's.
func (e *execution) observeError(code string) {
	if e.in.Observer != nil {
		e.in.Observer.ErrorReported("", code)
	}
}

// incremental writes the payload of a deferred part: one entry for each object that it belongs to. of is as in payload.
func (e *execution) incremental(deferred *deferredProgram, more string, of func(fetch int32) bool) []byte {
	p := &e.proj
	p.begin(e)
	p.out = append(p.out, `{"incremental":`...)
	start := len(p.out)
	p.entries(deferred, 0, e.root, of)
	if e.errors.has(of) {
		// The part has no object of its own, only errors.
		p.entry(deferred, value.Node{}, of)
	}
	if p.tooLarge || len(p.out) > p.limit {
		p.out = append(append(append(p.out[:start], ','), tooLargePayload...), '}')
		e.errors.forget(of)
	}
	p.out = closeList(p.out, start)
	p.out = append(append(p.out, more...), '}')
	return p.out
}

// entries walks to the objects of a deferred part.
func (p *projector) entries(deferred *deferredProgram, depth int, n value.Node, of func(fetch int32) bool) {
	switch n.Kind {
	case value.List:
		p.way = append(p.way, wayStep{})
		for i, item := range p.tree.Items(n) {
			p.way[len(p.way)-1].index = int32(i)
			p.entries(deferred, depth, item, of)
		}
		p.way = p.way[:len(p.way)-1]
	case value.Object:
		if depth == len(deferred.path.steps) {
			p.entry(deferred, n, of)
			return
		}
		step := &deferred.path.steps[depth]
		if !step.types.HasType(p.tree.Type(n)) {
			return
		}
		p.way = append(p.way, wayStep{field: &deferred.names[depth]})
		p.entries(deferred, depth+1, p.tree.Field(n, step.slot), of)
		p.way = p.way[:len(p.way)-1]
	}
}

// entry writes one object of a deferred part with its path, its label, and the errors since the last entry.
func (p *projector) entry(deferred *deferredProgram, n value.Node, of func(fetch int32) bool) {
	p.out = append(p.out, `,{"data":`...)
	start := len(p.out)
	if n.Kind != value.Object || !p.object(n, deferred.response) {
		p.out = append(p.out[:start], nullText...)
	}
	p.out = append(p.out, `,"path":`...)
	p.out = append(p.out, p.path(nil)...)
	if deferred.label != nil {
		p.out = append(append(p.out, `,"label":`...), deferred.label...)
	}
	if p.e.errors.has(of) {
		p.out = p.e.appendErrors(append(p.out, `,"errors":`...), of)
	}
	p.out = append(p.out, '}')
}
