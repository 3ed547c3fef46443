package validate

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/internal/operation/suggest"
)

// walker goes through one definition and gathers its facts.
type walker struct {
	*check
	facts *facts
}

// selections checks a selection set on a type; nil: the type is not known, which was reported.
func (w *walker) selections(parent *ast.Definition, set ast.SelectionSet) {
	if !w.spend(len(set)) {
		return
	}
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			w.field(parent, s)
		case *ast.InlineFragment:
			w.inlineFragment(parent, s)
		case *ast.FragmentSpread:
			w.spread(parent, s)
		}
	}
}

func (w *walker) field(parent *ast.Definition, f *ast.Field) {
	f.ObjectDefinition = parent
	if parent != nil {
		f.Definition = w.Validator.fields[parent.Name][f.Name]
		if f.Definition == nil {
			w.unknownField(parent, f)
		}
	}
	var below *ast.Definition
	var arguments ast.ArgumentDefinitionList
	if f.Definition != nil {
		arguments = f.Definition.Arguments
		below = w.schema.Types[f.Definition.Type.Name()]
		w.leaf(f, below)
		if f.Name == "__schema" || f.Name == "__type" {
			w.introspection = append(w.introspection, f)
		}
	}
	known := f.Definition != nil
	w.arguments(f.Arguments, arguments, known, func(name string) (Rule, string) {
		return KnownArgumentNames, `on field "` + parent.Name + "." + f.Name + `"`
	})
	if known {
		w.required(f.Arguments, arguments, f.Position, `Field "`+f.Name+`"`)
	}
	w.directives(f.Directives, ast.LocationField)
	if below != nil && !below.IsCompositeType() {
		below = nil
	}
	w.selections(below, f.SelectionSet)
}

// unknownField reports a field that the type does not have, with what may have been meant: fragments on types that
// have it, or fields of like names.
func (w *walker) unknownField(parent *ast.Definition, f *ast.Field) {
	hint := ""
	if w.suggesting() {
		hint = suggest.Sentence(" to use an inline fragment on", w.typesWithField(parent, f.Name))
		if hint == "" && parent.Kind != ast.Union {
			var names []string
			for _, field := range parent.Fields {
				names = append(names, field.Name)
			}
			hint = suggest.DidYouMean("", f.Name, names)
		}
	}
	w.report(FieldsOnCorrectType, at(f.Position), `Cannot query field "%s" on type "%s".%s`, f.Name, parent.Name, hint)
}

// typesWithField are types that an abstract type's objects may be and that have a field: interfaces by how many of the
// objects they cover, then objects.
func (w *walker) typesWithField(parent *ast.Definition, field string) []string {
	if !parent.IsAbstractType() {
		return nil
	}
	var interfaces, objects []string
	uses := map[string]int{}
	for _, number := range w.possible[parent.Name] {
		object := w.schema.Types[w.types[number]]
		if w.Validator.fields[object.Name][field] == nil {
			continue
		}
		objects = append(objects, object.Name)
		for _, name := range object.Interfaces {
			if w.Validator.fields[name][field] == nil {
				continue
			}
			if uses[name] == 0 {
				interfaces = append(interfaces, name)
			}
			uses[name]++
		}
	}
	// A more general interface comes before those that imply it.
	slices.SortStableFunc(interfaces, func(a, b string) int { return uses[b] - uses[a] })
	return slices.Concat(interfaces, objects)
}

// leaf checks that a field has a selection set if, and only if, its type has fields.
func (w *walker) leaf(f *ast.Field, t *ast.Definition) {
	if t == nil {
		return
	}
	switch {
	case t.IsLeafType() && len(f.SelectionSet) > 0:
		w.report(ScalarLeafs, at(f.Position), `Field "%s" must not have a selection since type "%s" has no subfields.`,
			f.Name, f.Definition.Type)
	case t.IsCompositeType() && len(f.SelectionSet) == 0:
		w.report(ScalarLeafs, at(f.Position), `Field "%s" of type "%s" must have a selection of subfields. Did you mean "%s { ... }"?`,
			f.Name, f.Definition.Type, f.Name)
	}
}

func (w *walker) inlineFragment(parent *ast.Definition, f *ast.InlineFragment) {
	f.ObjectDefinition = parent
	t := parent
	if f.TypeCondition != "" {
		t = w.typeCondition(f.TypeCondition, f.Position, "Fragment")
		if parent != nil && t != nil && !w.overlap(parent.Name, t.Name) {
			w.report(PossibleFragmentSpreads, at(f.Position),
				`Fragment cannot be spread here as objects of type "%s" can never be of type "%s".`, parent.Name, t.Name)
		}
	}
	w.directives(f.Directives, ast.LocationInlineFragment)
	w.selections(t, f.SelectionSet)
}

func (w *walker) spread(parent *ast.Definition, s *ast.FragmentSpread) {
	s.ObjectDefinition = parent
	w.facts.spreads = append(w.facts.spreads, s)
	w.directives(s.Directives, ast.LocationFragmentSpread)
	s.Definition = w.fragments[s.Name]
	if s.Definition == nil {
		w.report(KnownFragmentNames, at(s.Position), `Unknown fragment "%s".`, s.Name)
		return
	}
	t := w.schema.Types[s.Definition.TypeCondition]
	if parent != nil && t != nil && t.IsCompositeType() && !w.overlap(parent.Name, t.Name) {
		w.report(PossibleFragmentSpreads, at(s.Position),
			`Fragment "%s" cannot be spread here as objects of type "%s" can never be of type "%s".`, s.Name, parent.Name, t.Name)
	}
}

// overlap tells whether two composite types have runtime types in common.
func (c *check) overlap(a, b string) bool {
	if a == b {
		return true
	}
	key := [2]string{min(a, b), max(a, b)}
	known, ok := c.overlaps[key]
	if !ok {
		known = intersect(c.possible[a], c.possible[b])
		c.overlaps[key] = known
		c.spend((len(c.possible[a]) + len(c.possible[b])) / 8)
	}
	return known
}

func intersect(a, b []int32) bool {
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			return true
		case a[i] < b[j]:
			i++
		default:
			j++
		}
	}
	return false
}
