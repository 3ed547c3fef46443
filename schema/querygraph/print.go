package querygraph

import (
	"fmt"
	"strings"
)

// String prints the graph for people and golden tests: the nodes of each subgraph with their edges, then the entries of
// each type.
func (g *Graph) String() string {
	var b strings.Builder
	for i := range g.nodes {
		g.writeNode(&b, &g.nodes[i])
	}
	for _, t := range g.Supergraph.Types {
		for _, entry := range g.entries[t.Name] {
			fmt.Fprintf(&b, "enter %s as %s with { %s } from %s\n",
				g.nodeName(entry.Node), entry.Typename, entry.Key.Selection.Text, t.Name)
		}
	}
	return b.String()
}

func (g *Graph) writeNode(b *strings.Builder, n *Node) {
	b.WriteString(g.nodeName(n.ID))
	if n.Type.InterfaceObject {
		b.WriteString(" (interface object)")
	}
	if n.Type.IsAbstract() {
		b.WriteString(" = " + strings.Join(g.Names(n.Type.Possible), " | "))
	}
	b.WriteByte('\n')
	for _, edge := range n.Edges {
		b.WriteString("  " + edge.Field.Name)
		if edge.To != NoNode {
			b.WriteString(" -> " + g.nodeName(edge.To))
		}
		g.writeTerms(b, edge)
		b.WriteByte('\n')
	}
}

func (g *Graph) writeTerms(b *strings.Builder, edge Edge) {
	f := edge.Field
	switch {
	case edge.Provided:
		b.WriteString(" (provided)")
		return
	case !f.Resolvable:
		b.WriteString(" (external)")
	}
	if f.Requires != nil {
		b.WriteString(" requires { " + f.Requires.Text + " }")
	}
	if f.Label != nil {
		fmt.Fprintf(b, " when %s is %t", f.Label.Name, f.Label.Value)
	}
	for _, argument := range f.Context {
		fmt.Fprintf(b, " with %s from", argument.Name)
		for _, source := range argument.Sources {
			fmt.Fprintf(b, " %s { %s }", source.Type, source.Selection.Text)
		}
	}
}

func (g *Graph) nodeName(id NodeID) string {
	n := &g.nodes[id]
	name := g.Subgraphs[n.Subgraph].Name + "." + n.Type.Name
	if n.Provided != nil {
		name += "[" + n.Provided.Text + "]"
	}
	return name
}
