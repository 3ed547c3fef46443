package supergraph

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
)

// The bounds on what Read accepts. Nesting is bounded by the parser.
const (
	MaxBytes  = 64 << 20   // of SDL
	maxTokens = 16_000_000 // of SDL, about as many as fit in MaxBytes
)

// Read makes a Supergraph from supergraph SDL of join v0.1 to v0.5. Where older versions leave things to be inferred
// (value types that list no subgraph, owners, external fields), the result spells them out: it looks the same for
// every version. A returned error is an *Error; it holds every problem found, up to a bound.
func Read(sdl string) (*Supergraph, error) {
	r := &reader{graphByEnum: map[string]GraphID{}, out: &Supergraph{}}
	doc := r.parse(sdl)
	if doc == nil {
		return nil, r.err()
	}
	r.doc = doc
	r.foldExtensions()
	if !r.readFeatures() {
		return nil, r.err()
	}
	r.readGraphs()
	r.readRoots()
	r.readDirectiveDefinitions()
	r.readTypes()
	if err := r.err(); err != nil {
		return nil, err
	}
	r.out.Index()
	r.complete()
	check(r.out, &r.problems)
	if err := r.err(); err != nil {
		return nil, err
	}
	return r.out, nil
}

// reader is the state of one Read.
type reader struct {
	problems
	doc         *ast.SchemaDocument
	defs        map[string]*ast.Definition
	schema      []*ast.SchemaDefinition // the definition and its extensions
	features    features
	join        joinNames
	graphByEnum map[string]GraphID
	out         *Supergraph
}

func (r *reader) parse(sdl string) *ast.SchemaDocument {
	if len(sdl) > MaxBytes {
		r.invalid(nil, "The supergraph has %d bytes; at most %d are read.", len(sdl), MaxBytes)
		return nil
	}
	if !utf8.ValidString(sdl) {
		r.invalid(nil, "The supergraph is not valid UTF-8.")
		return nil
	}
	doc, err := parser.ParseSchemaWithLimit(&ast.Source{Name: "supergraph", Input: sdl}, maxTokens)
	if err != nil {
		var at *gqlerror.Error
		if errors.As(err, &at) && len(at.Locations) > 0 {
			r.invalid(&ast.Position{Line: at.Locations[0].Line, Column: at.Locations[0].Column},
				"The supergraph is not valid GraphQL: %s.", at.Message)
		} else {
			r.invalid(nil, "The supergraph is not valid GraphQL: %s.", err)
		}
		return nil
	}
	return doc
}

// foldExtensions adds what `extend` declares to the definitions, so that the rest needs to look in one place.
func (r *reader) foldExtensions() {
	r.defs = make(map[string]*ast.Definition, len(r.doc.Definitions))
	for _, def := range r.doc.Definitions {
		if r.defs[def.Name] != nil {
			r.invalid(def.Position, "Type %q is defined twice.", def.Name)
			continue
		}
		r.defs[def.Name] = def
	}
	for _, ext := range r.doc.Extensions {
		def := r.defs[ext.Name]
		switch {
		case def == nil:
			r.invalid(ext.Position, "Type %q is extended but not defined.", ext.Name)
		case def.Kind != ext.Kind:
			r.invalid(ext.Position, "Type %q is defined as %s and extended as %s.", ext.Name, def.Kind, ext.Kind)
		default:
			def.Directives = append(def.Directives, ext.Directives...)
			def.Interfaces = append(def.Interfaces, ext.Interfaces...)
			def.Fields = append(def.Fields, ext.Fields...)
			def.Types = append(def.Types, ext.Types...)
			def.EnumValues = append(def.EnumValues, ext.EnumValues...)
		}
	}
	if len(r.doc.Schema) > 1 {
		r.invalid(r.doc.Schema[1].Position, "The schema is defined twice.")
	}
	r.schema = append(append(r.schema, r.doc.Schema...), r.doc.SchemaExtension...)
}

// readGraphs reads the enum of subgraphs.
func (r *reader) readGraphs() {
	enum := r.defs[r.join.graphEnum]
	if enum == nil || enum.Kind != ast.Enum {
		r.invalid(nil, "The enum %q, which lists the subgraphs, is missing.", r.join.graphEnum)
		return
	}
	names := map[string]bool{}
	for _, value := range enum.EnumValues {
		d := value.Directives.ForName(r.join.graph)
		if d == nil {
			r.invalid(value.Position, "Subgraph %q has no @%s.", value.Name, r.join.graph)
			continue
		}
		g := Graph{EnumValue: value.Name, Name: r.stringArg(d, "name"), URL: r.stringArg(d, "url")}
		if g.Name == "" {
			r.invalid(d.Position, "Subgraph %q has no name.", value.Name)
			continue
		}
		if _, ok := r.graphByEnum[g.EnumValue]; ok || names[g.Name] {
			r.invalid(value.Position, "Subgraph %q is listed twice.", g.Name)
			continue
		}
		names[g.Name] = true
		r.graphByEnum[g.EnumValue] = GraphID(len(r.out.Graphs))
		r.out.Graphs = append(r.out.Graphs, g)
	}
	if len(enum.EnumValues) == 0 {
		r.invalid(enum.Position, "The supergraph has no subgraphs.")
	}
}

// readRoots reads the root types, the schema's description and the directives on the schema that are no links.
func (r *reader) readRoots() {
	for _, s := range r.schema {
		if s.Description != "" {
			r.out.Description = s.Description
		}
		for _, op := range s.OperationTypes {
			r.setRoot(op)
		}
		for _, d := range s.Directives {
			switch {
			case d.Name == r.join.directive:
				if c, ok := r.carried(d); ok {
					r.out.Carried = append(r.out.Carried, c)
				}
			case !r.features.isMachineryDirective(d.Name):
				r.out.Applied = append(r.out.Applied, d)
			}
		}
	}
	if r.out.Query == "" && r.defs["Query"] != nil {
		r.out.Query = "Query"
	}
	if r.out.Query == "" {
		r.invalid(nil, "The supergraph has no query root type.")
	}
	if len(r.doc.Schema) > 0 {
		return
	}
	for name, root := range map[string]*string{"Mutation": &r.out.Mutation, "Subscription": &r.out.Subscription} {
		if *root == "" && r.defs[name] != nil {
			*root = name
		}
	}
}

func (r *reader) setRoot(op *ast.OperationTypeDefinition) {
	root := map[ast.Operation]*string{
		ast.Query: &r.out.Query, ast.Mutation: &r.out.Mutation, ast.Subscription: &r.out.Subscription,
	}[op.Operation]
	switch def := r.defs[op.Type]; {
	case *root != "":
		r.invalid(op.Position, "There are two %s root types.", op.Operation)
	case def == nil:
		r.invalid(op.Position, "The %s root type %q is not defined.", op.Operation, op.Type)
	case def.Kind != ast.Object:
		r.invalid(op.Position, "The %s root type %q is not an object type.", op.Operation, op.Type)
	default:
		*root = op.Type
	}
}

// readDirectiveDefinitions keeps the definitions that are not the join or link specification's own.
func (r *reader) readDirectiveDefinitions() {
	seen := map[string]bool{}
	for _, def := range r.doc.Directives {
		if seen[def.Name] {
			r.invalid(def.Position, "Directive @%s is defined twice.", def.Name)
			continue
		}
		seen[def.Name] = true
		if !r.features.isMachineryDirective(def.Name) {
			r.out.Directives = append(r.out.Directives, def)
		}
	}
}

// graphArg returns the subgraph that the directive's argument of that name names. ok is false, and has is true, when
// it names none that exists.
func (r *reader) graphArg(d *ast.Directive, name string) (id GraphID, has, ok bool) {
	arg := d.Arguments.ForName(name)
	if arg == nil || arg.Value.Kind == ast.NullValue {
		return 0, false, false
	}
	id, ok = r.graphByEnum[arg.Value.Raw]
	if !ok || arg.Value.Kind != ast.EnumValue {
		r.invalid(arg.Position, "@%s names the subgraph %s, which %s does not list.", d.Name, arg.Value, r.join.graphEnum)
		return 0, true, false
	}
	return id, true, true
}

// requiredGraph is graphArg for an argument that must be there.
func (r *reader) requiredGraph(d *ast.Directive) (GraphID, bool) {
	id, has, ok := r.graphArg(d, "graph")
	if !has {
		r.invalid(d.Position, "@%s names no subgraph.", d.Name)
	}
	return id, ok
}

// stringArg returns a string argument, "" when absent or null.
func (r *reader) stringArg(d *ast.Directive, name string) string {
	arg := d.Arguments.ForName(name)
	if arg == nil || arg.Value.Kind == ast.NullValue {
		return ""
	}
	if arg.Value.Kind != ast.StringValue && arg.Value.Kind != ast.BlockValue {
		r.invalid(arg.Position, "Argument %q of @%s is %s where a string is needed.", name, d.Name, arg.Value)
		return ""
	}
	return arg.Value.Raw
}

// boolArg returns a Boolean argument, or byDefault when absent or null.
func (r *reader) boolArg(d *ast.Directive, name string, byDefault bool) bool {
	arg := d.Arguments.ForName(name)
	if arg == nil || arg.Value.Kind == ast.NullValue {
		return byDefault
	}
	if arg.Value.Kind != ast.BooleanValue {
		r.invalid(arg.Position, "Argument %q of @%s is %s where a Boolean is needed.", name, d.Name, arg.Value)
		return byDefault
	}
	return arg.Value.Raw == "true"
}

// typeArg returns an argument that spells a type, nil when absent.
func (r *reader) typeArg(d *ast.Directive, name string) *ast.Type {
	text := r.stringArg(d, name)
	if text == "" {
		return nil
	}
	t, err := parseType(text)
	if err != nil {
		r.invalid(d.Position, "Argument %q of @%s: %s.", name, d.Name, err)
	}
	return t
}

// parseType reads a type reference such as "[Product!]!".
func parseType(text string) (*ast.Type, error) {
	const wrapper = "scalar S directive @d(a: %s) on FIELD"
	doc, err := parser.ParseSchema(&ast.Source{Input: fmt.Sprintf(wrapper, text)})
	if err != nil || len(doc.Directives) != 1 || len(doc.Directives[0].Arguments) != 1 {
		return nil, fmt.Errorf("%q is not a type", text)
	}
	arg := doc.Directives[0].Arguments[0]
	if arg.Type == nil || arg.DefaultValue != nil || len(arg.Directives) > 0 {
		return nil, fmt.Errorf("%q is not a type", text)
	}
	return arg.Type, nil
}
