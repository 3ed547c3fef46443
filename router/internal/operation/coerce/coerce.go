// Package coerce checks the values of a request's variables while it scans them, and copies nothing that is right.
package coerce

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/internal/gqlerr"
	"github.com/tributary-gql/tributary/router/internal/operation/suggest"
)

// maxErrors is how many errors one request's variables report.
const maxErrors = 20

// Variable is a variable of an operation.
type Variable struct {
	Name    string
	Type    *ast.Type
	Default []byte // JSON; nil when there is none
	Literal bool   // its value comes with the document
}

// Variables are an operation's variables, prepared. They are immutable.
type Variables struct {
	all   []Variable
	refs  []*inputRef    // parallel to all
	index map[string]int // of those that clients give, by name
}

// New prepares the variables of a valid operation.
func New(types Types, variables []Variable) *Variables {
	v := &Variables{all: variables, refs: make([]*inputRef, len(variables)), index: make(map[string]int, len(variables))}
	for i, variable := range variables {
		v.refs[i] = types.ref(variable.Type)
		if !variable.Literal {
			v.index[variable.Name] = i
		}
	}
	return v
}

// Append checks raw, an object of values in JSON, null or empty, and appends the value of each variable to dst; nil when
// it has none. Literals give those of the variables that are marked so, in their order. The result borrows raw and
// literals. Errors are a gqlerr.List with all that is wrong.
func (v *Variables) Append(dst [][]byte, raw []byte, literals [][]byte) ([][]byte, error) {
	start := len(dst)
	dst = slices.Grow(dst, len(v.all))[:start+len(v.all)]
	values := dst[start:]
	clear(values)
	c := coercer{jsonScanner: jsonScanner{data: raw}}
	if err := c.variables(v, values); err != nil {
		return nil, gqlerr.List{gqlerr.New(gqlerr.BadUserInput, "The variables are %s.", err)}
	}
	next := 0
	for i := range v.all {
		switch variable := &v.all[i]; {
		case variable.Literal && next < len(literals):
			values[i] = literals[next]
			next++
		case values[i] == nil && variable.Default != nil:
			values[i] = variable.Default
		case values[i] == nil && variable.Type.NonNull:
			c.report(`Variable "$%s" of required type "%s" was not provided.`, variable.Name, variable.Type)
		}
	}
	return dst, c.errors.OrNil()
}

// coercer checks one request's variables while it reads them.
type coercer struct {
	jsonScanner
	errors gqlerr.List
	path   []step // from the variable to the value at hand
	edits  []edit // to the value of the variable at hand
}

// step is an input field's name or, when that is nil, a list index.
type step struct {
	name  []byte
	index int
}

// edit replaces bytes of the JSON that was read.
type edit struct {
	from, to int
	text     string
}

// errInvalid means that an error was reported and the value is useless; the value was read to its end.
var errInvalid = errors.New("invalid value")

func (c *coercer) report(format string, arguments ...any) {
	if len(c.errors) < maxErrors {
		c.errors = append(c.errors, gqlerr.New(gqlerr.BadUserInput, format, arguments...))
	}
}

// variables reads the object of all values; its errors are about the JSON only.
func (c *coercer) variables(v *Variables, values [][]byte) error {
	switch c.peek() {
	case 0:
		return c.end()
	case 'n':
		if err := c.word("null"); err != nil {
			return err
		}
		return c.end()
	case '{':
	default:
		return c.fail("an object is needed")
	}
	err := c.object(func(name []byte, escaped bool) error {
		if escaped {
			name = unescape(name)
		}
		i, declared := v.index[string(name)]
		if !declared {
			return c.ignore()
		}
		if values[i] != nil {
			c.report(`Variable "$%s" is given twice.`, name)
			return c.ignore()
		}
		value, err := c.variable(name, v.refs[i])
		values[i] = value
		return err
	})
	if err != nil {
		return err
	}
	return c.end()
}

// variable reads the value of one variable.
func (c *coercer) variable(name []byte, ref *inputRef) ([]byte, error) {
	c.path = append(c.path[:0], step{name: name})
	c.edits = c.edits[:0]
	c.peek()
	start := c.at
	if err := c.value(ref); err != nil && !errors.Is(err, errInvalid) {
		return nil, err
	}
	return c.edited(start, c.at), nil
}

// edited is a part of the JSON with the edits applied.
func (c *coercer) edited(from, to int) []byte {
	if len(c.edits) == 0 {
		return c.data[from:to:to]
	}
	slices.SortStableFunc(c.edits, func(a, b edit) int { return a.from - b.from })
	var out []byte
	for _, e := range c.edits {
		out = append(append(out, c.data[from:e.from]...), e.text...)
		from = e.to
	}
	return append(out, c.data[from:to]...)
}

// value reads and checks one value.
func (c *coercer) value(ref *inputRef) error {
	first := c.peek()
	start := c.at
	if start == len(c.data) {
		return c.fail("a value is missing")
	}
	if first == 'n' {
		if err := c.word("null"); err != nil {
			return err
		}
		if !ref.nonNull {
			return nil
		}
		if len(c.path) == 1 {
			c.report(`Variable "$%s" of non-null type "%s" must not be null.`, c.path[0].name, ref.text)
			return errInvalid
		}
		return c.invalid(start, `Expected non-nullable type "%s" not to be null.`, ref.text)
	}
	if ref.elem != nil {
		return c.list(ref, first)
	}
	switch t := ref.named; t.kind {
	case objectInput:
		return c.inputObject(t, first)
	case enumInput:
		return c.enum(t)
	case intInput:
		return c.int()
	case floatInput:
		return c.float()
	case stringInput:
		return c.expect(first == '"', "String cannot represent a non string value: %s")
	case booleanInput:
		return c.expect(first == 't' || first == 'f', "Boolean cannot represent a non boolean value: %s")
	case idInput:
		return c.id()
	default:
		return c.ignore()
	}
}

// list reads a list, or a single value that stands for a list of one.
func (c *coercer) list(ref *inputRef, first byte) error {
	if first != '[' {
		start := c.at
		c.edits = append(c.edits, edit{from: start, to: start, text: "["})
		err := c.value(ref.elem)
		c.edits = append(c.edits, edit{from: c.at, to: c.at, text: "]"})
		return err
	}
	var failed error
	err := c.array(func(index int) error {
		c.path = append(c.path, step{index: index})
		err := c.value(ref.elem)
		c.path = c.path[:len(c.path)-1]
		return remember(&failed, err)
	})
	if err != nil {
		return err
	}
	return failed
}

// remember lets reading go on after an invalid value.
func remember(failed *error, err error) error {
	if errors.Is(err, errInvalid) {
		*failed = err
		return nil
	}
	return err
}

// inputObject reads an input object (section 3.10 "Input Coercion").
func (c *coercer) inputObject(t *inputType, first byte) error {
	start := c.at
	if first != '{' {
		if err := c.ignore(); err != nil {
			return err
		}
		return c.invalid(start, `Expected type "%s" to be an object.`, t.name)
	}
	var failed error
	given := newBits(len(t.fields))
	count, null := 0, false
	err := c.object(func(name []byte, escaped bool) error {
		if escaped {
			name = unescape(name)
		}
		i, known := t.index[string(name)]
		if !known {
			valueStart := c.at
			if err := c.ignore(); err != nil {
				return err
			}
			return remember(&failed, c.unknownField(valueStart, t, string(name)))
		}
		c.path = append(c.path, step{name: name})
		defer func() { c.path = c.path[:len(c.path)-1] }()
		if given.has(i) {
			c.report(`Variable "$%s" gives "%s" twice.`, c.path[0].name, c.pathText())
			failed = errInvalid
		}
		given.set(i)
		count++
		null = null || c.peek() == 'n'
		return remember(&failed, c.value(t.fields[i].typ))
	})
	if err != nil {
		return err
	}
	for i, f := range t.fields {
		if f.required && !given.has(i) {
			failed = c.invalid(start, `Field "%s" of required type "%s" was not provided.`, f.name, f.typ.text)
		}
	}
	if t.oneOf && (count != 1 || null) {
		return c.invalid(start, `Exactly one key must be specified for OneOf type "%s", and its value must not be null.`, t.name)
	}
	return failed
}

func (c *coercer) unknownField(start int, t *inputType, name string) error {
	names := make([]string, len(t.fields))
	for i, f := range t.fields {
		names[i] = f.name
	}
	return c.invalid(start, `Field "%s" is not defined by type "%s".%s`, name, t.name, suggest.DidYouMean("", name, names))
}

func (c *coercer) enum(t *inputType) error {
	start := c.at
	if c.data[start] != '"' {
		return c.expect(false, `Enum "`+t.name+`" cannot represent non-string value: %s.`)
	}
	name, escaped, err := c.text()
	if err != nil {
		return err
	}
	if escaped {
		name = unescape(name)
	}
	if _, known := slices.BinarySearchFunc(t.values, name, func(v string, n []byte) int {
		return strings.Compare(v, string(n))
	}); known {
		return nil
	}
	return c.invalid(start, `Value "%s" does not exist in "%s" enum.%s`, shorten(name), t.name,
		suggest.DidYouMean(" the enum value", string(name), t.values))
}

// expect reads a scalar that is right when fits; explain has a place for the value.
func (c *coercer) expect(fits bool, explain string) error {
	start := c.at
	raw, err := c.skip()
	if err != nil || fits {
		return err
	}
	return c.invalid(start, explain, shorten(raw))
}

func (c *coercer) int() error {
	start := c.at
	if !startsNumber(c.data[start]) {
		return c.expect(false, "Int cannot represent non-integer value: %s")
	}
	raw, integer, err := c.number()
	if err != nil {
		return err
	}
	if integer {
		if _, err := strconv.ParseInt(string(raw), 10, 32); err != nil {
			return c.invalid(start, "Int cannot represent non 32-bit signed integer value: %s", shorten(raw))
		}
		return nil
	}
	n, err := strconv.ParseFloat(string(raw), 64)
	switch {
	case err != nil || n != math.Trunc(n):
		return c.invalid(start, "Int cannot represent non-integer value: %s", shorten(raw))
	case n < math.MinInt32 || n > math.MaxInt32:
		return c.invalid(start, "Int cannot represent non 32-bit signed integer value: %s", shorten(raw))
	}
	c.edits = append(c.edits, edit{from: start, to: c.at, text: strconv.FormatInt(int64(n), 10)})
	return nil
}

func (c *coercer) float() error {
	start := c.at
	if !startsNumber(c.data[start]) {
		return c.expect(false, "Float cannot represent non numeric value: %s")
	}
	raw, _, err := c.number()
	if err != nil {
		return err
	}
	if _, err := strconv.ParseFloat(string(raw), 64); err != nil {
		return c.invalid(start, "Float cannot represent non-finite value: %s", shorten(raw))
	}
	return nil
}

func (c *coercer) id() error {
	start := c.at
	if !startsNumber(c.data[start]) {
		return c.expect(c.data[start] == '"', "ID cannot represent a non-string and non-integer value: %s")
	}
	raw, integer, err := c.number()
	if err != nil || integer {
		return err
	}
	return c.invalid(start, "ID cannot represent a non-string and non-integer value: %s", shorten(raw))
}

func startsNumber(c byte) bool { return c == '-' || '0' <= c && c <= '9' }

// invalid reports that the value read from start on does not fit.
func (c *coercer) invalid(start int, format string, arguments ...any) error {
	at := ""
	if len(c.path) > 1 {
		at = fmt.Sprintf(" at %q", c.pathText())
	}
	value := shorten(bytes.TrimSpace(c.data[min(start, c.at):c.at]))
	c.report(`Variable "$%s" got invalid value %s%s; %s`, c.path[0].name, value, at, fmt.Sprintf(format, arguments...))
	return errInvalid
}

// pathText is the way to the value at hand, like "input.items[2].quantity".
func (c *coercer) pathText() string {
	var text []byte
	for i, s := range c.path {
		switch {
		case s.name == nil:
			text = append(strconv.AppendInt(append(text, '['), int64(s.index), 10), ']')
		case i > 0:
			text = append(append(text, '.'), s.name...)
		default:
			text = append(text, s.name...)
		}
	}
	return string(text)
}

// shorten keeps messages readable when a value is large.
func shorten(value []byte) string {
	const most = 100
	if len(value) <= most {
		return string(value)
	}
	return string(bytes.ToValidUTF8(value[:most], nil)) + "…"
}

// unescape decodes the escapes of a JSON string that was read.
func unescape(raw []byte) []byte {
	var text string
	if err := json.Unmarshal(slices.Concat([]byte{'"'}, raw, []byte{'"'}), &text); err != nil {
		return raw
	}
	return []byte(text)
}

// bits is a set of small numbers.
type bits []uint64

func newBits(n int) bits      { return make(bits, (n+63)/64) }
func (b bits) has(i int) bool { return b[i/64]&(1<<(i%64)) != 0 }
func (b bits) set(i int)      { b[i/64] |= 1 << (i % 64) }
