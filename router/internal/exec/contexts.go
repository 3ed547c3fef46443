package exec

import (
	"github.com/tributary-gql/tributary/router/internal/fault"
	"github.com/tributary-gql/tributary/router/internal/value"
)

// Entities that take values from their ancestors (@fromContext) share a request only where those values are equal: the
// subgraph takes them as variables of the whole request.

// contextGroup is the entities of one entitiesProgram with the same values.
type contextGroup struct {
	values  []byte // the variables' members, each after a comma
	objects []value.Node
}

// prepareGroups makes the tasks of a fetch with contexts: the n-th takes the n-th group of every entitiesProgram.
func (e *execution) prepareGroups(index int32, f *fetchProgram) {
	groups := make([][]*contextGroup, len(f.entities))
	rounds := 0
	for i := range f.entities {
		entities := &f.entities[i]
		if e.guards.Has(int(entities.guard)) {
			g := grouping{e: e, entities: entities, byValues: map[string]*contextGroup{}}
			for p := range entities.paths {
				g.visit(entities.paths[p].steps, e.root)
			}
			groups[i] = g.groups
		}
		rounds = max(rounds, len(groups[i]))
	}
	for round := range rounds {
		t := e.newTask(index)
		e.collect.begin(e, t)
		variables := e.appendVariables(t, f)
		for i := range f.entities {
			e.appendGroup(t, f, int32(i), groups[i], round)
		}
		e.made = e.closeEntities(e.made, t, variables)
	}
}

// appendGroup writes one group's context and representations. Where there are fewer groups the list is empty and the
// last group's context stands in, as its variables may not be null.
func (e *execution) appendGroup(t *task, f *fetchProgram, index int32, groups []*contextGroup, round int) {
	entities := &f.entities[index]
	var objects []value.Node
	if len(groups) > 0 {
		group := groups[min(round, len(groups)-1)]
		t.body = append(t.body, group.values...)
		if round < len(groups) {
			objects = group.objects
		}
	}
	e.collect.open(entities)
	for _, object := range objects {
		e.collect.represent(object)
	}
	e.collect.close(index)
}

// grouping walks to entities with their ancestors in hand.
type grouping struct {
	e         *execution
	entities  *entitiesProgram
	ancestors []value.Node
	groups    []*contextGroup
	byValues  map[string]*contextGroup
	buffer    []byte
}

func (g *grouping) visit(steps []pathStep, n value.Node) {
	tree := &g.e.tree
	switch n.Kind {
	case value.List:
		for _, item := range tree.Items(n) {
			g.visit(steps, item)
		}
	case value.Object:
		g.ancestors = append(g.ancestors, n)
		if len(steps) == 0 {
			g.reached(n)
		} else {
			step := &steps[0]
			if step.types.HasType(tree.Type(n)) {
				g.visit(steps[1:], tree.Field(n, step.slot))
			}
			for i := range step.also {
				if also := &step.also[i]; also.types.HasType(tree.Type(n)) {
					g.visit(steps[1:], tree.Field(n, also.slot))
				}
			}
		}
		g.ancestors = g.ancestors[:len(g.ancestors)-1]
	}
}

func (g *grouping) reached(object value.Node) {
	if _, seen := g.e.tree.Mark(object, g.entities.mark, 0); seen {
		return
	}
	g.buffer = g.buffer[:0]
	for i := range g.entities.context {
		context := &g.entities.context[i]
		n, found := g.find(context)
		if !found || n.Kind == value.Absent || n.Kind == value.Conflict {
			if n.Flags&value.Reported != 0 {
				g.e.explainAbsence(object, g.entities.selection)
			}
			return
		}
		g.buffer = append(g.buffer, context.key...)
		g.buffer = appendJSON(&g.e.tree, g.buffer, n)
	}
	if fault.On(fault.FirstContext) && len(g.groups) > 0 {
		g.buffer = append(g.buffer[:0], g.groups[0].values...)
	}
	group, ok := g.byValues[string(g.buffer)]
	if !ok {
		group = &contextGroup{values: append([]byte(nil), g.buffer...)}
		g.byValues[string(g.buffer)] = group
		g.groups = append(g.groups, group)
	}
	group.objects = append(group.objects, object)
}

// find gives a context's value for the entity whose ancestors are at hand.
func (g *grouping) find(context *contextProgram) (value.Node, bool) {
	tree := &g.e.tree
	for i := range context.choices {
		choice := &context.choices[i]
		if choice.depth >= len(g.ancestors) {
			continue
		}
		n := g.ancestors[choice.depth]
		if !choice.types.HasType(tree.Type(n)) {
			continue
		}
		for s := range choice.steps {
			if n.Kind != value.Object {
				break
			}
			isPartial := n.Flags&value.Reported != 0
			if n = tree.Field(n, choice.steps[s].slot); isPartial {
				n.ExplainAbsence()
			}
		}
		if n.Kind == value.Object {
			return value.Node{}, false
		}
		return n, true
	}
	return value.Node{}, false
}
