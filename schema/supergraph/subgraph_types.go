package supergraph

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// extracted is a type in a subgraph: its definition, and an extension for keys that stand on one.
type extracted struct{ definition, extension []*ast.Definition }

func (e *extractor) typeDefinitions(t *Type) extracted {
	def := &ast.Definition{Kind: t.Kind, Name: t.Name, Description: t.Description}
	isObject := e.isInterfaceObject(t)
	if isObject {
		def.Kind = ast.Object
		def.Directives = append(def.Directives, e.federation("interfaceObject"))
	}
	var out extracted
	e.addKeys(t, def, &out)
	directives := t.Directives
	if t.Kind == ast.Interface {
		directives = e.withoutGuards(directives) // an interface gets them from its implementations
	}
	def.Directives = append(def.Directives, e.applied(directives)...)
	def.Directives = append(def.Directives, e.carriedHere(t.Carried)...)
	for _, j := range t.Implements {
		if j.Graph == e.g {
			def.Interfaces = append(def.Interfaces, j.Interface)
		}
	}
	for _, m := range t.Members {
		if m.Graph == e.g {
			def.Types = append(def.Types, m.Member)
		}
	}
	for _, v := range t.EnumValues {
		if len(v.Joins) == 0 || slices.Contains(v.Joins, e.g) {
			def.EnumValues = append(def.EnumValues, &ast.EnumValueDefinition{
				Name: v.Name, Description: v.Description, Directives: e.applied(v.Directives),
			})
		}
	}
	for _, f := range t.Fields {
		if field := e.field(t, f); field != nil {
			def.Fields = append(def.Fields, field)
		}
	}
	if len(def.Fields) == 0 && len(t.Fields) > 0 {
		def.Fields = e.overriddenFields(t)
		if len(def.Fields) == 0 {
			return extracted{} // a root type without fields here
		}
	}
	out.definition = append(out.definition, def)
	return out
}

func (e *extractor) isInterfaceObject(t *Type) bool {
	return slices.ContainsFunc(t.Joins, func(j TypeJoin) bool { return j.Graph == e.g && j.IsInterfaceObject })
}

// addKeys adds the keys. Those of extensions go on an extension, or all on the definition with @extends.
func (e *extractor) addKeys(t *Type, def *ast.Definition, out *extracted) {
	var own, extended ast.DirectiveList
	for _, j := range t.Joins {
		if j.Graph != e.g || j.Key == "" {
			continue
		}
		key := e.federation("key", arg("fields", stringValue(j.Key)))
		if !j.Resolvable {
			key.Arguments = append(key.Arguments, arg("resolvable", boolValue(false)))
		}
		if j.Extension {
			extended = append(extended, key)
		} else {
			own = append(own, key)
		}
	}
	def.Directives = append(def.Directives, own...)
	switch {
	case len(extended) == 0:
	case len(own) == 0:
		def.Directives = append(def.Directives, e.federation("extends"))
		def.Directives = append(def.Directives, extended...)
	default:
		out.extension = append(out.extension, &ast.Definition{Kind: def.Kind, Name: def.Name, Directives: extended})
	}
}

// field returns the field as the subgraph declares it, nil when it does not.
func (e *extractor) field(t *Type, f *Field) *ast.FieldDefinition {
	join := FieldJoin{HasGraph: true, Graph: e.g}
	if len(f.Joins) > 0 {
		i := slices.IndexFunc(f.Joins, func(j FieldJoin) bool { return j.HasGraph && j.Graph == e.g })
		if i < 0 {
			return e.lostField(f)
		}
		join = f.Joins[i]
	}
	def := &ast.FieldDefinition{Name: f.Name, Type: f.Type, DefaultValue: f.Default}
	if join.Type != nil {
		def.Type = join.Type
	}
	for _, a := range f.Args {
		copied := *a
		copied.Directives = nil
		if !join.External {
			copied.Directives = e.applied(a.Directives)
		}
		def.Arguments = append(def.Arguments, &copied)
	}
	e.addFederationDirectives(def, join)
	if !join.External {
		def.Description = f.Description
		def.Directives = append(def.Directives, e.applied(e.ownDirectives(t, f))...)
		def.Directives = append(def.Directives, e.carriedHere(f.Carried)...)
	}
	if !join.External && (t.Kind == ast.Object || e.isInterfaceObject(t)) && t.Name != e.s.Subscription && e.isShared(t, f) {
		def.Directives = append(def.Directives, e.federation("shareable"))
	}
	return def
}

func (e *extractor) addFederationDirectives(def *ast.FieldDefinition, join FieldJoin) {
	for _, c := range join.ContextArguments {
		context := "$" + c.Context[len(e.s.Graphs[e.g].Name)+len("__"):]
		def.Arguments = append(def.Arguments, &ast.ArgumentDefinition{
			Name: c.Name, Type: c.Type,
			Directives: ast.DirectiveList{e.federation("fromContext", arg("field", stringValue(context+c.Selection)))},
		})
	}
	if join.External {
		def.Directives = append(def.Directives, e.federation("external"))
	}
	if join.Requires != "" {
		def.Directives = append(def.Directives, e.federation("requires", arg("fields", stringValue(join.Requires))))
	}
	if join.Provides != "" {
		def.Directives = append(def.Directives, e.federation("provides", arg("fields", stringValue(join.Provides))))
	}
	if join.Override != "" {
		d := e.federation("override", arg("from", stringValue(join.Override)))
		if join.OverrideLabel != "" {
			d.Arguments = append(d.Arguments, arg("label", stringValue(join.OverrideLabel)))
		}
		def.Directives = append(def.Directives, d)
	}
}

// ownDirectives returns the field's applications without what it gets from elsewhere: an interface's field is guarded by
// what guards it in the implementations, and they by what guards it in an interface object.
func (e *extractor) ownDirectives(t *Type, f *Field) ast.DirectiveList {
	if t.Kind != ast.Interface {
		return f.Directives
	}
	own := e.withoutGuards(f.Directives)
	if !e.isInterfaceObject(t) {
		return own
	}
	guards := f.Directives // of an interface that no type implements
	for _, implementer := range e.s.Types {
		copied := implementer.Field(f.Name)
		if copied == nil || implementer.Kind != ast.Object || !slices.Contains(implementer.InterfaceNames(), t.Name) {
			continue
		}
		if guards = copied.Directives; copied.isCopied() {
			break
		}
		guards = nil // the implementation has them itself
	}
	return append(own, e.guards(guards)...)
}

// isCopied reports whether the field is only provided by interface objects.
func (f *Field) isCopied() bool { return len(f.Joins) == 1 && !f.Joins[0].HasGraph }

// isShared reports whether another subgraph resolves the field too, itself or through an interface object.
func (e *extractor) isShared(t *Type, f *Field) bool {
	if e.resolvers(t, f) > 1 {
		return true
	}
	for _, other := range e.s.Types {
		related := slices.Contains(t.InterfaceNames(), other.Name) || slices.Contains(other.InterfaceNames(), t.Name)
		if !related || other.Field(f.Name) == nil {
			continue
		}
		if t.Kind == ast.Object && hasInterfaceObject(other, other.Field(f.Name)) || t.Kind == ast.Interface && other.Kind == ast.Object {
			return true
		}
	}
	return false
}

func hasInterfaceObject(t *Type, f *Field) bool {
	return slices.ContainsFunc(t.Joins, func(j TypeJoin) bool { return j.IsInterfaceObject && f.inGraph(j.Graph) })
}

func (e *extractor) resolvers(t *Type, f *Field) int {
	if len(f.Joins) == 0 {
		return len(t.Graphs())
	}
	count := 0
	for _, j := range f.Joins {
		if j.HasGraph {
			count++
		}
	}
	return count
}

// lostField returns a field that another subgraph took over from this one, if its type shows that it was here: the
// supergraph's type is none of those that the joins tell. It returns nil otherwise.
func (e *extractor) lostField(f *Field) *ast.FieldDefinition {
	explains := func(j FieldJoin) bool { return j.Type == nil || j.Type.String() == f.Type.String() }
	if !e.isOverridden(f) || slices.ContainsFunc(f.Joins, explains) {
		return nil
	}
	return e.plainField(f)
}

// isOverridden reports whether another subgraph took the field over from this one.
func (e *extractor) isOverridden(f *Field) bool {
	return slices.ContainsFunc(f.Joins, func(j FieldJoin) bool { return j.Override == e.s.Graphs[e.g].Name })
}

// plainField is a field without directives.
func (e *extractor) plainField(f *Field) *ast.FieldDefinition {
	def := &ast.FieldDefinition{Name: f.Name, Type: f.Type}
	for _, a := range f.Args {
		copied := *a
		copied.Directives = nil
		def.Arguments = append(def.Arguments, &copied)
	}
	return def
}

// overriddenFields are the fields that other subgraphs took over from this one, which has nothing else of the type.
func (e *extractor) overriddenFields(t *Type) ast.FieldList {
	var fields ast.FieldList
	for _, f := range t.Fields {
		if e.isOverridden(f) {
			fields = append(fields, e.plainField(f))
		}
	}
	return fields
}
