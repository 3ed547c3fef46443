package supergraph

import (
	"cmp"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Print returns the supergraph as SDL in the standard form that any router reads: the schema, then all directive
// definitions and all types, each sorted by name. The same model always gives the same bytes.
func (s *Supergraph) Print() string {
	return printDocument(s.document())
}

// FormatSchema returns an API schema as SDL, without what every GraphQL schema has built in.
func FormatSchema(schema *ast.Schema) string {
	doc := &ast.SchemaDocument{}
	for _, def := range schema.Types { // printDocument sorts
		if !def.BuiltIn && !isBuiltInScalar(def.Name) {
			doc.Definitions = append(doc.Definitions, withoutIntrospection(def))
		}
	}
	for _, def := range schema.Directives {
		if !isBuiltInDirective(def) {
			doc.Directives = append(doc.Directives, def)
		}
	}
	root := &ast.SchemaDefinition{Description: schema.Description, Directives: schema.SchemaDirectives}
	standard := schema.Description == "" && len(schema.SchemaDirectives) == 0
	for _, r := range []struct {
		op           ast.Operation
		def          *ast.Definition
		standardName string
	}{
		{ast.Query, schema.Query, "Query"},
		{ast.Mutation, schema.Mutation, "Mutation"},
		{ast.Subscription, schema.Subscription, "Subscription"},
	} {
		switch {
		case r.def != nil:
			root.OperationTypes = append(root.OperationTypes, &ast.OperationTypeDefinition{Operation: r.op, Type: r.def.Name})
			standard = standard && r.def.Name == r.standardName
		case schema.Types[r.standardName] != nil:
			standard = false // left out, the type would be taken for the root
		}
	}
	if !standard {
		doc.Schema = ast.SchemaDefinitionList{root}
	}
	return printDocument(doc)
}

func isBuiltInDirective(def *ast.DirectiveDefinition) bool {
	return def.Position != nil && def.Position.Src != nil && def.Position.Src.BuiltIn
}

func withoutIntrospection(def *ast.Definition) *ast.Definition {
	isMeta := func(f *ast.FieldDefinition) bool { return strings.HasPrefix(f.Name, "__") }
	if !slices.ContainsFunc(def.Fields, isMeta) {
		return def
	}
	copied := *def
	copied.Fields = slices.DeleteFunc(slices.Clone(def.Fields), isMeta)
	return &copied
}

func printDocument(doc *ast.SchemaDocument) string {
	p := &printer{}
	for _, s := range doc.Schema {
		p.schema(s, "schema")
	}
	for _, s := range doc.SchemaExtension {
		p.schema(s, "extend schema")
	}
	directives := slices.Clone(doc.Directives)
	slices.SortStableFunc(directives, func(a, b *ast.DirectiveDefinition) int { return cmp.Compare(a.Name, b.Name) })
	for _, d := range directives {
		p.directiveDefinition(d)
	}
	definitions := slices.Clone(doc.Definitions)
	slices.SortStableFunc(definitions, func(a, b *ast.Definition) int { return cmp.Compare(a.Name, b.Name) })
	for _, d := range definitions {
		p.definition(d, "")
	}
	for _, d := range doc.Extensions {
		p.definition(d, "extend ")
	}
	return p.String()
}

// printer writes SDL: two spaces of indentation, a blank line between definitions, a type's directives on lines of
// their own.
type printer struct{ strings.Builder }

func (p *printer) put(parts ...string) {
	for _, s := range parts {
		p.WriteString(s)
	}
}

// separate puts a blank line before all definitions but the first.
func (p *printer) separate() {
	if p.Len() > 0 {
		p.put("\n")
	}
}

func (p *printer) schema(s *ast.SchemaDefinition, keyword string) {
	p.separate()
	p.description(s.Description, "")
	p.put(keyword)
	p.directiveLines(s.Directives)
	if len(s.OperationTypes) == 0 {
		p.put("\n")
		return
	}
	p.openBrace(s.Directives)
	for _, op := range s.OperationTypes {
		p.put("  ", string(op.Operation), ": ", op.Type, "\n")
	}
	p.put("}\n")
}

func (p *printer) directiveDefinition(d *ast.DirectiveDefinition) {
	p.separate()
	p.description(d.Description, "")
	p.put("directive @", d.Name)
	p.arguments(d.Arguments, "")
	if d.IsRepeatable {
		p.put(" repeatable")
	}
	p.put(" on ")
	for i, l := range d.Locations {
		if i > 0 {
			p.put(" | ")
		}
		p.put(string(l))
	}
	p.put("\n")
}

var keywords = map[ast.DefinitionKind]string{
	ast.Scalar: "scalar ", ast.Object: "type ", ast.Interface: "interface ",
	ast.Union: "union ", ast.Enum: "enum ", ast.InputObject: "input ",
}

func (p *printer) definition(d *ast.Definition, extend string) {
	p.separate()
	p.description(d.Description, "")
	p.put(extend, keywords[d.Kind], d.Name)
	for i, name := range d.Interfaces {
		if i == 0 {
			p.put(" implements ", name)
		} else {
			p.put(" & ", name)
		}
	}
	p.directiveLines(d.Directives)
	switch d.Kind {
	case ast.Union:
		for i, name := range d.Types {
			switch {
			case i > 0:
				p.put(" | ", name)
			case len(d.Directives) > 0:
				p.put("\n  = ", name)
			default:
				p.put(" = ", name)
			}
		}
		p.put("\n")
	case ast.Enum:
		p.openBrace(d.Directives)
		for i, v := range d.EnumValues {
			p.memberGap(i, v.Description)
			p.description(v.Description, "  ")
			p.put("  ", v.Name)
			p.directives(v.Directives)
			p.put("\n")
		}
		p.put("}\n")
	case ast.Scalar:
		p.put("\n")
	default:
		if len(d.Fields) == 0 {
			p.put("\n")
			return
		}
		p.openBrace(d.Directives)
		for i, f := range d.Fields {
			p.memberGap(i, f.Description)
			p.field(f)
		}
		p.put("}\n")
	}
}

// openBrace follows directive lines on a line of its own.
func (p *printer) openBrace(directives ast.DirectiveList) {
	if len(directives) > 0 {
		p.put("\n{\n")
	} else {
		p.put(" {\n")
	}
}

// memberGap puts a blank line before a described member, so that its description reads as its own.
func (p *printer) memberGap(i int, description string) {
	if i > 0 && description != "" {
		p.put("\n")
	}
}

func (p *printer) field(f *ast.FieldDefinition) {
	p.description(f.Description, "  ")
	p.put("  ", f.Name)
	p.arguments(f.Arguments, "  ")
	p.put(": ", f.Type.String())
	p.defaultValue(f.DefaultValue)
	p.directives(f.Directives)
	p.put("\n")
}

// arguments go on one line, or on lines of their own when one has a description.
func (p *printer) arguments(args ast.ArgumentDefinitionList, indent string) {
	if len(args) == 0 {
		return
	}
	described := slices.ContainsFunc(args, func(a *ast.ArgumentDefinition) bool { return a.Description != "" })
	p.put("(")
	for i, a := range args {
		if described {
			p.put("\n")
			p.memberGap(i, a.Description)
			p.description(a.Description, indent+"  ")
			p.put(indent, "  ")
		} else if i > 0 {
			p.put(", ")
		}
		p.put(a.Name, ": ", a.Type.String())
		p.defaultValue(a.DefaultValue)
		p.directives(a.Directives)
	}
	if described {
		p.put("\n", indent)
	}
	p.put(")")
}

func (p *printer) defaultValue(v *ast.Value) {
	if v != nil {
		p.put(" = ")
		p.value(v)
	}
}

func (p *printer) directiveLines(list ast.DirectiveList) {
	for _, d := range list {
		p.put("\n  ")
		p.directive(d)
	}
}

func (p *printer) directives(list ast.DirectiveList) {
	for _, d := range list {
		p.put(" ")
		p.directive(d)
	}
}

func (p *printer) directive(d *ast.Directive) {
	p.put("@", d.Name)
	if len(d.Arguments) == 0 {
		return
	}
	p.put("(")
	for i, a := range d.Arguments {
		if i > 0 {
			p.put(", ")
		}
		p.put(a.Name, ": ")
		p.value(a.Value)
	}
	p.put(")")
}

func (p *printer) value(v *ast.Value) {
	switch v.Kind {
	case ast.ListValue:
		p.put("[")
		for i, c := range v.Children {
			if i > 0 {
				p.put(", ")
			}
			p.value(c.Value)
		}
		p.put("]")
	case ast.ObjectValue:
		p.put("{")
		for i, c := range v.Children {
			if i > 0 {
				p.put(", ")
			}
			p.put(c.Name, ": ")
			p.value(c.Value)
		}
		p.put("}")
	default:
		p.put(v.String())
	}
}

func (p *printer) description(text, indent string) {
	if text == "" {
		return
	}
	if !fitsBlockString(text) {
		p.put(indent, stringValue(text).String(), "\n")
		return
	}
	p.put(indent, `"""`, "\n")
	for line := range strings.SplitSeq(text, "\n") {
		if line != "" {
			p.put(indent, strings.ReplaceAll(line, `"""`, `\"""`))
		}
		p.put("\n")
	}
	p.put(indent, `"""`, "\n")
}

// fitsBlockString reports whether a block string says exactly this text: what is read back from one has no common
// indentation, no blank lines at its ends, and its control characters cannot be escaped.
func fitsBlockString(text string) bool {
	lines := strings.Split(text, "\n")
	isBlank := func(line string) bool { return strings.Trim(line, " \t") == "" }
	if isBlank(lines[0]) || isBlank(lines[len(lines)-1]) || strings.HasSuffix(text, `\`) {
		return false
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7f }) {
		return false
	}
	return slices.ContainsFunc(lines, func(line string) bool {
		return !isBlank(line) && line[0] != ' ' && line[0] != '\t'
	})
}
