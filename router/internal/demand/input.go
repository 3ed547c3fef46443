package demand

import "github.com/tributary-gql/tributary/router/internal/value"

// inputValue is what a JSON value costs at a position; nil, a variable without a value, is free.
func inputValue(json []byte, at inputField) float64 {
	switch {
	case len(json) == 0 || json[0] == 'n':
		return 0
	case json[0] == '[':
		total := 0.0
		value.EachItem(json, func(item []byte) { total += inputValue(item, at) })
		return total
	case json[0] != '{' || at.object == nil:
		return at.weight
	}
	total := at.weight
	value.EachMember(json, func(name, member []byte) { total += inputValue(member, at.object.fields[string(name)]) })
	return total
}

// costs tells whether a value at the position can cost anything.
func (f inputField) costs() bool {
	return f.weight != 0 || f.object != nil && f.object.costs(map[*inputType]bool{})
}

func (t *inputType) costs(seen map[*inputType]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	for _, f := range t.fields { // order does not matter: only existence is asked
		if f.weight != 0 || f.object != nil && f.object.costs(seen) {
			return true
		}
	}
	return false
}

// numberAt finds a number in a JSON value. null tells that the value, or something on the way, is null.
func numberAt(json []byte, path []string) (number float64, there, null bool) {
	for _, step := range path {
		var next []byte
		if len(json) == 0 || json[0] != '{' {
			break
		}
		value.EachMember(json, func(name, member []byte) {
			if string(name) == step {
				next = member
			}
		})
		json = next
	}
	if len(json) == 0 {
		return 0, false, false
	}
	if json[0] == 'n' {
		return 0, false, true
	}
	number, there = parseNumber(json)
	return number, there, false
}
