package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// graph is the data of all subgraphs as one: every object has all its fields, so that each subgraph answers from the same
// objects whatever it is asked, and the whole graph answers an operation as the router must.
type graph struct {
	users, products []*object
	entities        map[string]*object // by entityKey
}

// object is an entity; its fields are nil, string, bool, json.Number, *object or []*object.
type object struct {
	typename string
	fields   map[string]any
}

// facts is data.json.
type facts struct {
	Users    []userFacts     `json:"users"`
	Products []productFacts  `json:"products"`
	Stock    map[string]bool `json:"stock"`
	Reviews  []reviewFacts   `json:"reviews"`
}

type userFacts struct {
	ID       string      `json:"id"`
	Name     string      `json:"name"`
	Username string      `json:"username"`
	Birthday json.Number `json:"birthday"`
}

type productFacts struct {
	UPC    string      `json:"upc"`
	Name   string      `json:"name"`
	Price  json.Number `json:"price"`
	Weight json.Number `json:"weight"`
}

type reviewFacts struct {
	ID      string `json:"id"`
	Body    string `json:"body"`
	Product string `json:"product"`
}

// reviewsOfUser is how many reviews every user has: the first ones. All reviews are by the first user.
const reviewsOfUser = 2

func newGraph(f *facts) *graph {
	g := &graph{entities: map[string]*object{}}
	for _, u := range f.Users {
		g.users = append(g.users, g.add("User", "id", u.ID, map[string]any{
			"id": u.ID, "name": u.Name, "username": u.Username, "birthday": u.Birthday,
		}))
	}
	for _, p := range f.Products {
		g.products = append(g.products, g.add("Product", "upc", p.UPC, map[string]any{
			"upc": p.UPC, "name": p.Name, "price": p.Price, "weight": p.Weight,
			"inStock": f.Stock[p.UPC], "shippingEstimate": nil, "reviews": []*object(nil),
		}))
	}
	var reviews []*object
	for _, r := range f.Reviews {
		product := g.entities[entityKey("Product", "upc", r.Product)]
		review := g.add("Review", "id", r.ID, map[string]any{"id": r.ID, "body": r.Body, "product": product, "author": g.users[0]})
		reviews = append(reviews, review)
		ofProduct, _ := product.fields["reviews"].([]*object)
		product.fields["reviews"] = append(ofProduct, review)
	}
	for _, u := range g.users {
		u.fields["reviews"] = reviews[:min(reviewsOfUser, len(reviews))]
	}
	return g
}

func entityKey(typename, key, value string) string { return typename + " " + key + " " + value }

func (g *graph) add(typename, key, value string, fields map[string]any) *object {
	o := &object{typename: typename, fields: fields}
	g.entities[entityKey(typename, key, value)] = o
	return o
}

// answer executes a request body: a subgraph's query, or the client's.
func (g *graph) answer(body []byte) ([]byte, error) {
	var request struct {
		Query     string         `json:"query"`
		Variables map[string]any `json:"variables"`
	}
	if err := json.Unmarshal(body, &request); err != nil {
		return nil, fmt.Errorf("the body is not a GraphQL request: %w", err)
	}
	document, err := parser.ParseQuery(&ast.Source{Input: request.Query})
	if err != nil {
		return nil, fmt.Errorf("the query cannot be parsed: %w", err)
	}
	if len(document.Operations) != 1 {
		return nil, fmt.Errorf("the query has %d operations instead of 1", len(document.Operations))
	}
	a := answerer{graph: g, fragments: document.Fragments, variables: request.Variables}
	a.out = append(a.out, `{"data":`...)
	a.selection(document.Operations[0].SelectionSet, "Query", a.root)
	if a.err != nil {
		return nil, a.err
	}
	return append(a.out, '}'), nil
}

// answerer writes the answer to one query.
type answerer struct {
	graph     *graph
	fragments ast.FragmentDefinitionList
	variables map[string]any
	out       []byte
	err       error
}

// selection writes an object's fields in the order in which they are asked; resolve gives a field's value.
func (a *answerer) selection(set ast.SelectionSet, typename string, resolve func(*ast.Field) any) {
	a.out = append(a.out, '{')
	for i, fields := range a.collect(nil, set, typename) {
		if i > 0 {
			a.out = append(a.out, ',')
		}
		a.out = strconv.AppendQuote(a.out, fields[0].Alias)
		a.out = append(a.out, ':')
		var below ast.SelectionSet
		for _, f := range fields {
			below = append(below, f.SelectionSet...)
		}
		if fields[0].Name == "__typename" {
			a.value(typename, nil)
		} else {
			a.value(resolve(fields[0]), below)
		}
	}
	a.out = append(a.out, '}')
}

// collect groups the fields of a selection that applies to a type by response name.
func (a *answerer) collect(groups [][]*ast.Field, set ast.SelectionSet, typename string) [][]*ast.Field {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			at := slices.IndexFunc(groups, func(group []*ast.Field) bool { return group[0].Alias == s.Alias })
			if at < 0 {
				groups = append(groups, []*ast.Field{s})
			} else {
				groups[at] = append(groups[at], s)
			}
		case *ast.InlineFragment:
			if s.TypeCondition == "" || s.TypeCondition == typename {
				groups = a.collect(groups, s.SelectionSet, typename)
			}
		case *ast.FragmentSpread:
			if f := a.fragments.ForName(s.Name); f != nil && f.TypeCondition == typename {
				groups = a.collect(groups, f.SelectionSet, typename)
			}
		}
	}
	return groups
}

func (a *answerer) root(field *ast.Field) any {
	switch field.Name {
	case "me":
		return a.graph.users[0]
	case "user":
		id, _ := a.argument(field, "id").(string)
		return a.graph.entities[entityKey("User", "id", id)]
	case "users":
		return a.graph.users
	case "topProducts":
		first := 5
		if n, err := strconv.Atoi(fmt.Sprint(a.argument(field, "first"))); err == nil {
			first = n
		}
		return a.graph.products[:min(first, len(a.graph.products))]
	case "_entities":
		return a.entities(field)
	}
	a.err = fmt.Errorf("there is no root field %q", field.Name)
	return nil
}

func (a *answerer) argument(field *ast.Field, name string) any {
	argument := field.Arguments.ForName(name)
	if argument == nil {
		return nil
	}
	value, err := argument.Value.Value(a.variables)
	if err != nil {
		a.err = err
	}
	return value
}

func (a *answerer) entities(field *ast.Field) any {
	representations, _ := a.argument(field, "representations").([]any)
	found := make([]*object, 0, len(representations))
	for _, one := range representations {
		r, _ := one.(map[string]any)
		typename, _ := r["__typename"].(string)
		key := "id"
		if typename == "Product" {
			key = "upc"
		}
		value, _ := r[key].(string)
		entity := a.graph.entities[entityKey(typename, key, value)]
		if entity == nil {
			a.err = fmt.Errorf("there is no %s", entityKey(typename, key, value))
		}
		found = append(found, entity)
	}
	return found
}

func (a *answerer) value(v any, below ast.SelectionSet) {
	switch v := v.(type) {
	case *object:
		if v == nil {
			a.out = append(a.out, "null"...)
			return
		}
		a.selection(below, v.typename, func(field *ast.Field) any {
			value, ok := v.fields[field.Name]
			if !ok {
				a.err = fmt.Errorf("%s has no field %q", v.typename, field.Name)
			}
			return value
		})
	case []*object:
		a.out = append(a.out, '[')
		for i, item := range v {
			if i > 0 {
				a.out = append(a.out, ',')
			}
			a.value(item, below)
		}
		a.out = append(a.out, ']')
	default:
		text, err := json.Marshal(v)
		if err != nil {
			a.err = err
		}
		a.out = append(a.out, strings.TrimSpace(string(text))...)
	}
}
