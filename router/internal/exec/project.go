package exec

import (
	"fmt"
	"strconv"
	"sync"

	"github.com/tributary-gql/tributary/router/internal/fault"
	"github.com/tributary-gql/tributary/router/internal/value"
)

// projector writes the client's response from the tree in one pass. What turns out to be null after it was begun is
// cut off again: every method that returns false leaves the cutting to the nearest nullable value above
// (specification, "Handling Execution Errors").
type projector struct {
	e    *execution
	tree *value.Tree
	out  []byte
	// buffer is where out comes from: only those who write have one, not those who wait for answers.
	buffer *outputBuffer
	way    []wayStep
	limit  int
	// partial is how many values around the one at hand some subgraph could not answer, and said so: what is absent in them
	// is explained.
	partial int
	// tooLarge ends everything: the response has reached its limit.
	tooLarge bool
}

// wayStep is one element of the path of the value at hand: a field, or an index when field is nil.
type wayStep struct {
	field *fieldShape
	index int32
}

func (p *projector) begin(e *execution) {
	p.e, p.tree, p.limit = e, &e.tree, e.limits.ResponseBytes
	if p.buffer == nil {
		p.buffer = outputBuffers.Get().(*outputBuffer)
		p.out = p.buffer.data
	}
	p.out, p.way, p.partial, p.tooLarge = p.out[:0], p.way[:0], 0, false
}

// release gives back the memory of the last payload.
func (p *projector) release() {
	if p.buffer == nil {
		return
	}
	if cap(p.out) <= retainedBody {
		p.buffer.data = p.out
		outputBuffers.Put(p.buffer)
	}
	p.buffer, p.out = nil, nil
}

func (p *projector) reset() {
	p.release()
	p.e, p.tree = nil, nil
}

// outputBuffer is the memory of one payload.
type outputBuffer struct{ data []byte }

var outputBuffers = sync.Pool{New: func() any { return new(outputBuffer) }}

// object writes the fields of an object.
func (p *projector) object(n value.Node, index int32) bool {
	program := p.e.program
	shape := &program.objects[index]
	id := p.tree.Type(n)
	switch {
	case id == value.NoType && shape.onlyType == value.NoType && shape.typed:
		return p.unknownType(n, shape)
	case id == value.NoType:
		id = shape.onlyType
	case !shape.possible.HasType(id):
		return p.wrongType(n, shape)
	}
	if len(p.out) > p.limit {
		p.tooLarge = true
		return false
	}
	start := len(p.out)
	fields := program.fields[shape.first:shape.last]
	for i := range fields {
		field := &fields[i]
		denied := false
		if field.conditional {
			if field.types != nil && !field.types.HasType(id) {
				continue
			}
			if !p.e.guards.Has(int(field.guard)) {
				continue
			}
			denied = !p.e.guards.Has(int(field.denied)) && !fault.On(fault.ShowDenied)
		}
		p.out = append(p.out, field.key...)
		if field.verbatim != 0 && !denied {
			if n := p.tree.Field(n, field.slot); field.verbatim.has(n.Kind) {
				p.out = append(p.out, p.tree.Bytes(n)...)
				continue
			}
		}
		if !p.field(n, id, field, denied) {
			return false
		}
	}
	p.out = closeObject(p.out, start)
	return true
}

// field writes the value of one field, whose key is already there.
func (p *projector) field(object value.Node, id value.TypeID, field *fieldShape, denied bool) bool {
	if denied {
		p.fail(field, CodeUnauthorized, "", "Unauthorized field or type")
		return p.null(field.typ)
	}
	switch field.kind {
	case leafField:
		return p.leaf(p.tree.Field(object, field.slot), field.typ, field)
	case typenameField:
		p.out = append(p.out, p.e.program.typenames[id]...)
		return true
	case introspectionField:
		return p.introspect(field)
	}
	p.way = append(p.way, wayStep{field: field})
	ok := p.value(p.tree.Field(object, field.slot), field.typ, field)
	p.way = p.way[:len(p.way)-1]
	return ok
}

// value writes a list or an object, or what stands in its place. The way leads to it already.
func (p *projector) value(n value.Node, typ *typeShape, field *fieldShape) bool {
	if typ.elem == nil && typ.object < 0 {
		return p.leaf(n, typ, nil)
	}
	if n.IsNull() {
		return p.absent(n, typ, field, nil)
	}
	start := len(p.out)
	ok := false
	isPartial := n.Flags&value.Reported != 0
	if isPartial {
		p.partial++
	}
	switch {
	case typ.elem != nil && n.Kind == value.List:
		ok = p.list(n, typ, field)
	case typ.elem == nil && n.Kind == value.Object:
		ok = p.object(n, typ.object)
	default:
		p.misfit(n, typ, nil)
	}
	if isPartial {
		p.partial--
	}
	if ok {
		return true
	}
	p.out = p.out[:start]
	return p.null(typ)
}

func (p *projector) list(n value.Node, typ *typeShape, field *fieldShape) bool {
	start := len(p.out)
	last := len(p.way)
	p.way = append(p.way, wayStep{})
	elem := typ.elem
	for i, item := range p.tree.Items(n) {
		p.way[last].index = int32(i)
		p.out = append(p.out, ',')
		if !p.value(item, elem, field) {
			p.way = p.way[:last]
			return false
		}
	}
	p.way = p.way[:last]
	p.out = closeList(p.out, start)
	return true
}

// null writes null where the type allows it.
func (p *projector) null(typ *typeShape) bool {
	if typ.nonNull && !fault.On(fault.SkipPropagation) || p.tooLarge {
		return false
	}
	p.out = append(p.out, nullText...)
	return true
}

// absent writes null for a value that is null or was never there; leaf is its field when the way does not include it.
func (p *projector) absent(n value.Node, typ *typeShape, field, leaf *fieldShape) bool {
	if typ.nonNull && n.Flags&value.Reported == 0 && (p.partial == 0 || n.Kind != value.Absent) {
		p.fail(leaf, CodeNull, p.subgraph(n), fmt.Sprintf("Cannot return null for non-nullable field %s.", field.coordinate))
	}
	return p.null(typ)
}

// misfit reports a value of the wrong kind.
func (p *projector) misfit(n value.Node, typ *typeShape, leaf *fieldShape) {
	if n.Kind == value.Conflict {
		p.fail(leaf, CodeConflict, "", "Subgraphs disagree about the shape of this value.")
		return
	}
	subgraph := p.subgraph(n)
	p.fail(leaf, CodeInvalidValue, subgraph,
		fmt.Sprintf("Subgraph %q answered with %s where %s was expected.", subgraph, kindName(n), typ.text))
}

func kindName(n value.Node) string {
	switch n.Kind {
	case value.True, value.False:
		return "a boolean"
	case value.Number:
		return "a number"
	case value.String:
		return "a string"
	case value.List:
		return "a list"
	}
	return "an object"
}

// wrongType reports an object whose runtime type cannot be here; the name is not told, as it may be inaccessible.
func (p *projector) wrongType(n value.Node, shape *objectShape) bool {
	subgraph := p.subgraph(n)
	p.fail(nil, CodeInvalidType, subgraph,
		fmt.Sprintf("Subgraph %q answered with a runtime type that is not a possible type of %s.", subgraph, shape.typeName))
	return false
}

// unknownType refuses an object whose fields depend on a runtime type that nobody told. Where the fetch that would have
// told it failed, that is explained already.
func (p *projector) unknownType(n value.Node, shape *objectShape) bool {
	if p.partial == 0 && (shape.typename == 0 || p.tree.Field(n, shape.typename).Flags&value.Reported == 0) {
		p.fail(nil, CodeInvalidType, "", fmt.Sprintf("The runtime type of this %s is not known.", shape.typeName))
	}
	return false
}

func (p *projector) introspect(field *fieldShape) bool {
	if p.e.in.Introspect == nil {
		p.fail(field, CodeIntrospection, "", "Introspection is switched off.")
		return p.null(field.typ)
	}
	text, err := p.e.in.Introspect(field.introspects)
	if err != nil {
		p.fail(field, CodeIntrospection, "", err.Error())
		return p.null(field.typ)
	}
	p.out = append(p.out, text...)
	return true
}

// subgraph is who answered with a value, "" when nobody did.
func (p *projector) subgraph(n value.Node) string {
	if n.Kind == value.Absent || n.Kind == value.Conflict || int(n.Source) >= len(p.e.sources) {
		return ""
	}
	return p.e.program.fetches[p.e.sources[n.Source].fetch].fetch.Subgraph
}

// fail reports an error at the way, and in field when that is not nil.
func (p *projector) fail(field *fieldShape, code, subgraph, message string) {
	p.e.report(reportedError{
		fetch:    ownErrors,
		message:  value.AppendQuoted(nil, message),
		path:     p.path(field),
		code:     code,
		subgraph: subgraph,
	})
}

// path is the JSON text of the way, and of field when that is not nil.
func (p *projector) path(field *fieldShape) []byte {
	text := make([]byte, 0, 64)
	for _, step := range p.way {
		text = append(text, ',')
		if step.field != nil {
			text = value.AppendQuoted(text, step.field.responseName)
		} else {
			text = strconv.AppendInt(text, int64(step.index), 10)
		}
	}
	if field != nil {
		text = value.AppendQuoted(append(text, ','), field.responseName)
	}
	return closeList(text, 0)
}

// lastField is the field that the way leads to.
func (p *projector) lastField() *fieldShape {
	for i := len(p.way) - 1; i >= 0; i-- {
		if p.way[i].field != nil {
			return p.way[i].field
		}
	}
	return &fieldShape{}
}
