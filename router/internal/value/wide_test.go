package value

import (
	"fmt"
	"strings"
	"testing"
)

// wideSelectionOf has 1000 leaves f0 … f999 in slots 1 to 1000 and an object of the same kind in slot 1001.
func wideSelectionOf() *Selection {
	s := &Selection{Width: 1002}
	for i := range uint32(1000) {
		s.Fields = append(s.Fields, Field{Key: fmt.Sprint("f", i), Slot: i + 1})
	}
	s.Fields = append(s.Fields, Field{Key: "o", Slot: 1001, Child: s})
	s.Prepare()
	return s
}

func TestWideObjects(t *testing.T) {
	t.Parallel()
	s := wideSelectionOf()
	var tree Tree
	first, err := parse(&tree, `{"f0":1,"f999":2,"o":{"f500":3},"f31":null}`, s)
	if err != nil {
		t.Fatal(err)
	}
	second, err := parse(&tree, `{"f0":7,"f31":4,"f32":5,"o":{"f501":6,"f10":{"x":1}}}`, s)
	if err != nil {
		t.Fatal(err)
	}
	tree.Mark(first, 9, 9)
	made := tree.Copy(first)
	tree.FieldRef(second, 700).Flags |= Reported
	tree.Merge(first, second)
	tree.Merge(first, first)
	want := `{1:1 32:4 33:5 700:-! 1000:2 1001:{11:{"x":1} 501:3 502:6}}`
	if got := dump(&tree, first); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := dump(&tree, made), `{1:1 32:null 1000:2 1001:{501:3}}`; got != want {
		t.Errorf("the copy became %s, want %s", got, want)
	}
	if _, seen := tree.Mark(made, 9, 9); seen {
		t.Error("the copy has the original's mark")
	}
	if n := tree.Field(made, 600); n != (Node{}) {
		t.Errorf("a slot that was never written holds %v", n)
	}
}

// TestWideObjectsAreSmall: an object pays for the pages it uses, not for its width.
func TestWideObjectsAreSmall(t *testing.T) {
	t.Parallel()
	s := wideSelectionOf()
	var tree Tree
	list := &Selection{Width: 2, Fields: []Field{{Key: "l", Slot: 1, Child: s}}}
	list.Prepare()
	if _, err := parse(&tree, `{"l":[`+strings.Repeat(`{"f3":1,"f4":2},`, 999)+`{"f3":1}]}`, list); err != nil {
		t.Fatal(err)
	}
	if perObject := tree.Len() / 1000; perObject > 2*pageSlots+3 {
		t.Errorf("an object takes %d nodes", perObject)
	}
}
