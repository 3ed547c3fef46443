package subgraph

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// checkInputCycles rejects input types that no finite value fits: they contain themselves through required fields only. It
// walks with a stack of its own, since hostile chains may be as deep as there are types.
func (b *builder) checkInputCycles() {
	type frame struct {
		t     *Type
		next  int    // the next field to follow
		taken *Field // the field that was followed last
	}
	visited := map[*Type]bool{}
	for _, start := range b.s.Types {
		if start.Kind != ast.InputObject || visited[start] {
			continue
		}
		onPath := map[*Type]int{start: 0}
		visited[start] = true
		stack := []frame{{t: start}}
		for len(stack) > 0 {
			top := &stack[len(stack)-1]
			if top.next == len(top.t.Fields) {
				delete(onPath, top.t)
				stack = stack[:len(stack)-1]
				continue
			}
			f := top.t.Fields[top.next]
			top.next++
			target := b.s.types[f.Type.NamedType] // "" for lists, which may be empty
			if !f.Type.NonNull || target == nil || target.Kind != ast.InputObject {
				continue
			}
			top.taken = f
			if depth, open := onPath[target]; open {
				var path []string
				for _, step := range stack[depth:] {
					path = append(path, step.taken.Coordinate())
				}
				b.graphql(f.Position, "Make one of the fields nullable.",
					"Input type %q contains itself through a series of required fields: %s.", target.Name, shorten(path))
				continue
			}
			if !visited[target] {
				visited[target] = true
				onPath[target] = len(stack)
				stack = append(stack, frame{t: target})
			}
		}
	}
}

// shorten joins the steps of a path, leaving out the middle of a long one.
func shorten(path []string) string {
	const most = 8
	if len(path) > most {
		path = append(append(path[:most/2:most/2], "…"), path[len(path)-most/2:]...)
	}
	return strings.Join(path, ", ")
}
