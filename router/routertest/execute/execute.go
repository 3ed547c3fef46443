// Package execute is a small GraphQL executor by the specification (section 6) over the objects of a simulated world:
// fragments, @skip and @include, merging of fields, argument coercion, completion and null propagation. It knows
// nothing of federation; a Backend tells it what fields are.
//
// The document must be valid for the schema.
package execute

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/routertest/coerce"
	"github.com/tributary-gql/tributary/router/routertest/world"
)

// Node is an object with the way to it.
type Node struct {
	Object *world.Object
	Parent *Node // the object whose field holds this one; nil for the root
	Extra  any   // world.Value.Extra
}

// Field is one field to resolve.
type Field struct {
	Name       string
	Definition *ast.FieldDefinition
	Arguments  map[string]any // coerced
	Path       []any          // strings and ints; valid during the call
	Declared   []string       // the types on which the document asks for it
}

// Backend says what objects are and what their fields hold. Calls come one after the other.
type Backend interface {
	// TypeName is the name of the node's object type in the schema.
	TypeName(*Node) string
	Resolve(*Node, Field) world.Value
}

// Error is a GraphQL error with the place of the field that failed.
type Error struct {
	Message string
	Path    []any // strings and ints
}

// Result is what an operation answers.
type Result struct {
	Data   []byte // compact JSON, "null" included
	Errors []Error
	// Roots are the names of the root fields in the order in which they were resolved.
	Roots []string
}

// Options change what the executor checks.
type Options struct {
	// Lenient: nulls stay where they are, also in non-null places. Only broken subgraphs do that.
	Lenient bool
}

// Run executes one operation. Variables are coerced already.
func Run(schema *ast.Schema, operation *ast.OperationDefinition, variables map[string]any, root *world.Object, backend Backend, options Options) Result {
	e := &executor{schema: schema, variables: variables, backend: backend, options: options}
	if !e.object(&Node{Object: root}, []ast.SelectionSet{operation.SelectionSet}) {
		e.out = []byte("null")
	}
	return Result{Data: e.out, Errors: e.errors, Roots: e.roots}
}

type executor struct {
	schema    *ast.Schema
	variables map[string]any
	backend   Backend
	options   Options
	out       []byte
	path      []any
	errors    []Error
	roots     []string
}

func (e *executor) fail(format string, args ...any) {
	e.errors = append(e.errors, Error{Message: fmt.Sprintf(format, args...), Path: slices.Clone(e.path)})
}

// object writes an object. It returns false, with nothing written, when a non-null field of it is null.
func (e *executor) object(node *Node, selections []ast.SelectionSet) bool {
	typeName := e.backend.TypeName(node)
	definition := e.schema.Types[typeName]
	if definition == nil {
		e.fail("an object of type %q, which the schema does not have", typeName)
		return e.options.Lenient
	}
	groups := &groups{executor: e, definition: definition, seen: map[string]bool{}}
	for _, selection := range selections {
		groups.collect(selection)
	}
	start, complete := len(e.out), true
	e.out = append(e.out, '{')
	for i, responseName := range groups.order {
		if i > 0 {
			e.out = append(e.out, ',')
		}
		e.out = strconv.AppendQuote(e.out, responseName)
		e.out = append(e.out, ':')
		e.path = append(e.path, responseName)
		complete = e.field(node, definition, groups.fields[responseName]) && complete
		e.path = e.path[:len(e.path)-1]
	}
	if !complete && !e.options.Lenient {
		e.out = e.out[:start]
		return false
	}
	e.out = append(e.out, '}')
	return true
}

// field writes the value of one field; false means that it is null where it may not be.
func (e *executor) field(node *Node, definition *ast.Definition, asked []*ast.Field) bool {
	name := asked[0].Name
	if name == "__typename" {
		e.out = strconv.AppendQuote(e.out, definition.Name)
		return true
	}
	fieldDefinition := definition.Fields.ForName(name)
	if fieldDefinition == nil {
		e.fail("type %s has no field %s", definition.Name, name)
		return e.null(false)
	}
	arguments, err := coerce.Arguments(e.schema, fieldDefinition.Arguments, asked[0].Arguments, e.variables)
	if err != nil {
		e.fail("%v", err)
		return e.null(fieldDefinition.Type.NonNull)
	}
	selections, declared := make([]ast.SelectionSet, len(asked)), make([]string, len(asked))
	for i, field := range asked {
		selections[i], declared[i] = field.SelectionSet, field.ObjectDefinition.Name
	}
	if node.Parent == nil {
		e.roots = append(e.roots, name)
	}
	value := e.backend.Resolve(node, Field{
		Name: name, Definition: fieldDefinition, Arguments: arguments, Path: e.path, Declared: declared,
	})
	return e.complete(node, fieldDefinition.Type, value, selections)
}

// null writes null; it returns false where that is not allowed.
func (e *executor) null(nonNull bool) bool {
	e.out = append(e.out, "null"...)
	return !nonNull
}

// complete writes a value of a type. False means null where it may not be, and null was written.
func (e *executor) complete(node *Node, t *ast.Type, value world.Value, selections []ast.SelectionSet) bool {
	switch value.Kind {
	case world.Failed:
		e.fail("%s", value.Message)
		return e.null(t.NonNull)
	case world.Null:
		if t.NonNull && !e.options.Lenient {
			e.fail("null for a field of type %s", t)
		}
		return e.null(t.NonNull)
	case world.Leaf:
		e.out = append(e.out, value.Raw...)
		return true
	case world.Composite:
		child := &Node{Object: value.Object, Parent: node, Extra: value.Extra}
		if declared := e.schema.Types[t.Name()]; declared == nil || !e.satisfies(declared, e.backend.TypeName(child)) {
			e.fail("an object of type %s for a field of type %s", e.backend.TypeName(child), t)
			return e.null(t.NonNull)
		}
		if !e.object(child, selections) {
			return e.null(t.NonNull)
		}
		return true
	}
	if t.Elem == nil {
		e.fail("a list for a field of type %s", t)
		return e.null(t.NonNull)
	}
	start, complete := len(e.out), true
	e.out = append(e.out, '[')
	for i, item := range value.Items {
		if i > 0 {
			e.out = append(e.out, ',')
		}
		e.path = append(e.path, i)
		complete = e.complete(node, t.Elem, item, selections) && complete
		e.path = e.path[:len(e.path)-1]
	}
	if !complete && !e.options.Lenient {
		e.out = e.out[:start]
		return e.null(t.NonNull)
	}
	e.out = append(e.out, ']')
	return true
}

// satisfies tells whether an object type fits a type condition or a field's type.
func (e *executor) satisfies(condition *ast.Definition, objectType string) bool {
	return slices.ContainsFunc(e.schema.GetPossibleTypes(condition), func(d *ast.Definition) bool { return d.Name == objectType })
}

// groups collects the fields of one object by response name.
type groups struct {
	executor   *executor
	definition *ast.Definition
	order      []string
	fields     map[string][]*ast.Field
	seen       map[string]bool // named fragments
}

func (g *groups) collect(selections ast.SelectionSet) {
	for _, s := range selections {
		switch s := s.(type) {
		case *ast.Field:
			if !g.executor.included(s.Directives) {
				continue
			}
			if g.fields == nil {
				g.fields = map[string][]*ast.Field{}
			}
			if g.fields[s.Alias] == nil {
				g.order = append(g.order, s.Alias)
			}
			g.fields[s.Alias] = append(g.fields[s.Alias], s)
		case *ast.InlineFragment:
			if g.executor.included(s.Directives) && g.applies(s.TypeCondition) {
				g.collect(s.SelectionSet)
			}
		case *ast.FragmentSpread:
			if g.seen[s.Name] || !g.executor.included(s.Directives) {
				continue
			}
			g.seen[s.Name] = true
			if g.applies(s.Definition.TypeCondition) {
				g.collect(s.Definition.SelectionSet)
			}
		}
	}
}

func (g *groups) applies(condition string) bool {
	if condition == "" {
		return true
	}
	definition := g.executor.schema.Types[condition]
	return definition != nil && g.executor.satisfies(definition, g.definition.Name)
}

// included evaluates @skip and @include.
func (e *executor) included(directives ast.DirectiveList) bool {
	holds := func(name string) (value, present bool) {
		directive := directives.ForName(name)
		if directive == nil {
			return false, false
		}
		argument := directive.Arguments.ForName("if").Value
		if argument.Kind == ast.Variable {
			value, _ = e.variables[argument.Raw].(bool)
			return value, true
		}
		return argument.Raw == "true", true
	}
	if skip, present := holds("skip"); present && skip {
		return false
	}
	include, present := holds("include")
	return !present || include
}

// JSON is the result as a GraphQL response.
func (r Result) JSON() []byte {
	out := []byte(`{"data":`)
	out = append(out, r.Data...)
	if len(r.Errors) > 0 {
		out = append(out, `,"errors":[`...)
		for i, err := range r.Errors {
			if i > 0 {
				out = append(out, ',')
			}
			message, _ := json.Marshal(err.Message) // strings always marshal
			path, _ := json.Marshal(err.Path)       // strings and ints always marshal
			out = append(append(out, `{"message":`...), message...)
			out = append(append(append(out, `,"path":`...), path...), '}')
		}
		out = append(out, ']')
	}
	return append(out, '}')
}
