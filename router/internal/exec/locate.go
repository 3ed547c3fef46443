package exec

import (
	"bytes"
	"maps"
	"slices"
	"strconv"

	"github.com/tributary-gql/tributary/router/internal/fault"
	"github.com/tributary-gql/tributary/router/internal/value"
)

// Errors of subgraphs speak of paths in the subgraph's answer. Here they are found in the answer, where they explain
// nulls, and then at every place of the client's response that shows the same value. All of this runs only when there
// are errors.

// treeStep goes from an object into a slot, or from a list to an item (slot 0).
type treeStep struct {
	slot  uint32
	index int
}

const (
	// maxPositions bounds how many places of one entity are kept, where no more errors are allowed.
	maxPositions = 1000
	// maxVisits bounds the search for them.
	maxVisits = 200_000
	// maxAliases bounds how many names one value may have at one place.
	maxAliases = 64
)

// explain notes which nulls of an answer its errors are about. When one of them does not say, or there are more than were
// read, every null of the answer counts as explained.
func (e *execution) explain(f *fetchProgram, data value.Node, errors []answerError, more int) {
	everything := more > 0
	for i := range errors {
		if !errors[i].hasPath || !e.explainPath(f, data, errors[i].path) {
			everything = true
		}
	}
	if everything {
		e.explainAll(data, f.answer)
	}
}

// explainPath marks the null at an error's path, or the null above it that the error has spread to.
func (e *execution) explainPath(f *fetchProgram, data value.Node, path []pathKey) bool {
	if path[0].name == nil || f.answer.Find(path[0].name, value.NoType, e.guards) == nil {
		return false
	}
	at, selection := data, f.answer
	for _, key := range path {
		var next *value.Node
		switch {
		case key.name != nil && at.Kind == value.Object && selection != nil:
			field := selection.Find(key.name, e.tree.Type(at), e.guards)
			if field == nil {
				return true
			}
			next, selection = e.tree.FieldRef(at, field.Slot), field.Child
		case key.name == nil && at.Kind == value.List && key.index < int(at.Count):
			next = &e.tree.Items(at)[key.index]
		default:
			return true
		}
		if next.IsNull() {
			next.Flags |= value.Reported
			return true
		}
		at = *next
	}
	return true
}

// explainAll marks every null of a value, and what its selection asked for and did not get.
func (e *execution) explainAll(n value.Node, selection *value.Selection) {
	switch n.Kind {
	case value.List:
		for i := range n.Count {
			item := &e.tree.Items(n)[i]
			if item.IsNull() {
				item.Flags |= value.Reported
			}
			e.explainAll(*item, selection)
		}
	case value.Object:
		if selection == nil {
			return
		}
		for i := range selection.Fields {
			field := &selection.Fields[i]
			if !field.Applies(e.tree.Type(n), e.guards) {
				continue
			}
			child := e.tree.FieldRef(n, field.Slot)
			if child.IsNull() {
				child.Flags |= value.Reported
			}
			e.explainAll(*child, field.Child)
		}
	}
}

// pass reports the errors of an answer with the client's paths; more were not read.
func (e *execution) pass(t *task, f *fetchProgram, errors []answerError, more int) {
	e.errors.leaveOut(t.fetch, more)
	var places map[int32]positions
	if fault.On(fault.LoseError) {
		errors = errors[:max(0, len(errors)-1)]
	}
	for i := range errors {
		one := &errors[i]
		r := reportedError{
			fetch: t.fetch, message: one.message, code: CodeSubgraph,
			subgraph: f.fetch.Subgraph, extensions: one.extensions,
		}
		if places == nil {
			places = e.places(t, f)
		}
		paths, more := e.clientPaths(t, f, one, places)
		e.errors.leaveOut(t.fetch, more)
		if len(paths) == 0 {
			if !one.hasPath {
				r.path = e.failurePath(t, f)
			}
			e.report(r)
			continue
		}
		for _, path := range paths {
			r.path = path
			e.report(r)
		}
	}
}

// position is the way from the root of the response tree to a value.
type position []treeStep

// positions are the ways to the places of one value: those that are kept, and how many there are besides.
type positions struct {
	kept []position
	more int
}

func (p positions) and(other positions) positions {
	return positions{kept: append(p.kept, other.kept...), more: p.more + other.more}
}

// places finds where the answers of a task's requests go: the key is the representation, counted through all of the
// task's entities in order, or 0 for a root fetch.
func (e *execution) places(t *task, f *fetchProgram) map[int32]positions {
	found := map[int32]positions{}
	if len(f.entities) == 0 && f.into == nil {
		found[0] = positions{kept: []position{{}}}
		return found
	}
	if f.into != nil {
		s := e.search(t.targets, f.into)
		for _, target := range t.targets {
			found[0] = found[0].and(s[target.object.First])
		}
		return found
	}
	base := int32(0)
	for i := range t.entities {
		asked := &t.entities[i]
		targets := t.targets[asked.first:asked.last]
		s := e.search(targets, f.entities[asked.index].paths)
		for _, target := range targets {
			number := base + target.representation
			found[number] = found[number].and(s[target.object.First])
		}
		base += asked.count
	}
	return found
}

// searcher walks paths with the way it came.
type searcher struct {
	e      *execution
	wanted map[uint32]positions // by the object's first slot
	way    position
	visits int
}

func (e *execution) search(targets []target, paths []pathProgram) map[uint32]positions {
	s := searcher{e: e, wanted: make(map[uint32]positions, len(targets))}
	for _, target := range targets {
		s.wanted[target.object.First] = positions{}
	}
	for i := range paths {
		s.visit(paths[i].steps, e.root)
	}
	return s.wanted
}

func (s *searcher) visit(steps []pathStep, n value.Node) {
	if s.visits++; s.visits > maxVisits {
		return
	}
	tree := &s.e.tree
	switch n.Kind {
	case value.List:
		for i, item := range tree.Items(n) {
			s.way = append(s.way, treeStep{index: i})
			s.visit(steps, item)
			s.way = s.way[:len(s.way)-1]
		}
	case value.Object:
		if len(steps) == 0 {
			s.reached(n.First)
			return
		}
		s.into(&steps[0], steps[1:], n)
		for i := range steps[0].also {
			s.into(&steps[0].also[i], steps[1:], n)
		}
	}
}

// reached notes the way to an object.
func (s *searcher) reached(object uint32) {
	known, isWanted := s.wanted[object]
	if !isWanted {
		return
	}
	if len(known.kept) < max(maxPositions, s.e.limits.Errors) {
		known.kept = append(known.kept, append(position{}, s.way...))
	} else {
		known.more++
	}
	s.wanted[object] = known
}

func (s *searcher) into(step *pathStep, rest []pathStep, n value.Node) {
	if !step.types.HasType(s.e.tree.Type(n)) {
		return
	}
	s.way = append(s.way, treeStep{slot: step.slot})
	s.visit(rest, s.e.tree.Field(n, step.slot))
	s.way = s.way[:len(s.way)-1]
}

// clientPaths are the paths of an answer's error in the client's response, as JSON, and at how many places more it should
// be told at least.
func (e *execution) clientPaths(t *task, f *fetchProgram, one *answerError, places map[int32]positions) (paths [][]byte, more int) {
	if !one.hasPath {
		return nil, 0
	}
	path, selection, number := one.path, f.answer, int32(0)
	if len(f.entities) > 0 {
		entities, first := entitiesOf(t, f, path)
		if entities == nil {
			return nil, 0
		}
		path, selection, number = path[2:], entities.selection, first
	}
	at := places[number]
	for i, place := range at.kept {
		suffix := e.suffix(selection, path, e.at(place))
		paths = append(paths, e.locate(append(append(position{}, place...), suffix...))...)
		if fault.On(fault.OneErrorPlace) && len(paths) > 0 {
			return paths, 0
		}
		if len(paths) >= e.limits.Errors {
			return paths, len(at.kept) - (i + 1) + at.more
		}
	}
	if len(paths) == 0 { // the client sees it nowhere
		return nil, 0
	}
	return paths, at.more
}

// entitiesOf finds what `_entities, i` at the start of an error's path is about, and its number among the places.
func entitiesOf(t *task, f *fetchProgram, path []pathKey) (*entitiesProgram, int32) {
	if len(path) < 2 || path[0].name == nil || path[1].name != nil {
		return nil, 0
	}
	base := 0
	for i := range t.entities {
		entities := &f.entities[t.entities[i].index]
		if entities.responseName == string(path[0].name) {
			return entities, int32(base + path[1].index)
		}
		base += int(t.entities[i].count)
	}
	return nil, 0
}

// suffix turns an answer's path below an object into steps of the response tree, as far as it was asked for. Which field a
// name stands for may depend on the object's type.
func (e *execution) suffix(selection *value.Selection, path []pathKey, n value.Node) position {
	var steps position
	for _, key := range path {
		step := treeStep{index: key.index}
		if key.name != nil {
			if selection == nil {
				break
			}
			id := value.NoType
			if n.Kind == value.Object {
				id = e.tree.Type(n)
			}
			field := selection.Find(key.name, id, e.guards)
			if field == nil {
				break
			}
			step, selection = treeStep{slot: field.Slot}, field.Child
		}
		steps = append(steps, step)
		n = e.follow(n, step)
	}
	return steps
}

// at is the value at a position.
func (e *execution) at(p position) value.Node {
	n := e.root
	for _, step := range p {
		n = e.follow(n, step)
	}
	return n
}

// follow is the value one step on, absent where there is none.
func (e *execution) follow(n value.Node, step treeStep) value.Node {
	switch {
	case step.slot != 0 && n.Kind == value.Object:
		return e.tree.Field(n, step.slot)
	case step.slot == 0 && n.Kind == value.List && step.index < int(n.Count):
		return e.tree.Items(n)[step.index]
	}
	return value.Node{}
}

// place is one client path to a value.
type place struct {
	object int32 // its shape, -1 for a leaf
	path   []byte
}

func (p place) then(object int32, element []byte) place {
	path := append(append(append([]byte{}, p.path...), ','), element...)
	return place{object: object, path: path}
}

// locate gives the client's paths to a position, as JSON; where the client did not ask for what is at a step they end
// before it.
func (e *execution) locate(steps position) [][]byte {
	places := []place{{object: e.program.response}}
	n, slots := e.root, position{}
	for _, step := range steps {
		if step.slot == 0 {
			for i := range places {
				index := int64(step.index)
				if fault.On(fault.WrongErrorPath) {
					index++
				}
				places[i] = places[i].then(places[i].object, strconv.AppendInt(nil, index, 10))
			}
			if n.Kind == value.List && step.index < int(n.Count) {
				n = e.tree.Items(n)[step.index]
			} else {
				n = value.Node{}
			}
			continue
		}
		slots = append(slots, step)
		next := e.step(places, step.slot, n)
		next = e.deferredPlaces(next, slots)
		if len(next) == 0 {
			break
		}
		places = next
		if n.Kind == value.Object {
			n = e.tree.Field(n, step.slot)
		}
	}
	var paths [][]byte
	for i := range places {
		// Where a deferred part begins, the field around it is shown by two shapes.
		same := func(other place) bool { return bytes.Equal(other.path, places[i].path) }
		if len(places[i].path) > 0 && !slices.ContainsFunc(places[:i], same) {
			paths = append(paths, slices.Concat([]byte{'['}, places[i].path[1:], []byte{']'}))
		}
	}
	return paths
}

// step follows a slot through the client's fields that show it.
func (e *execution) step(places []place, slot uint32, n value.Node) []place {
	id := value.NoType
	if n.Kind == value.Object {
		id = e.tree.Type(n)
	}
	var next []place
	for _, p := range places {
		if p.object < 0 {
			continue
		}
		shape := &e.program.objects[p.object]
		for i := shape.first; i < shape.last && len(next) < maxAliases; i++ {
			field := &e.program.fields[i]
			if field.slot != slot || field.kind > treeField || !e.guards.Has(int(field.guard)) {
				continue
			}
			if id != value.NoType && !field.types.HasType(id) {
				continue
			}
			next = append(next, p.then(field.object, field.key[1:len(field.key)-1]))
		}
	}
	return next
}

// deferredPlaces adds the shapes of deferred parts that start where the slots lead.
func (e *execution) deferredPlaces(places []place, slots position) []place {
	if len(places) == 0 {
		return places
	}
	for i := range e.program.deferred {
		deferred := &e.program.deferred[i]
		if len(deferred.path.steps) != len(slots) || !e.guards.Has(int(deferred.guard)) {
			continue
		}
		same := true
		for s := range slots {
			same = same && deferred.path.steps[s].slot == slots[s].slot
		}
		if same {
			places = append(places, place{object: deferred.response, path: places[0].path})
		}
	}
	return places
}

// failurePath is where a failed fetch belongs: what all the places have in common that it would have filled.
func (e *execution) failurePath(t *task, f *fetchProgram) []byte {
	var all []position
	places := e.places(t, f)
	for _, number := range slices.Sorted(maps.Keys(places)) {
		all = append(all, places[number].kept...)
	}
	if len(all) == 0 {
		return nil
	}
	common := all[0]
	for _, other := range all[1:] {
		n := 0
		for n < len(common) && n < len(other) && common[n] == other[n] {
			n++
		}
		common = common[:n]
	}
	if len(all) == 1 {
		if slot := e.onlySlot(f); slot != 0 {
			common = append(append(position{}, common...), treeStep{slot: slot})
		}
	}
	// A path that ends in a list's items points at the list.
	for len(all) > 1 && len(common) > 0 && common[len(common)-1].slot == 0 {
		common = common[:len(common)-1]
	}
	paths := e.locate(common)
	if len(paths) == 0 {
		return nil
	}
	return paths[0]
}

// onlySlot is the slot that a fetch fills when it is only one.
func (e *execution) onlySlot(f *fetchProgram) uint32 {
	selection := f.answer
	if len(f.entities) == 1 {
		selection = f.entities[0].selection
	}
	slot := uint32(0)
	for i := range selection.Fields {
		field := &selection.Fields[i]
		switch {
		case !e.guards.Has(int(field.Guard)):
			continue
		case field.Typename:
			return 0 // without its type the object itself may be lost
		}
		if slot != 0 && slot != field.Slot {
			return 0
		}
		slot = field.Slot
	}
	return slot
}
