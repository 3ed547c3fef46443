package querygraph

import (
	"cmp"
	"slices"
	"strings"
)

// nodeBuilder makes the nodes of a graph whose views are complete: the plain ones first, then the private copies that
// the plain ones' @provides lead to, then the copies' copies.
type nodeBuilder struct {
	graph  *Graph
	copies map[copyKey]NodeID
}

// copyKey identifies a private copy: equal provisions at the same type are one node.
type copyKey struct {
	base     NodeID
	provided string
}

func (b *nodeBuilder) build() {
	g := b.graph
	g.base = make([]map[string]NodeID, len(g.Subgraphs))
	for i, subgraph := range g.Subgraphs {
		g.base[i] = make(map[string]NodeID, len(subgraph.Types))
		for _, t := range subgraph.Types {
			g.base[i][t.Name] = NodeID(len(g.nodes))
			g.nodes = append(g.nodes, Node{ID: NodeID(len(g.nodes)), Subgraph: subgraph.ID, Type: t})
		}
	}
	for id := range len(g.nodes) {
		b.addPlainEdges(NodeID(id))
	}
}

func (b *nodeBuilder) addPlainEdges(id NodeID) {
	t := b.graph.nodes[id].Type
	edges := make([]Edge, 0, len(t.Fields))
	for _, f := range t.Fields {
		if f.Resolvable || t.IsAbstract() {
			edges = append(edges, Edge{Field: f, To: b.target(f, nil)})
		}
	}
	b.graph.nodes[id].Edges = edges
}

// target is where a field leads when more is provided below it than the field itself promises.
func (b *nodeBuilder) target(f *Field, provided *Selection) NodeID {
	if f.Composite == nil {
		return NoNode
	}
	base := b.graph.base[f.Composite.Subgraph][f.Composite.Name]
	return b.copyOf(base, union(f.Provides, provided))
}

// copyOf is the private copy of a plain node with those fields provided.
func (b *nodeBuilder) copyOf(base NodeID, provided *Selection) NodeID {
	if provided == nil {
		return base
	}
	key := copyKey{base, provided.Text}
	if id, ok := b.copies[key]; ok {
		return id
	}
	g := b.graph
	id := NodeID(len(g.nodes))
	b.copies[key] = id
	t := g.nodes[base].Type
	g.nodes = append(g.nodes, Node{ID: id, Subgraph: t.Subgraph, Type: t, Provided: provided})

	var edges []Edge
	for _, f := range t.Fields {
		edge, ok := b.providedEdge(t, f, provided)
		if ok {
			edges = append(edges, edge)
		}
	}
	g.nodes[id].Edges = edges
	if t.IsAbstract() {
		down := make(map[ObjectID]NodeID)
		for object := range t.Possible.All() {
			objectBase, ok := g.base[t.Subgraph][g.Objects[object]]
			if part := provided.For(object); ok && len(part) > 0 {
				down[object] = b.copyOf(objectBase, newSelection(g, part))
			}
		}
		g.nodes[id].down = down
	}
	return id
}

// providedEdge is the edge of one field at a copy: provided, or as it is at the plain node.
func (b *nodeBuilder) providedEdge(t *Type, f *Field, provided *Selection) (Edge, bool) {
	for _, p := range provided.Fields {
		whole := p.On == nil || b.graph.possible[t.Name].SubsetOf(p.On)
		if p.Name == f.Name && whole {
			return Edge{Field: f, To: b.target(f, p.Sub), Provided: !f.Resolvable}, true
		}
	}
	return Edge{Field: f, To: b.target(f, nil)}, f.Resolvable || t.IsAbstract()
}

// newSelection makes the selection of fields that all apply to the object at hand.
func newSelection(g *Graph, fields []*SelectionField) *Selection {
	selection := &Selection{}
	var text strings.Builder
	c := &compiler{graph: g}
	for _, f := range fields {
		whole := &SelectionField{Name: f.Name, Args: f.Args, Sub: f.Sub}
		selection.Fields = append(selection.Fields, whole)
		c.writeField(&text, whole)
	}
	selection.Text = text.String()
	return selection
}

// union is what either selection provides; both are on the same type.
func union(a, b *Selection) *Selection {
	if a == nil {
		return b
	}
	if b == nil || a.Text == b.Text {
		return a
	}
	fields := slices.Clone(a.Fields)
	for _, f := range b.Fields {
		i := slices.IndexFunc(fields, func(other *SelectionField) bool {
			return other.Name == f.Name && other.ArgumentsText() == f.ArgumentsText() && other.On.Equal(f.On)
		})
		if i < 0 {
			fields = append(fields, f)
			continue
		}
		merged := *fields[i]
		merged.Sub = union(merged.Sub, f.Sub)
		fields[i] = &merged
	}
	slices.SortStableFunc(fields, func(a, b *SelectionField) int { return cmp.Compare(a.Name, b.Name) })
	return &Selection{Text: "(" + a.Text + ")+(" + b.Text + ")", Fields: fields}
}
