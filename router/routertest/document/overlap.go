package document

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Fields that land under one response name must be mergeable (specification, section 5.3.2). What the rule compares are
// equalities, so a group in which all must agree is checked by comparing each with the first: once for the shapes of
// all, and once for names and arguments of those that one object can have together. Groups that come again were checked.

// findConflict describes a pair of fields that cannot be merged, "" when there is none.
func findConflict(document *ast.QueryDocument) string {
	m := &merger{ids: map[*ast.Field]int{}, checked: map[string]bool{}}
	for _, operation := range document.Operations {
		m.check([]ast.SelectionSet{operation.SelectionSet})
	}
	for _, fragment := range document.Fragments {
		m.check([]ast.SelectionSet{fragment.SelectionSet})
	}
	return m.conflict
}

type merger struct {
	ids      map[*ast.Field]int
	checked  map[string]bool
	conflict string
}

func (m *merger) check(sets []ast.SelectionSet) {
	m.sameShape(gather(sets))
	m.mergeable(gather(sets))
}

// gather collects the fields of selections by response name, fragments gone into once.
func gather(sets []ast.SelectionSet) *groups {
	g := &groups{fields: map[string][]*ast.Field{}, spread: map[string]bool{}, seen: map[*ast.Field]bool{}}
	for _, set := range sets {
		g.collect(set)
	}
	return g
}

type groups struct {
	order  []string
	fields map[string][]*ast.Field
	spread map[string]bool
	seen   map[*ast.Field]bool
}

func (g *groups) collect(set ast.SelectionSet) {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			if g.seen[s] {
				continue
			}
			g.seen[s] = true
			if g.fields[s.Alias] == nil {
				g.order = append(g.order, s.Alias)
			}
			g.fields[s.Alias] = append(g.fields[s.Alias], s)
		case *ast.InlineFragment:
			g.collect(s.SelectionSet)
		case *ast.FragmentSpread:
			if s.Definition != nil && !g.spread[s.Name] {
				g.spread[s.Name] = true
				g.collect(s.Definition.SelectionSet)
			}
		}
	}
}

// sameShape demands that all values under one name have one shape, whatever object they are of.
func (m *merger) sameShape(g *groups) {
	for _, name := range g.order {
		fields := g.fields[name]
		if m.wasChecked("shape", fields) {
			continue
		}
		for _, other := range fields[1:] {
			if shapeOf(fields[0]) != shapeOf(other) {
				m.report(fields[0], other, "values of different shapes")
			}
		}
		m.sameShape(gather(below(fields)))
	}
}

// mergeable demands that fields of one object under one name are the same field with the same arguments.
func (m *merger) mergeable(g *groups) {
	for _, name := range g.order {
		for _, fields := range together(g.fields[name]) {
			if m.wasChecked("same", fields) {
				continue
			}
			for _, other := range fields[1:] {
				if fields[0].Name != other.Name || argumentsOf(fields[0]) != argumentsOf(other) {
					m.report(fields[0], other, "different fields or arguments")
				}
			}
			if selections := below(fields); len(selections) > 0 {
				m.mergeable(gather(selections))
			}
		}
	}
}

// together divides fields by the objects that can have them: those of each object type with those of abstract types.
func together(fields []*ast.Field) [][]*ast.Field {
	var abstract []*ast.Field
	var objects []string
	byObject := map[string][]*ast.Field{}
	for _, f := range fields {
		parent := f.ObjectDefinition
		if parent == nil || parent.Kind != ast.Object {
			abstract = append(abstract, f)
			continue
		}
		if byObject[parent.Name] == nil {
			objects = append(objects, parent.Name)
		}
		byObject[parent.Name] = append(byObject[parent.Name], f)
	}
	if len(objects) == 0 {
		return [][]*ast.Field{abstract}
	}
	divided := make([][]*ast.Field, len(objects))
	for i, object := range objects {
		divided[i] = slices.Concat(byObject[object], abstract)
	}
	return divided
}

func (m *merger) wasChecked(how string, fields []*ast.Field) bool {
	ids := make([]int, len(fields))
	for i, f := range fields {
		id, known := m.ids[f]
		if !known {
			id = len(m.ids)
			m.ids[f] = id
		}
		ids[i] = id
	}
	slices.Sort(ids)
	key := []byte(how)
	for _, id := range ids {
		key = strconv.AppendInt(append(key, ' '), int64(id), 10)
	}
	if m.checked[string(key)] {
		return true
	}
	m.checked[string(key)] = true
	return false
}

func (m *merger) report(a, b *ast.Field, why string) {
	if m.conflict == "" {
		m.conflict = fmt.Sprintf("fields under %q cannot be merged, they are %s: %s%s and %s%s",
			a.Alias, why, a.Name, argumentsOf(a), b.Name, argumentsOf(b))
	}
}

func below(fields []*ast.Field) []ast.SelectionSet {
	var sets []ast.SelectionSet
	for _, f := range fields {
		if len(f.SelectionSet) > 0 {
			sets = append(sets, f.SelectionSet)
		}
	}
	return sets
}

// shapeOf is a field's type with the names of composite types left out.
func shapeOf(f *ast.Field) string {
	if f.Definition == nil {
		return ""
	}
	text := f.Definition.Type.String()
	if len(f.SelectionSet) > 0 {
		return strings.Replace(text, f.Definition.Type.Name(), "{}", 1)
	}
	return text
}

// argumentsOf prints arguments in the order of their names.
func argumentsOf(f *ast.Field) string {
	texts := make([]string, len(f.Arguments))
	for i, argument := range f.Arguments {
		texts[i] = argument.Name + ":" + argument.Value.String()
	}
	slices.Sort(texts)
	return "(" + strings.Join(texts, ",") + ")"
}
