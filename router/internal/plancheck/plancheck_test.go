package plancheck

import (
	"slices"
	"strings"
	"testing"

	"github.com/tributary-gql/tributary/router/internal/plan"
)

// good are plans without fault, by name.
var good = map[string]struct {
	operation string
	asks      []ask
}{
	"one fetch": {`{ me { __typename id name level } }`, []ask{{subgraph: "users", document: `{me{id name level}}`}}},
	"entities": {`query ($n: Int) { users(first: $n) { name cart(max: 3) { price } } }`, []ask{
		{subgraph: "users", document: `query($f:Int){users(first:$f){id name}}`, variables: []plan.Variable{{Name: "f", Type: "Int", From: "n"}}},
		{subgraph: "shop", after: []int{0}, path: "users@", as: "User", by: "id", variables: []plan.Variable{{Name: "m", Type: "Int", From: "__lit0"}},
			document: `query($r:[_Any!]!,$m:Int){_entities(representations:$r){...on User{cart(max:$m){price}}}}`},
	}},
	"required fields": {`{ me { letter } }`, []ask{
		{subgraph: "users", document: `{me{id email}}`},
		{subgraph: "shop", after: []int{0}, path: "me", as: "User", by: "id email!",
			document: `query($r:[_Any!]!){_entities(representations:$r){...on User{letter}}}`},
	}},
	"types": {`{ items { __typename sku ... on Book { stock } } }`, []ask{
		{subgraph: "shop", document: `{items{__typename sku}}`},
		{subgraph: "stock", after: []int{0}, path: "items@", as: "Book", of: "Book", by: "sku",
			document: `query($r:[_Any!]!){_entities(representations:$r){...on Book{stock}}}`},
	}},
	"provided": {`{ best { stock } }`, []ask{{subgraph: "shop", document: `{best{stock}}`}}},
	"conditions": {`query ($a: Boolean!, $b: Boolean!) { me { name @include(if: $a) nick: email @skip(if: $b) cart @include(if: $a) { price } } }`, []ask{
		{subgraph: "users", document: `query($a:Boolean!){me{id name@include(if:$a)nick:email}}`,
			variables: []plan.Variable{{Name: "a", Type: "Boolean!", From: "a"}}},
		{subgraph: "shop", after: []int{0}, path: "me", as: "User", by: "id",
			document: `query($r:[_Any!]!){_entities(representations:$r){...on User{cart{price}}}}`},
	}},
	"interface objects": {`{ media { __typename title views } }`, []ask{
		{subgraph: "stock", document: `{media{id views}}`},
		{subgraph: "users", after: []int{0}, path: "media@", as: "Media", by: "id",
			document: `query($r:[_Any!]!){_entities(representations:$r){...on Media{__typename title}}}`},
	}},
	"mutations": {`mutation { rename(name: "x") { name } buy(id: 1) }`, []ask{
		{subgraph: "users", document: `mutation($n:String){rename(name:$n){name}}`, variables: []plan.Variable{{Name: "n", Type: "String", From: "__lit0"}}},
		{subgraph: "shop", after: []int{0}, document: `mutation($i:ID!){buy(id:$i)}`, variables: []plan.Variable{{Name: "i", Type: "ID!", From: "__lit1"}}},
	}},
	"labels": {`{ me { nick } }`, []ask{{subgraph: "users", document: `{me{nick}}`}}},
	"contexts": {`{ me { address { parcel } } }`, []ask{
		{subgraph: "users", document: `{me{name address{id}}}`},
		{subgraph: "shop", after: []int{0}, path: "me.address", as: "Address", by: "id", context: "name",
			document: `query($r:[_Any!]!,$c:String){_entities(representations:$r){...on Address{parcel(level:$c)}}}`},
	}},
	"introspection": {`{ me { id } __schema { description } __typename }`, []ask{{subgraph: "users", document: `{me{id}}`}}},
	"one field under two names": {`{ me { a: address { id } ... @defer { b: address { id parcel } } } }`, []ask{
		{subgraph: "users", document: `{me{name a:address{id} b:address{id}}}`},
		{subgraph: "shop", after: []int{0}, path: "me.b", as: "Address", by: "id", context: "name",
			document: `query($r:[_Any!]!,$c:String){_entities(representations:$r){...on Address{parcel(level:$c)}}}`},
	}},
	"deferred": {`{ me { name ... @defer { letter } } }`, []ask{
		{subgraph: "users", document: `{me{id name email}}`},
		{subgraph: "shop", after: []int{0}, path: "me", as: "User", by: "id email!",
			document: `query($r:[_Any!]!){_entities(representations:$r){...on User{letter}}}`},
	}},
}

// withDeferral moves the deferred field of the plan "deferred" into a payload of its own.
func withDeferral(p *plan.Plan) {
	me := p.Response.Fields[0]
	me.Object.Fields = me.Object.Fields[:1]
	letter := &plan.Field{ResponseName: "letter", StoreName: "letter", Name: "letter", Type: &plan.Type{Name: "String", Leaf: plan.StringLeaf}}
	p.ResponseWaitsFor = []int{0}
	p.Deferred = []*plan.Deferred{{
		ID: 0, Parent: -1, Path: pathOf("me"), WaitsFor: []int{1},
		Response: &plan.Object{TypeName: "User", PossibleTypes: []string{"User"}, Fields: []*plan.Field{letter}},
	}}
}

func TestRightPlansHaveNoFindings(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for name, c := range good {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := b.operation(t, c.operation)
			p := b.planFor(t, o, c.asks)
			switch name {
			case "deferred":
				withDeferral(p)
			case "one field under two names":
				me := p.Response.Fields[0].Object
				later := *me
				later.Fields, me.Fields = me.Fields[1:], me.Fields[:1]
				p.ResponseWaitsFor = []int{0}
				p.Deferred = []*plan.Deferred{{Parent: -1, Path: pathOf("me"), Response: &later, WaitsFor: []int{1}}}
			}
			for _, f := range b.checker.Check(o, p, Options{}) {
				t.Error(f)
			}
		})
	}
}

func TestEveryFaultIsFound(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	faults := []struct {
		name  string
		plan  string
		fault func(*plan.Plan)
		rule  Rule
		says  string
	}{
		{"an ID that is not the index", "one fetch", func(p *plan.Plan) { p.Fetches[0].ID = 3 }, RuleStructure, "ID is 3"},
		{"a cycle", "entities", func(p *plan.Plan) { p.Fetches[0].WaitsFor = []int{1} }, RuleStructure, "waits only for those before"},
		{"an unknown subgraph", "one fetch", func(p *plan.Plan) { p.Fetches[0].Subgraph = "none" }, RuleStructure, `no subgraph "none"`},
		{"an unknown guard", "one fetch", func(p *plan.Plan) { p.Fetches[0].Guard = 5 }, RuleStructure, "no guard 5"},
		{"a guard over an unknown variable", "one fetch", func(p *plan.Plan) {
			guardOf(p, plan.Guard{AnyOf: [][]plan.Term{{{Name: "none"}}}})
		}, RuleStructure, "does not declare"},
		{"a document that is not GraphQL", "one fetch", func(p *plan.Plan) { p.Fetches[0].Document = "{me{" }, RuleDocument, "Syntax"},
		{"a field the subgraph does not have", "one fetch", func(p *plan.Plan) { p.Fetches[0].Document = `{me{id name level cart{sku}}}` }, RuleDocument, "cart"},
		{"an entity the subgraph does not resolve", "types", func(p *plan.Plan) {
			p.Fetches[1].Document = `query($r:[_Any!]!){_entities(representations:$r){...on Pen{sku}}}`
		}, RuleDocument, "Pen"},
		{"a document that asks more", "one fetch", func(p *plan.Plan) { p.Fetches[0].Document = `{me{id name level email}}` }, RuleMirror, `asks "email"`},
		{"a document that asks less", "one fetch", func(p *plan.Plan) { p.Fetches[0].Document = `{me{id name}}` }, RuleMirror, `has "level"`},
		{"a selection under another condition", "conditions", func(p *plan.Plan) { p.Fetches[0].Selection.Fields[0].Selection.Fields[1].Guard = plan.Always },
			RuleMirror, "another condition"},
		{"a variable that is not declared", "entities", func(p *plan.Plan) {
			p.Fetches[1].Variables = append(p.Fetches[1].Variables, plan.Variable{Name: "x", Type: "Int", From: "n"})
		}, RuleVariables, "declares"},
		{"a variable from nowhere", "entities", func(p *plan.Plan) { p.Fetches[0].Variables[0].From = "none" }, RuleVariables, "does not declare"},
		{"a variable of another type", "mutations", func(p *plan.Plan) { p.Fetches[1].Variables[0].From = "__lit0" }, RuleVariables, "of type String"},
		{"another argument than asked", "entities", func(p *plan.Plan) { p.Fetches[1].Variables[0].From = "n" }, RuleCoverage, "asked is cart(max:$__lit0 )"},
		{"an external field", "required fields", func(p *plan.Plan) {
			p.Fetches[1].Document = `query($r:[_Any!]!){_entities(representations:$r){...on User{letter email}}}`
			s := p.Fetches[1].Entities[0].Selection
			s.Fields = append(s.Fields, &plan.SelectionField{ResponseName: "email", StoreName: "email"})
		}, RuleOwnership, "@external"},
		{"a provided field on another way", "types", func(p *plan.Plan) {
			p.Fetches[0].Document = `{items{__typename sku ...on Book{stock}}}`
			s := p.Fetches[0].Selection.Fields[0].Selection
			s.Fields = append(s.Fields, &plan.SelectionField{ResponseName: "stock", StoreName: "stock", Types: []string{"Book"}})
		}, RuleOwnership, "not provided"},
		{"a required field that is not sent", "required fields", func(p *plan.Plan) {
			r := p.Fetches[1].Entities[0].Representations[0]
			r.Fields = r.Fields[:1]
		}, RuleEntities, `required field "email"`},
		{"a representation with a field twice", "required fields", func(p *plan.Plan) {
			r := p.Fetches[1].Entities[0].Representations[0]
			r.Fields = append(r.Fields, &plan.RepresentationField{Name: "email", StoreName: "id"})
		}, RuleEntities, `has "email" twice`},
		{"a document that asks of all types what is stored for none", "types", func(p *plan.Plan) {
			p.Fetches[0].Document = `{items{__typename sku ...on Book{pages}}}`
		}, RuleMirror, `asks "pages" of Book`},
		{"a field selected twice", "one fetch", func(p *plan.Plan) {
			s := p.Fetches[0].Selection.Fields[0].Selection
			s.Fields = append(s.Fields, &plan.SelectionField{ResponseName: "name", StoreName: "other"})
		}, RuleMirror, `has "name" twice`},
		{"a key that is not sent", "entities", func(p *plan.Plan) {
			p.Fetches[1].Entities[0].Representations[0].Fields[0].Name = "name"
		}, RuleEntities, "no key"},
		{"a key taken from another field", "entities", func(p *plan.Plan) {
			p.Fetches[1].Entities[0].Representations[0].Fields[0].StoreName = "name"
		}, RuleEntities, `taken from "name"`},
		{"an entity described as another type", "types", func(p *plan.Plan) { p.Fetches[1].Entities[0].Representations[0].Types = []string{"Book", "Pen"} },
			RuleEntities, "a Pen is described as a Book"},
		{"an interface object described by its runtime type", "interface objects", func(p *plan.Plan) {
			p.Fetches[1].Entities[0].Representations[0].Typename = "Film"
		}, RuleEntities, "a Song is described as a Film"},
		{"a key that was not fetched", "entities", func(p *plan.Plan) {
			p.Fetches[0].Document = `query($f:Int){users(first:$f){name}}`
			s := p.Fetches[0].Selection.Fields[0].Selection
			s.Fields = s.Fields[1:]
		}, RuleOrder, "the representation needs it"},
		{"a fetch that does not wait", "entities", func(p *plan.Plan) { p.Fetches[1].WaitsFor = nil }, RuleOrder, "no fetch it waits for"},
		{"a runtime type that was not fetched", "types", func(p *plan.Plan) {
			p.Fetches[0].Document = `{items{sku}}`
			s := p.Fetches[0].Selection.Fields[0].Selection
			s.Fields = s.Fields[1:]
		}, RuleOrder, "depends on the runtime type"},
		{"an ancestor's value that was not fetched", "contexts", func(p *plan.Plan) {
			p.Fetches[0].Document = `{me{address{id}}}`
			s := p.Fetches[0].Selection.Fields[0].Selection
			s.Fields = s.Fields[1:]
		}, RuleOrder, `$c needs "name" of an ancestor`},
		{"an argument without its context", "contexts", func(p *plan.Plan) {
			p.Fetches[1].Entities[0].Context = nil
			p.Fetches[1].Variables = []plan.Variable{{Name: "c", Type: "String", From: "none"}}
		}, RuleEntities, "not given from the context"},
		{"an ancestor beyond the path", "contexts", func(p *plan.Plan) { p.Fetches[1].Entities[0].Context[0].Choices[0].Depth = 9 },
			RuleEntities, "9 elements into the path"},
		{"mutations side by side", "mutations", func(p *plan.Plan) { p.Fetches[1].WaitsFor = nil }, RuleOrder, "does not wait for fetch 0"},
		{"mutations in another order", "mutations", func(p *plan.Plan) {
			p.Fetches[0], p.Fetches[1] = p.Fetches[1], p.Fetches[0]
			p.Fetches[0].ID, p.Fetches[1].ID = 0, 1
			p.Fetches[0].WaitsFor, p.Fetches[1].WaitsFor = nil, []int{0}
		}, RuleOrder, "order buy, rename"},
		{"two values in one place", "one fetch", func(p *plan.Plan) {
			p.Fetches = append(p.Fetches, &plan.Fetch{ID: 1, Subgraph: "users", Kind: plan.Query, Document: `{me{name:email}}`,
				Selection: &plan.Selection{Fields: []*plan.SelectionField{{ResponseName: "me", StoreName: "me",
					Selection: &plan.Selection{Fields: []*plan.SelectionField{{ResponseName: "name", StoreName: "name"}}}}}}})
		}, RuleCollision, "fetch 0 has written name()"},
		{"a field missing in the response", "one fetch", func(p *plan.Plan) {
			o := p.Response.Fields[0].Object
			o.Fields = o.Fields[:2]
		}, RuleShape, `"name" of User is missing`},
		{"fields in another order", "one fetch", func(p *plan.Plan) {
			o := p.Response.Fields[0].Object
			o.Fields[1], o.Fields[2] = o.Fields[2], o.Fields[1]
		}, RuleShape, "missing, or stands too late"},
		{"a field too many", "one fetch", func(p *plan.Plan) {
			o := p.Response.Fields[0].Object
			o.Fields = append(o.Fields, &plan.Field{ResponseName: "more", Name: "email", StoreName: "email"})
		}, RuleShape, `has "more"`},
		{"a type that lets null pass", "entities", func(p *plan.Plan) { p.Response.Fields[0].Type.NonNull = false }, RuleShape, "its type is not [User!]!"},
		{"an enum without its values", "one fetch", func(p *plan.Plan) { p.Response.Fields[0].Object.Fields[3].Type.Values = nil }, RuleShape, "has the values"},
		{"a leaf that is not checked", "one fetch", func(p *plan.Plan) { p.Response.Fields[0].Object.Fields[1].Type.Leaf = plan.CustomLeaf },
			RuleShape, "is checked as leaf"},
		{"a position without its runtime types", "types", func(p *plan.Plan) { p.Response.Fields[0].Object.PossibleTypes = []string{"Book"} },
			RuleShape, "runtime types are"},
		{"a field of too few types", "types", func(p *plan.Plan) { p.Response.Fields[0].Object.Fields[1].Types = []string{"Book"} },
			RuleShape, `"sku" of Pen is missing`},
		{"a field shown under no condition", "conditions", func(p *plan.Plan) { p.Response.Fields[0].Object.Fields[1].Guard = plan.Always },
			RuleShape, "shown under another condition"},
		{"a fetch switched off too often", "conditions", func(p *plan.Plan) {
			p.Fetches[1].Guard = guardOf(p, plan.Guard{AnyOf: [][]plan.Term{{{Name: "a"}, {Name: "b"}}}})
		}, RuleCoverage, "not always fetched"},
		{"a key fetched too seldom", "conditions", func(p *plan.Plan) {
			p.Fetches[0].Document = `query($a:Boolean!$b:Boolean!){me{id@include(if:$b)name@include(if:$a)nick:email}}`
			p.Fetches[0].Variables = append(p.Fetches[0].Variables, plan.Variable{Name: "b", Type: "Boolean!", From: "b"})
			p.Fetches[0].Selection.Fields[0].Selection.Fields[0].Guard = guardOf(p, plan.Guard{AnyOf: [][]plan.Term{{{Name: "b"}}}})
		}, RuleCoverage, "not always fetched"},
		{"entities of too few types", "interface objects", func(p *plan.Plan) { p.Fetches[1].Entities[0].Representations[0].Types = []string{"Film"} },
			RuleCoverage, "for Song"},
		{"the type name of an interface object", "interface objects", func(p *plan.Plan) {
			p.Fetches[0].Document = `{media{__typename id views}}`
			s := p.Fetches[0].Selection.Fields[0].Selection
			s.Fields = append(s.Fields, &plan.SelectionField{ResponseName: "__typename", StoreName: "__typename"})
		}, RuleCoverage, "interface object Media"},
		{"a fetch nobody needs", "one fetch", func(p *plan.Plan) {
			p.Fetches = append(p.Fetches, &plan.Fetch{ID: 1, Subgraph: "shop", Kind: plan.Query, Document: `{best{pages}}`,
				Selection: &plan.Selection{Fields: []*plan.SelectionField{{ResponseName: "best", StoreName: "best",
					Selection: &plan.Selection{Fields: []*plan.SelectionField{{ResponseName: "pages", StoreName: "pages"}}}}}}})
		}, RuleUnused, "nothing it brings is needed"},
		{"a deferred field that no payload has", "deferred", func(p *plan.Plan) { withDeferral(p); p.Deferred[0].Response.Fields = nil },
			RuleShape, "no payload has it"},
		{"a deferred payload in a place that is not asked", "deferred", func(p *plan.Plan) { withDeferral(p); p.Deferred[0].Path = pathOf("you") },
			RuleShape, "leads nowhere"},
		{"too many conditions", "one fetch", func(p *plan.Plan) {
			for i := range maxConditions + 1 {
				p.Authorizations = append(p.Authorizations, plan.Authorization{Authenticated: true})
				guardOf(p, plan.Guard{AnyOf: [][]plan.Term{{{Kind: plan.AuthorizationTerm, Index: i}}}})
			}
		}, RuleTooLarge, "more than 14 conditions"},
	}
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			o := b.operation(t, good[f.plan].operation)
			p := b.planFor(t, o, good[f.plan].asks)
			f.fault(p)
			findings := b.checker.Check(o, p, Options{})
			for _, found := range findings {
				if found.Rule == f.rule && strings.Contains(found.String(), f.says) {
					return
				}
			}
			t.Errorf("no finding of %s says %q: %v", f.rule, f.says, findings)
		})
	}
}

func TestLabelsDecideWhoOwnsAField(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := b.operation(t, good["labels"].operation)
	p := b.planFor(t, o, good["labels"].asks)
	findings := b.checker.Check(o, p, Options{Labels: map[string]bool{"nick": true}})
	if len(findings) != 1 || findings[0].Rule != RuleOwnership || !strings.Contains(findings[0].Message, "override label nick") {
		t.Errorf("got %v", findings)
	}
}

func TestAFieldThatIsDeniedNeedsNoFetch(t *testing.T) {
	t.Parallel()
	b := newProtectedBench(t)
	c := good["required fields"]
	o := b.operation(t, c.operation)
	p := b.planFor(t, o, c.asks)
	if findings := b.checker.Check(o, p, Options{}); len(findings) != 1 || !strings.Contains(findings[0].Message, "no guard asks for what User.letter demands") {
		t.Errorf("a plan that heeds no demand: %v", findings)
	}
	p.Authorizations = []plan.Authorization{{Authenticated: true}}
	granted := guardOf(p, plan.Guard{AnyOf: [][]plan.Term{{{Kind: plan.AuthorizationTerm}}}})
	p.Fetches[1].Guard = granted
	if findings := b.checker.Check(o, p, Options{}); len(findings) != 2 || findings[0].Rule != RuleShape || findings[1].Rule != RuleCoverage {
		t.Errorf("a fetch that is off for some, of a field that is shown to all: %v", findings)
	}
	letter := p.Response.Fields[0].Object.Fields[0]
	letter.Denied = granted
	if findings := b.checker.Check(o, p, Options{}); len(findings) != 0 {
		t.Errorf("a field that is denied when the fetch is off: %v", findings)
	}
	letter.Denied = guardOf(p, plan.Guard{AnyOf: [][]plan.Term{{{Kind: plan.AuthorizationTerm, Negated: true}}}})
	if findings := b.checker.Check(o, p, Options{}); len(findings) == 0 || findings[0].Rule != RuleShape {
		t.Errorf("a field that is denied to those who may see it: %v", findings)
	}
}

func TestAPayloadComesWhenItsDeferIsActive(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	asks := slices.Clone(good["deferred"].asks)
	o := b.operation(t, `query($d: Boolean!, $e: Boolean!) { me { name @include(if: $e) ... @defer(if: $d) { letter } } }`)
	asks[0].document = `query($e:Boolean!){me{id name@include(if:$e)email}}`
	asks[0].variables = []plan.Variable{{Name: "e", Type: "Boolean!", From: "e"}}
	for _, variable := range []string{"", "e", "d"} {
		p := b.planFor(t, o, asks)
		withDeferral(p)
		active := [][]plan.Term{{{Kind: plan.VariableTerm, Name: variable}}}
		if variable != "" {
			p.Deferred[0].Guard = guardOf(p, plan.Guard{AnyOf: active})
			inactive := *p.Deferred[0].Response.Fields[0]
			inactive.Guard = guardOf(p, plan.Guard{AnyOf: [][]plan.Term{{{Kind: plan.VariableTerm, Name: variable, Negated: true}}}})
			me := p.Response.Fields[0].Object
			me.Fields = append(me.Fields, &inactive)
		}
		findings := b.checker.Check(o, p, Options{})
		if (len(findings) == 0) != (variable == "d") {
			t.Errorf("a payload that comes when $%s: %v", variable, findings)
		}
	}
}
