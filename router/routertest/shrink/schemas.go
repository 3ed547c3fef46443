package shrink

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/parser"
)

// together removes types, then fields, from all schemas at once.
func together(sdls []string, fails func([]string) bool, tries int) []string {
	for _, name := range coordinates(sdls) {
		if tries--; tries < 0 {
			break
		}
		candidate := make([]string, len(sdls))
		for i, sdl := range sdls {
			candidate[i] = withoutCoordinate(sdl, name)
		}
		if !slices.Contains(candidate, "") && !slices.Equal(candidate, sdls) && fails(candidate) {
			sdls = candidate
		}
	}
	return sdls
}

// coordinates lists all types ("User"), then all fields ("User.name").
func coordinates(sdls []string) []string {
	var types, fields []string
	for _, sdl := range sdls {
		document, err := parser.ParseSchema(&ast.Source{Input: sdl})
		if err != nil {
			continue
		}
		for _, d := range slices.Concat(document.Definitions, document.Extensions) {
			types = append(types, d.Name)
			for _, f := range d.Fields {
				fields = append(fields, d.Name+"."+f.Name)
			}
		}
	}
	slices.Sort(types)
	slices.Sort(fields)
	return append(slices.Compact(types), slices.Compact(fields)...)
}

// withoutCoordinate removes one type or field, and what refers to it, from a schema.
func withoutCoordinate(sdl, coordinate string) string {
	document, err := parser.ParseSchema(&ast.Source{Input: sdl})
	if err != nil {
		return ""
	}
	typeName, fieldName, isField := strings.Cut(coordinate, ".")
	for _, definitions := range []*ast.DefinitionList{&document.Definitions, &document.Extensions} {
		*definitions = slices.DeleteFunc(*definitions, func(d *ast.Definition) bool { return !isField && d.Name == typeName })
		for _, d := range *definitions {
			if isField && d.Name == typeName {
				d.Fields = slices.DeleteFunc(d.Fields, func(f *ast.FieldDefinition) bool { return f.Name == fieldName })
			}
		}
	}
	return printSchema(document)
}

// printSchema prints what is left of a schema less what refers to something that is gone, or that nothing uses any
// more.
func printSchema(document *ast.SchemaDocument) string {
	for range 5 { // each round may leave new loose ends
		tidySchema(document)
	}
	var out bytes.Buffer
	formatter.NewFormatter(&out, formatter.WithIndent("  ")).FormatSchemaDocument(document)
	return out.String()
}

func tidySchema(document *ast.SchemaDocument) {
	known := map[string]bool{"Int": true, "Float": true, "String": true, "Boolean": true, "ID": true}
	for _, d := range document.Definitions {
		known[d.Name] = true
	}
	for _, d := range document.Extensions {
		known[d.Name] = true
	}
	used := wordsInDirectives(document)
	for _, definitions := range []*ast.DefinitionList{&document.Definitions, &document.Extensions} {
		for _, d := range *definitions {
			d.Interfaces = slices.DeleteFunc(slices.Clone(d.Interfaces), func(name string) bool { return !known[name] })
			d.Types = slices.DeleteFunc(slices.Clone(d.Types), func(name string) bool { return !known[name] })
			d.Fields = slices.DeleteFunc(slices.Clone(d.Fields), func(f *ast.FieldDefinition) bool {
				return !known[f.Type.Name()] || (f.Directives.ForName("external") != nil && !used[f.Name])
			})
			for _, f := range d.Fields {
				f.Arguments = slices.DeleteFunc(slices.Clone(f.Arguments), func(a *ast.ArgumentDefinition) bool { return !known[a.Type.Name()] })
			}
		}
		*definitions = slices.DeleteFunc(slices.Clone(*definitions), func(d *ast.Definition) bool {
			return d.Kind != ast.Scalar && len(d.Fields)+len(d.Types)+len(d.EnumValues) == 0
		})
	}
}

var word = regexp.MustCompile(`\w+`)

// wordsInDirectives are all words in arguments of directives: whatever a field set names is among them.
func wordsInDirectives(document *ast.SchemaDocument) map[string]bool {
	words := map[string]bool{}
	note := func(directives ast.DirectiveList) {
		for _, d := range directives {
			for _, a := range d.Arguments {
				for _, w := range word.FindAllString(a.Value.Raw, -1) {
					words[w] = true
				}
			}
		}
	}
	for _, d := range slices.Concat(document.Definitions, document.Extensions) {
		note(d.Directives)
		for _, f := range d.Fields {
			note(f.Directives)
			for _, a := range f.Arguments {
				note(a.Directives)
			}
		}
	}
	return words
}
