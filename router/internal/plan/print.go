package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// String prints the plan in the ecosystem's text form. What a plan does, it shows; IDs only where payloads refer to
// them.
func (p *Plan) String() string {
	w := printer{plan: p, named: map[int]bool{}}
	for _, d := range p.Deferred {
		for _, id := range newDeriver(p).depends(d) {
			w.named[id] = true
		}
	}
	tree := p.Tree()
	if tree == nil {
		return "QueryPlan {}"
	}
	w.line("QueryPlan {")
	w.nested(func() { w.node(tree, ",") })
	w.text.WriteString("}")
	return w.text.String()
}

// printer writes indented lines.
type printer struct {
	plan   *Plan
	named  map[int]bool // fetches whose ID is shown
	text   strings.Builder
	indent int
}

func (w *printer) line(text string) {
	if text != "" {
		w.text.WriteString(strings.Repeat("  ", w.indent))
		w.text.WriteString(text)
	}
	w.text.WriteByte('\n')
}

func (w *printer) nested(body func()) {
	w.indent++
	body()
	w.indent--
}

// node prints a node; end follows its closing brace.
func (w *printer) node(n *Node, end string) {
	switch n.Kind {
	case FetchNode:
		w.fetch(n.Fetch, end)
	case FlattenNode:
		w.line("Flatten(" + flattenPaths(n.Paths) + ") {")
		w.nested(func() { w.node(n.Nodes[0], ",") })
		w.line("}" + end)
	case SequenceNode, ParallelNode:
		w.line(string(n.Kind) + " {")
		w.nested(func() {
			for _, part := range n.Nodes {
				w.node(part, ",")
			}
		})
		w.line("}" + end)
	case ConditionNode:
		w.line(w.condition(n.Condition) + " {")
		w.nested(func() { w.node(n.Nodes[0], "") })
		w.line("}" + end)
	case SubscriptionNode:
		w.subscription(n, end)
	case DeferNode:
		w.deferred(n.Defer, end)
	default:
		w.line(fmt.Sprintf("%s is not a node that can be printed%s", n.Kind, end))
	}
}

func (w *printer) condition(g Guard) string {
	if term, ok := g.single(); ok && term.Kind == VariableTerm {
		if term.Negated {
			return "Skip(if: $" + term.Name + ")"
		}
		return "Include(if: $" + term.Name + ")"
	}
	return "Include(if: " + g.describe(w.plan) + ")"
}

func flattenPaths(paths []Path) string {
	texts := make([]string, len(paths))
	for i, p := range paths {
		texts[i] = strconv.Quote(p.String())
	}
	if len(texts) == 1 {
		return "path: " + texts[0]
	}
	return "paths: [" + strings.Join(texts, ", ") + "]"
}

// fetch prints what a fetch asks: its selection, or for entities what is sent and what comes back.
func (w *printer) fetch(f *Fetch, end string) {
	head := "Fetch(service: " + strconv.Quote(f.Subgraph)
	if w.named[f.ID] {
		head += ", id: " + strconv.Itoa(f.ID)
	}
	w.line(head + ") {")
	w.nested(func() {
		document, err := readDocument(f.Document)
		if err != nil {
			w.line(f.Document)
			return
		}
		if len(f.Entities) == 0 {
			w.block(document.selection(), "")
		}
		for i, e := range f.Entities {
			after := ""
			if i < len(f.Entities)-1 {
				after = ","
			}
			w.entities(f, e, document, after)
		}
		for _, fragment := range document.fragments() {
			w.line("")
			w.lines(fragment)
		}
	})
	w.line("}" + end)
}

func (w *printer) entities(f *Fetch, e *Entities, document *document, after string) {
	body := func() {
		w.block(requiredSelection(e), " =>")
		w.block(document.entities(e.ResponseName), "")
	}
	if len(f.Entities) == 1 && e.Guard == Always {
		body()
		return
	}
	head := "Entities(" + flattenPaths(e.Paths)
	if e.Guard != Always {
		head += ", if: " + w.plan.Guards[e.Guard-1].describe(w.plan)
	}
	w.line(head + ") {")
	w.nested(body)
	w.line("}" + after)
}

func (w *printer) block(lines []string, end string) {
	w.line("{")
	w.nested(func() { w.lines(lines) })
	w.line("}" + end)
}

func (w *printer) lines(lines []string) {
	for _, l := range lines {
		w.line(l)
	}
}

func (w *printer) subscription(n *Node, end string) {
	w.line("Subscription {")
	w.nested(func() {
		w.line("Primary: {")
		w.nested(func() { w.node(n.Nodes[0], "") })
		if len(n.Nodes) == 1 {
			w.line("}")
			return
		}
		w.line("},")
		w.line("Rest: {")
		w.nested(func() { w.node(n.Nodes[1], "") })
		w.line("}")
	})
	w.line("}" + end)
}

func (w *printer) deferred(d *DeferParts, end string) {
	w.line("Defer {")
	w.nested(func() {
		w.line("Primary {")
		w.nested(func() { w.payload(d.Shape, d.Primary) })
		w.line("}, [")
		w.nested(func() {
			for _, part := range d.Deferred {
				w.line(w.deferredHead(part) + " {")
				w.nested(func() {
					if part.Node != nil && part.Node.Kind == DeferNode {
						w.node(part.Node, "")
					} else {
						w.payload(part.Deferred.Response, part.Node)
					}
				})
				w.line("},")
			}
		})
		w.line("]")
	})
	w.line("}" + end)
}

func (w *printer) deferredHead(part *DeferredPart) string {
	depends := make([]string, len(part.Depends))
	for i, id := range part.Depends {
		depends[i] = strconv.Itoa(id)
	}
	head := "Deferred(depends: [" + strings.Join(depends, ", ") + "], path: " +
		strconv.Quote(strings.Join(responsePath(part.Deferred.Path), "/"))
	if part.Deferred.Label != "" {
		head += ", label: " + strconv.Quote(part.Deferred.Label)
	}
	if part.Deferred.Guard != Always {
		head += ", if: " + w.plan.Guards[part.Deferred.Guard-1].describe(w.plan)
	}
	return head + ")"
}

// responsePath is a path without its list levels.
func responsePath(p Path) []string {
	return slices.DeleteFunc(p.words(), func(word string) bool { return word == "@" })
}

// payload prints the shape of a payload and the node that brings it.
func (w *printer) payload(shape *Object, node *Node) {
	if shape != nil && len(shape.Fields) > 0 {
		w.line("{")
		w.nested(func() { w.lines(shapeLines(shape)) })
		w.line("}:")
	} else {
		w.line(":")
	}
	if node != nil {
		w.node(node, "")
	}
}
