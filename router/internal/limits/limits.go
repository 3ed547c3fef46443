// Package limits refuses documents that ask for too much, before they are validated or planned. It counts what a document
// asks for with its fragments expanded, in time that grows with the document alone.
//
// Bodies and tokens are bounded where they are read; what an operation costs to answer is another question than its shape.
package limits

import (
	"math"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/internal/gqlerr"
)

// Limits bound a document's shape. 0 turns a limit off.
type Limits struct {
	Depth              int // nesting of fields
	Fields             int // fields, fragments expanded
	RootFields         int // fields at the root
	Aliases            int // aliased fields, fragments expanded
	Directives         int // directives in the document
	Variables          int // variables that one operation declares
	IntrospectionDepth int // nesting of fields inside __schema and __type
}

// Check gives an error for each limit that the document is over, nil when there is none. A document's operations are
// measured one by one, as only one of them runs.
func (l Limits) Check(document *ast.QueryDocument) error {
	m := &meter{fragments: map[string]*measure{}, document: document}
	var worst measure
	variables := 0
	for _, operation := range document.Operations {
		worst = worst.max(m.selections(operation.SelectionSet))
		variables = max(variables, len(operation.VariableDefinitions))
	}
	var errs gqlerr.List
	for _, limit := range []struct {
		what, key string
		is, most  int
	}{
		{"nests %d fields deep", "depth", worst.depth, l.Depth},
		{"asks for %d fields", "fields", worst.fields, l.Fields},
		{"asks for %d fields at the root", "root_fields", worst.top, l.RootFields},
		{"has %d aliases", "aliases", worst.aliases, l.Aliases},
		{"has %d directives", "directives", directives(document), l.Directives},
		{"declares %d variables", "variables", variables, l.Variables},
		{"nests introspection %d fields deep", "introspection_depth", worst.introspection, l.IntrospectionDepth},
	} {
		if limit.most > 0 && limit.is > limit.most {
			errs = append(errs, gqlerr.New(gqlerr.OperationTooLarge, "The operation "+limit.what+"; at most %d are accepted (limits.%s).", limit.is, limit.most, limit.key))
		}
	}
	return errs.OrNil()
}

// measure is what a selection set asks for, expanded. Numbers stop at the largest int32: who gets there is over any limit.
type measure struct {
	depth, fields, top, aliases, introspection int
}

func (m measure) max(other measure) measure {
	return measure{
		max(m.depth, other.depth), max(m.fields, other.fields), max(m.top, other.top), max(m.aliases, other.aliases),
		max(m.introspection, other.introspection),
	}
}

type meter struct {
	document  *ast.QueryDocument
	fragments map[string]*measure // nil while one is being measured: a fragment inside itself, which validation refuses
}

func (m *meter) selections(set ast.SelectionSet) measure {
	var total measure
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			total.addField(s, m.selections(s.SelectionSet))
		case *ast.InlineFragment:
			total.addFragment(m.selections(s.SelectionSet))
		case *ast.FragmentSpread:
			total.addFragment(m.fragment(s.Name))
		}
	}
	return total
}

func (m *measure) addField(f *ast.Field, below measure) {
	m.depth = max(m.depth, 1+below.depth)
	m.fields = add(m.fields, 1+below.fields)
	m.top = add(m.top, 1)
	m.aliases = add(m.aliases, below.aliases)
	if f.Alias != "" && f.Alias != f.Name {
		m.aliases = add(m.aliases, 1)
	}
	m.introspection = max(m.introspection, below.introspection)
	if f.Name == "__schema" || f.Name == "__type" {
		m.introspection = max(m.introspection, below.depth)
	}
}

func (m *measure) addFragment(inside measure) {
	m.depth = max(m.depth, inside.depth)
	m.introspection = max(m.introspection, inside.introspection)
	m.fields, m.top, m.aliases = add(m.fields, inside.fields), add(m.top, inside.top), add(m.aliases, inside.aliases)
}

func (m *meter) fragment(name string) measure {
	if known, ok := m.fragments[name]; ok {
		if known == nil {
			return measure{}
		}
		return *known
	}
	definition := m.document.Fragments.ForName(name)
	if definition == nil {
		return measure{} // validation names it
	}
	m.fragments[name] = nil
	measured := m.selections(definition.SelectionSet)
	m.fragments[name] = &measured
	return measured
}

func add(a, b int) int { return min(a+b, math.MaxInt32) }

// directives counts the directives that stand in the document.
func directives(document *ast.QueryDocument) int {
	count := 0
	var walk func(ast.SelectionSet)
	walk = func(set ast.SelectionSet) {
		for _, selection := range set {
			switch s := selection.(type) {
			case *ast.Field:
				count += len(s.Directives)
				walk(s.SelectionSet)
			case *ast.InlineFragment:
				count += len(s.Directives)
				walk(s.SelectionSet)
			case *ast.FragmentSpread:
				count += len(s.Directives)
			}
		}
	}
	for _, operation := range document.Operations {
		count += len(operation.Directives)
		for _, v := range operation.VariableDefinitions {
			count += len(v.Directives)
		}
		walk(operation.SelectionSet)
	}
	for _, fragment := range document.Fragments {
		count += len(fragment.Directives)
		walk(fragment.SelectionSet)
	}
	return count
}
