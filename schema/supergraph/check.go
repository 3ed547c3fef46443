package supergraph

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// check verifies that the model is a GraphQL schema whose joins make sense, so that what uses a Supergraph need not.
// The time is linear in the size of the model, and in the interfaces' fields for each implementation.
func check(s *Supergraph, p *problems) {
	c := &checker{s: s, problems: p}
	seen := make(map[string]bool, len(s.Types))
	for _, t := range s.Types {
		if p.full() {
			return
		}
		if seen[t.Name] {
			p.invalid(nil, "Type %q is defined twice.", t.Name)
		}
		seen[t.Name] = true
		c.checkType(t)
	}
}

type checker struct {
	*problems
	s *Supergraph
}

// kind returns what a type name stands for, "" when it stands for nothing.
func (c *checker) kind(name string) ast.DefinitionKind {
	if t := c.s.Type(name); t != nil {
		return t.Kind
	}
	if isBuiltInScalar(name) {
		return ast.Scalar
	}
	return ""
}

func isInputKind(k ast.DefinitionKind) bool {
	return k == ast.Scalar || k == ast.Enum || k == ast.InputObject
}

func isOutputKind(k ast.DefinitionKind) bool { return k != "" && k != ast.InputObject }

func (c *checker) checkType(t *Type) {
	switch t.Kind {
	case ast.Object, ast.Interface, ast.InputObject:
		if len(t.Fields) == 0 {
			c.invalid(nil, "Type %q has no fields.", t.Name)
		}
		seen := make(map[string]bool, len(t.Fields))
		inGraph := make([]bool, len(c.s.Graphs))
		for _, j := range t.Joins {
			inGraph[j.Graph] = true
		}
		for _, f := range t.Fields {
			if seen[f.Name] {
				c.invalid(f.Type.Position, "Field %q is defined twice.", t.Name+"."+f.Name)
			}
			seen[f.Name] = true
			c.checkField(t, f, inGraph)
		}
		c.checkInterfaces(t)
	case ast.Union:
		for _, m := range t.MemberNames() {
			if c.kind(m) != ast.Object {
				c.invalid(nil, "Union %q has the member %q, which is not an object type.", t.Name, m)
			}
		}
		if len(t.Members) == 0 {
			c.invalid(nil, "Union %q has no members.", t.Name)
		}
	case ast.Enum:
		seen := make(map[string]bool, len(t.EnumValues))
		for _, v := range t.EnumValues {
			if seen[v.Name] {
				c.invalid(nil, "Enum value %q is defined twice.", t.Name+"."+v.Name)
			}
			seen[v.Name] = true
		}
		if len(seen) == 0 {
			c.invalid(nil, "Enum %q has no values.", t.Name)
		}
	}
}

// checkField checks a field of a type that is in the subgraphs that inGraph tells.
func (c *checker) checkField(t *Type, f *Field, inGraph []bool) {
	where := t.Name + "." + f.Name
	if strings.HasPrefix(f.Name, "__") {
		c.invalid(f.Type.Position, "Field %q has a name that is reserved for introspection.", where)
	}
	kind := c.kind(f.Type.Name())
	if t.Kind == ast.InputObject && !isInputKind(kind) || t.Kind != ast.InputObject && !isOutputKind(kind) {
		c.invalid(f.Type.Position, "Field %q has the type %q, which is %s.", where, f.Type, describeMisfit(kind))
	}
	seen := make(map[string]bool, len(f.Args))
	for _, a := range f.Args {
		if seen[a.Name] {
			c.invalid(a.Position, "Argument %q of %q is defined twice.", a.Name, where)
		}
		seen[a.Name] = true
		if k := c.kind(a.Type.Name()); !isInputKind(k) {
			c.invalid(a.Position, "Argument %q of %q has the type %q, which is %s.", a.Name, where, a.Type, describeMisfit(k))
		}
	}
	for _, j := range f.Joins {
		if j.HasGraph && !inGraph[j.Graph] {
			c.invalid(f.Type.Position, "Field %q is joined to subgraph %q, which does not have the type %q.",
				where, c.s.Graphs[j.Graph].Name, t.Name)
		}
	}
}

func describeMisfit(k ast.DefinitionKind) string {
	if k == "" {
		return "not defined"
	}
	return "of kind " + string(k) + " and cannot stand here"
}

func (c *checker) checkInterfaces(t *Type) {
	interfaces := t.InterfaceNames()
	for _, name := range interfaces {
		i := c.s.Type(name)
		if i == nil || i.Kind != ast.Interface || i == t {
			c.invalid(nil, "Type %q implements %q, which is not an interface it can implement.", t.Name, name)
			continue
		}
		for _, parent := range i.InterfaceNames() {
			if parent == t.Name {
				c.invalid(nil, "The interfaces %q and %q implement each other.", t.Name, name)
			} else if !slices.Contains(interfaces, parent) {
				c.invalid(nil, "Type %q must implement %q because %q does.", t.Name, parent, name)
			}
		}
		for _, f := range i.Fields {
			if t.Field(f.Name) == nil {
				c.invalid(nil, "Type %q implements %q without its field %q.", t.Name, name, f.Name)
			}
		}
	}
}

// InterfaceNames returns the interfaces that the type implements anywhere, in order and each once.
func (t *Type) InterfaceNames() []string {
	if len(t.Implements) == 0 {
		return nil
	}
	var names []string
	seen := make(map[string]bool, len(t.Implements))
	for _, j := range t.Implements {
		if !seen[j.Interface] {
			seen[j.Interface] = true
			names = append(names, j.Interface)
		}
	}
	return names
}

// MemberNames returns the members of the union anywhere, in order and each once.
func (t *Type) MemberNames() []string {
	names := make([]string, 0, len(t.Members))
	seen := make(map[string]bool, len(t.Members))
	for _, j := range t.Members {
		if !seen[j.Member] {
			seen[j.Member] = true
			names = append(names, j.Member)
		}
	}
	return names
}
