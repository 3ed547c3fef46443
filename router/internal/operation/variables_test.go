package operation

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tributary-gql/tributary/router/internal/gqlerr"
)

const inputSchema = `
enum Color { RED GREEN BLUE }
scalar JSON
input Item { sku: ID! quantity: Int! = 1 note: String tags: [String!] }
input Order { items: [Item!]! color: Color meta: JSON parent: Order }
input Pick @oneOf { byId: ID byName: String }
type Query {
  int(v: Int): Int need(v: Int!): Int float(v: Float): Int string(v: String): Int boolean(v: Boolean): Int id(v: ID): Int
  color(v: Color): Int json(v: JSON): Int ints(v: [Int!]): Int grid(v: [[Int]]): Int order(v: Order): Int pick(v: Pick): Int
}
`

func TestVariablesAreCoercedAsSpecified(t *testing.T) {
	t.Parallel()
	s := loadSchema(t, inputSchema)
	const absent = "(absent)"
	cases := []struct {
		name      string
		field     string // whose argument v is the variable
		declared  string
		variables string
		want      string // the value, or the errors
	}{
		{"an int", "int", "Int", `{"v": 5}`, `5`},
		{"the largest int", "int", "Int", `{"v":2147483647}`, `2147483647`},
		{"an int too large", "int", "Int", `{"v":2147483648}`,
			`Variable "$v" got invalid value 2147483648; Int cannot represent non 32-bit signed integer value: 2147483648`},
		{"an int written as a float", "int", "Int", `{"v":1.0}`, `1`},
		{"an int written with an exponent", "int", "Int", `{"v":12e2}`, `1200`},
		{"not an integer", "int", "Int", `{"v":1.5}`, `Variable "$v" got invalid value 1.5; Int cannot represent non-integer value: 1.5`},
		{"a string for an int", "int", "Int", `{"v":"5"}`, `Variable "$v" got invalid value "5"; Int cannot represent non-integer value: "5"`},
		{"absent", "int", "Int", `{}`, absent},
		{"no variables", "int", "Int", ``, absent},
		{"null variables", "int", "Int", ` null `, absent},
		{"explicit null", "int", "Int", `{"v":null}`, `null`},
		{"default", "int", "Int = 7", `{}`, `7`},
		{"null beats the default", "int", "Int = 7", `{"v":null}`, `null`},
		{"a default where null is not allowed", "need", "Int = 7", `{}`, `7`},
		{"null where the default would make it fit", "need", "Int = 7", `{"v":null}`,
			`Variable "$v" of non-null type "Int!" must not be null.`},
		{"required and absent", "need", "Int!", `{"w":1}`, `Variable "$v" of required type "Int!" was not provided.`},
		{"required and null", "need", "Int!", `{"v":null}`, `Variable "$v" of non-null type "Int!" must not be null.`},
		{"given twice", "int", "Int", `{"v":1,"\u0076":2}`, `Variable "$v" is given twice.`},
		{"a float keeps its text", "float", "Float", `{"v":1.0000000000000000001}`, `1.0000000000000000001`},
		{"an int for a float", "float", "Float", `{"v":9007199254740993}`, `9007199254740993`},
		{"a float that is not finite", "float", "Float", `{"v":1e999}`,
			`Variable "$v" got invalid value 1e999; Float cannot represent non-finite value: 1e999`},
		{"a string for a float", "float", "Float", `{"v":"x"}`, `Variable "$v" got invalid value "x"; Float cannot represent non numeric value: "x"`},
		{"a string keeps its escapes", "string", "String", `{"v":"\u00e9\/\ud83d\ude00"}`, `"\u00e9\/\ud83d\ude00"`},
		{"a number for a string", "string", "String", `{"v":5}`, `Variable "$v" got invalid value 5; String cannot represent a non string value: 5`},
		{"a boolean", "boolean", "Boolean", `{"v":false}`, `false`},
		{"a string for a boolean", "boolean", "Boolean", `{"v":"true"}`,
			`Variable "$v" got invalid value "true"; Boolean cannot represent a non boolean value: "true"`},
		{"an id as a string", "id", "ID", `{"v":"a"}`, `"a"`},
		{"an id as a large integer", "id", "ID", `{"v":123456789012345678901234567890}`, `123456789012345678901234567890`},
		{"a float for an id", "id", "ID", `{"v":1.5}`, `Variable "$v" got invalid value 1.5; ID cannot represent a non-string and non-integer value: 1.5`},
		{"an enum value", "color", "Color", `{"v":"RED"}`, `"RED"`},
		{"an escaped enum value", "color", "Color", `{"v":"\u0052ED"}`, `"\u0052ED"`},
		{"an unknown enum value", "color", "Color", `{"v":"RAD"}`,
			`Variable "$v" got invalid value "RAD"; Value "RAD" does not exist in "Color" enum. Did you mean the enum value "RED"?`},
		{"a number for an enum", "color", "Color", `{"v":0}`, `Variable "$v" got invalid value 0; Enum "Color" cannot represent non-string value: 0.`},
		{"any JSON for a custom scalar", "json", "JSON", `{"v":{"b":1.0,"a":[null,{"x":"\n"}]}}`, `{"b":1.0,"a":[null,{"x":"\n"}]}`},
		{"a list", "ints", "[Int!]", `{"v":[1, 2]}`, `[1, 2]`},
		{"a single value for a list", "ints", "[Int!]", `{"v":1}`, `[1]`},
		{"a single value for a list of lists", "grid", "[[Int]]", `{"v":1.0}`, `[[1]]`},
		{"single values inside a list of lists", "grid", "[[Int]]", `{"v":[1,[2],null, 3.0 ]}`, `[[1],[2],null, [3] ]`},
		{"null in a list of non-null", "ints", "[Int!]", `{"v":[1,null]}`,
			`Variable "$v" got invalid value null at "v[1]"; Expected non-nullable type "Int!" not to be null.`},
		{"errors in a list, all of them", "ints", "[Int!]", `{"v":["a",1,true]}`,
			`Variable "$v" got invalid value "a" at "v[0]"; Int cannot represent non-integer value: "a"
Variable "$v" got invalid value true at "v[2]"; Int cannot represent non-integer value: true`},
		{"an input object", "order", "Order", `{"v":{"items":[{"sku":1}],"color":"RED"}}`, `{"items":[{"sku":1}],"color":"RED"}`},
		{"single values in an input object", "order", "Order", `{"v":{"items":{"sku":"a","tags":"x"}}}`, `{"items":[{"sku":"a","tags":["x"]}]}`},
		{"a required field is missing", "order", "Order", `{"v":{"items":[{}]}}`,
			`Variable "$v" got invalid value {} at "v.items[0]"; Field "sku" of required type "ID!" was not provided.`},
		{"a required field with a default may be missing but not null", "order", "Order", `{"v":{"items":[{"sku":"a","quantity":null}]}}`,
			`Variable "$v" got invalid value null at "v.items[0].quantity"; Expected non-nullable type "Int!" not to be null.`},
		{"an unknown field", "order", "Order", `{"v":{"items":[],"colour":"RED"}}`,
			`Variable "$v" got invalid value "RED"; Field "colour" is not defined by type "Order". Did you mean "color"?`},
		{"a field given twice", "order", "Order", `{"v":{"items":[],"color":"RED","color":"GREEN"}}`, `Variable "$v" gives "v.color" twice.`},
		{"a scalar for an input object", "order", "Order", `{"v":{"items":["x"]}}`,
			`Variable "$v" got invalid value "x" at "v.items[0]"; Expected type "Item" to be an object.`},
		{"one of", "pick", "Pick", `{"v":{"byId":1}}`, `{"byId":1}`},
		{"one of, none given", "pick", "Pick", `{"v":{}}`,
			`Variable "$v" got invalid value {}; Exactly one key must be specified for OneOf type "Pick", and its value must not be null.`},
		{"one of, two given", "pick", "Pick", `{"v":{"byId":1,"byName":"x"}}`,
			`Variable "$v" got invalid value {"byId":1,"byName":"x"}; Exactly one key must be specified for OneOf type "Pick", and its value must not be null.`},
		{"one of, null", "pick", "Pick", `{"v":{"byId":null}}`,
			`Variable "$v" got invalid value {"byId":null}; Exactly one key must be specified for OneOf type "Pick", and its value must not be null.`},
		{"not an object", "int", "Int", `[1]`, `The variables are not valid JSON at byte 0: an object is needed.`},
		{"not JSON", "int", "Int", `{"v":01}`, `The variables are not valid JSON at byte 6: ',' or '}' is missing.`},
		{"more after the object", "int", "Int", `{"v":1} x`, `The variables are not valid JSON at byte 8: more after the value.`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o, literals, err := s.Parse(`query ($v: `+c.declared+`) { `+c.field+`(v: $v) }`, "")
			if err != nil {
				t.Fatal(err)
			}
			values, err := o.CoerceVariables(nil, []byte(c.variables), literals)
			got := absent
			switch {
			case err != nil:
				got = err.Error()
			case values[0] != nil:
				got = string(values[0])
			}
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestValuesOfLiteralsAndVariablesStandInTheirOrder(t *testing.T) {
	t.Parallel()
	s := loadSchema(t, inputSchema)
	o, literals, err := s.Parse(`query ($a: Int, $b: ID = 5) { int(v: $a) i: int(v: 3) id(v: $b) ints(v: 4) }`, "")
	if err != nil {
		t.Fatal(err)
	}
	prefix := [][]byte{[]byte("kept")}
	values, err := o.CoerceVariables(prefix, []byte(`{"a":1}`), literals)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(`kept 1 "5" 3 [4]`, string(bytes.Join(values, []byte(" ")))); diff != "" {
		t.Error(diff)
	}
}

// Not parallel: it counts allocations.
func TestRightVariablesAreNotCopied(t *testing.T) {
	s := loadSchema(t, inputSchema)
	o, literals, err := s.Parse(`query ($v: [Int!], $w: String) { ints(v: $v) string(v: $w) }`, "")
	if err != nil {
		t.Fatal(err)
	}
	raw := []byte(`{"v":[1,2,3],"w":"some text that is long enough"}`)
	values := make([][]byte, 0, 2)
	allocations := testing.AllocsPerRun(100, func() {
		if _, err := o.CoerceVariables(values, raw, literals); err != nil {
			t.Fatal(err)
		}
	})
	if allocations > 4 {
		t.Errorf("%.0f allocations, want at most 4", allocations)
	}
}

func FuzzVariables(f *testing.F) {
	for _, seed := range []string{
		`{"v":{"items":[{"sku":1,"quantity":2,"tags":"x"}],"color":"RED","meta":{"a":[1.0,"é\ud83d"]}}}`,
		`{"v":null}`, `{"v":[1]}`, `{"v":{"items":{},"parent":{"items":[]}}}`, `null`, ``, `{`, `{"v":1e999}`, "{\"v\":\"\xff\"}",
	} {
		f.Add(seed)
	}
	s := loadSchema(f, inputSchema)
	var operations []*Operation
	for _, text := range []string{
		`query ($v: Order) { order(v: $v) }`, `query ($v: [[Int]]) { grid(v: $v) }`, `query ($v: JSON) { json(v: $v) }`,
		`query ($v: Pick!) { pick(v: $v) }`, `query ($v: Float = 2) { float(v: $v) }`,
	} {
		o, _, err := s.Parse(text, "")
		if err != nil {
			f.Fatal(err)
		}
		operations = append(operations, o)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		for _, o := range operations {
			values, err := o.CoerceVariables(nil, []byte(raw), nil)
			if err != nil {
				var list gqlerr.List
				if !errors.As(err, &list) || len(list) == 0 {
					t.Fatalf("not a list of errors: %v", err)
				}
				continue
			}
			if strings.TrimSpace(raw) != "" && !json.Valid([]byte(raw)) {
				t.Fatalf("accepted what is not JSON: %q", raw)
			}
			if values[0] == nil {
				continue
			}
			if !json.Valid(values[0]) {
				t.Fatalf("%q became %q, which is not JSON", raw, values[0])
			}
			// What was coerced is right: coercing it again changes nothing.
			again, err := o.CoerceVariables(nil, append(append([]byte(`{"v":`), values[0]...), '}'), nil)
			if err != nil {
				t.Fatalf("%q became %q, which is refused: %v", raw, values[0], err)
			}
			if !bytes.Equal(again[0], values[0]) {
				t.Fatalf("%q became %q and then %q", raw, values[0], again[0])
			}
		}
	})
}
