package operation

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"

	"github.com/tributary-gql/tributary/router/internal/operation/coerce"
	"github.com/tributary-gql/tributary/router/internal/operation/validate"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// Schema is an API schema prepared for operations: everything about it that does not depend on a document is computed
// once. It is immutable and safe for concurrent use.
type Schema struct {
	// AST is the API schema itself; nobody may change it.
	AST *ast.Schema

	objects  []string           // object types, sorted
	possible map[string][]int32 // of every composite type: ascending indexes into objects
	fields   map[string]map[string]*fieldInfo
	// varied are the fields of interfaces, as "Interface.field", whose nullability or list depth differs between
	// implementations.
	varied map[string]bool
	// marked are the fields of interfaces, as "Interface.field", that have directives in the supergraph.
	marked map[string]bool
	inputs coerce.Types

	validator *validate.Validator
}

// fieldInfo is a field with its type spelled out.
type fieldInfo struct {
	definition *ast.FieldDefinition
	text       string // of the type, e.g. "[Product!]!"
}

// NewSchema prepares the API schema of a supergraph.
func NewSchema(sg *supergraph.Supergraph) (*Schema, error) {
	api, err := sg.API()
	if err != nil {
		return nil, fmt.Errorf("derive the API schema: %w", err)
	}
	s, err := NewSchemaFromAST(api)
	if err != nil {
		return nil, err
	}
	for _, t := range sg.Types {
		if t.Kind == ast.Interface {
			s.markFields(t)
		}
	}
	return s, nil
}

// markFields notes the fields of an interface that have directives which may demand something of who asks.
func (s *Schema) markFields(t *supergraph.Type) {
	for _, f := range t.Fields {
		for _, d := range f.Directives {
			switch d.Name {
			case "deprecated", "tag", "inaccessible", "cost", "listSize":
			default:
				s.marked[t.Name+"."+f.Name] = true
			}
		}
	}
}

// throughOf is what Field.Through promises.
func (s *Schema) throughOf(entries []entry) []string {
	if len(s.marked) == 0 {
		return nil
	}
	var names []string
	for _, e := range entries {
		if e.field.ObjectDefinition != nil && s.marked[e.field.ObjectDefinition.Name+"."+e.field.Name] {
			names = append(names, e.field.ObjectDefinition.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// NewSchemaFromAST prepares an API schema that gqlparser has loaded and validated.
func NewSchemaFromAST(schema *ast.Schema) (*Schema, error) {
	if schema == nil || schema.Query == nil {
		return nil, fmt.Errorf("the API schema has no query type")
	}
	s := &Schema{
		AST: schema, inputs: coerce.Compile(schema), validator: validate.New(schema), possible: map[string][]int32{}, fields: map[string]map[string]*fieldInfo{}, varied: map[string]bool{},
		marked: map[string]bool{},
	}
	for name, t := range schema.Types {
		if t.Kind == ast.Object {
			s.objects = append(s.objects, name)
		}
	}
	slices.Sort(s.objects)
	index := make(map[string]int32, len(s.objects))
	for i, name := range s.objects {
		index[name] = int32(i)
		s.possible[name] = []int32{int32(i)}
	}
	for name, t := range schema.Types {
		if t.IsAbstractType() {
			s.possible[name] = possibleObjects(schema, t, index)
		}
		s.addFields(t)
	}
	s.addIntrospectionFields()
	for name, t := range schema.Types {
		if t.Kind == ast.Interface {
			s.findVariedFields(name, t)
		}
	}
	return s, nil
}

func possibleObjects(schema *ast.Schema, t *ast.Definition, index map[string]int32) []int32 {
	var types []int32
	for _, object := range schema.GetPossibleTypes(t) {
		if i, ok := index[object.Name]; ok {
			types = append(types, i)
		}
	}
	slices.Sort(types)
	return slices.Compact(types)
}

func (s *Schema) addFields(t *ast.Definition) {
	byName := make(map[string]*fieldInfo, len(t.Fields)+1)
	for _, f := range t.Fields {
		byName[f.Name] = &fieldInfo{definition: f, text: f.Type.String()}
	}
	if t.IsCompositeType() {
		byName["__typename"] = typenameField
	}
	s.fields[t.Name] = byName
}

var typenameField = &fieldInfo{
	definition: &ast.FieldDefinition{Name: "__typename", Type: ast.NonNullNamedType("String", nil)}, text: "String!",
}

// addIntrospectionFields makes sure that the query type has __schema and __type, which a schema that was not loaded
// from SDL may lack.
func (s *Schema) addIntrospectionFields() {
	query := s.fields[s.AST.Query.Name]
	for _, f := range validator.QueryIntrospectionFields() {
		if query[f.Name] == nil {
			query[f.Name] = &fieldInfo{definition: f, text: f.Type.String()}
		}
	}
}

func (s *Schema) findVariedFields(name string, t *ast.Definition) {
	for _, f := range t.Fields {
		shape := ""
		for i, object := range s.possible[name] {
			info := s.fields[s.objects[object]][f.Name]
			if info == nil {
				continue
			}
			if own := shapeOf(info.definition.Type); i > 0 && own != shape {
				s.varied[name+"."+f.Name] = true
				break
			} else {
				shape = own
			}
		}
	}
}

// shapeOf is a type without its name: list levels and nullability.
func shapeOf(t *ast.Type) string {
	var shape strings.Builder
	for ; t != nil; t = t.Elem {
		if t.NonNull {
			shape.WriteByte('!')
		}
		if t.Elem != nil {
			shape.WriteByte('[')
		}
	}
	return shape.String()
}

// sameShape tells whether every runtime type declares the field with the same nullability and list depth.
func (s *Schema) sameShape(asked *ast.Field) bool {
	return asked.ObjectDefinition == nil || !s.varied[asked.ObjectDefinition.Name+"."+asked.Name]
}

// fieldOf is the field's own definition on an object type, that of the type the document asks through when the object
// has none.
func (s *Schema) fieldOf(object string, asked *ast.Field) *ast.FieldDefinition {
	if info := s.fields[object][asked.Name]; info != nil {
		return info.definition
	}
	return asked.Definition
}

// definitionFor is what Field.Definition promises, for types of one shape.
func (s *Schema) definitionFor(asked *ast.Field, types []int32) *ast.FieldDefinition {
	if asked.Name == "__typename" {
		return typenameField.definition
	}
	first := s.fields[s.objects[types[0]]][asked.Name]
	if first == nil {
		return asked.Definition
	}
	same := true
	for _, t := range types[1:] {
		info := s.fields[s.objects[t]][asked.Name]
		same = same && info != nil && info.text == first.text
	}
	if same || asked.Definition == nil {
		return first.definition
	}
	if shapeOf(first.definition.Type) == shapeOf(asked.Definition.Type) {
		return asked.Definition
	}
	reshaped := *asked.Definition
	reshaped.Type = reshape(first.definition.Type, asked.Definition.Type.Name())
	return &reshaped
}

// reshape is t with another named type inside.
func reshape(t *ast.Type, name string) *ast.Type {
	if t.Elem == nil {
		return &ast.Type{NamedType: name, NonNull: t.NonNull}
	}
	return &ast.Type{Elem: reshape(t.Elem, name), NonNull: t.NonNull}
}

type childKey struct {
	field    string
	types    int
	declared string
}

type childPosition struct {
	declared string
	possible *typeSet
}

// childOf is the position below a composite field asked of types: what each of them declares, put together.
func (n *normaliser) childOf(asked *ast.Field, declared string, types *typeSet) childPosition {
	key := childKey{field: asked.Name, types: types.id, declared: declared}
	if known, ok := n.children[key]; ok {
		return known
	}
	child := childPosition{declared: declared, possible: n.sets.intern(nil)}
	for _, t := range types.types {
		own := n.schema.fieldOf(n.schema.objects[t], asked).Type.Name()
		child.possible = n.sets.union(child.possible, n.sets.possible(own))
	}
	n.children[key] = child
	return child
}

// PossibleTypes are the runtime object types of a composite type, sorted.
func (s *Schema) PossibleTypes(name string) []string {
	names := make([]string, len(s.possible[name]))
	for i, t := range s.possible[name] {
		names[i] = s.objects[t]
	}
	return names
}
