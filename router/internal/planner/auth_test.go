package planner_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tributary-gql/tributary/router/internal/plan"
	"github.com/tributary-gql/tributary/router/internal/planner"
	"github.com/tributary-gql/tributary/router/internal/planner/plannertest"
	"github.com/tributary-gql/tributary/router/routertest/generate"
	"github.com/tributary-gql/tributary/router/routertest/scenario"
)

const protecting = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.6",
	import: ["@key", "@external", "@requires", "@authenticated", "@requiresScopes", "@policy"])` + "\n"

// protected is a supergraph in which fields, objects and the values of fields demand something of the caller.
func protected(t *testing.T) *plannertest.Planner {
	t.Helper()
	super, err := scenario.Compose([]generate.Subgraph{
		{Name: "a", SDL: protecting + `type Query { me: User node: Node }
			interface Node { id: ID! }
			type User implements Node @key(fields: "id") { id: ID! name: String email: String @authenticated card: Card }
			type Card @requiresScopes(scopes: [["cards", "read"], ["admin"]]) { digits: String }
			type Secret implements Node @key(fields: "id") @policy(policies: [["spy"]]) { id: ID! text: String }`},
		{Name: "b", SDL: protecting + `type User @key(fields: "id") { id: ID! rank: Int @authenticated
			email: String @external hash: String @authenticated @requires(fields: "email") }`},
	})
	if err != nil {
		t.Fatal(err)
	}
	return plannertest.New(t, super.Print())
}

// demands prints a guard's terms.
func demands(p *plan.Plan, id plan.GuardID) string {
	if id == plan.Always {
		return ""
	}
	var rows []string
	for _, row := range p.Guards[id-1].AnyOf {
		var terms []string
		for _, term := range row {
			text := "$" + term.Name
			if term.Kind == plan.AuthorizationTerm {
				a := p.Authorizations[term.Index]
				text = fmt.Sprint(a.Authenticated, a.Scopes, a.Policies)
			}
			if term.Negated {
				text = "!" + text
			}
			terms = append(terms, text)
		}
		rows = append(rows, strings.Join(terms, " and "))
	}
	return strings.Join(rows, " or ")
}

// denials prints what the fields of a response are denied for.
func denials(p *plan.Plan, o *plan.Object, path string) []string {
	var all []string
	for _, f := range o.Fields {
		own := strings.TrimPrefix(path+"."+f.ResponseName, ".")
		if f.Denied != plan.Always {
			all = append(all, own+strings.Join(f.Types, "|")+": "+demands(p, f.Denied))
		}
		if f.Object != nil {
			all = append(all, denials(p, f.Object, own)...)
		}
	}
	return all
}

// TestWhatIsDeniedIsNotFetched plans operations on protected fields: what the response denies, and under which guards
// fetches are made. That the demands are the supergraph's, plancheck makes sure of.
func TestWhatIsDeniedIsNotFetched(t *testing.T) {
	t.Parallel()
	const known, card, spy = "true [] []", "false [[cards read] [admin]] []", "false [] [[spy]]"
	p := protected(t)
	for _, c := range []struct {
		document string
		denied   []string
		fetches  []string
	}{
		{`{ me { name } }`, nil, []string{""}},
		{`{ me { name email } }`, []string{"me.email: " + known}, []string{""}},
		{`{ me { name rank } }`, []string{"me.rank: " + known}, []string{"", known}},
		{`{ me { name hash } }`, []string{"me.hash: " + known}, []string{"", known}},
		{`{ me { card { digits } } }`, []string{"me.card.digits: " + card, "me.card: " + card}, []string{""}},
		{`query($v: Boolean!) { me { rank @include(if: $v) } }`, []string{"me.rank: " + known}, []string{"", "$v and " + known}},
		{`{ node { id ... on Secret { text } } }`, []string{"node.idSecret: " + spy, "node.textSecret: " + spy, "node: " + spy}, []string{spy}}, // an interface demands what its types do
	} {
		made := p.Plan(t, c.document, planner.Options{})
		denied := denials(made, made.Response, "")
		slices.Sort(denied)
		var fetches []string
		for _, f := range made.Fetches {
			guard := f.Guard
			for _, e := range f.Entities {
				guard = e.Guard
			}
			fetches = append(fetches, demands(made, guard))
		}
		if !slices.Equal(denied, c.denied) || !slices.Equal(fetches, c.fetches) {
			t.Errorf("%s\ndenies  %q\nwant    %q\nfetches %q\nwant    %q", c.document, denied, c.denied, fetches, c.fetches)
		}
	}
}
