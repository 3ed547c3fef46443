package value

// EachItem calls visit with the JSON text of each item of a list; it returns false when data is not one valid list.
func EachItem(data []byte, visit func(item []byte)) bool {
	p := parser{data: data}
	if p.space() != '[' {
		return false
	}
	p.pos++
	p.depth++
	if p.space() == ']' {
		p.pos++
		return p.end()
	}
	for {
		start := p.pos
		if !p.skip() {
			return false
		}
		visit(data[start:p.pos])
		more, ok := p.more(']')
		if !ok {
			return false
		}
		if !more {
			return p.end()
		}
	}
}

// EachMember calls visit with the name, unescaped, and the JSON text of each member of an object; it returns false when
// data is not one valid object.
func EachMember(data []byte, visit func(name, value []byte)) bool {
	p := parser{data: data}
	if p.space() != '{' {
		return false
	}
	return p.members(func(key []byte) bool {
		start := p.pos
		if !p.skip() {
			return false
		}
		visit(key, data[start:p.pos])
		return true
	}) == nil
}
