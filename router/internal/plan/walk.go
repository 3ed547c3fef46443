package plan

// Walk calls visit for node and every node below it, parents first, and does not go below a node for which visit
// returns false.
func Walk(node *Node, visit func(*Node) bool) {
	if node == nil || !visit(node) {
		return
	}
	for _, n := range node.Nodes {
		Walk(n, visit)
	}
	if node.Defer != nil {
		Walk(node.Defer.Primary, visit)
		for _, part := range node.Defer.Deferred {
			Walk(part.Node, visit)
		}
	}
}

// WalkSelections calls visit once for every selection of the plan's fetches, however often it is shared.
func (p *Plan) WalkSelections(visit func(*Selection)) {
	seen := map[*Selection]bool{}
	var walk func(*Selection)
	walk = func(s *Selection) {
		if s == nil || seen[s] {
			return
		}
		seen[s] = true
		visit(s)
		for _, f := range s.Fields {
			walk(f.Selection)
		}
	}
	for _, f := range p.Fetches {
		walk(f.Selection)
		for _, e := range f.Entities {
			walk(e.Selection)
		}
	}
}

// WalkObjects calls visit once for every object of the plan's response shapes, however often it is shared.
func (p *Plan) WalkObjects(visit func(*Object)) {
	seen := map[*Object]bool{}
	var walk func(*Object)
	walk = func(o *Object) {
		if o == nil || seen[o] {
			return
		}
		seen[o] = true
		visit(o)
		for _, f := range o.Fields {
			walk(f.Object)
		}
	}
	walk(p.Response)
	for _, d := range p.Deferred {
		walk(d.Response)
	}
}

// Depth is the number of fetches on the longest chain of fetches that wait for each other.
func (p *Plan) Depth() int {
	longest := 0
	depths := make([]int, len(p.Fetches))
	for i, f := range p.Fetches {
		depths[i] = 1
		for _, w := range f.WaitsFor {
			depths[i] = max(depths[i], depths[w]+1)
		}
		longest = max(longest, depths[i])
	}
	return longest
}
