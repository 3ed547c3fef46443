package operation

import "github.com/vektah/gqlparser/v2/ast"

// documentFacts remembers which selections hold a @skip or @include over a variable.
type documentFacts struct {
	fields    map[*ast.Field]bool
	fragments map[*ast.FragmentDefinition]bool
}

func newDocumentFacts() *documentFacts {
	return &documentFacts{fields: map[*ast.Field]bool{}, fragments: map[*ast.FragmentDefinition]bool{}}
}

// conditional tells whether a condition over a variable stands anywhere in selections or below.
func (f *documentFacts) conditional(selections ast.SelectionSet) bool {
	for _, selection := range selections {
		switch s := selection.(type) {
		case *ast.Field:
			if hasCondition(s.Directives) || f.below(s) {
				return true
			}
		case *ast.InlineFragment:
			if hasCondition(s.Directives) || f.conditional(s.SelectionSet) {
				return true
			}
		case *ast.FragmentSpread:
			if hasCondition(s.Directives) || f.inside(s.Definition) {
				return true
			}
		}
	}
	return false
}

func (f *documentFacts) below(field *ast.Field) bool {
	known, ok := f.fields[field]
	if !ok {
		known = f.conditional(field.SelectionSet)
		f.fields[field] = known
	}
	return known
}

func (f *documentFacts) inside(fragment *ast.FragmentDefinition) bool {
	if fragment == nil {
		return false
	}
	known, ok := f.fragments[fragment]
	if !ok {
		known = f.conditional(fragment.SelectionSet)
		f.fragments[fragment] = known
	}
	return known
}

func hasCondition(directives ast.DirectiveList) bool {
	for _, d := range directives {
		if d.Name == "skip" || d.Name == "include" {
			if condition := d.Arguments.ForName("if"); condition != nil && condition.Value.Kind == ast.Variable {
				return true
			}
		}
	}
	return false
}
