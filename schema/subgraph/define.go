package subgraph

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
)

// namer says what a schema calls the elements of a specification ("@key", "FieldSet"); the result has no "@".
type namer func(element string) string

func plainName(element string) string { return strings.TrimPrefix(element, "@") }

// federation1Name is plainName with federation 1's name for field sets.
func federation1Name(element string) string {
	if element == "FieldSet" {
		return "_FieldSet"
	}
	return plainName(element)
}

// define adds the types and directives that GraphQL, the links, and federation 1 imply, and compares those that the SDL
// defines itself with what they have to be.
func (b *builder) define() {
	b.defineSpec(builtins(), nil, Version{}, plainName)
	for _, l := range b.s.links {
		if l.spec != nil {
			b.defineSpec(l.spec, l.Link, l.Version, l.nameOf)
		}
	}
	if !b.s.isFederation2() {
		b.defineFederation1()
	}
	for _, m := range machineryTypes {
		if t := b.s.types[m.name]; t != nil {
			t.machinery = true
			b.checkKind(t, m.kind)
		}
	}
	for _, name := range []string{"Int", "Float", "String", "Boolean", "ID"} {
		if t := b.s.types[name]; t != nil {
			b.checkKind(t, ast.Scalar)
		}
	}
	b.markLinked()
}

// defineFederation1 adds what federation 1 schemas have without a link. Old libraries wrote out definitions of @key, @requires and
// @provides that were slightly off, and nothing minded: those are taken for the real ones.
func (b *builder) defineFederation1() {
	for _, name := range []string{"key", "requires", "provides"} {
		def := b.userDirectives[name]
		if def == nil {
			continue
		}
		fields := def.Argument("fields")
		if len(def.Arguments) == 0 || fields != nil && isKnownMistake(fields.Type.String()) {
			b.removeDirective(def)
		}
	}
	b.defineSpec(federation1(), nil, Version{}, federation1Name)
}

func isKnownMistake(fieldsType string) bool {
	switch fieldsType {
	case "String", "_FieldSet", "FieldSet", "FieldSet!":
		return true
	}
	return false
}

func (b *builder) removeDirective(def *Directive) {
	delete(b.userDirectives, def.Name)
	delete(b.s.directives, def.Name)
	for i, d := range b.s.Directives {
		if d == def {
			b.s.Directives = append(b.s.Directives[:i:i], b.s.Directives[i+1:]...)
			return
		}
	}
}

// defineSpec brings a specification's elements into the schema.
func (b *builder) defineSpec(spec *spec, l *Link, version Version, name namer) {
	isType := map[string]bool{}
	for i := range spec.elements {
		if e := &spec.elements[i]; e.in(version) && e.typ != nil {
			isType[e.typ.Name] = true
			b.defineType(spec, e.typ, name(e.name()))
		}
	}
	for i := range spec.elements {
		e := &spec.elements[i]
		if !e.in(version) || e.directive == nil {
			continue
		}
		expected := instantiate(e.directive, name(e.name()), func(typeName string) string {
			if isType[typeName] {
				return name(typeName)
			}
			return typeName
		})
		b.defineDirective(e, expected, l)
	}
}

func (b *builder) defineType(spec *spec, def *ast.Definition, name string) {
	t := b.s.types[name]
	if t == nil {
		t = &Type{Name: name, DeclaredName: name, Kind: def.Kind, HasDefinition: true, machinery: spec.machinery}
		for _, value := range def.EnumValues {
			v := &EnumValue{Parent: t, Name: value.Name}
			t.Values = append(t.Values, v)
			if t.values == nil {
				t.values = map[string]*EnumValue{}
			}
			t.values[value.Name] = v
		}
		b.s.types[name] = t
		b.s.Types = append(b.s.Types, t)
		return
	}
	t.machinery = t.machinery || spec.machinery
	b.checkKind(t, def.Kind)
	if t.Kind != ast.Enum || def.Kind != ast.Enum {
		return
	}
	const fix = "Remove the definition; it is added on its own."
	for _, value := range def.EnumValues {
		if t.Value(value.Name) == nil {
			b.add(diag.TypeDefinitionInvalid, t.Position, fix, "Enum type %q must have the value %q.", name, value.Name)
		}
	}
	for _, value := range t.Values {
		if def.EnumValues.ForName(value.Name) == nil {
			b.add(diag.TypeDefinitionInvalid, value.Position, fix, "Enum type %q has no value %q.", name, value.Name)
		}
	}
}

// checkKind compares the kind of a type that has a fixed meaning.
func (b *builder) checkKind(t *Type, kind ast.DefinitionKind) {
	if t.Kind != kind {
		b.add(diag.TypeDefinitionInvalid, t.Position, "Rename the type, or remove it if it stands for the built-in one.",
			"Type %q must be %s, but is defined as %s.", t.Name, kindName(kind), kindName(t.Kind))
	}
}

// instantiate makes a definition from the table with the names of one schema.
func instantiate(def *ast.DirectiveDefinition, name string, typeName func(string) string) *Directive {
	d := &Directive{Name: name, Locations: def.Locations, Repeatable: def.IsRepeatable}
	for _, arg := range def.Arguments {
		d.Arguments = append(d.Arguments, &Argument{Name: arg.Name, Type: renameType(arg.Type, typeName), Default: arg.DefaultValue})
	}
	return d
}

// renameType returns the type with its innermost name mapped; what does not change is shared.
func renameType(t *ast.Type, name func(string) string) *ast.Type {
	if t == nil {
		return nil
	}
	if t.Elem == nil {
		if to := name(t.NamedType); to != t.NamedType {
			return &ast.Type{NamedType: to, NonNull: t.NonNull, Position: t.Position}
		}
		return t
	}
	if elem := renameType(t.Elem, name); elem != t.Elem {
		return &ast.Type{Elem: elem, NonNull: t.NonNull, Position: t.Position}
	}
	return t
}

func (b *builder) defineDirective(e *specElement, expected *Directive, l *Link) {
	meaning := known[e.directive.Name]
	d := b.s.directives[expected.Name]
	switch {
	case d == nil:
		d = expected
		b.s.directives[d.Name] = d
		b.s.Directives = append(b.s.Directives, d)
	case b.userDirectives[d.Name] == d && d.Known == "":
		b.checkDefinition(d, expected)
	case meaning != "" && d.Known == meaning:
		return // two links bring the same directive
	default:
		b.add(diag.InvalidLinkDirectiveUsage, b.linkPosition(l), "Rename one of them in the import list of its link.",
			"\"@%s\" stands for two directives: that of %s, and that of %s.", d.Name, describe(d), describe(&Directive{Link: l}))
		return
	}
	d.Known, d.Link, d.NameInFeature = meaning, l, e.directive.Name
	if l == nil {
		d.NameInFeature = ""
	}
	if meaning != "" && b.s.names[meaning] == "" {
		b.s.names[meaning] = d.Name
	}
}

func (b *builder) linkPosition(l *Link) *ast.Position {
	if l == nil || l.Application == nil {
		return nil
	}
	return atSign(l.Application.Position)
}

func describe(d *Directive) string {
	if d.Link == nil {
		return "GraphQL"
	}
	return d.Link.URL
}

// markLinked finds, for definitions that no table knows, the linked feature they come from; and gives every application its
// definition.
func (b *builder) markLinked() {
	b.s.imports = indexImports(b.s.links)
	for _, d := range b.s.Directives {
		if d.Link == nil && d.Known == "" {
			d.Link, d.NameInFeature = b.s.featureOf(d.Name, true)
		}
	}
	for _, t := range b.s.Types {
		if l, _ := b.s.featureOf(t.Name, false); l != nil && (l.Identity == JoinIdentity || l.Identity == FederationIdentity || l.Identity == LinkIdentity) {
			t.machinery = true
		}
	}
	b.s.bind()
}

// bind gives every application its definition and meaning.
func (s *Subgraph) bind() {
	for e := range s.elements {
		for _, app := range e.applied {
			d := s.directives[app.Name]
			if d == nil {
				app.Link, app.NameInFeature = s.featureOf(app.Name, true)
				continue
			}
			app.Definition, app.Known, app.Link, app.NameInFeature = d, d.Known, d.Link, d.NameInFeature
		}
	}
}

// featureOf returns the linked feature that an element of that name belongs to, and what it is called there: an element is the
// feature's by its prefix, by the import list, or (a directive) by having the feature's own name.
func (s *Subgraph) featureOf(name string, directive bool) (*Link, string) {
	if prefix, rest, ok := strings.Cut(name, "__"); ok {
		if l := s.imports[prefix+"__"]; l.link != nil {
			return l.link, rest
		}
		return nil, ""
	}
	if directive {
		name = "@" + name
	}
	found := s.imports[name]
	return found.link, found.name
}

// imported is a linked feature and the name, without "@", of one of its elements there.
type imported struct {
	link *Link
	name string
}

// indexImports maps the schema's names of linked elements to the features: "@tag" and "FieldSet" for imports, "@cost" for a feature's
// directive of its own name, "cost__" for the prefix.
func indexImports(links []*link) map[string]imported {
	out := make(map[string]imported, 32)
	for _, l := range links {
		for _, i := range l.Imports {
			local := i.Name
			if i.As != "" {
				local = i.As
			}
			if _, taken := out[local]; !taken {
				out[local] = imported{l.Link, plainName(i.Name)}
			}
		}
	}
	for _, l := range links {
		space := l.namespace()
		out[space+"__"] = imported{link: l.Link}
		if _, taken := out["@"+space]; !taken {
			out["@"+space] = imported{l.Link, l.Name}
		}
	}
	return out
}
