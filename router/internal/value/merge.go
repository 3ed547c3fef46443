package value

import "github.com/tributary-gql/tributary/router/internal/fault"

// Merge writes what src has into dst, both objects of one layout: field by field, lists position by position. Of two
// leaves the first stays, a value stays before null, and an explained null before one that is not. A list or an object that
// one side explains the absence or the null of keeps the explanation for what is absent in it, whichever side came first.
// Where shapes disagree (an object and a leaf, lists of different lengths) dst holds a Conflict afterwards. Children that
// only src has are shared, not copied. The tree may grow.
func (t *Tree) Merge(dst, src Node) {
	if dst.First == src.First {
		return
	}
	if to := &t.nodes[dst.First]; to.Source == uint16(NoType) {
		to.Source = t.nodes[src.First].Source
	}
	if src.Count >= wideObject {
		t.mergeWide(dst, src)
		return
	}
	for i := uint32(1); i < src.Count; i++ {
		if from := t.nodes[src.First+i]; from != (Node{}) {
			t.mergeAt(dst.First+i, from)
		}
	}
}

// mergeAt merges a value into the slot or item at an index.
func (t *Tree) mergeAt(at uint32, src Node) {
	dst := t.nodes[at]
	switch {
	case src.Kind == Absent:
		if src.Flags&Reported != 0 {
			t.nodes[at].ExplainAbsence()
		}
	case dst.Kind == Absent:
		if t.nodes[at] = src; src.Kind >= List {
			t.nodes[at].Flags |= dst.Flags & Reported
		}
	case src.Kind == Null:
		if dst.Kind == Null || dst.Kind >= List { // of a value one part is explained
			t.nodes[at].Flags |= src.Flags & Reported
		}
	case dst.Kind == Null:
		if t.nodes[at] = src; src.Kind >= List {
			t.nodes[at].Flags |= dst.Flags & Reported
		}
	case dst.Kind == Object && src.Kind == Object:
		t.Merge(dst, src)
	case dst.Kind == List && src.Kind == List:
		t.mergeLists(at, dst, src)
	case dst.Kind >= List || src.Kind >= List:
		t.nodes[at] = Node{Kind: Conflict}
	}
}

func (t *Tree) mergeLists(at uint32, dst, src Node) {
	switch {
	case dst.First == src.First:
	case dst.Count != src.Count:
		t.nodes[at] = Node{Kind: Conflict}
	default:
		for i := range src.Count {
			if fault.On(fault.MergeFirstOnly) && i > 0 {
				break
			}
			t.mergeAt(dst.First+i, t.nodes[src.First+i])
		}
	}
}

// Copy makes a copy of a value that shares nothing with it.
func (t *Tree) Copy(n Node) Node {
	switch {
	case n.Kind == List:
		n.First = t.copyRun(n.First, n.Count)
	case n.Kind == Object && n.Count < wideObject:
		n.First = t.copyRun(n.First, n.Count)
		t.nodes[n.First].First, t.nodes[n.First].Count = 0, 0 // no marks
	case n.Kind == Object:
		own := ownNodes(n.Count)
		first := t.grow(own)
		t.nodes[first].Source = t.nodes[n.First].Source
		for page := uint32(1); page < own; page++ {
			if from := t.nodes[n.First+page]; from.Kind != Absent {
				from.First = t.copyRun(from.First, from.Count)
				t.nodes[first+page] = from
			}
		}
		n.First = first
	}
	return n
}

// copyRun copies nodes that lie side by side, with all below them, and gives the first copy.
func (t *Tree) copyRun(first, count uint32) uint32 {
	made := uint32(len(t.nodes))
	t.nodes = append(t.nodes, t.nodes[first:first+count]...)
	for i := range count {
		if n := t.nodes[made+i]; n.Kind == Object || n.Kind == List {
			n = t.Copy(n)
			t.nodes[made+i] = n
		}
	}
	return made
}
