package value

// Objects of interfaces with many implementations have many slots and use few. A wide object therefore keeps its slots in
// pages that are made when they are first written: after its header comes one node for each page, Absent until there is
// one. Slots are numbered selection by selection, so what is written together is mostly in one page.

const (
	// wideObject is from which width on an object has pages.
	wideObject = 64
	pageBits   = 5
	pageSlots  = 1 << pageBits
)

func pageCount(width uint32) uint32 { return (width + pageSlots - 1) >> pageBits }

// ownNodes is how many nodes an object has side by side.
func ownNodes(width uint32) uint32 {
	if width < wideObject {
		return width
	}
	return 1 + pageCount(width)
}

// pagedField is Field for a wide object.
func (t *Tree) pagedField(object Node, slot uint32) Node {
	page := t.nodes[object.First+1+slot>>pageBits]
	if page.Kind == Absent {
		return Node{}
	}
	return t.nodes[page.First+slot&(pageSlots-1)]
}

// pagedIndex is where a slot of a wide object is; the tree grows when its page is new.
func (t *Tree) pagedIndex(object Node, slot uint32) uint32 {
	at := object.First + 1 + slot>>pageBits
	if t.nodes[at].Kind == Absent {
		first := t.grow(pageSlots)
		t.nodes[at] = Node{Kind: Object, First: first, Count: pageSlots}
	}
	return t.nodes[at].First + slot&(pageSlots-1)
}

// mergeWide is Merge for wide objects.
func (t *Tree) mergeWide(dst, src Node) {
	for page := range pageCount(src.Count) {
		from := t.nodes[src.First+1+page]
		if from.Kind == Absent {
			continue
		}
		for i := range uint32(pageSlots) {
			if n := t.nodes[from.First+i]; n != (Node{}) {
				t.mergeAt(t.pagedIndex(dst, page<<pageBits+i), n)
			}
		}
	}
}
