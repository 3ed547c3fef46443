package exec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"github.com/tributary-gql/tributary/router/internal/plan"
)

// planText makes a plan from a scenario. The response's shape comes from operation.graphql and schema.graphql; a field's
// store name is its name in the schema, or what @store(as:) says; @guard(n:) and @denied(n:) name guards. plan.txt has
// the rest, a line each:
//
//	guard TERM & TERM | TERM …            TERM: $variable, !$variable, auth0, !auth0
//	fetch SUBGRAPH [after 0,1] [guard N] [mutation]
//	  variable NAME from VARIABLE | variable NAME guard N
//	  into PATH
//	  entities PATH PATH … [guard N]      PATH: store.store<Type,Type>.store|store=response
//	  as NAME VARIABLE                    response name of the entities, name of their variable
//	  represent TYPE,TYPE|* [as TYPE] { key required @require nested { a @on(types: "X") } }
//	  context VARIABLE DEPTH TYPE PATH
//	  select { … }                        what the fetch (or these entities) asks
//	deferred LABEL parent N after 0,1 path PATH type TYPE [guard N] { … }
//	response after 0,1
type planText struct {
	t         testing.TB
	plan      *plan.Plan
	variables []string
	schema    *ast.Schema
	fetch     *plan.Fetch
	entities  *plan.Entities
}

const scenarioDirectives = `
directive @store(as: String!) on FIELD
directive @guard(n: Int!) on FIELD | INLINE_FRAGMENT
directive @denied(n: Int!) on FIELD
`

func parsePlanText(t testing.TB, sections map[string]string) *planText {
	t.Helper()
	schema, err := gqlparser.LoadSchema(&ast.Source{Input: sections["schema.graphql"] + scenarioDirectives})
	if err != nil {
		t.Fatal(err)
	}
	lenient := rules.NewDefaultRules()
	lenient.RemoveRule(rules.NoUnusedVariablesRule.Name)            // guards use them
	lenient.RemoveRule(rules.OverlappingFieldsCanBeMergedRule.Name) // what planners may make of it
	document, errs := gqlparser.LoadQueryWithRules(schema, sections["operation.graphql"], lenient)
	if errs != nil {
		t.Fatal(errs)
	}
	operation := document.Operations[0]
	p := &planText{t: t, schema: schema, plan: &plan.Plan{Kind: plan.Kind(operation.Operation), Operation: operation.Name}}
	for _, v := range operation.VariableDefinitions {
		p.variables = append(p.variables, v.Variable)
	}
	root := map[ast.Operation]*ast.Definition{
		ast.Query: schema.Query, ast.Mutation: schema.Mutation, ast.Subscription: schema.Subscription,
	}[operation.Operation]
	p.plan.Response = p.object(root, operation.SelectionSet)
	for line := range strings.SplitSeq(sections["plan.txt"], "\n") {
		if line = strings.TrimSpace(line); line != "" {
			p.line(line)
		}
	}
	return p
}

func (p *planText) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *planText) number(text string) int {
	n, err := strconv.Atoi(text)
	p.must(err)
	return n
}

func (p *planText) numbers(text string) []int {
	numbers := []int{}
	for one := range strings.SplitSeq(text, ",") {
		numbers = append(numbers, p.number(one))
	}
	return numbers
}

func (p *planText) line(line string) {
	line, selection, hasSelection := strings.Cut(line, "{")
	words := strings.Fields(line)
	if hasSelection {
		selection = "{" + selection
	}
	option := func(name string) string {
		if i := slices.Index(words, name); i >= 0 && i+1 < len(words) {
			return words[i+1]
		}
		return ""
	}
	guard := plan.Always
	if text := option("guard"); text != "" && words[0] != "guard" {
		guard = plan.GuardID(p.number(text))
	}
	var after []int
	if text := option("after"); text != "" {
		after = p.numbers(text)
	}
	switch words[0] {
	case "guard":
		p.guard(words[1:])
	case "fetch":
		p.fetch = &plan.Fetch{ID: len(p.plan.Fetches), Subgraph: words[1], Kind: plan.Query, WaitsFor: after, Guard: guard}
		if slices.Contains(words, "mutation") {
			p.fetch.Kind = plan.Mutation
		}
		p.plan.Fetches = append(p.plan.Fetches, p.fetch)
		p.entities = nil
	case "variable":
		p.fetch.Variables = append(p.fetch.Variables, plan.Variable{Name: words[1], From: option("from"), Guard: guard})
	case "into":
		p.fetch.Into = append(p.fetch.Into, p.path(words[1]))
	case "entities":
		p.entities = &plan.Entities{ResponseName: "_entities", Variable: "representations", Guard: guard, Selection: &plan.Selection{}}
		for _, word := range words[1:] {
			if word == "guard" {
				break
			}
			p.entities.Paths = append(p.entities.Paths, p.path(word))
		}
		p.fetch.Entities = append(p.fetch.Entities, p.entities)
	case "as":
		p.entities.ResponseName, p.entities.Variable = words[1], words[2]
	case "represent":
		p.represent(words, option("as"), selection)
	case "context":
		p.context(words)
	case "select":
		p.selectFields(selection)
	case "deferred":
		p.plan.Deferred = append(p.plan.Deferred, &plan.Deferred{
			ID: len(p.plan.Deferred), Label: words[1], Parent: p.number(option("parent")), WaitsFor: after, Guard: guard,
			Path: p.path(option("path")), Response: p.object(p.schema.Types[option("type")], p.checked(option("type"), selection)),
		})
	case "response":
		p.plan.ResponseWaitsFor = after
	default:
		p.t.Fatalf("plan.txt: unknown line %q", line)
	}
}

func (p *planText) guard(words []string) {
	var g plan.Guard
	var row []plan.Term
	for _, word := range words {
		switch word {
		case "&":
			continue
		case "|":
			g.AnyOf, row = append(g.AnyOf, row), nil
			continue
		}
		term := plan.Term{}
		if word, term.Negated = strings.CutPrefix(word, "!"); word[0] == '$' {
			term.Name = word[1:]
		} else {
			term.Kind, term.Index = plan.AuthorizationTerm, p.number(strings.TrimPrefix(word, "auth"))
			for len(p.plan.Authorizations) <= term.Index {
				p.plan.Authorizations = append(p.plan.Authorizations, plan.Authorization{Authenticated: true})
			}
		}
		row = append(row, term)
	}
	g.AnyOf = append(g.AnyOf, row)
	p.plan.Guards = append(p.plan.Guards, g)
}

func (p *planText) path(text string) plan.Path {
	path := plan.Path{}
	if text == "" || text == "/" {
		return path
	}
	for part := range strings.SplitSeq(text, ".") {
		var element plan.PathElement
		for i, way := range strings.Split(part, "|") {
			one := plan.PathElement{}
			way, types, hasTypes := strings.Cut(strings.TrimSuffix(way, ">"), "<")
			if hasTypes {
				one.Types = strings.Split(types, ",")
			}
			one.StoreName, one.ResponseName, _ = strings.Cut(way, "=")
			if one.ResponseName == "" {
				one.ResponseName = one.StoreName
			}
			if i == 0 {
				element = one
			} else {
				element.Also = append(element.Also, one)
			}
		}
		path = append(path, element)
	}
	return path
}

func (p *planText) parse(selection string) ast.SelectionSet {
	document, err := parser.ParseQuery(&ast.Source{Input: selection})
	p.must(err)
	return document.Operations[0].SelectionSet
}

func (p *planText) represent(words []string, as, selection string) {
	r := &plan.Representation{Typename: as}
	if words[1] != "*" {
		r.Types = strings.Split(words[1], ",")
		if as == "" {
			r.Typename = r.Types[0]
		}
	}
	r.Fields = p.representationFields(p.parse(selection), true)
	p.entities.Representations = append(p.entities.Representations, r)
}

func (p *planText) representationFields(set ast.SelectionSet, key bool) []*plan.RepresentationField {
	fields := []*plan.RepresentationField{}
	for _, s := range set {
		f := s.(*ast.Field)
		field := &plan.RepresentationField{Name: f.Alias, StoreName: storeName(f), Key: key && f.Directives.ForName("require") == nil}
		if on := f.Directives.ForName("on"); on != nil {
			field.Types = strings.Split(on.Arguments.ForName("types").Value.Raw, ",")
		}
		if f.SelectionSet != nil {
			field.Fields = p.representationFields(f.SelectionSet, field.Key)
		}
		fields = append(fields, field)
	}
	return fields
}

func (p *planText) context(words []string) {
	choice := plan.ContextChoice{Depth: p.number(words[2]), Path: p.path(words[4])}
	if words[3] != "*" {
		choice.Types = strings.Split(words[3], ",")
	}
	for i := range p.entities.Context {
		if p.entities.Context[i].Variable == words[1] {
			p.entities.Context[i].Choices = append(p.entities.Context[i].Choices, choice)
			return
		}
	}
	p.entities.Context = append(p.entities.Context, plan.ContextVariable{Variable: words[1], Choices: []plan.ContextChoice{choice}})
}

func (p *planText) selectFields(selection string) {
	made := p.selection(p.parse(selection))
	if p.entities != nil {
		p.entities.Selection = made
		p.fetch.Document += p.entities.ResponseName + selection
		return
	}
	p.fetch.Selection, p.fetch.Document = made, selection
}

func storeName(f *ast.Field) string {
	if d := f.Directives.ForName("store"); d != nil {
		return d.Arguments.ForName("as").Value.Raw
	}
	return f.Name
}

func guardOf(directives ast.DirectiveList, name string) plan.GuardID {
	if d := directives.ForName(name); d != nil {
		n, _ := strconv.Atoi(d.Arguments.ForName("n").Value.Raw)
		return plan.GuardID(n)
	}
	return plan.Always
}

func (p *planText) selection(set ast.SelectionSet) *plan.Selection {
	made := &plan.Selection{}
	p.addSelections(made, set, nil)
	return made
}

func (p *planText) addSelections(into *plan.Selection, set ast.SelectionSet, types []string) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			field := &plan.SelectionField{
				ResponseName: s.Alias, StoreName: storeName(s), Types: types, Guard: guardOf(s.Directives, "guard"),
			}
			if s.SelectionSet != nil {
				field.Selection = p.selection(s.SelectionSet)
			}
			into.Fields = append(into.Fields, field)
		case *ast.InlineFragment:
			p.addSelections(into, s.SelectionSet, p.possible(s.TypeCondition))
		default:
			p.t.Fatalf("plan.txt: unexpected %T", s)
		}
	}
}

func (p *planText) possible(name string) []string {
	names := []string{}
	for _, d := range p.schema.GetPossibleTypes(p.schema.Types[name]) {
		names = append(names, d.Name)
	}
	slices.Sort(names)
	return names
}

// checked parses a selection of a deferred part, with the definitions of its fields.
func (p *planText) checked(typeName, selection string) ast.SelectionSet {
	set := p.parse(selection)
	p.define(p.schema.Types[typeName], set)
	return set
}

func (p *planText) define(on *ast.Definition, set ast.SelectionSet) {
	for _, s := range set {
		if f, ok := s.(*ast.Field); ok {
			if f.Name != typenameStore {
				f.Definition = on.Fields.ForName(f.Name)
				p.define(p.schema.Types[f.Definition.Type.Name()], f.SelectionSet)
			}
		}
	}
}

func (p *planText) object(on *ast.Definition, set ast.SelectionSet) *plan.Object {
	made := &plan.Object{TypeName: on.Name, PossibleTypes: p.possible(on.Name)}
	p.addFields(made, set, nil, plan.Always)
	return made
}

func (p *planText) addFields(into *plan.Object, set ast.SelectionSet, types []string, guard plan.GuardID) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			own := guardOf(s.Directives, "guard")
			if own == plan.Always {
				own = guard
			}
			into.Fields = append(into.Fields, p.field(s, types, own))
		case *ast.InlineFragment:
			p.addFields(into, s.SelectionSet, p.possible(s.TypeCondition), guardOf(s.Directives, "guard"))
		default:
			p.t.Fatalf("operation.graphql: unexpected %T", s)
		}
	}
}

func (p *planText) field(f *ast.Field, types []string, guard plan.GuardID) *plan.Field {
	made := &plan.Field{
		ResponseName: f.Alias, StoreName: storeName(f), Name: f.Name, Types: types, Guard: guard, Denied: guardOf(f.Directives, "denied"),
	}
	if f.Name == typenameStore {
		made.Type = &plan.Type{NonNull: true, Name: "String", Leaf: plan.StringLeaf}
		return made
	}
	made.Introspection = strings.HasPrefix(f.Name, "__")
	made.Type = p.typ(f.Definition.Type)
	if f.SelectionSet != nil && !made.Introspection {
		made.Object = p.object(p.schema.Types[f.Definition.Type.Name()], f.SelectionSet)
	}
	return made
}

var scalarLeaves = map[string]plan.Leaf{
	"Int": plan.IntLeaf, "Float": plan.FloatLeaf, "String": plan.StringLeaf, "Boolean": plan.BooleanLeaf, "ID": plan.IDLeaf,
}

func (p *planText) typ(t *ast.Type) *plan.Type {
	made := &plan.Type{NonNull: t.NonNull, Name: t.NamedType}
	if t.Elem != nil {
		made.Elem = p.typ(t.Elem)
		return made
	}
	switch d := p.schema.Types[t.NamedType]; d.Kind {
	case ast.Scalar:
		var ok bool
		if made.Leaf, ok = scalarLeaves[d.Name]; !ok {
			made.Leaf = plan.CustomLeaf
		}
	case ast.Enum:
		made.Leaf = plan.EnumLeaf
		for _, v := range d.EnumValues {
			made.Values = append(made.Values, v.Name)
		}
		slices.Sort(made.Values)
	case ast.Object, ast.Interface, ast.Union:
	default:
		p.t.Fatal(fmt.Errorf("unexpected kind %s", d.Kind))
	}
	return made
}
