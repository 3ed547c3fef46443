package querygraph

import (
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/tributary-gql/tributary/schema/supergraph"
)

// Selection is a compiled field set: what must be known of an object before a key, a requirement or a context can be
// used. Fragments are resolved into the runtime types for which each field is selected.
type Selection struct {
	Text   string // the field set, normalised: equal selections on equal types have equal text
	Fields []*SelectionField
}

// SelectionField is one field of a Selection.
type SelectionField struct {
	Name string
	Args []Argument // sorted by name
	// On is the set of runtime types for which the field is selected; nil: all that the object may have.
	On  TypeSet
	Sub *Selection // nil for leaves
}

// Argument is a constant argument inside a field set.
type Argument struct {
	Name  string
	Value *ast.Value
}

// For is the part of the selection that concerns objects of runtime type t: the fields whose On contains it.
func (s *Selection) For(t ObjectID) []*SelectionField {
	var fields []*SelectionField
	for _, f := range s.Fields {
		if f.On == nil || f.On.Has(t) {
			fields = append(fields, f)
		}
	}
	return fields
}

// ArgumentsText prints arguments as in a document, without parentheses; "" without any.
func (f *SelectionField) ArgumentsText() string {
	var b strings.Builder
	for i, arg := range f.Args {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(arg.Name)
		b.WriteString(": ")
		b.WriteString(arg.Value.String())
	}
	return b.String()
}

// Compile compiles a field set (with or without outer braces) on the named type of the supergraph.
func (g *Graph) Compile(typeName, text string) (*Selection, error) {
	source := text
	if !strings.HasPrefix(strings.TrimSpace(text), "{") {
		source = "{" + text + "}"
	}
	document, err := parser.ParseQuery(&ast.Source{Input: source})
	if err != nil {
		return nil, fmt.Errorf("field set %q on %s: %w", text, typeName, err)
	}
	if len(document.Operations) != 1 || len(document.Fragments) > 0 {
		return nil, fmt.Errorf("field set %q on %s: not one selection", text, typeName)
	}
	c := &compiler{graph: g}
	selection, err := c.compile(typeName, document.Operations[0].SelectionSet)
	if err != nil {
		return nil, fmt.Errorf("field set %q on %s: %w", text, typeName, err)
	}
	return selection, nil
}

type compiler struct{ graph *Graph }

// pending collects what one field is selected with, before its own selections are compiled.
type pending struct {
	field *SelectionField
	typ   string
	sub   ast.SelectionSet
}

func (c *compiler) compile(typeName string, set ast.SelectionSet) (*Selection, error) {
	t := c.graph.Supergraph.Type(typeName)
	if t == nil {
		return nil, fmt.Errorf("there is no type %s", typeName)
	}
	all := c.graph.Possible(typeName)
	var found []*pending
	if err := c.collect(t, all, set, &found); err != nil {
		return nil, err
	}
	selection := &Selection{}
	var text strings.Builder
	for _, p := range found {
		if p.field.On.Equal(all) {
			p.field.On = nil
		}
		if len(p.sub) > 0 {
			sub, err := c.compile(p.typ, p.sub)
			if err != nil {
				return nil, err
			}
			p.field.Sub = sub
		}
		selection.Fields = append(selection.Fields, p.field)
		c.writeField(&text, p.field)
	}
	if len(selection.Fields) == 0 {
		return nil, fmt.Errorf("nothing is selected on %s", typeName)
	}
	selection.Text = text.String()
	return selection, nil
}

func (c *compiler) collect(t *supergraph.Type, on TypeSet, set ast.SelectionSet, found *[]*pending) error {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			if err := c.collectField(t, on, s, found); err != nil {
				return err
			}
		case *ast.InlineFragment:
			inner := t
			if s.TypeCondition != "" {
				if inner = c.graph.Supergraph.Type(s.TypeCondition); inner == nil {
					return fmt.Errorf("there is no type %s", s.TypeCondition)
				}
			}
			if narrowed := on.Intersect(c.graph.Possible(inner.Name)); !narrowed.IsEmpty() {
				if err := c.collect(inner, narrowed, s.SelectionSet, found); err != nil {
					return err
				}
			}
		default:
			return fmt.Errorf("named fragments cannot be used here")
		}
	}
	return nil
}

func (c *compiler) collectField(t *supergraph.Type, on TypeSet, s *ast.Field, found *[]*pending) error {
	fieldType := ""
	if s.Name != "__typename" {
		definition := t.Field(s.Name)
		if definition == nil {
			return fmt.Errorf("there is no field %s.%s", t.Name, s.Name)
		}
		fieldType = definition.Type.Name()
	}
	field := &SelectionField{Name: s.Name, On: on}
	for _, arg := range s.Arguments {
		field.Args = append(field.Args, Argument{Name: arg.Name, Value: arg.Value})
	}
	sortArguments(field.Args)
	args := field.ArgumentsText()
	for _, p := range *found {
		if p.field.Name == field.Name && p.typ == fieldType && p.field.ArgumentsText() == args &&
			(p.field.On.Equal(on) || len(s.SelectionSet) == 0) {
			p.field.On = p.field.On.Union(on)
			p.sub = append(p.sub[:len(p.sub):len(p.sub)], s.SelectionSet...)
			return nil
		}
	}
	*found = append(*found, &pending{field: field, typ: fieldType, sub: s.SelectionSet})
	return nil
}

func (c *compiler) writeField(b *strings.Builder, f *SelectionField) {
	if b.Len() > 0 {
		b.WriteByte(' ')
	}
	if f.On != nil {
		b.WriteString("... on ")
		first := true
		for t := range f.On.All() {
			if !first {
				b.WriteByte('|')
			}
			first = false
			b.WriteString(c.graph.Objects[t])
		}
		b.WriteString(" { ")
	}
	b.WriteString(f.Name)
	if args := f.ArgumentsText(); args != "" {
		b.WriteString("(" + args + ")")
	}
	if f.Sub != nil {
		b.WriteString(" { " + f.Sub.Text + " }")
	}
	if f.On != nil {
		b.WriteString(" }")
	}
}
