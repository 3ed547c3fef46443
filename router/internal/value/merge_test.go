package value

import (
	"fmt"
	"testing"
)

func TestMerge(t *testing.T) {
	t.Parallel()
	deep := selectionOf(nil, "p", nil, "q", nil)
	s := selectionOf(nil, "a", deep, "b", nil, "c", nil)
	cases := []struct{ name, first, second, want string }{
		{"fields of both", `{"a":{"p":1}}`, `{"a":{"q":2},"b":3}`, `{1:{1:1 2:2} 2:3}`},
		{"the first leaf stays", `{"b":1}`, `{"b":2}`, `{2:1}`},
		{"a value stays before null", `{"b":1,"a":{"p":1}}`, `{"b":null,"a":null}`, `{1:{1:1} 2:1}`},
		{"a value replaces null", `{"b":null,"a":null}`, `{"b":1,"a":{"p":1}}`, `{1:{1:1} 2:1}`},
		{"lists by position", `{"a":[{"p":1},null,{"p":3}]}`, `{"a":[{"q":1},{"q":2},null]}`, `{1:[{1:1 2:1} {2:2} {1:3}]}`},
		{"lists of different lengths", `{"a":[{"p":1}]}`, `{"a":[]}`, `{1:conflict}`},
		{"lists in lists", `{"a":[[{"p":1}]]}`, `{"a":[[{"q":1},{"q":2}]]}`, `{1:[conflict]}`},
		{"object and leaf", `{"a":{"p":1}}`, `{"a":1}`, `{1:conflict}`},
		{"leaf and list", `{"b":1}`, `{"b":[1]}`, `{2:conflict}`},
		{"a conflict stays", `{"a":[]}`, `{"a":1}`, `{1:conflict}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var tree Tree
			first, err := parse(&tree, c.first, s)
			if err != nil {
				t.Fatal(err)
			}
			second, err := parse(&tree, c.second, s)
			if err != nil {
				t.Fatal(err)
			}
			tree.Merge(first, second)
			tree.Merge(first, first)
			if got := dump(&tree, first); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestMergeKeepsExplanations(t *testing.T) {
	t.Parallel()
	s := selectionOf(nil, "a", nil, "b", nil, "c", nil)
	var tree Tree
	first, err := parse(&tree, `{"a":null}`, s)
	if err != nil {
		t.Fatal(err)
	}
	second, err := parse(&tree, `{"a":null,"c":1}`, s)
	if err != nil {
		t.Fatal(err)
	}
	tree.FieldRef(second, 1).Flags |= Reported
	tree.FieldRef(second, 2).Flags |= Reported
	tree.FieldRef(first, 3).Flags |= Reported
	tree.Merge(first, second)
	if got, want := dump(&tree, first), "{1:null! 2:-! 3:1}"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestMergeExplainsParts: what one answer fails and another one brings in part is explained in what it lacks, whichever
// answer comes first.
func TestMergeExplainsParts(t *testing.T) {
	t.Parallel()
	deep := selectionOf(nil, "p", nil, "q", nil)
	s := selectionOf(nil, "a", deep, "b", deep, "c", nil)
	const brought = `{"a":{"p":1},"b":[{"p":1}],"c":1}`
	cases := []struct{ name, failed string }{
		{"null", `{"a":null,"b":null,"c":null}`},
		{"absent", `{}`},
	}
	for _, c := range cases {
		for _, failedFirst := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, failed first %v", c.name, failedFirst), func(t *testing.T) {
				t.Parallel()
				var tree Tree
				failed, err := parse(&tree, c.failed, s)
				if err != nil {
					t.Fatal(err)
				}
				for slot := range uint32(3) {
					tree.FieldRef(failed, slot+1).Flags |= Reported
				}
				whole, err := parse(&tree, brought, s)
				if err != nil {
					t.Fatal(err)
				}
				dst, src := whole, failed
				if failedFirst {
					dst, src = failed, whole
				}
				tree.Merge(dst, src)
				if got, want := dump(&tree, dst), "{1:{1:1}! 2:[{1:1}]! 3:1}"; got != want {
					t.Errorf("got %s, want %s", got, want)
				}
			})
		}
	}
}

func TestCopySharesNothing(t *testing.T) {
	t.Parallel()
	deep := selectionOf(nil, "p", nil, "q", nil)
	s := selectionOf(nil, "a", deep, "b", nil)
	var tree Tree
	n, err := parse(&tree, `{"a":[{"p":1},null,[{"p":2}]],"b":"x"}`, s)
	if err != nil {
		t.Fatal(err)
	}
	tree.Mark(n, 7, 7)
	made := tree.Copy(n)
	more, err := parse(&tree, `{"a":[{"q":9},null,[{"q":8}]]}`, s)
	if err != nil {
		t.Fatal(err)
	}
	tree.Merge(made, more)
	if got, want := dump(&tree, made), `{1:[{1:1 2:9} null [{1:2 2:8}]] 2:"x"}`; got != want {
		t.Errorf("the copy is %s, want %s", got, want)
	}
	if got, want := dump(&tree, n), `{1:[{1:1} null [{1:2}]] 2:"x"}`; got != want {
		t.Errorf("the original became %s, want %s", got, want)
	}
	if _, seen := tree.Mark(made, 7, 7); seen {
		t.Error("the copy has the original's mark")
	}
}
