package exec

import (
	"context"
	"testing"

	"github.com/tributary-gql/tributary/router/internal/plan"
)

type fetcherFunc func(context.Context, *FetchRequest) (Answer, error)

func (f fetcherFunc) Fetch(ctx context.Context, r *FetchRequest) (Answer, error) { return f(ctx, r) }

type sinkFunc func([]byte, bool) error

func (f sinkFunc) Emit(p []byte, more bool) error { return f(p, more) }

func TestSmoke(t *testing.T) {
	id := &plan.Type{NonNull: true, Name: "ID", Leaf: plan.IDLeaf}
	str := &plan.Type{Name: "String", Leaf: plan.StringLeaf}
	review := &plan.Object{TypeName: "Review", PossibleTypes: []string{"Review"}, Fields: []*plan.Field{
		{ResponseName: "id", StoreName: "id", Name: "id", Type: id},
		{ResponseName: "body", StoreName: "body", Name: "body", Type: str},
	}}
	product := &plan.Object{TypeName: "Product", PossibleTypes: []string{"Product"}, Fields: []*plan.Field{
		{ResponseName: "upc", StoreName: "upc", Name: "upc", Type: id},
		{ResponseName: "reviews", StoreName: "reviews", Name: "reviews", Type: &plan.Type{Elem: &plan.Type{Name: "Review"}}, Object: review},
	}}
	p := &plan.Plan{Kind: plan.Query,
		Fetches: []*plan.Fetch{
			{ID: 0, Subgraph: "products", Document: `{p:products{upc}}`, Selection: &plan.Selection{Fields: []*plan.SelectionField{
				{ResponseName: "p", StoreName: "products", Selection: &plan.Selection{Fields: []*plan.SelectionField{{ResponseName: "upc", StoreName: "upc"}}}}}}},
			{ID: 1, Subgraph: "reviews", WaitsFor: []int{0}, Document: "x", Entities: []*plan.Entities{{
				ResponseName: "_entities", Variable: "r", Paths: []plan.Path{{{StoreName: "products", ResponseName: "p"}}},
				Representations: []*plan.Representation{{Typename: "Product", Fields: []*plan.RepresentationField{{Name: "upc", StoreName: "upc", Key: true}}}},
				Selection: &plan.Selection{Fields: []*plan.SelectionField{
					{ResponseName: "reviews", StoreName: "reviews", Selection: &plan.Selection{Fields: []*plan.SelectionField{
						{ResponseName: "id", StoreName: "id"}, {ResponseName: "body", StoreName: "body"}}}}}},
			}}},
		},
		Response: &plan.Object{TypeName: "Query", PossibleTypes: []string{"Query"}, Fields: []*plan.Field{
			{ResponseName: "x", StoreName: "products", Name: "products", Type: &plan.Type{Elem: &plan.Type{Name: "Product"}}, Object: product}}},
	}
	program, err := Compile(p, nil)
	if err != nil {
		t.Fatal(err)
	}
	answers := []string{
		`{"data":{"p":[{"upc":"1"},{"upc":"2"},{"upc":"1"}]}}`,
		`{"data":{"_entities":[{"reviews":[{"id":"7","body":"a\u00e9"},null]},{"reviews":[{"id":null,"body":3}]}]},"errors":[{"message":"no","path":["_entities",0,"reviews",1]}]}`,
	}
	err = program.Execute(context.Background(), Input{}, fetcherFunc(func(_ context.Context, r *FetchRequest) (Answer, error) {
		t.Logf("%s", r.Body)
		return Answer{Body: []byte(answers[r.Fetch.ID])}, nil
	}), sinkFunc(func(b []byte, _ bool) error { t.Logf("%s", b); return nil }))
	if err != nil {
		t.Fatal(err)
	}
}
