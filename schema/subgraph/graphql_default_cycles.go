package subgraph

import (
	"github.com/vektah/gqlparser/v2/ast"
)

// checkDefaultCycles rejects input fields whose default value contains itself: input A { a: A = {} }.
func (b *builder) checkDefaultCycles() {
	d := defaultCycles{b: b, state: map[*Field]visitState{}}
	for _, t := range b.s.Types {
		if t.Kind != ast.InputObject {
			continue
		}
		for _, f := range t.Fields {
			if f.Default != nil {
				d.visit(f)
			}
		}
	}
}

type visitState int

const (
	unvisited visitState = iota
	onPath
	visited
)

// defaultCycles walks from default values to the default values of the fields they leave out.
type defaultCycles struct {
	b     *builder
	state map[*Field]visitState
	path  []*Field
}

func (d *defaultCycles) visit(f *Field) {
	switch d.state[f] {
	case visited:
		return
	case onPath:
		var names []string
		for i := len(d.path) - 1; i >= 0; i-- {
			names = append([]string{d.path[i].Coordinate()}, names...)
			if d.path[i] == f || len(names) > 20 {
				break
			}
		}
		d.b.graphql(f.Position, "Leave out one of the default values.",
			"The default value of input field %q contains itself, by way of the default values of %s.", f.Coordinate(), shorten(names))
		return
	}
	d.state[f] = onPath
	d.path = append(d.path, f)
	d.walk(f.Default, f.Type)
	d.path = d.path[:len(d.path)-1]
	d.state[f] = visited
}

func (d *defaultCycles) walk(v *ast.Value, t *ast.Type) {
	if v.Kind == ast.ListValue && t.Elem != nil {
		for _, child := range v.Children {
			d.walk(child.Value, t.Elem)
		}
		return
	}
	input := d.b.s.types[typeName(t)]
	if v.Kind != ast.ObjectValue || input == nil || input.Kind != ast.InputObject || !d.b.s.spend(len(input.Fields)) {
		return
	}
	given := make(map[string]*ast.Value, len(v.Children))
	for _, child := range v.Children {
		given[child.Name] = child.Value
	}
	for _, f := range input.Fields {
		if value := given[f.Name]; value != nil {
			d.walk(value, f.Type)
		} else if f.Default != nil {
			d.visit(f)
		}
	}
}
