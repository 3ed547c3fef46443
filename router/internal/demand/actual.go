package demand

import (
	"slices"

	"github.com/tributary-gql/tributary/router/internal/operation"
)

// actual says what the parts of a response cost.
type actual struct {
	root *actualSet
	base float64
}

// actualSet is what an object costs beside what counts once for its field.
type actualSet struct {
	objects map[string]float64 // what an object costs by its type; types that are not listed: otherwise
	// otherwise is for objects that do not say their type: the most that it may cost.
	otherwise float64
	fields    map[string][]actualField // by response name
	typename  []byte                   // response name under which an object says its type; nil: it does not
}

// actualField is a field that is counted. Fields that are free and have nothing below are not in the table.
type actualField struct {
	types  []string // for which it is asked; nil: all
	weight float64  // of one item
	typed  bool     // and what the item costs by its type
	args   term
	below  *actualSet // nil for leaves
}

func (b *builder) actual(o *operation.Operation) *actual {
	a := &actual{}
	if o.Kind == "mutation" {
		a.base = mutationCost
	}
	a.root = b.actualSet(o.Root, map[*operation.SelectionSet]*actualSet{})
	return a
}

func (b *builder) actualSet(set *operation.SelectionSet, known map[*operation.SelectionSet]*actualSet) *actualSet {
	if s, ok := known[set]; ok {
		return s
	}
	s := &actualSet{objects: map[string]float64{}, otherwise: objectCost, fields: map[string][]actualField{}}
	known[set] = s
	for i, name := range set.Possible {
		cost := b.costs.objectOf(name)
		s.objects[name] = cost
		if i == 0 {
			s.otherwise = cost
		}
		s.otherwise = max(s.otherwise, cost)
	}
	for _, f := range set.Fields {
		if f.Name == "__typename" && s.typename == nil {
			s.typename = []byte(f.ResponseName)
		}
		for _, class := range b.classes(set, f) {
			field := actualField{args: b.arguments(f, class.cost)}
			if len(class.types) < len(set.Possible) {
				field.types = class.types
			}
			switch {
			case class.cost.weight != nil:
				field.weight = *class.cost.weight
			case f.Selections != nil:
				field.typed = true
			default:
				field.weight = b.costs.types[f.Definition.Type.Name()]
			}
			if f.Selections != nil {
				field.below = b.actualSet(f.Selections, known)
			}
			if field.below != nil || field.weight != 0 || field.args != fixed(0) {
				s.fields[f.ResponseName] = append(s.fields[f.ResponseName], field)
			}
		}
	}
	return s
}

// Counts tells whether Actual can be asked.
func (e *Estimate) Counts() bool { return e.actual != nil }

// Actual is what a response has cost: lists have the length that they have, objects the types that they say, and what is
// null is free. Arguments and input objects cost what was estimated. data is the value of the response's "data", as the
// router writes it: valid JSON without white space. An object that does not say its type counts as the most expensive that
// it may be.
func (e *Estimate) Actual(data []byte, variables [][]byte) float64 {
	buffer := results.Get().(*[]float64)
	defer results.Put(buffer)
	*buffer, _ = e.run((*buffer)[:0], variables) // that a slicing argument is missing was said before
	r := reader{data: data, numbers: *buffer}
	if !r.at('{') {
		return atLeastNothing(e.actual.base)
	}
	return atLeastNothing(e.actual.base + r.object(e.actual.root, false))
}

// reader walks JSON that is known to be valid; of other text it makes some number, but it comes to an end.
type reader struct {
	data    []byte
	pos     int
	numbers []float64 // of the program's nodes
}

func (r *reader) at(c byte) bool { return r.pos < len(r.data) && r.data[r.pos] == c }

// object reads an object and gives its cost; typed: with what it costs by its type.
func (r *reader) object(set *actualSet, typed bool) float64 {
	typename := ""
	if set.typename != nil {
		typename = r.peekText(set.typename)
	}
	total := 0.0
	if typed {
		total = set.otherwise
		if cost, ok := set.objects[typename]; ok {
			total = cost
		}
	}
	r.pos++ // {
	for r.pos < len(r.data) && r.data[r.pos] != '}' {
		name := r.text()
		r.pos++ // :
		if f := find(set.fields[string(name)], typename); f != nil {
			args := f.args.fixed
			if f.args.node != none {
				args = r.numbers[f.args.node]
			}
			total += args + r.value(f)
		} else {
			r.skip()
		}
		if r.at(',') {
			r.pos++
		}
	}
	r.pos++ // }
	return total
}

// find gives the field for a runtime type; without one the first.
func find(fields []actualField, typename string) *actualField {
	for i := range fields {
		if f := &fields[i]; f.types == nil || typename == "" || slices.Contains(f.types, typename) {
			return f
		}
	}
	return nil
}

// value reads a field's value, lists within lists included.
func (r *reader) value(f *actualField) float64 {
	switch {
	case r.at('['):
		r.pos++
		total := 0.0
		for r.pos < len(r.data) && r.data[r.pos] != ']' && r.data[r.pos] != '}' {
			total += r.value(f)
			if r.at(',') {
				r.pos++
			}
		}
		r.pos++ // ]
		return total
	case r.at('n'):
		r.skip()
		return 0
	case r.at('{') && f.below != nil:
		return f.weight + r.object(f.below, f.typed)
	}
	r.skip()
	return f.weight
}

// text reads a string and gives what is between its quotes, escapes included.
func (r *reader) text() []byte {
	r.pos++ // "
	start := r.pos
	for r.pos < len(r.data) && r.data[r.pos] != '"' {
		if r.data[r.pos] == '\\' {
			r.pos++
		}
		r.pos++
	}
	end := min(r.pos, len(r.data))
	r.pos++
	return r.data[start:end]
}

// skip passes one value.
func (r *reader) skip() {
	depth := 0
	for r.pos < len(r.data) {
		switch r.data[r.pos] {
		case '"':
			r.text()
			if depth == 0 {
				return
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth < 0 {
				return // the end of what is around a number or a word
			}
			if depth == 0 {
				r.pos++
				return
			}
		case ',':
			if depth == 0 {
				return
			}
		}
		r.pos++
	}
}

// peekText gives the string under a name in the object that begins here, without moving on.
func (r *reader) peekText(name []byte) string {
	ahead := *r
	ahead.pos++
	for ahead.pos < len(ahead.data) && ahead.data[ahead.pos] != '}' {
		found := ahead.text()
		ahead.pos++
		if string(found) == string(name) && ahead.at('"') {
			return string(ahead.text())
		}
		ahead.skip()
		if ahead.at(',') {
			ahead.pos++
		}
	}
	return ""
}
