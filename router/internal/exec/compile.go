package exec

import (
	"errors"
	"fmt"

	"github.com/tributary-gql/tributary/router/internal/plan"
	"github.com/tributary-gql/tributary/router/internal/value"
)

// Compile turns a plan into a program. variables are the names of the operation's variables, without "$", in the order
// in which Input.Variables has their values. An error means that the plan is not well-formed.
func Compile(p *plan.Plan, variables []string) (*Program, error) {
	if p.Response == nil {
		return nil, errors.New("the plan has no response")
	}
	c := &compiler{
		program: &Program{
			plan:    p,
			types:   value.NewTypeTable(),
			fetches: make([]fetchProgram, len(p.Fetches)),
			shared:  true,
		},
		variables:  make(map[string]int32, len(variables)),
		selections: map[*plan.Selection]*value.Selection{},
		objects:    map[readPosition]int32{},
		typeShapes: map[typeKey]*typeShape{},
		nextMark:   1,
	}
	for i, name := range variables {
		c.variables[name] = int32(i)
	}
	guards, err := compileGuards(p, c.variables)
	if err != nil {
		return nil, err
	}
	c.program.guards = guards
	c.layouts = layOut(p)
	c.program.rootWidth = c.layouts.root.slots().width
	for i := range p.Fetches {
		c.fetch(i)
	}
	root := c.layouts.root.find()
	c.program.response = c.object(p.Response, root)
	for _, deferred := range p.Deferred {
		c.deferred(deferred)
	}
	c.initial()
	if p.Kind == plan.Subscription && (len(p.Fetches) == 0 || p.Fetches[0].Selection == nil) {
		c.fail("a subscription's plan must begin with its root fetch")
	}
	for id := range c.program.types.Len() {
		c.program.typenames = append(c.program.typenames, value.AppendQuoted(nil, c.program.types.Name(value.TypeID(id))))
	}
	if c.err != nil {
		return nil, c.err
	}
	return c.program, nil
}

// compiler is the state of one Compile; err is the first thing that is wrong with the plan.
type compiler struct {
	program    *Program
	variables  map[string]int32
	layouts    *layouts
	selections map[*plan.Selection]*value.Selection
	objects    map[readPosition]int32
	typeShapes map[typeKey]*typeShape
	nextMark   uint32
	err        error
}

type typeKey struct {
	typ    *plan.Type
	object int32
}

func (c *compiler) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf(format, args...)
	}
}

// typeSet compiles a list of runtime types; nil stays nil: every type.
func (c *compiler) typeSet(names []string) value.Bits {
	if names == nil {
		return nil
	}
	highest := value.NoType
	ids := make([]value.TypeID, 0, len(names))
	for _, name := range names {
		id, err := c.program.types.Add(name)
		if err != nil {
			c.fail("%w", err)
			return nil
		}
		ids = append(ids, id)
		highest = max(highest, id)
	}
	set := value.NewBits(int(highest) + 1)
	for _, id := range ids {
		set.Set(int(id))
	}
	return set
}

func (c *compiler) guard(id plan.GuardID) int32 {
	if id < 0 || int(id) > len(c.program.guards) {
		c.fail("the plan speaks of guard %d and has %d", id, len(c.program.guards))
		return 0
	}
	return int32(id)
}

func (c *compiler) fetch(i int) {
	fetch, into := c.program.plan.Fetches[i], &c.program.fetches[i]
	if fetch.ID != i {
		c.fail("fetch %d stands at index %d", fetch.ID, i)
	}
	into.fetch = fetch
	into.guard = c.guard(fetch.Guard)
	into.waits = int32(len(fetch.WaitsFor))
	for _, before := range fetch.WaitsFor {
		if before < 0 || before >= i {
			c.fail("fetch %d waits for fetch %d, which does not come before it", i, before)
			return
		}
		other := &c.program.fetches[before]
		other.dependents = append(other.dependents, int32(i))
	}
	if (fetch.Selection == nil) == (len(fetch.Entities) == 0) {
		c.fail("fetch %d must have a selection or entities", i)
		return
	}
	c.body(fetch, into)
	if fetch.Selection != nil {
		into.answer = c.selection(fetch.Selection)
		for _, path := range fetch.Into {
			into.into = append(into.into, c.path(c.layouts.root, path))
		}
		into.intoMark = c.mark(1)
		return
	}
	into.answer = &value.Selection{Width: uint32(len(fetch.Entities) + 1), Types: c.program.types}
	for n, entities := range fetch.Entities {
		compiled := c.entities(entities, uint32(n+1))
		into.entities = append(into.entities, compiled)
		into.hasContext = into.hasContext || len(compiled.context) > 0
		into.answer.Fields = append(into.answer.Fields, value.Field{
			Key: entities.ResponseName, Slot: compiled.slot, Child: compiled.selection,
		})
	}
	into.answer.Prepare()
}

// body compiles the request body: {"query":…,"operationName":…,"variables":{…}}.
func (c *compiler) body(fetch *plan.Fetch, into *fetchProgram) {
	head := value.AppendQuoted([]byte(`{"query":`), fetch.Document)
	if fetch.OperationName != "" {
		head = append(head, `,"operationName":`...)
		head = value.AppendQuoted(head, fetch.OperationName)
	}
	into.hasObject = len(fetch.Variables) > 0 || len(fetch.Entities) > 0
	if into.hasObject {
		head = append(head, `,"variables":`...)
	}
	into.head = head
	for _, variable := range fetch.Variables {
		compiled := bodyVariable{key: memberKey(variable.Name), index: -1, guard: c.guard(variable.Guard)}
		if variable.From != "" {
			index, ok := c.variables[variable.From]
			if !ok {
				c.fail("fetch %d sends variable $%s, which the operation does not have", fetch.ID, variable.From)
			}
			compiled.index = index
		}
		into.variables = append(into.variables, compiled)
	}
}

// memberKey is the text before a member's value, with a comma first: whoever writes an object or a list writes its first
// comma too, and puts the opening bracket over it.
func memberKey(name string) []byte { return append(value.AppendQuoted([]byte{','}, name), ':') }

func (c *compiler) entities(entities *plan.Entities, slot uint32) entitiesProgram {
	compiled := entitiesProgram{
		responseName: entities.ResponseName,
		slot:         slot,
		key:          memberKey(entities.Variable),
		guard:        c.guard(entities.Guard),
		mark:         c.mark(1),
		selection:    c.selection(entities.Selection),
	}
	target := c.layouts.selections[entities.Selection].find()
	for _, path := range entities.Paths {
		compiled.paths = append(compiled.paths, c.path(c.layouts.root, path))
	}
	for _, r := range entities.Representations {
		head := value.AppendQuoted([]byte(`,{"__typename":`), r.Typename)
		compiled.representations = append(compiled.representations, representation{
			types:  c.typeSet(r.Types),
			head:   head,
			fields: c.representationFields(r.Fields, target),
		})
	}
	for _, context := range entities.Context {
		c.program.shared = false
		compiled.context = append(compiled.context, c.context(context, entities))
	}
	return compiled
}

func (c *compiler) representationFields(fields []*plan.RepresentationField, at *layout) []representationField {
	compiled := make([]representationField, 0, len(fields))
	at.slots()
	for _, field := range fields {
		slot := at.find().fields[field.StoreName]
		one := representationField{
			name:  memberKey(field.Name),
			slot:  slot.slot,
			types: c.typeSet(field.Types),
			key:   field.Key,
		}
		if field.Fields != nil {
			one.fields = c.representationFields(field.Fields, slot.child.find())
		}
		compiled = append(compiled, one)
	}
	return compiled
}

func (c *compiler) context(context plan.ContextVariable, entities *plan.Entities) contextProgram {
	compiled := contextProgram{key: memberKey(context.Variable)}
	if len(entities.Paths) == 0 {
		return compiled
	}
	for _, choice := range context.Choices {
		if choice.Depth > len(entities.Paths[0]) || len(choice.Path) == 0 {
			c.fail("the context of $%s is not above the entity", context.Variable)
			continue
		}
		from := c.layouts.follow(c.layouts.root, entities.Paths[0][:choice.Depth])
		compiled.choices = append(compiled.choices, contextChoice{
			depth: choice.Depth,
			types: c.typeSet(choice.Types),
			steps: c.path(from, choice.Path).steps,
		})
	}
	return compiled
}

// mark reserves marks for walks (see value.Tree.Mark).
func (c *compiler) mark(n int) uint32 {
	first := c.nextMark
	c.nextMark += uint32(n)
	return first
}

func (c *compiler) path(from *layout, path plan.Path) pathProgram {
	compiled := pathProgram{mark: c.mark(len(path) + 1)}
	for i := range path {
		from = from.slots()
		compiled.steps = append(compiled.steps, c.step(from, &path[i]))
		from = c.layouts.follow(from, path[i:i+1])
	}
	return compiled
}

func (c *compiler) step(at *layout, element *plan.PathElement) pathStep {
	step := pathStep{slot: at.fields[element.StoreName].slot, types: c.typeSet(element.Types)}
	for i := range element.Also {
		step.also = append(step.also, c.step(at, &element.Also[i]))
	}
	return step
}

func (c *compiler) selection(selection *plan.Selection) *value.Selection {
	if known, ok := c.selections[selection]; ok {
		return known
	}
	at := c.layouts.selections[selection].slots()
	made := &value.Selection{Width: at.width, Types: c.program.types, Fields: make([]value.Field, 0, len(selection.Fields))}
	c.selections[selection] = made
	for _, field := range selection.Fields {
		slot := at.fields[field.StoreName]
		compiled := value.Field{
			Key:      field.ResponseName,
			Slot:     slot.slot,
			Raw:      slot.asText && !slot.asList,
			Typename: field.StoreName == typenameStore,
			Types:    c.typeSet(field.Types),
			Guard:    c.guard(field.Guard),
		}
		if field.Selection != nil {
			compiled.Child = c.selection(field.Selection)
			compiled.Raw = false
		}
		made.Fields = append(made.Fields, compiled)
	}
	made.Prepare()
	return made
}

func (c *compiler) deferred(deferred *plan.Deferred) {
	compiled := deferredProgram{
		plan:     deferred,
		guard:    c.guard(deferred.Guard),
		parent:   -1,
		path:     c.path(c.layouts.root, deferred.Path),
		response: c.object(deferred.Response, c.layouts.follow(c.layouts.root, deferred.Path)),
	}
	for _, element := range deferred.Path {
		compiled.names = append(compiled.names, fieldShape{responseName: element.ResponseName})
	}
	if deferred.Label != "" {
		compiled.label = value.AppendQuoted(nil, deferred.Label)
	}
	for i, other := range c.program.deferred {
		if other.plan.ID == deferred.Parent {
			compiled.parent = int32(i)
		}
	}
	if deferred.Parent >= 0 && compiled.parent < 0 {
		c.fail("deferred part %d comes before its parent %d", deferred.ID, deferred.Parent)
	}
	for _, fetch := range deferred.WaitsFor {
		if fetch < 0 || fetch >= len(c.program.fetches) {
			c.fail("deferred part %d waits for fetch %d, which does not exist", deferred.ID, fetch)
		}
	}
	c.program.deferred = append(c.program.deferred, compiled)
}

// initial finds the fetches that the initial response waits for.
func (c *compiler) initial() {
	p := c.program.plan
	c.program.initial = make([]bool, len(p.Fetches))
	if p.ResponseWaitsFor == nil {
		for i := range c.program.initial {
			c.program.initial[i] = true
		}
		return
	}
	for _, i := range p.ResponseWaitsFor {
		if i < 0 || i >= len(p.Fetches) {
			c.fail("the response waits for fetch %d, which does not exist", i)
			return
		}
		c.program.initial[i] = true
	}
}
