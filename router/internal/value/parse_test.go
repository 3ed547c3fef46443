package value

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// selectionOf makes a selection from pairs of a key and nil or a *Selection, with slots in order.
func selectionOf(types *TypeTable, pairs ...any) *Selection {
	s := &Selection{Width: uint32(len(pairs)/2 + 1), Types: types}
	for i := 0; i < len(pairs); i += 2 {
		f := Field{Key: pairs[i].(string), Slot: uint32(i/2 + 1), Typename: pairs[i] == "__typename"}
		f.Child, _ = pairs[i+1].(*Selection)
		s.Fields = append(s.Fields, f)
	}
	s.Prepare()
	return s
}

var allGuards = Bits{^uint64(0)}

// parse borrows and parses one value.
func parse(tree *Tree, text string, selection *Selection) (Node, error) {
	source, err := tree.Borrow([]byte(text))
	if err != nil {
		return Node{}, err
	}
	return tree.ParseValue(source, selection, allGuards)
}

// dump writes a value with its slots, for comparisons: objects as {slot:value}.
func dump(tree *Tree, n Node) string {
	var b strings.Builder
	mark := ""
	if n.Flags&Reported != 0 {
		mark = "!"
	}
	switch n.Kind {
	case Absent:
		return "-" + mark
	case Null:
		return "null" + mark
	case True:
		return "true"
	case False:
		return "false"
	case Conflict:
		return "conflict"
	case List:
		b.WriteByte('[')
		for i, item := range tree.Items(n) {
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(dump(tree, item))
		}
		b.WriteString("]" + mark)
	case Object:
		b.WriteByte('{')
		for slot := uint32(1); slot < n.Count; slot++ {
			field := tree.Field(n, slot)
			if field == (Node{}) {
				continue
			}
			if b.Len() > 1 {
				b.WriteByte(' ')
			}
			fmt.Fprintf(&b, "%d:%s", slot, dump(tree, field))
		}
		b.WriteString("}" + mark)
	default:
		b.Write(tree.Bytes(n))
	}
	return b.String()
}

func TestParse(t *testing.T) {
	t.Parallel()
	inner := selectionOf(nil, "a", nil, "b", nil)
	outer := selectionOf(nil, "x", inner, "y", nil, "z", nil)
	outer.Fields[2].Raw = true
	cases := []struct{ name, text, want string }{
		{"in order", `{"x":{"a":1,"b":"t"},"y":true,"z":null}`, `{1:{1:1 2:"t"} 2:true 3:null}`},
		{"out of order, with space", " {\n\"y\" : false ,\t\"x\":\r{ \"b\":-0.5e+3 , \"a\" : [ 1 , [ ] , {\"k\":[]} ]} } ", `{1:{1:[1 [] {"k":[]}] 2:-0.5e+3} 2:false}`},
		{"unknown keys are checked and left", `{"q":{"deep":[1,{"x":2}]},"y":1,"r":"s"}`, `{2:1}`},
		{"the last of equal keys counts", `{"y":1,"x":{"a":1},"y":2,"x":{"b":3}}`, `{1:{2:3} 2:2}`},
		{"escaped keys", `{"\u0079":1,"\u0078":{"\u0061":2}}`, `{1:{1:2} 2:1}`},
		{"a custom scalar stays text", `{"z":[ 1, {"a" : 2} ]}`, `{3:[ 1, {"a" : 2} ]}`},
		{"a leaf that is an object stays text", `{"y":{"a" : 2}}`, `{2:{"a" : 2}}`},
		{"lists of lists", `{"x":[[{"a":1},null],[],[{"b":2}]]}`, `{1:[[{1:1} null] [] [{2:2}]]}`},
		{"a scalar where an object is expected", `{"x":7}`, `{1:7}`},
		{"numbers keep their digits", `{"y":[1.0,100000000000000000000,1E5,-0,0.10]}`, `{2:[1.0 100000000000000000000 1E5 -0 0.10]}`},
		{"strings keep their escapes", `{"y":"\u00e9\n\"\\ é 😀"}`, `{2:"\u00e9\n\"\\ é 😀"}`},
		{"empty", `{}`, `{}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var tree Tree
			n, err := parse(&tree, c.text, outer)
			if err != nil {
				t.Fatal(err)
			}
			if got := dump(&tree, n); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	selection := selectionOf(nil, "a", nil)
	for _, text := range []string{
		``, ` `, `{`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{"a":1,}`, `{a:1}`, `{"a" 1}`, `{"a":01}`, `{"a":1.}`, `{"a":.5}`, `{"a":+1}`,
		`{"a":1e}`, `{"a":-}`, `{"a":tru}`, `{"a":nul}`, `{"a":"x}`, "{\"a\":\"\x01\"}", "{\"a\":\"\n\"}", `{"a":"\x"}`, `{"a":"\u12g4"}`, `{"a":"\u12`,
		"{\"a\":\"\xff\"}", "{\"a\":\"\xc0\x80\"}", "{\"a\":\"\xed\xa0\x80\"}", "{\"a\":\"12345678\xff\"}", `{"a":1}x`, `{"a":1}{}`, `{"a":[1,]}`, `{"a":[1 2]}`,
		`{"a":]}`, `{"a":NaN}`, `{'a':1}`, "\ufeff{}", `{"a":1 "b":2}`, `{"b":[}`, `{"b":{"c"}}`, `{"b":"\ud8"}`,
	} {
		var tree Tree
		_, err := parse(&tree, text, selection)
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%q: got %v, want a syntax error", text, err)
		}
		if tree.Len() != 0 {
			t.Errorf("%q: %d nodes were left behind", text, tree.Len())
		}
	}
}

func TestParseIsBounded(t *testing.T) {
	t.Parallel()
	selection := selectionOf(nil, "a", selectionOf(nil, "b", nil))
	for name, text := range map[string]string{
		"lists":          `{"a":` + strings.Repeat("[", 600) + strings.Repeat("]", 600) + `}`,
		"skipped lists":  `{"x":` + strings.Repeat("[", 600) + strings.Repeat("]", 600) + `}`,
		"skipped object": `{"x":` + strings.Repeat(`{"a":`, 600) + `1` + strings.Repeat("}", 600) + `}`,
	} {
		var tree Tree
		if _, err := parse(&tree, text, selection); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s: got %v, want ErrTooLarge", name, err)
		}
	}
	var tree Tree
	tree.Reset(1000)
	if _, err := parse(&tree, `{"a":[`+strings.Repeat(`{},`, 2000)+`{}]}`, selection); !errors.Is(err, ErrTooLarge) {
		t.Errorf("empty objects: got %v, want ErrTooLarge", err)
	}
	if _, err := parse(&tree, `{"a":[`+strings.Repeat(`0,`, 2000)+`0]}`, selection); !errors.Is(err, ErrTooLarge) {
		t.Errorf("numbers: got %v, want ErrTooLarge", err)
	}
}

func TestParseResponse(t *testing.T) {
	t.Parallel()
	selection := selectionOf(nil, "a", nil)
	cases := []struct{ text, data, errors string }{
		{`{"data":{"a":1}}`, `{1:1}`, ``},
		{`{"errors":[{"message":"x"}],"data":null,"extensions":{"a":[]}}`, `null`, `[{"message":"x"}]`},
		{`{"data":{"a":1},"errors":null}`, `{1:1}`, ``},
		{`{}`, `-`, ``},
		{` { "d\u0061ta" : { "a" : 2 } } `, `{1:2}`, ``},
	}
	for _, c := range cases {
		var tree Tree
		source, err := tree.Borrow([]byte(c.text))
		if err != nil {
			t.Fatal(err)
		}
		response, err := tree.ParseResponse(source, selection, allGuards)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if got := dump(&tree, response.Data); got != c.data || string(response.Errors) != c.errors {
			t.Errorf("%s: got data %s and errors %s", c.text, got, response.Errors)
		}
	}
	for _, text := range []string{`[]`, `null`, `"x"`, ``, `{"data":{}`, `{"data":{}}}`, `{"data":{"a":}}`, `{"errors":[}`} {
		var tree Tree
		source, err := tree.Borrow([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tree.ParseResponse(source, selection, allGuards); err == nil {
			t.Errorf("%s: no error", text)
		}
	}
}

func TestRuntimeTypes(t *testing.T) {
	t.Parallel()
	types := NewTypeTable()
	cat, err := types.Add("Cat")
	if err != nil {
		t.Fatal(err)
	}
	dog, err := types.Add("Dog")
	if err != nil {
		t.Fatal(err)
	}
	onlyDog := NewBits(int(dog) + 1)
	onlyDog.Set(int(dog))
	onlyCat := NewBits(int(cat) + 1)
	onlyCat.Set(int(cat))
	// "n" goes to slot 2 for cats and to slot 3 for dogs; "m" to slot 4 unless its guard is off.
	s := &Selection{Width: 6, Types: types, Fields: []Field{
		{Key: "__typename", Slot: 1, Typename: true},
		{Key: "n", Slot: 2, Types: onlyCat},
		{Key: "n", Slot: 3, Types: onlyDog},
		{Key: "m", Slot: 4, Guard: 64},
		{Key: "m", Slot: 5},
	}}
	s.Prepare()
	for text, want := range map[string]string{
		`{"__typename":"Cat","n":1}`:               `{1:"Cat" 2:1}`,
		`{"n":1,"m":2,"__typename":"Dog"}`:         `{1:"Dog" 3:1 5:2}`,
		`{"n":[{}],"__typename":"D\u006fg","x":1}`: `{1:"D\u006fg" 3:[{}]}`,
		`{"n":1,"__typename":"Bird"}`:              `{1:"Bird"}`,
		`{"n":1}`:                                  `{2:1}`,
		`{}`:                                       `{}`,
	} {
		var tree Tree
		n, err := parse(&tree, text, s)
		if err != nil {
			t.Fatal(err)
		}
		if got := dump(&tree, n); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
	var tree Tree
	n, err := parse(&tree, `{"__typename":"Dog"}`, s)
	if err != nil {
		t.Fatal(err)
	}
	if tree.Type(n) != dog {
		t.Errorf("got type %d, want %d", tree.Type(n), dog)
	}
	if n, err = parse(&tree, `{"__typename":"Bird"}`, s); err != nil || tree.Type(n) != ForeignType {
		t.Errorf("got type %d (%v), want the foreign type", tree.Type(n), err)
	}
}

func TestManyKeys(t *testing.T) {
	t.Parallel()
	var pairs []any
	for i := range 40 {
		pairs = append(pairs, fmt.Sprint("field", i), nil)
	}
	s := selectionOf(nil, pairs...)
	var tree Tree
	n, err := parse(&tree, `{"field39":1,"field0":2,"field17":3,"field18":4,"nothing":5}`, s)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := dump(&tree, n), `{1:2 18:3 19:4 40:1}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestParseCostsNoAllocation(t *testing.T) {
	review := selectionOf(nil, "id", nil, "body", nil)
	selection := selectionOf(nil, "products", selectionOf(nil, "upc", nil, "reviews", review))
	body := []byte(`{"data":{"products":[` + strings.Repeat(`{"upc":"1","reviews":[{"id":"1","body":"text"},null]},`, 100) + `null]}}`)
	var tree Tree
	run := func() {
		tree.Reset(0)
		source, err := tree.Borrow(body)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tree.ParseResponse(source, selection, allGuards); err != nil {
			t.Fatal(err)
		}
	}
	run()
	if got := testing.AllocsPerRun(100, run); got != 0 {
		t.Errorf("got %v allocations, want 0", got)
	}
}
