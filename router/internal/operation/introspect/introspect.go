// Package introspect answers __schema and __type from the API schema (section 4 of the specification, of October 2021,
// with isOneOf), so that no subgraph is asked. Answers are cached: a tool that polls the schema costs a look-up.
package introspect

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/internal/gqlerr"
	"github.com/tributary-gql/tributary/router/internal/operation"
)

// maxAnswerBytes bounds one answer: aliases could ask for the same list many times.
const maxAnswerBytes = 64 << 20

// Introspector answers for one schema. It is safe for concurrent use.
type Introspector struct {
	schema     *operation.Schema
	types      []string // that are listed, sorted
	directives []string
	answers    *answers
	maxBytes   int // of one answer
}

// New prepares a schema for introspection.
func New(schema *operation.Schema) *Introspector {
	return &Introspector{
		schema: schema, types: listedTypes(schema.AST), directives: listedDirectives(schema.AST), answers: newAnswers(), maxBytes: maxAnswerBytes,
	}
}

// Answer gives the JSON of the field of o that is __schema or __type and has that operation.IntrospectionName. variables
// are o's, coerced. The answer may be shared: it must not be changed.
func (i *Introspector) Answer(o *operation.Operation, variables [][]byte, name string) ([]byte, error) {
	field := fieldNamed(o, name)
	if field == nil {
		return nil, gqlerr.New(gqlerr.InternalServerError, "%q is not an introspection field of the operation.", name)
	}
	values := make(map[string][]byte, len(variables))
	for v, value := range variables {
		values[o.Variables[v].Name] = value
	}
	key := answerKey(o, name, field, values)
	if known, ok := i.answers.get(key); ok {
		return known, nil
	}
	w := writer{Introspector: i, values: values}
	w.root(field)
	if w.failed != nil {
		return nil, w.failed
	}
	made := bytes.Clone(w.out)
	i.answers.add(key, made)
	return made, nil
}

// fieldNamed finds an introspection field; only one that is not at the root makes it look at all selection sets.
func fieldNamed(o *operation.Operation, name string) *operation.Field {
	sets := []*operation.SelectionSet{o.Root}
	if strings.Contains(name, "/") {
		sets = o.Sets()
	}
	for _, set := range sets {
		for _, f := range set.Fields {
			if f.IsIntrospection() && set.IntrospectionName(f) == name {
				return f
			}
		}
	}
	return nil
}

// answerKey is what an answer depends on besides the schema: the operation, the field, and the variables below it.
func answerKey(o *operation.Operation, name string, field *operation.Field, values map[string][]byte) string {
	key := append([]byte(nil), o.Hash[:]...)
	key = append(append(key, name...), 0)
	for _, name := range variablesBelow(field) {
		value := values[name]
		key = append(append(key, name...), 0)
		if value == nil {
			key = append(key, 0)
			continue
		}
		key = binary.AppendUvarint(key, uint64(len(value))+1)
		key = append(key, value...)
	}
	return string(key)
}

// variablesBelow are the variables that a field and what is below it use, sorted.
func variablesBelow(field *operation.Field) []string {
	var names []string
	seen := map[*operation.SelectionSet]bool{}
	var visit func(*operation.Field)
	visit = func(f *operation.Field) {
		for _, a := range f.Args {
			if a.Value.Kind == ast.Variable {
				names = append(names, a.Value.Raw)
			}
		}
		if f.Condition != nil {
			for _, row := range f.Condition.AnyOf {
				for _, l := range row {
					names = append(names, l.Variable)
				}
			}
		}
		if f.Selections == nil || seen[f.Selections] {
			return
		}
		seen[f.Selections] = true
		for _, below := range f.Selections.Fields {
			visit(below)
		}
	}
	visit(field)
	slices.Sort(names)
	return slices.Compact(names)
}

// listedTypes are the names of all types but the built-in scalars that nothing refers to (section 3.5).
func listedTypes(schema *ast.Schema) []string {
	used := map[string]bool{"String": true, "Boolean": true}
	use := func(t *ast.Type) { used[t.Name()] = true }
	useArguments := func(arguments ast.ArgumentDefinitionList) {
		for _, a := range arguments {
			use(a.Type)
		}
	}
	for _, t := range schema.Types {
		for _, f := range t.Fields {
			use(f.Type)
			useArguments(f.Arguments)
		}
	}
	for name, d := range schema.Directives {
		if listsDirective(name, d) {
			useArguments(d.Arguments)
		}
	}
	var names []string
	for name := range schema.Types {
		switch name {
		case "Int", "Float", "ID":
			if !used[name] {
				continue
			}
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func listedDirectives(schema *ast.Schema) []string {
	var names []string
	for name, d := range schema.Directives {
		if listsDirective(name, d) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// listsDirective leaves out @defer unless the schema itself defines it: the parser knows it always.
func listsDirective(name string, d *ast.DirectiveDefinition) bool {
	return name != "defer" || d.Position == nil || d.Position.Src == nil || !d.Position.Src.BuiltIn
}

// ownFields are a type's fields without those that every query type has.
func ownFields(t *ast.Definition) ast.FieldList {
	return slices.DeleteFunc(slices.Clone(t.Fields), func(f *ast.FieldDefinition) bool {
		return strings.HasPrefix(f.Name, "__")
	})
}
