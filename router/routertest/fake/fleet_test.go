package fake_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tributary-gql/tributary/router/routertest/coerce"
	"github.com/tributary-gql/tributary/router/routertest/fake"
	"github.com/tributary-gql/tributary/router/routertest/reference"
	"github.com/tributary-gql/tributary/router/routertest/world"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

func newWorld(t *testing.T, options world.Options) *world.World {
	t.Helper()
	text, err := os.ReadFile("testdata/supergraph.graphql")
	if err != nil {
		t.Fatal(err)
	}
	super, err := supergraph.Read(string(text))
	if err != nil {
		t.Fatal(err)
	}
	w, err := world.New(super, options)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// answer is what the reference executor says to a query, as Go values.
func answer(t *testing.T, w *world.World, query string) map[string]any {
	t.Helper()
	result, err := reference.Answer(w, reference.Request{Document: query})
	if err != nil {
		t.Fatal(err)
	}
	data, err := coerce.Parse(result.Data)
	if err != nil {
		t.Fatal(err)
	}
	return data.(map[string]any)
}

func payload(t *testing.T, query string, variables any) []byte {
	t.Helper()
	text, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestStrictSubgraphsRecordWhatTheyMustNotBeAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, world.Options{Seed: 2})
	first := answer(t, w, `{ products { id name weight(unit: G) kilos: weight sku } }`)["products"].([]any)[0].(map[string]any)
	id, sku := first["id"], first["sku"]
	entities := func(selection string) string {
		return `query($r: [_Any!]!) { _entities(representations: $r) { ... on Product { ` + selection + ` } } }`
	}
	representation := func(pairs ...any) map[string]any {
		r := map[string]any{"__typename": "Product"}
		for i := 0; i < len(pairs); i += 2 {
			r[pairs[i].(string)] = pairs[i+1]
		}
		return map[string]any{"r": []any{r}}
	}
	cases := []struct {
		name, subgraph, query string
		variables             any
		violation             string // "" for a request that is fine
	}{
		{"root field", "catalog", `{ products(first: 2) { id name } }`, nil, ""},
		{"unknown field", "catalog", `{ nothing }`, nil, "invalid operation"},
		{"field of another subgraph", "stock", `{ products { id } }`, nil, "invalid operation"},
		{"external field", "stock", `{ stocked { id name } }`, nil, "Product.name is not the subgraph's"},
		{"provided field", "stock", `{ stocked { next { name } } }`, nil, ""},
		{"provided only one level", "stock", `{ stocked { next { next { name } name } } }`, nil, ""},
		{"field that moved away", "catalog", `{ products { moved } }`, nil, ""},
		{"field that did not move here", "stock", `{ stocked { moved } }`, nil, "Product.moved is not the subgraph's"},
		{"requires without representation", "stock", `{ stocked { shipping } }`, nil, "needs required fields"},
		{"entity", "stock", entities("sku"), representation("id", id), ""},
		{"entity by other key", "stock", entities("id"), representation("sku", sku), ""},
		{"requires", "stock", entities("shipping"), representation("id", id, "weight", first["weight"]), ""},
		{"requires absent", "stock", entities("shipping"), representation("id", id), "weight is absent"},
		{"requires with other arguments", "stock", entities("shipping"), representation("id", id, "weight", first["kilos"]), "wrong value of \"weight\""},
		{"no key", "stock", entities("sku"), representation("name", first["name"]), "no key that the subgraph resolves"},
		{"unknown entity", "stock", entities("sku"), representation("id", "nobody"), "no Product has the key"},
		{"keys of two entities", "stock", entities("id"), representation("id", id, "sku", "nothing"), "no Product has the key"},
		{"useless field", "catalog", entities("name"), representation("id", id, "name", first["name"]), "neither key nor required"},
		{"unknown type", "stock", entities("sku"), map[string]any{"r": []any{map[string]any{"__typename": "User", "id": "1"}}}, "no entity here"},
		{"no representations", "stock", entities("sku"), map[string]any{"r": []any{}}, "not one representation"},
		{
			"representation twice", "stock", entities("sku"),
			map[string]any{"r": []any{representation("id", id)["r"].([]any)[0], representation("id", id)["r"].([]any)[0]}}, "sent twice",
		},
		{"undeclared variable", "catalog", `{ products { id } }`, map[string]any{"x": 1}, "sent but not declared"},
		{"wrong variable", "catalog", `query($n: Int!) { products(first: $n) { id } }`, map[string]any{"n": "two"}, "two is no Int"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			fleet := fake.New(w)
			response := fleet.Answer(c.subgraph, payload(t, c.query, c.variables))
			violations := fleet.Violations()
			switch {
			case c.violation == "" && len(violations) > 0:
				t.Errorf("a fine request is refused: %v", violations)
			case c.violation == "" && strings.Contains(string(response.Body), `"errors"`):
				t.Errorf("a fine request has errors: %s", response.Body)
			case c.violation != "" && !slices.ContainsFunc(violations, func(v fake.Violation) bool { return strings.Contains(v.What, c.violation) }):
				t.Errorf("want %q, got %v (%s)", c.violation, violations, response.Body)
			}
		})
	}
}

func TestLabelsDecideWhoResolvesAField(t *testing.T) {
	t.Parallel()
	fleet := fake.New(newWorld(t, world.Options{Seed: 2, Labels: map[string]bool{"beta": true}}))
	fleet.Answer("stock", payload(t, `{ stocked { moved } }`, nil))
	if violations := fleet.Violations(); len(violations) > 0 {
		t.Error(violations)
	}
	fleet.Answer("catalog", payload(t, `{ products { moved } }`, nil))
	if len(fleet.Violations()) == 0 {
		t.Error("the field moved, but its old home is still asked")
	}
}

func TestSubgraphsTellOneTruth(t *testing.T) {
	t.Parallel()
	w := newWorld(t, world.Options{Seed: 2, Nulls: 200})
	for _, object := range answer(t, w, `{ products { id name sku } }`)["products"].([]any) {
		product := object.(map[string]any)
		response := fake.New(w).Answer("stock", payload(t,
			`query($r: [_Any!]!) { _entities(representations: $r) { __typename ... on Product { sku } } }`,
			map[string]any{"r": []any{map[string]any{"__typename": "Product", "id": product["id"]}}}))
		sku, err := json.Marshal(product["sku"])
		if err != nil {
			t.Fatal(err)
		}
		var got, want any
		if err := json.Unmarshal(response.Body, &got); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(fmt.Appendf(nil, `{"data":{"_entities":[{"__typename":"Product","sku":%s}]}}`, sku), &want); err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}

func TestRequestsAreLoggedInCanonicalOrder(t *testing.T) {
	t.Parallel()
	fleet := fake.New(newWorld(t, world.Options{Seed: 2}))
	fleet.Answer("stock", payload(t, `{ stocked { id } }`, nil))
	fleet.Answer("catalog", payload(t, `query B { products { id } }`, nil))
	fleet.Answer("catalog", payload(t, `query A { products { id } }`, nil))
	var order []string
	for _, r := range fleet.Requests() {
		order = append(order, fmt.Sprintf("%s %d", r.Subgraph, r.Number))
	}
	if got, want := strings.Join(order, ", "), "catalog 2, catalog 1, stock 0"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if fleet.Calls("catalog") != 2 || fleet.Calls("") != 3 {
		t.Errorf("%d calls of catalog, %d of all", fleet.Calls("catalog"), fleet.Calls(""))
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t, world.Options{Seed: 2})
	data := answer(t, w, `{ stocked { id } }`)["stocked"].([]any)
	var representations []any
	for _, product := range data[:2] {
		representations = append(representations, map[string]any{"__typename": "Product", "id": product.(map[string]any)["id"]})
	}
	request := payload(t, `query($r: [_Any!]!) { _entities(representations: $r) { ... on Product { sku } } }`, map[string]any{"r": representations})
	right := string(fake.New(w).Answer("stock", request).Body)
	for _, kind := range fake.FaultKinds() {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			fleet := fake.New(w)
			fleet.Inject(fake.Fault{Kind: kind, Subgraph: "stock", Skip: 1, Times: 1, Index: 1})
			if first := fleet.Answer("stock", request); string(first.Body) != right {
				t.Errorf("the skipped request was spoiled: %s", first.Body)
			}
			second := fleet.Answer("stock", request)
			if second.Status == http.StatusOK && string(second.Body) == right && !second.Hang {
				t.Error("the fault did not happen")
			}
			if third := fleet.Answer("stock", request); string(third.Body) != right {
				t.Errorf("a later request was spoiled: %s", third.Body)
			}
		})
	}
}

func TestHandlerServesASubgraph(t *testing.T) {
	t.Parallel()
	fleet := fake.New(newWorld(t, world.Options{Seed: 2}))
	server := httptest.NewServer(fleet.Handler("catalog"))
	defer server.Close()
	response, err := server.Client().Post(server.URL, "application/json", strings.NewReader(`{"query":"{ __typename }"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(body), `{"data":{"__typename":"Query"}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	fleet.Inject(fake.Fault{Kind: fake.Hang})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	hanging, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL, strings.NewReader(`{"query":"{ __typename }"}`))
	if err != nil {
		t.Fatal(err)
	}
	if response, err := http.DefaultClient.Do(hanging); err == nil {
		response.Body.Close()
		t.Error("a hanging subgraph answered")
	}
}
