package exec

import (
	"bytes"

	"github.com/tributary-gql/tributary/router/internal/fault"
	"github.com/tributary-gql/tributary/router/internal/value"
)

// prepare makes the tasks of a fetch, none when there is nothing to ask. The caller holds mu. The result is valid until
// the next call.
func (e *execution) prepare(index int32, f *fetchProgram) []*task {
	e.made = e.made[:0]
	switch {
	case len(f.entities) == 0:
		e.prepareRoot(index, f)
	case f.hasContext:
		e.prepareGroups(index, f)
	default:
		t := e.newTask(index)
		e.collect.begin(e, t)
		variables := e.appendVariables(t, f)
		for i := range f.entities {
			e.appendEntities(f, int32(i))
		}
		e.made = e.closeEntities(e.made, t, variables)
	}
	return e.made
}

// prepareRoot makes the task of a root fetch; one whose answer has nowhere to go is not made.
func (e *execution) prepareRoot(index int32, f *fetchProgram) {
	t := e.newTask(index)
	if f.into != nil {
		e.collect.begin(e, t)
		e.collect.mark = f.intoMark
		for i := range f.into {
			e.collect.visit(f.into[i].steps, f.into[i].mark, e.root)
		}
		if len(t.targets) == 0 {
			e.tasks = append(e.tasks, t)
			return
		}
	}
	if f.hasObject {
		variables := e.appendVariables(t, f)
		t.body = closeObject(t.body, variables)
	}
	t.body = append(t.body, '}')
	e.made = append(e.made, t)
}

// appendVariables writes the values of the fetch's own variables, each after a comma, and gives the position of the first.
func (e *execution) appendVariables(t *task, f *fetchProgram) int {
	start := len(t.body)
	for i := range f.variables {
		variable := &f.variables[i]
		var text []byte
		switch {
		case variable.index < 0 && e.guards.Has(int(variable.guard)):
			text = trueText
		case variable.index < 0:
			text = falseText
		case int(variable.index) < len(e.in.Variables):
			if text = e.in.Variables[variable.index]; fault.On(fault.StaleVariable) {
				text = e.in.Variables[0]
			}
		}
		if text == nil {
			continue
		}
		t.body = append(t.body, variable.key...)
		t.body = append(t.body, text...)
	}
	return start
}

// closeObject puts braces around members that were each written after a comma.
func closeObject(body []byte, start int) []byte {
	if len(body) == start {
		return append(body, '{', '}')
	}
	body[start] = '{'
	return append(body, '}')
}

var (
	trueText  = []byte("true")
	falseText = []byte("false")
	nullText  = []byte("null")
)

// appendEntities writes the list of representations of one `_entities` selection.
func (e *execution) appendEntities(f *fetchProgram, index int32) {
	entities := &f.entities[index]
	c := &e.collect
	c.open(entities)
	if e.guards.Has(int(entities.guard)) {
		for i := range entities.paths {
			c.visit(entities.paths[i].steps, entities.paths[i].mark, e.root)
		}
	}
	c.close(index)
}

// closeEntities ends a body with representations, or gives the task back when there are none.
func (e *execution) closeEntities(made []*task, t *task, variables int) []*task {
	if t.sent == 0 {
		e.tasks = append(e.tasks, t)
		return made
	}
	t.body = append(closeObject(t.body, variables), '}')
	return append(made, t)
}

// collector walks to the entities of a fetch and writes their representations into its body.
type collector struct {
	e        *execution
	tree     *value.Tree
	t        *task
	entities *entitiesProgram // nil: targets alone are collected
	mark     uint32
	list     int   // where the list of representations starts
	first    int32 // of the targets
	table    representationTable
	last     lastRepresentation
}

// lastRepresentation is what was represented last: entities of a list are often the same one, and two nodes are compared
// faster than a representation is written.
type lastRepresentation struct {
	of     *representation // nil: none yet
	object value.Node
	number int32
}

func (c *collector) begin(e *execution, t *task) {
	c.e, c.tree, c.t, c.entities = e, &e.tree, t, nil
}

func (c *collector) open(entities *entitiesProgram) {
	c.entities, c.mark = entities, entities.mark
	c.last = lastRepresentation{}
	c.t.body = append(c.t.body, entities.key...)
	c.list = len(c.t.body)
	c.first = int32(len(c.t.targets))
	c.table.reset()
}

func (c *collector) close(index int32) {
	t := c.t
	if len(t.body) == c.list {
		t.body = append(t.body, '[', ']')
	} else {
		t.body[c.list] = '['
		t.body = append(t.body, ']')
	}
	count := int32(len(c.table.entries))
	t.sent += int(count)
	t.entities = append(t.entities, taskEntities{
		index: index, first: c.first, last: int32(len(t.targets)), count: count,
	})
}

// visit goes from a value down the steps. An object that was seen at the same depth before is not gone through again, so
// that a walk costs what the tree has objects, not what it has ways.
func (c *collector) visit(steps []pathStep, mark uint32, n value.Node) {
	switch n.Kind {
	case value.List:
		for _, item := range c.tree.Items(n) {
			c.visit(steps, mark, item)
		}
	case value.Object:
		if len(steps) == 0 {
			c.reached(n)
			return
		}
		if _, seen := c.tree.Mark(n, mark, 0); seen {
			return
		}
		step := &steps[0]
		if step.types.HasType(c.tree.Type(n)) {
			c.visit(steps[1:], mark+1, c.tree.Field(n, step.slot))
		}
		for i := range step.also {
			if also := &step.also[i]; also.types.HasType(c.tree.Type(n)) {
				c.visit(steps[1:], mark+1, c.tree.Field(n, also.slot))
			}
		}
	}
}

// reached makes an object a target, and writes its representation unless an equal one is there.
func (c *collector) reached(object value.Node) {
	if _, seen := c.tree.Mark(object, c.mark, 0); seen {
		return
	}
	if c.entities == nil {
		c.t.targets = append(c.t.targets, target{object: object})
		return
	}
	c.represent(object)
}

func (c *collector) represent(object value.Node) {
	representation := c.entities.choose(c.tree.Type(object))
	if representation == nil {
		return
	}
	if c.last.of == representation && isSame(c.tree, representation.fields, object, c.last.object) {
		c.t.targets = append(c.t.targets, target{object: object, representation: c.last.number})
		return
	}
	start := len(c.t.body)
	body := append(c.t.body, representation.head...) //nolint:gocritic // c.t.body keeps its length until the representation is complete
	body, state := appendRepresentation(c.tree, body, representation.fields, object)
	if state != complete {
		c.t.body = body[:start]
		if state == failed {
			c.e.explainAbsence(object, c.entities.selection)
		}
		return
	}
	body = append(body, '}')
	number, isNew := c.table.add(body, start+1)
	if !isNew {
		body = body[:start]
	}
	c.t.body = body
	c.t.targets = append(c.t.targets, target{object: object, representation: number})
	c.last = lastRepresentation{of: representation, object: object, number: number}
}

// isSame tells whether an object has the representation of another one, which is complete. It need not find that out where
// it is not obvious: fields below fields, lists, and fields of some types.
func isSame(tree *value.Tree, fields []representationField, object, other value.Node) bool {
	for i := range fields {
		field := &fields[i]
		if field.fields != nil || field.types != nil {
			return false
		}
		a, b := tree.Field(object, field.slot), tree.Field(other, field.slot)
		if a.Kind != b.Kind || a.Kind == value.Absent || a.Kind >= value.List || string(tree.Bytes(a)) != string(tree.Bytes(b)) {
			return false
		}
	}
	return true
}

// choose finds the representation for a runtime type.
func (p *entitiesProgram) choose(id value.TypeID) *representation {
	for i := range p.representations {
		if p.representations[i].types.HasType(id) {
			return &p.representations[i]
		}
	}
	return nil
}

// completeness tells whether an entity has what its representation needs.
type completeness uint8

const (
	complete completeness = iota
	missing               // a key is null or was never there: there is nothing to ask
	failed                // it is missing, and an error already says why
)

// appendRepresentation writes the fields of an object, each after a comma.
func appendRepresentation(tree *value.Tree, body []byte, fields []representationField, object value.Node) ([]byte, completeness) {
	for i := range fields {
		field := &fields[i]
		if field.types != nil && !field.types.HasType(tree.Type(object)) {
			continue
		}
		n := tree.Field(object, field.slot)
		if n.Kind == value.Absent || n.Kind == value.Conflict || n.Kind == value.Null && field.key && !fault.On(fault.AskNullKeys) {
			if n.Flags&value.Reported != 0 {
				return body, failed
			}
			return body, missing
		}
		body = append(body, field.name...)
		if field.fields == nil {
			body = appendJSON(tree, body, n)
			continue
		}
		var state completeness
		if body, state = appendNested(tree, body, field.fields, n); state != complete {
			return body, state
		}
	}
	return body, complete
}

// appendNested writes the fields of an object, or of each object of a list. What is missing in a value whose other part an
// error explains is explained by it too.
func appendNested(tree *value.Tree, body []byte, fields []representationField, n value.Node) ([]byte, completeness) {
	body, state := appendValue(tree, body, fields, n)
	if state == missing && n.Flags&value.Reported != 0 {
		state = failed
	}
	return body, state
}

func appendValue(tree *value.Tree, body []byte, fields []representationField, n value.Node) ([]byte, completeness) {
	start := len(body)
	switch n.Kind {
	case value.Object:
		body, state := appendRepresentation(tree, body, fields, n)
		return closeObject(body, start), state
	case value.List:
		for _, item := range tree.Items(n) {
			body = append(body, ',')
			var state completeness
			if body, state = appendNested(tree, body, fields, item); state != complete {
				return body, state
			}
		}
		return closeList(body, start), complete
	case value.Null:
		return append(body, nullText...), complete
	}
	return body, missing
}

// closeList puts brackets around items that were each written after a comma.
func closeList(body []byte, start int) []byte {
	if len(body) == start {
		return append(body, '[', ']')
	}
	body[start] = '['
	return append(body, ']')
}

// appendJSON writes a leaf, or a list of leaves, as it came.
func appendJSON(tree *value.Tree, body []byte, n value.Node) []byte {
	switch n.Kind {
	case value.Null, value.False, value.True, value.Number, value.String, value.Raw:
		if fault.On(fault.ReformatNumbers) && n.Kind == value.Number {
			return append(body, bytes.TrimSuffix(tree.Bytes(n), []byte(".0"))...)
		}
		return append(body, tree.Bytes(n)...)
	case value.List:
		start := len(body)
		for _, item := range tree.Items(n) {
			body = append(body, ',')
			body = appendJSON(tree, body, item)
		}
		return closeList(body, start)
	}
	return append(body, nullText...)
}
