package value

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"unicode/utf8"
)

// FuzzParse compares with encoding/json: the same texts are valid (but that ours must be UTF-8 and not too deep), and
// mean the same.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{"a":1,"b":[true,false,null,"x",{"c":-1.5e3}],"a":{"d":"\u00e9\ud83d\ude00\n"}}`,
		`[]`, `{}`, ` "é" `, `[1,[2,[3]]]`, `{"\u0061":1,"a":2}`, `1e5`, `{"a":{"a":{"a":[{},{"a":0}]}}}`, `"12345678\\"`, "\"1234567\x01\"",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		var want any
		valid := json.Valid(text)
		if valid {
			if err := decoder.Decode(&want); err != nil {
				return // too deep for encoding/json
			}
		}
		var tree Tree
		source, err := tree.Borrow(text)
		if err != nil {
			t.Fatal(err)
		}
		selection := selectionFor(want)
		n, err := tree.ParseValue(source, selection, allGuards)
		if errors.Is(err, ErrTooLarge) {
			return
		}
		if (err == nil) != (valid && utf8.Valid(text)) {
			t.Fatalf("%q: encoding/json says valid=%v, we say %v", text, valid, err)
		}
		if err != nil {
			return
		}
		if got := toAny(t, &tree, n, selection); !reflect.DeepEqual(got, want) {
			t.Fatalf("%q: got %#v, want %#v", text, got, want)
		}
	})
}

// selectionFor makes a selection for everything that a decoded value has; all objects share it, so that it fits the
// values that were overwritten by equal keys, too.
func selectionFor(v any) *Selection {
	keys := map[string]bool{}
	collectKeys(v, keys)
	s := &Selection{}
	for key := range keys {
		s.Fields = append(s.Fields, Field{Key: key, Child: s})
	}
	for i := range s.Fields {
		s.Fields[i].Slot = uint32(i + 1)
	}
	s.Width = uint32(len(s.Fields) + 1)
	s.Prepare()
	return s
}

func collectKeys(v any, keys map[string]bool) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			collectKeys(item, keys)
		}
	case map[string]any:
		for key, item := range v {
			keys[key] = true
			collectKeys(item, keys)
		}
	}
}

// toAny turns a value back into what encoding/json makes of it.
func toAny(t *testing.T, tree *Tree, n Node, s *Selection) any {
	switch n.Kind {
	case Null:
		return nil
	case True:
		return true
	case False:
		return false
	case Number:
		return json.Number(tree.Bytes(n))
	case String:
		var want string
		if err := json.Unmarshal(tree.Bytes(n), &want); err != nil {
			t.Fatal(err)
		}
		if got := string(Unescape(nil, tree.Text(n))); got != want {
			t.Fatalf("%s: unescaped to %q, want %q", tree.Bytes(n), got, want)
		}
		return want
	case List:
		items := make([]any, 0, n.Count)
		for _, item := range tree.Items(n) {
			items = append(items, toAny(t, tree, item, s))
		}
		return items
	case Object:
		fields := map[string]any{}
		for i := range s.Fields {
			if field := tree.Field(n, s.Fields[i].Slot); field.Kind != Absent {
				fields[s.Fields[i].Key] = toAny(t, tree, field, s)
			}
		}
		return fields
	}
	t.Fatalf("unexpected kind %d", n.Kind)
	return nil
}

func FuzzQuoted(f *testing.F) {
	f.Add("a\"\\\n\x00é\xff😀\u2028")
	f.Fuzz(func(t *testing.T, s string) {
		quoted := AppendQuoted(nil, s)
		var got string
		if err := json.Unmarshal(quoted, &got); err != nil {
			t.Fatalf("%q: %v", quoted, err)
		}
		want := string([]rune(s)) // what is not UTF-8 becomes U+FFFD
		if got != want {
			t.Fatalf("%q became %q", s, got)
		}
		if again := string(Unescape(nil, quoted[1:len(quoted)-1])); again != want {
			t.Fatalf("%q was unescaped to %q", quoted, again)
		}
	})
}
