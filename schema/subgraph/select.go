package subgraph

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/fieldset"
)

// parsedSet is a field set's text after parsing; err is a *fieldset.SyntaxError.
type parsedSet struct {
	set *fieldset.Set
	err error
}

// parseSet parses a field set, once for each text: generated schemas repeat theirs thousands of times.
func (s *Subgraph) parseSet(text string) parsedSet {
	if p, ok := s.sets[text]; ok {
		return p
	}
	set, err := fieldset.Parse(text)
	p := parsedSet{set, err}
	if s.sets == nil {
		s.sets = map[string]parsedSet{}
	}
	s.sets[text] = p
	return p
}

// fieldsText returns the text of a field set argument; ok is false when it is absent or no string.
func fieldsText(app *Application) (text string, ok bool) {
	arg := app.Arguments.ForName("fields")
	if arg == nil || arg.Value.Kind != ast.StringValue && arg.Value.Kind != ast.BlockValue {
		return "", false
	}
	return arg.Value.Raw, true
}

// selection reads the field set of an application, or returns nil when it cannot be read.
func (s *Subgraph) selection(app *Application) *Selection {
	text, ok := fieldsText(app)
	if !ok {
		return nil
	}
	p := s.parseSet(text)
	if p.err != nil {
		return nil
	}
	return &Selection{Application: app, Set: p.set, Text: text}
}

// selection is one field or fragment of a field set.
type selection = fieldset.Selection

// Select calls visit for every field that the selections name on the type, at any depth, outer fields first. Names that do not exist
// are passed over, and so is __typename.
func (s *Subgraph) Select(t *Type, selections []*fieldset.Selection, visit func(*Field, *fieldset.Selection)) {
	for _, sel := range selections {
		if sel.IsFragment() {
			on := t
			if sel.On != "" {
				on = s.types[sel.On]
			}
			if on != nil {
				s.Select(on, sel.Sub, visit)
			}
			continue
		}
		f := t.Field(sel.Field)
		if f == nil {
			continue
		}
		visit(f, sel)
		if target := s.types[typeName(f.Type)]; target != nil && sel.Sub != nil {
			s.Select(target, sel.Sub, visit)
		}
	}
}
