package supergraph

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// readTypes reads every type but the machinery.
func (r *reader) readTypes() {
	for _, def := range r.doc.Definitions {
		if r.full() {
			return
		}
		switch {
		case strings.HasPrefix(def.Name, "__"):
			r.invalid(def.Position, "Type %q has a name that is reserved for introspection.", def.Name)
		case def.Directives.ForName(r.join.typ) != nil:
			r.out.Types = append(r.out.Types, r.readType(def))
		case r.features.link.ownsType(def.Name) || r.features.join.ownsType(def.Name) || isBuiltInScalar(def.Name):
			// Machinery is written anew by Print.
		case r.features.ownsType(def.Name):
			r.out.FeatureTypes = append(r.out.FeatureTypes, def)
		default:
			r.out.Types = append(r.out.Types, r.readType(def))
		}
	}
}

func isBuiltInScalar(name string) bool {
	switch name {
	case "Int", "Float", "String", "Boolean", "ID":
		return true
	}
	return false
}

func (r *reader) readType(def *ast.Definition) *Type {
	t := &Type{Name: def.Name, Kind: def.Kind, Description: def.Description}
	for _, d := range def.Directives {
		switch d.Name {
		case r.join.typ:
			r.readTypeJoin(t, d)
		case r.join.implements:
			if g, ok := r.requiredGraph(d); ok {
				t.Implements = append(t.Implements, ImplementsJoin{Graph: g, Interface: r.stringArg(d, "interface")})
			}
		case r.join.member:
			if g, ok := r.requiredGraph(d); ok {
				t.Members = append(t.Members, MemberJoin{Graph: g, Member: r.stringArg(d, "member")})
			}
		case r.join.directive:
			if c, ok := r.carried(d); ok {
				t.Carried = append(t.Carried, c)
			}
		default:
			if !r.features.isMachineryDirective(d.Name) {
				t.Directives = append(t.Directives, d)
			}
		}
	}
	for _, f := range def.Fields {
		t.Fields = append(t.Fields, r.readField(f))
	}
	for _, v := range def.EnumValues {
		t.EnumValues = append(t.EnumValues, r.readEnumValue(v))
	}
	return t
}

func (r *reader) readTypeJoin(t *Type, d *ast.Directive) {
	g, ok := r.requiredGraph(d)
	if !ok {
		return
	}
	t.Joins = append(t.Joins, TypeJoin{
		Graph:             g,
		Key:               r.stringArg(d, "key"),
		Extension:         r.boolArg(d, "extension", false),
		Resolvable:        r.boolArg(d, "resolvable", true),
		IsInterfaceObject: r.boolArg(d, "isInterfaceObject", false),
	})
}

func (r *reader) readField(def *ast.FieldDefinition) *Field {
	f := &Field{Name: def.Name, Description: def.Description, Type: def.Type, Args: def.Arguments, Default: def.DefaultValue}
	for _, d := range def.Directives {
		switch d.Name {
		case r.join.field:
			if j, ok := r.readFieldJoin(d); ok {
				f.Joins = append(f.Joins, j)
			}
		case r.join.directive:
			if c, ok := r.carried(d); ok {
				f.Carried = append(f.Carried, c)
			}
		default:
			if !r.features.isMachineryDirective(d.Name) {
				f.Directives = append(f.Directives, d)
			}
		}
	}
	return f
}

func (r *reader) readFieldJoin(d *ast.Directive) (FieldJoin, bool) {
	g, has, ok := r.graphArg(d, "graph")
	if has && !ok {
		return FieldJoin{}, false
	}
	return FieldJoin{
		HasGraph:         has,
		Graph:            g,
		Type:             r.typeArg(d, "type"),
		Requires:         r.stringArg(d, "requires"),
		Provides:         r.stringArg(d, "provides"),
		External:         r.boolArg(d, "external", false),
		Override:         r.stringArg(d, "override"),
		OverrideLabel:    r.stringArg(d, "overrideLabel"),
		UsedOverridden:   r.boolArg(d, "usedOverridden", false),
		ContextArguments: r.contextArgs(d),
	}, true
}

func (r *reader) contextArgs(d *ast.Directive) []ContextArgument {
	arg := d.Arguments.ForName("contextArguments")
	if arg == nil || arg.Value.Kind == ast.NullValue {
		return nil
	}
	var args []ContextArgument
	for _, item := range arg.Value.Children {
		get := func(name string) string {
			if v := item.Value.Children.ForName(name); v != nil {
				return v.Raw
			}
			return ""
		}
		c := ContextArgument{Name: get("name"), Context: get("context"), Selection: get("selection")}
		t, err := parseType(get("type"))
		if err != nil || c.Name == "" || c.Context == "" || c.Selection == "" {
			r.invalid(arg.Position, "The context argument %s needs a name, a type, a context and a selection.", item.Value)
			continue
		}
		c.Type = t
		args = append(args, c)
	}
	return args
}

func (r *reader) readEnumValue(def *ast.EnumValueDefinition) *EnumValue {
	v := &EnumValue{Name: def.Name, Description: def.Description}
	for _, d := range def.Directives {
		switch {
		case d.Name == r.join.enumValue:
			if g, ok := r.requiredGraph(d); ok {
				v.Joins = append(v.Joins, g)
			}
		case !r.features.isMachineryDirective(d.Name):
			v.Directives = append(v.Directives, d)
		}
	}
	return v
}

// carried reads @join__directive.
func (r *reader) carried(d *ast.Directive) (CarriedDirective, bool) {
	c := CarriedDirective{Name: r.stringArg(d, "name")}
	if args := d.Arguments.ForName("args"); args != nil && args.Value.Kind == ast.ObjectValue {
		c.Args = args.Value
	}
	if graphs := d.Arguments.ForName("graphs"); graphs != nil {
		for _, item := range graphs.Value.Children {
			g, ok := r.graphByEnum[item.Value.Raw]
			if !ok {
				r.invalid(graphs.Position, "@%s names the subgraph %s, which %s does not list.", d.Name, item.Value, r.join.graphEnum)
				return c, false
			}
			c.Graphs = append(c.Graphs, g)
		}
	}
	if c.Name == "" {
		r.invalid(d.Position, "@%s names no directive.", d.Name)
		return c, false
	}
	return c, true
}

// HasGraph reports whether the type exists in the subgraph.
func (t *Type) HasGraph(g GraphID) bool {
	return slices.ContainsFunc(t.Joins, func(j TypeJoin) bool { return j.Graph == g })
}

// Graphs returns the subgraphs that have the type, in order and each once.
func (t *Type) Graphs() []GraphID {
	var graphs []GraphID
	for _, j := range t.Joins {
		if !slices.Contains(graphs, j.Graph) {
			graphs = append(graphs, j.Graph)
		}
	}
	return graphs
}
