package planner

import (
	"maps"
	"slices"

	"github.com/tributary-gql/tributary/router/internal/operation"
	"github.com/tributary-gql/tributary/schema/querygraph"
)

// Labels are the override labels that an operation's plan may depend on, sorted: those of the fields it asks, and of
// every field that a key, a requirement or a context on the way may need. A plan is good for all requests with the same
// choice of these labels. Most operations have none.
func (p *Planner) Labels(op *operation.Operation) []string {
	if len(p.graph.Labels()) == 0 {
		return nil
	}
	l := &labelFinder{planner: p, fields: map[[2]string]bool{}, types: map[string]bool{}, found: map[string]bool{}}
	for _, set := range op.Sets() {
		for _, t := range set.Possible {
			l.addType(t)
			for _, f := range set.Fields {
				l.addField(t, f.Name)
			}
		}
	}
	return slices.Sorted(maps.Keys(l.found))
}

// labelFinder follows fields and what they may need.
type labelFinder struct {
	planner *Planner
	fields  map[[2]string]bool
	types   map[string]bool
	found   map[string]bool
}

// addType adds what it may take to enter a subgraph with an object of the type.
func (l *labelFinder) addType(name string) {
	if l.types[name] {
		return
	}
	l.types[name] = true
	l.enter(name)
	if t := l.planner.super.Type(name); t != nil {
		for _, implemented := range t.InterfaceNames() {
			l.enter(implemented)
		}
	}
}

func (l *labelFinder) enter(name string) {
	for _, entry := range l.planner.graph.Entries(name) {
		l.addSelection(name, entry.Key.Selection)
	}
}

// addField adds a field as every subgraph has it, on the type and on its interfaces.
func (l *labelFinder) addField(typeName, field string) {
	key := [2]string{typeName, field}
	if l.fields[key] {
		return
	}
	l.fields[key] = true
	names := []string{typeName}
	if t := l.planner.super.Type(typeName); t != nil {
		names = append(names, t.InterfaceNames()...)
	}
	for _, subgraph := range l.planner.graph.Subgraphs {
		for _, name := range names {
			t := subgraph.Type(name)
			if t == nil {
				continue
			}
			if f := t.Field(field); f != nil {
				l.addTerms(typeName, f)
			}
		}
	}
}

func (l *labelFinder) addTerms(typeName string, f *querygraph.Field) {
	if f.Label != nil {
		l.found[f.Label.Name] = true
	}
	if f.Requires != nil {
		l.addSelection(typeName, f.Requires)
	}
	for _, argument := range f.Context {
		for _, source := range argument.Sources {
			l.addSelection(source.Type, source.Selection)
		}
	}
}

func (l *labelFinder) addSelection(typeName string, selection *querygraph.Selection) {
	g := l.planner.graph
	for object := range g.Possible(typeName).All() {
		name := g.Objects[object]
		l.addType(name)
		for _, f := range selection.For(object) {
			l.addField(name, f.Name)
			if f.Sub != nil {
				l.addSelection(l.planner.facts.fieldType(name, f.Name), f.Sub)
			}
		}
	}
}
