package plancheck

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/tributary-gql/tributary/router/internal/operation"
	"github.com/tributary-gql/tributary/router/internal/plan"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// bench is what the tests check plans with.
type bench struct {
	checker *Checker
	schema  *operation.Schema
}

func newBench(t *testing.T) *bench {
	t.Helper()
	sdl, err := os.ReadFile("testdata/supergraph.graphql")
	if err != nil {
		t.Fatal(err)
	}
	return newBenchOf(t, string(sdl))
}

// newProtectedBench is newBench with a field that only those who are known may see.
func newProtectedBench(t *testing.T) *bench {
	t.Helper()
	sdl, err := os.ReadFile("testdata/supergraph.graphql")
	if err != nil {
		t.Fatal(err)
	}
	protected := strings.Replace(string(sdl), "letter: String", "letter: String @authenticated", 1)
	if protected == string(sdl) {
		t.Fatal("the supergraph has no field letter")
	}
	return newBenchOf(t, protected)
}

func newBenchOf(t *testing.T, sdl string) *bench {
	t.Helper()
	sg, err := supergraph.Read(sdl)
	if err != nil {
		t.Fatal(err)
	}
	checker, err := New(sg)
	if err != nil {
		t.Fatal(err)
	}
	schema, err := operation.NewSchema(sg)
	if err != nil {
		t.Fatal(err)
	}
	return &bench{checker: checker, schema: schema}
}

func (b *bench) operation(t *testing.T, document string) *operation.Operation {
	t.Helper()
	options := operation.DefaultOptions()
	options.Defer = true
	o, _, err := b.schema.ParseWith(document, "", options)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// ask describes a fetch of a plan that is written by hand. Its selection is read from the document, store names are
// response names.
type ask struct {
	subgraph  string
	document  string
	after     []int
	path      string // of entities: "users@.cart@"
	as        string // of entities: the type named in the representation
	of        string // of entities: runtime types, "|" between them; "" for any
	by        string // of entities: key fields, then required ones marked "!"
	context   string // of entities: a field of the object above them, sent as $c
	variables []plan.Variable
}

// planFor makes a plan whose response is the operation's.
func (b *bench) planFor(t *testing.T, o *operation.Operation, asks []ask) *plan.Plan {
	t.Helper()
	p := &plan.Plan{Kind: plan.Kind(o.Kind), Operation: o.Name}
	shapes := shapeBuilder{plan: p, api: b.schema.AST, made: map[*operation.SelectionSet]*plan.Object{}}
	p.Response = shapes.object(o.Root)
	for i, a := range asks {
		parsed, err := parser.ParseQuery(&ast.Source{Input: a.document})
		if err != nil {
			t.Fatal(err)
		}
		root := parsed.Operations[0]
		f := &plan.Fetch{
			ID: i, Subgraph: a.subgraph, Kind: plan.Kind(root.Operation), WaitsFor: slices.Clone(a.after), Document: a.document,
			OperationName: root.Name, Variables: slices.Clone(a.variables),
		}
		if a.path == "" {
			f.Selection = b.selection(p, f, root.SelectionSet)
		} else {
			entities := root.SelectionSet[0].(*ast.Field)
			f.Entities = []*plan.Entities{{
				ResponseName: entities.Alias, Variable: entities.Arguments[0].Value.Raw, Paths: []plan.Path{pathOf(a.path)},
				Representations: []*plan.Representation{representationOf(a)},
				Selection:       b.selection(p, f, entities.SelectionSet),
			}}
			if a.context != "" {
				f.Entities[0].Context = []plan.ContextVariable{{Variable: "c", Type: "String", Choices: []plan.ContextChoice{
					{Depth: len(pathOf(a.path)) - 1, Path: pathOf(a.context)},
				}}}
			}
		}
		p.Fetches = append(p.Fetches, f)
	}
	return p
}

func pathOf(text string) plan.Path {
	var p plan.Path
	for word := range strings.SplitSeq(text, ".") {
		name := strings.TrimRight(word, "@")
		p = append(p, plan.PathElement{StoreName: name, ResponseName: name, List: len(word) - len(name)})
	}
	return p
}

func representationOf(a ask) *plan.Representation {
	r := &plan.Representation{Typename: a.as}
	if a.of != "" {
		r.Types = strings.Split(a.of, "|")
	}
	for _, name := range strings.Fields(a.by) {
		field := strings.TrimSuffix(name, "!")
		r.Fields = append(r.Fields, &plan.RepresentationField{Name: field, StoreName: field, Key: field == name})
	}
	return r
}

// selection reads a selection set, with type conditions as runtime types and @include as guards.
func (b *bench) selection(p *plan.Plan, f *plan.Fetch, set ast.SelectionSet) *plan.Selection {
	made := &plan.Selection{}
	b.addSelections(p, f, made, set, nil)
	return made
}

func (b *bench) addSelections(p *plan.Plan, f *plan.Fetch, made *plan.Selection, set ast.SelectionSet, on []string) {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.InlineFragment:
			narrowed := b.checker.world.names(b.checker.world.possible[s.TypeCondition])
			b.addSelections(p, f, made, s.SelectionSet, narrowed)
		case *ast.Field:
			field := &plan.SelectionField{ResponseName: s.Alias, StoreName: s.Alias, Types: on}
			if include := s.Directives.ForName("include"); include != nil {
				at := slices.IndexFunc(f.Variables, func(v plan.Variable) bool { return v.Name == include.Arguments[0].Value.Raw })
				field.Guard = guardOf(p, plan.Guard{AnyOf: [][]plan.Term{{{Name: f.Variables[at].From}}}})
			}
			if s.SelectionSet != nil {
				field.Selection = b.selection(p, f, s.SelectionSet)
			}
			made.Fields = append(made.Fields, field)
		}
	}
}

func guardOf(p *plan.Plan, g plan.Guard) plan.GuardID {
	p.Guards = append(p.Guards, g)
	return plan.GuardID(len(p.Guards))
}

// shapeBuilder makes the response's shape from the operation.
type shapeBuilder struct {
	plan *plan.Plan
	api  *ast.Schema
	made map[*operation.SelectionSet]*plan.Object
}

func (b *shapeBuilder) object(set *operation.SelectionSet) *plan.Object {
	if known := b.made[set]; known != nil {
		return known
	}
	o := &plan.Object{TypeName: set.Type, PossibleTypes: set.Possible}
	b.made[set] = o
	for _, f := range set.Fields {
		field := &plan.Field{
			ResponseName: f.ResponseName, StoreName: f.ResponseName, Name: f.Name, Types: f.Types, Type: b.typeOf(f.Definition.Type),
			Introspection: f.IsIntrospection(),
		}
		if f.Condition != nil {
			g := plan.Guard{}
			for _, row := range f.Condition.AnyOf {
				var terms []plan.Term
				for _, l := range row {
					terms = append(terms, plan.Term{Name: l.Variable, Negated: l.Negated})
				}
				g.AnyOf = append(g.AnyOf, terms)
			}
			field.Guard = guardOf(b.plan, g)
		}
		if f.Selections != nil && !f.IsIntrospection() {
			field.Object = b.object(f.Selections)
		}
		o.Fields = append(o.Fields, field)
	}
	return o
}

func (b *shapeBuilder) typeOf(t *ast.Type) *plan.Type {
	if t.Elem != nil {
		return &plan.Type{NonNull: t.NonNull, Elem: b.typeOf(t.Elem)}
	}
	made := &plan.Type{NonNull: t.NonNull, Name: t.NamedType}
	switch definition := b.api.Types[t.NamedType]; {
	case definition.Kind == ast.Enum:
		made.Leaf = plan.EnumLeaf
		for _, v := range definition.EnumValues {
			made.Values = append(made.Values, v.Name)
		}
		slices.Sort(made.Values)
	case definition.Kind == ast.Scalar:
		made.Leaf = map[string]plan.Leaf{
			"Int": plan.IntLeaf, "Float": plan.FloatLeaf, "String": plan.StringLeaf, "Boolean": plan.BooleanLeaf, "ID": plan.IDLeaf,
		}[t.NamedType]
	}
	return made
}
