package generate

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// position is a place in the response with all fields that land there, from whatever fragment: it keeps those that
// share a response name mergeable (section 5.3.2 of the specification; somewhat stricter, never laxer).
type position struct {
	fields   map[string][]landed
	children map[string]*position
}

// landed is a field at a position.
type landed struct {
	parent          string // the object type it was asked of, "" when that was abstract
	name, arguments string
	shape           string
}

// fits tells whether the field can stand here beside all others.
func (p *position) fits(s *selection, parent *ast.Definition) bool {
	for _, other := range p.fields[s.responseName()] {
		if other.shape != s.shape {
			return false
		}
		exclusive := parent.Kind == ast.Object && other.parent != "" && other.parent != parent.Name
		if !exclusive && (other.name != s.name || other.arguments != s.arguments) {
			return false
		}
	}
	return true
}

func (p *position) record(s *selection, parent *ast.Definition) {
	if p.fields == nil {
		p.fields = map[string][]landed{}
	}
	entry := landed{name: s.name, arguments: s.arguments, shape: s.shape}
	if parent.Kind == ast.Object {
		entry.parent = parent.Name
	}
	p.fields[s.responseName()] = append(p.fields[s.responseName()], entry)
}

// child is the position below a response name: one for all fields that merge there.
func (p *position) child(responseName string) *position {
	if p.children == nil {
		p.children = map[string]*position{}
	}
	if p.children[responseName] == nil {
		p.children[responseName] = &position{}
	}
	return p.children[responseName]
}

// shapeOf is a type with the names of composite types left out.
func shapeOf(schema *ast.Schema, t *ast.Type) string {
	text := t.String()
	if schema.Types[t.Name()].IsCompositeType() {
		return strings.Replace(text, t.Name(), "{}", 1)
	}
	return text
}
