package value

import (
	"errors"
	"fmt"
)

// maxDepth bounds how deep an answer may be nested.
const maxDepth = 512

// errTooManySources is returned by Parse when one operation has more answers than a tree can borrow from.
var errTooManySources = fmt.Errorf("an operation may have at most %d subgraph answers", maxSources)

// SyntaxError says where an answer is not JSON.
type SyntaxError struct {
	Offset  int // in bytes
	Problem string
}

// Error implements error.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("invalid JSON at byte %d: %s", e.Offset, e.Problem)
}

// Response is a parsed GraphQL response.
type Response struct {
	// Data is Absent when the response has no "data".
	Data Node
	// Errors is the JSON text of "errors", nil when absent or null.
	Errors []byte
}

// Borrow lends a body to the tree until Reset and gives its number, which is the Source of the nodes made from it.
// Numbers count from 0.
func (t *Tree) Borrow(body []byte) (source uint16, err error) {
	if len(t.sources) >= maxSources {
		return 0, errTooManySources
	}
	if uint64(len(body)) > 1<<32-1 {
		return 0, ErrTooLarge
	}
	t.sources = append(t.sources, body)
	return uint16(len(t.sources) - 1), nil
}

// ParseResponse parses a complete GraphQL response that was borrowed: "data" by the selection, "errors" as text,
// anything else is checked and left. Of equal keys in one object the last counts. It returns a *SyntaxError or
// ErrTooLarge.
func (t *Tree) ParseResponse(source uint16, selection *Selection, guards Bits) (Response, error) {
	p := t.parser(source, guards)
	nodes := len(t.nodes)
	var response Response
	if p.space() != '{' {
		return Response{}, p.failure("a GraphQL response must be an object")
	}
	err := p.members(func(key []byte) bool {
		switch string(key) {
		case "data":
			var ok bool
			response.Data, ok = p.value(selection, false)
			return ok
		case "errors":
			start := p.pos
			if !p.skip() {
				return false
			}
			response.Errors = p.data[start:p.pos]
			if string(response.Errors) == "null" {
				response.Errors = nil
			}
			return true
		}
		return p.skip()
	})
	if err != nil {
		t.nodes = t.nodes[:nodes]
		return Response{}, err
	}
	return response, nil
}

// ParseValue parses one borrowed JSON value; selection is nil for a leaf. Errors are those of ParseResponse.
func (t *Tree) ParseValue(source uint16, selection *Selection, guards Bits) (Node, error) {
	p := t.parser(source, guards)
	nodes := len(t.nodes)
	p.space()
	node, ok := p.value(selection, false)
	if !ok || !p.end() {
		t.nodes = t.nodes[:nodes]
		return Node{}, p.err
	}
	return node, nil
}

// parser reads one body. Its methods return false after setting err.
type parser struct {
	tree   *Tree
	data   []byte
	pos    int
	depth  int
	source uint16
	guards Bits
	err    error
}

func (t *Tree) parser(source uint16, guards Bits) parser {
	if t.maxNodes == 0 {
		t.maxNodes = DefaultMaxNodes
	}
	t.stack = t.stack[:0]
	return parser{tree: t, data: t.sources[source], source: source, guards: guards}
}

func (p *parser) fail(problem string) bool {
	if p.err == nil {
		if p.pos >= len(p.data) {
			problem = "it ends too early"
		}
		p.err = &SyntaxError{Offset: p.pos, Problem: problem}
	}
	return false
}

func (p *parser) failure(problem string) error {
	p.fail(problem)
	return p.err
}

// space goes to the next byte that is not white space and gives it, 0 at the end.
func (p *parser) space() byte {
	if p.pos < len(p.data) && p.data[p.pos] > ' ' {
		return p.data[p.pos]
	}
	p.pos = skipSpace(p.data, p.pos)
	if p.pos < len(p.data) {
		return p.data[p.pos]
	}
	return 0
}

func (p *parser) end() bool {
	p.space()
	if p.pos < len(p.data) {
		return p.fail("there is more after the value")
	}
	return true
}

// members reads the top-level object and calls member for each key, unescaped, with the position at its value.
func (p *parser) members(member func(key []byte) bool) error {
	p.pos++
	p.depth++
	if p.space() == '}' {
		p.pos++
	} else {
		for {
			key, ok := p.key()
			if !ok || !p.colon() || !member(key) {
				return p.err
			}
			more, ok := p.more('}')
			if !ok {
				return p.err
			}
			if !more {
				break
			}
		}
	}
	if !p.end() {
		return p.err
	}
	return nil
}

// key reads a member's name and gives it without quotes and escapes.
func (p *parser) key() ([]byte, bool) {
	if p.space() != '"' {
		return nil, p.fail("a member's name must be a string")
	}
	start := p.pos + 1
	end, flags, ok := scanString(p.data, start)
	p.pos = end
	if !ok {
		return nil, p.fail("a string is not closed or has an invalid character")
	}
	text := p.data[start : end-1]
	if flags&Escaped != 0 {
		text = Unescape(nil, text)
	}
	return text, true
}

func (p *parser) colon() bool {
	if p.space() != ':' {
		return p.fail("expected ':'")
	}
	p.pos++
	p.space()
	return true
}

// more reads the comma before a further member or item, or the closing bracket.
func (p *parser) more(closing byte) (more, ok bool) {
	if p.pos+1 < len(p.data) && p.data[p.pos] == ',' && p.data[p.pos+1] > ' ' {
		p.pos++
		return true, true
	}
	switch p.space() {
	case ',':
		p.pos++
		p.space()
		return true, true
	case closing:
		p.pos++
		p.depth--
		return false, true
	}
	return false, p.fail("expected ',' or the closing bracket")
}

func (p *parser) deeper() bool {
	if p.depth++; p.depth > maxDepth {
		p.err = errors.Join(ErrTooLarge, fmt.Errorf("it is nested deeper than %d", maxDepth))
		return false
	}
	return true
}

// value reads the value at the position.
func (p *parser) value(selection *Selection, raw bool) (Node, bool) {
	if p.pos >= len(p.data) {
		return Node{}, p.fail("")
	}
	start := p.pos
	switch c := p.data[start]; c {
	case '"':
		return p.string()
	case '{':
		if selection != nil {
			return p.object(selection)
		}
		return p.raw()
	case '[':
		if raw {
			return p.raw()
		}
		return p.list(selection)
	case 'n':
		return p.literal("null", Null)
	case 't':
		return p.literal("true", True)
	case 'f':
		return p.literal("false", False)
	}
	end, flags, ok := scanNumber(p.data, start)
	p.pos = end
	if !ok {
		return Node{}, p.fail("expected a value")
	}
	return Node{Kind: Number, Flags: flags, Source: p.source, First: uint32(start), Count: uint32(end - start)}, true
}

func (p *parser) string() (Node, bool) {
	start := p.pos
	end, flags, ok := scanString(p.data, start+1)
	p.pos = end
	if !ok {
		return Node{}, p.fail("a string is not closed or has an invalid character")
	}
	return Node{Kind: String, Flags: flags, Source: p.source, First: uint32(start), Count: uint32(end - start)}, true
}

func (p *parser) literal(word string, kind Kind) (Node, bool) {
	if len(p.data)-p.pos < len(word) || string(p.data[p.pos:p.pos+len(word)]) != word {
		return Node{}, p.fail("expected a value")
	}
	start := p.pos
	p.pos += len(word)
	return Node{Kind: kind, Source: p.source, First: uint32(start), Count: uint32(len(word))}, true
}

func (p *parser) raw() (Node, bool) {
	start := p.pos
	if !p.skip() {
		return Node{}, false
	}
	return Node{Kind: Raw, Source: p.source, First: uint32(start), Count: uint32(p.pos - start)}, true
}

// list reads a list. Its items wait on the tree's stack until they are complete and can lie side by side.
func (p *parser) list(selection *Selection) (Node, bool) {
	if !p.deeper() {
		return Node{}, false
	}
	p.pos++
	bottom := len(p.tree.stack)
	if p.space() == ']' {
		p.pos++
		p.depth--
	} else {
		for {
			item, ok := p.value(selection, false)
			if !ok {
				return Node{}, false
			}
			p.tree.stack = append(p.tree.stack, item)
			more, ok := p.more(']')
			if !ok {
				return Node{}, false
			}
			if !more {
				break
			}
		}
	}
	items := p.tree.stack[bottom:]
	if !p.room(len(items)) {
		return Node{}, false
	}
	list := Node{Kind: List, Source: p.source, First: uint32(len(p.tree.nodes)), Count: uint32(len(items))}
	p.tree.nodes = append(p.tree.nodes, items...)
	p.tree.stack = p.tree.stack[:bottom]
	return list, true
}

func (p *parser) room(nodes int) bool {
	if len(p.tree.nodes)+nodes > p.tree.maxNodes {
		p.err = ErrTooLarge
		return false
	}
	return true
}

// object reads an object into the slots that the selection gives its keys. The next key is guessed to be that of the
// next field, which is right for every server that follows the specification's order.
func (p *parser) object(selection *Selection) (Node, bool) {
	if !p.deeper() || !p.room(int(ownNodes(selection.Width))) {
		return Node{}, false
	}
	object := p.tree.NewObject(selection.Width)
	object.Source = p.source
	if selection.ambiguous {
		if !p.peekType(selection, object) {
			return Node{}, false
		}
	}
	p.pos++
	if p.space() == '}' {
		p.pos++
		p.depth--
		return object, true
	}
	next := 0
	for {
		field, ok := p.field(selection, next, object)
		if !ok {
			return Node{}, false
		}
		if field == nil {
			if !p.skip() {
				return Node{}, false
			}
		} else {
			next = int(field.index) + 1
			node, ok := p.value(field.Child, field.Raw)
			if !ok || selection.Width >= wideObject && !p.room(pageSlots) {
				return Node{}, false
			}
			p.tree.nodes[p.tree.fieldIndex(object, field.Slot)] = node
			if field.Typename && node.Kind == String {
				p.tree.nodes[object.First].Source = uint16(p.typeOf(selection, node))
			}
		}
		more, ok := p.more('}')
		if !ok {
			return Node{}, false
		}
		if !more {
			return object, true
		}
	}
}

// field reads a key and the colon after it and finds its field, nil when it was not asked.
func (p *parser) field(selection *Selection, next int, object Node) (*Field, bool) {
	if next < len(selection.Fields) && !selection.ambiguous {
		field := &selection.Fields[next]
		if end := p.pos + len(field.quoted); end < len(p.data) && string(p.data[p.pos:end]) == field.quoted {
			p.pos = end
			if p.data[end] <= ' ' {
				p.space()
			}
			return field, true
		}
	}
	key, ok := p.key()
	if !ok || !p.colon() {
		return nil, false
	}
	return selection.Find(key, p.tree.Type(object), p.guards), true
}

func (p *parser) typeOf(selection *Selection, node Node) TypeID {
	text := p.tree.Text(node)
	if node.Flags&Escaped != 0 {
		text = Unescape(nil, text)
	}
	return selection.Types.Find(text)
}

// peekType learns the runtime type of the object at the position before its fields are read, which only a selection
// needs where one key means different fields for different types.
func (p *parser) peekType(selection *Selection, object Node) bool {
	start, depth := p.pos, p.depth
	p.pos++
	for p.space() != '}' {
		key, ok := p.key()
		if !ok || !p.colon() {
			return false
		}
		if field := selection.Find(key, NoType, p.guards); field != nil && field.Typename {
			node, ok := p.value(nil, true)
			if !ok {
				return false
			}
			if node.Kind == String {
				p.tree.nodes[object.First].Source = uint16(p.typeOf(selection, node))
			}
		} else if !p.skip() {
			return false
		}
		more, ok := p.more('}')
		if !ok {
			return false
		}
		if !more {
			break
		}
	}
	p.pos, p.depth = start, depth
	return true
}

// skip checks the value at the position and goes behind it.
func (p *parser) skip() bool {
	if p.pos >= len(p.data) {
		return p.fail("")
	}
	switch p.data[p.pos] {
	case '{':
		if !p.deeper() {
			return false
		}
		p.pos++
		if p.space() == '}' {
			p.pos++
			p.depth--
			return true
		}
		for {
			if _, ok := p.key(); !ok || !p.colon() || !p.skip() {
				return false
			}
			if more, ok := p.more('}'); !ok || !more {
				return ok
			}
		}
	case '[':
		if !p.deeper() {
			return false
		}
		p.pos++
		if p.space() == ']' {
			p.pos++
			p.depth--
			return true
		}
		for {
			if !p.skip() {
				return false
			}
			if more, ok := p.more(']'); !ok || !more {
				return ok
			}
		}
	}
	_, ok := p.value(nil, true)
	return ok
}
