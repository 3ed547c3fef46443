package value

// Merge writes what src has into dst, both objects of one layout: field by field, lists position by position. Of two
// leaves the first stays, a value stays before null, and an explained null before one that is not. Where shapes
// disagree (an object and a leaf, lists of different lengths) dst holds a Conflict afterwards. Children that only src
// has are shared, not copied.
func (t *Tree) Merge(dst, src Node) {
	if dst.First == src.First {
		return
	}
	to, from := t.Fields(dst), t.Fields(src)
	if to[0].Source == uint16(NoType) {
		to[0].Source = from[0].Source
	}
	for i := 1; i < len(from); i++ {
		if from[i].Kind == Absent {
			if to[i].Kind == Absent {
				to[i].Flags |= from[i].Flags & Reported
			}
			continue
		}
		if to[i].Kind == Absent {
			to[i] = from[i]
			continue
		}
		t.mergeNode(&to[i], from[i])
	}
}

// mergeNode merges a value into a present one. The tree does not grow here, so the pointer stays valid.
func (t *Tree) mergeNode(dst *Node, src Node) {
	switch {
	case src.Kind == Null:
		if dst.Kind == Null {
			dst.Flags |= src.Flags & Reported
		}
	case dst.Kind == Null:
		*dst = src
	case dst.Kind == Object && src.Kind == Object:
		t.Merge(*dst, src)
	case dst.Kind == List && src.Kind == List:
		if dst.First == src.First {
			return
		}
		if dst.Count != src.Count {
			*dst = Node{Kind: Conflict}
			return
		}
		to, from := t.Items(*dst), t.Items(src)
		for i := range from {
			t.mergeNode(&to[i], from[i])
		}
	case dst.Kind >= List || src.Kind >= List:
		*dst = Node{Kind: Conflict}
	}
}

// Copy makes a copy of a value that shares nothing with it.
func (t *Tree) Copy(n Node) Node {
	if n.Kind != Object && n.Kind != List {
		return n
	}
	first := uint32(len(t.nodes))
	t.nodes = append(t.nodes, t.nodes[n.First:n.First+n.Count]...)
	for i := range n.Count {
		if n.Kind == Object && i == 0 {
			t.nodes[first].First, t.nodes[first].Count = 0, 0
			continue
		}
		child := t.Copy(t.nodes[first+i])
		t.nodes[first+i] = child
	}
	n.First = first
	return n
}
