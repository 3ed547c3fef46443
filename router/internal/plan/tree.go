package plan

import (
	"slices"
)

// NodeKind names a node of the ecosystem's plan shape.
type NodeKind string

// The kinds of nodes.
const (
	FetchNode        NodeKind = "Fetch"
	FlattenNode      NodeKind = "Flatten"
	SequenceNode     NodeKind = "Sequence"
	ParallelNode     NodeKind = "Parallel"
	ConditionNode    NodeKind = "Condition"
	DeferNode        NodeKind = "Defer"
	SubscriptionNode NodeKind = "Subscription"
)

// Node is a plan in the shape that every federation user knows. It is derived from the graph of fetches for people and
// tools; the executor goes by the graph, which can say more: where the shape cannot express which fetch waits for
// which, it shows stages, with as many of them as the longest chain of fetches has links.
type Node struct {
	Kind NodeKind
	// Nodes are the parts of a Sequence or Parallel, at least two; of a Flatten or Condition, exactly one; of a
	// Subscription the primary fetch and, if there is one, the rest.
	Nodes []*Node
	Fetch *Fetch // of a Fetch
	// Paths are where a Flatten's fetch puts its answer.
	Paths []Path
	// Condition switches a Condition's node on.
	Condition Guard
	Defer     *DeferParts // of a Defer
}

// DeferParts are the payloads of a Defer.
type DeferParts struct {
	Shape    *Object // of the primary payload
	Primary  *Node   // nil when it needs no fetch of its own
	Deferred []*DeferredPart
}

// DeferredPart is one later payload.
type DeferredPart struct {
	Deferred *Deferred
	Depends  []int // IDs of fetches of enclosing payloads that this one builds on, ascending
	Node     *Node // nil when it needs no fetch of its own; a Defer when payloads are nested in it
}

// Tree derives the plan's shape; nil when the plan has no fetch.
func (p *Plan) Tree() *Node {
	d := newDeriver(p)
	switch {
	case len(p.Deferred) > 0:
		return d.deferNode(-1, p.Response, nil)
	case p.Kind == Subscription && len(p.Fetches) > 0:
		n := &Node{Kind: SubscriptionNode, Nodes: []*Node{d.fetchNode(0, nil)}}
		if rest := d.derive(d.all[1:], nil); rest != nil {
			n.Nodes = append(n.Nodes, rest)
		}
		return n
	default:
		return d.derive(d.all, nil)
	}
}

// deriver turns sets of fetches, given as ascending IDs, into nodes.
type deriver struct {
	plan     *Plan
	all      []int
	payload  []int // for each fetch the Deferred.ID of the first payload that needs it, -1 for the initial response
	waiters  [][]int
	position []int // scratch: a fetch's place in the set at hand, -1 outside
}

func newDeriver(p *Plan) *deriver {
	d := &deriver{plan: p, waiters: make([][]int, len(p.Fetches)), position: make([]int, len(p.Fetches))}
	for i, f := range p.Fetches {
		d.all = append(d.all, i)
		d.position[i] = -1
		for _, w := range f.WaitsFor {
			d.waiters[w] = append(d.waiters[w], i)
		}
	}
	d.payload = d.payloads()
	return d
}

// payloads assigns every fetch to the payload that needs it first.
func (d *deriver) payloads() []int {
	const unassigned = -2
	owner := make([]int, len(d.plan.Fetches))
	for i := range owner {
		owner[i] = unassigned
	}
	var claim func(payload int, fetches []int)
	claim = func(payload int, fetches []int) {
		for _, f := range fetches {
			if owner[f] == unassigned {
				owner[f] = payload
				claim(payload, d.plan.Fetches[f].WaitsFor)
			}
		}
	}
	if len(d.plan.Deferred) == 0 || d.plan.ResponseWaitsFor == nil {
		claim(-1, d.all)
	}
	claim(-1, d.plan.ResponseWaitsFor)
	for _, deferred := range d.plan.Deferred {
		claim(deferred.ID, deferred.WaitsFor)
	}
	claim(-1, d.all)
	return owner
}

// derive makes the node of a set of fetches of which asserted terms are known to be true; nil for none.
func (d *deriver) derive(set []int, asserted []Term) *Node {
	if len(set) == 0 {
		return nil
	}
	if common := d.commonTerms(set, asserted); len(common) > 0 {
		return conditional(common, d.derive(set, slices.Concat(asserted, common)))
	}
	parts := d.components(set)
	if len(parts) > 1 {
		return d.group(ParallelNode, parts, asserted)
	}
	if len(set) == 1 {
		return d.fetchNode(set[0], asserted)
	}
	return d.connected(set, asserted)
}

// connected makes the node of fetches that hang together: what only builds on one of the first fetches goes beside
// what only builds on another, and what builds on several comes after. Where that would show a longer chain than there
// is, stages are shown.
func (d *deriver) connected(set []int, asserted []Term) *Node {
	levels := d.levels(set)
	own := map[int][]int{} // for each first fetch what builds on it alone
	origin := map[int]int{}
	const several = -1
	var rest []int
	for _, f := range set {
		from := f
		for _, w := range d.inside(set, d.plan.Fetches[f].WaitsFor) {
			switch {
			case from == f:
				from = origin[w]
			case from != origin[w]:
				from = several
			}
		}
		origin[f] = from
		if from == several {
			rest = append(rest, f)
		} else {
			own[from] = append(own[from], f)
		}
	}
	if len(levels[0]) == 1 {
		return d.sequence([]*Node{d.derive(levels[0], asserted), d.derive(set[1:], asserted)})
	}
	var heads []*Node
	for _, first := range levels[0] {
		heads = append(heads, d.derive(own[first], asserted))
	}
	node := d.sequence([]*Node{{Kind: ParallelNode, Nodes: heads}, d.derive(rest, asserted)})
	if depth(node) <= len(levels) {
		return node
	}
	stages := make([]*Node, len(levels))
	for i, level := range levels {
		stages[i] = d.derive(level, asserted)
	}
	return d.sequence(stages)
}

func (d *deriver) group(kind NodeKind, parts [][]int, asserted []Term) *Node {
	node := &Node{Kind: kind}
	for _, part := range parts {
		node.Nodes = append(node.Nodes, d.derive(part, asserted))
	}
	return node
}

// sequence joins nodes; sequences in it become part of it.
func (d *deriver) sequence(nodes []*Node) *Node {
	node := &Node{Kind: SequenceNode}
	for _, n := range nodes {
		switch {
		case n == nil:
		case n.Kind == SequenceNode:
			node.Nodes = append(node.Nodes, n.Nodes...)
		default:
			node.Nodes = append(node.Nodes, n)
		}
	}
	return node
}

// depth is the number of fetches on the longest chain that a node shows.
func depth(n *Node) int {
	switch {
	case n == nil:
		return 0
	case n.Kind == FetchNode:
		return 1
	}
	total := 0
	for _, part := range n.Nodes {
		if n.Kind == SequenceNode {
			total += depth(part)
		} else {
			total = max(total, depth(part))
		}
	}
	return total
}

// inside are those of fetches that are in set.
func (d *deriver) inside(set, fetches []int) []int {
	var found []int
	for _, f := range fetches {
		if _, ok := slices.BinarySearch(set, f); ok {
			found = append(found, f)
		}
	}
	return found
}

// components splits a set into parts that have nothing to do with each other, in the order of their first fetch.
func (d *deriver) components(set []int) [][]int {
	parent := make([]int, len(set))
	for i, f := range set {
		parent[i] = i
		d.position[f] = i
	}
	var find func(int) int
	find = func(i int) int {
		if parent[i] != i {
			parent[i] = find(parent[i])
		}
		return parent[i]
	}
	for i, f := range set {
		for _, w := range d.plan.Fetches[f].WaitsFor {
			if j := d.position[w]; j >= 0 {
				a, b := find(i), find(j)
				parent[max(a, b)] = min(a, b)
			}
		}
	}
	var parts [][]int
	place := map[int]int{}
	for i, f := range set {
		root := find(i)
		at, ok := place[root]
		if !ok {
			at = len(parts)
			place[root] = at
			parts = append(parts, nil)
		}
		parts[at] = append(parts[at], f)
		d.position[f] = -1
	}
	return parts
}

// levels are the fetches of a set by the length of the longest chain inside the set that leads to them.
func (d *deriver) levels(set []int) [][]int {
	var levels [][]int
	level := map[int]int{}
	for _, f := range set {
		at := 0
		for _, w := range d.inside(set, d.plan.Fetches[f].WaitsFor) {
			at = max(at, level[w]+1)
		}
		level[f] = at
		if at == len(levels) {
			levels = append(levels, nil)
		}
		levels[at] = append(levels[at], f)
	}
	return levels
}

// commonTerms are the terms that all fetches of a set demand and that are not asserted.
func (d *deriver) commonTerms(set []int, asserted []Term) []Term {
	var common []Term
	for i, f := range set {
		terms, single := d.terms(f)
		if !single {
			return nil
		}
		if i == 0 {
			common = slices.Clone(terms)
			continue
		}
		common = slices.DeleteFunc(common, func(t Term) bool { return !slices.Contains(terms, t) })
	}
	return slices.DeleteFunc(common, func(t Term) bool { return slices.Contains(asserted, t) })
}

// terms are the terms of a fetch's guard when it is one conjunction.
func (d *deriver) terms(fetch int) ([]Term, bool) {
	guard := d.plan.Fetches[fetch].Guard
	if guard == Always {
		return nil, true
	}
	if rows := d.plan.Guards[guard-1].AnyOf; len(rows) == 1 {
		return rows[0], true
	}
	return nil, false
}

// fetchNode is a fetch with where it goes and what switches it on.
func (d *deriver) fetchNode(fetch int, asserted []Term) *Node {
	f := d.plan.Fetches[fetch]
	node := &Node{Kind: FetchNode, Fetch: f}
	paths := slices.Clone(f.Into)
	for _, e := range f.Entities {
		paths = append(paths, e.Paths...)
	}
	if len(paths) > 0 {
		node = &Node{Kind: FlattenNode, Paths: paths, Nodes: []*Node{node}}
	}
	if f.Guard == Always {
		return node
	}
	guard := d.plan.Guards[f.Guard-1]
	if len(guard.AnyOf) == 1 {
		left := slices.DeleteFunc(slices.Clone(guard.AnyOf[0]), func(t Term) bool { return slices.Contains(asserted, t) })
		return conditional(left, node)
	}
	return &Node{Kind: ConditionNode, Condition: guard, Nodes: []*Node{node}}
}

// conditional wraps a node into one Condition for each term.
func conditional(terms []Term, node *Node) *Node {
	for _, t := range slices.Backward(terms) {
		node = &Node{Kind: ConditionNode, Condition: Guard{AnyOf: [][]Term{{t}}}, Nodes: []*Node{node}}
	}
	return node
}

// deferNode makes the node of a payload and of those nested in it.
func (d *deriver) deferNode(payload int, shape *Object, parent *Deferred) *Node {
	own := d.ownFetches(payload)
	parts := &DeferParts{Shape: shape, Primary: d.derive(own, nil)}
	for _, deferred := range d.plan.Deferred {
		if deferred.Parent != payload {
			continue
		}
		parts.Deferred = append(parts.Deferred, &DeferredPart{
			Deferred: deferred,
			Depends:  d.depends(deferred),
			Node:     d.deferNode(deferred.ID, deferred.Response, deferred),
		})
	}
	if len(parts.Deferred) == 0 && parent != nil {
		return parts.Primary
	}
	return &Node{Kind: DeferNode, Defer: parts}
}

func (d *deriver) ownFetches(payload int) []int {
	var own []int
	for f, owner := range d.payload {
		if owner == payload {
			own = append(own, f)
		}
	}
	return own
}

// depends are the fetches of other payloads that a payload's own wait for.
func (d *deriver) depends(deferred *Deferred) []int {
	var ids []int
	for _, f := range d.ownFetches(deferred.ID) {
		for _, w := range d.plan.Fetches[f].WaitsFor {
			if d.payload[w] != deferred.ID {
				ids = append(ids, w)
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
