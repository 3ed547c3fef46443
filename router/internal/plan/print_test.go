package plan

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "rewrite the golden sections of testdata")

func at(names ...string) Path {
	var p Path
	for _, n := range names {
		e := PathElement{}
		for strings.HasSuffix(n, "@") {
			n = strings.TrimSuffix(n, "@")
			e.List++
		}
		e.StoreName, e.ResponseName = n, n
		p = append(p, e)
	}
	return p
}

func root(id int, subgraph, document string, waits ...int) *Fetch {
	return &Fetch{ID: id, Subgraph: subgraph, Kind: Query, Document: document, WaitsFor: waits, Selection: &Selection{}}
}

func entity(id int, subgraph, typeName, field string, path Path, waits ...int) *Fetch {
	return &Fetch{
		ID: id, Subgraph: subgraph, Kind: Query, WaitsFor: waits,
		Document: fmt.Sprintf("query($r:[_Any!]!){_entities(representations:$r){... on %s{%s}}}", typeName, field),
		Entities: []*Entities{entities("_entities", "r", typeName, path)},
	}
}

func entities(responseName, variable, typeName string, paths ...Path) *Entities {
	return &Entities{
		ResponseName: responseName, Variable: variable, Paths: paths, Selection: &Selection{},
		Representations: []*Representation{{Types: []string{typeName}, Typename: typeName, Fields: []*RepresentationField{
			{Name: "id", StoreName: "id", Key: true},
		}}},
	}
}

func leaf(name string) *Field {
	return &Field{ResponseName: name, StoreName: name, Name: name, Type: &Type{Name: "Int", Leaf: IntLeaf}}
}

func object(name string, fields ...*Field) *Field {
	return &Field{ResponseName: name, StoreName: name, Name: name, Type: &Type{Name: "T"}, Object: &Object{TypeName: "T", Fields: fields}}
}

// samples are plans by the name of their golden file.
func samples() map[string]*Plan {
	guarded := func(f *Fetch, guard GuardID) *Fetch { f.Guard = guard; return f }
	several := entity(1, "b", "T", "y", at("ts@"), 0)
	several.Document = "query($r:[_Any!]!,$s:[_Any!]!){_entities(representations:$r){...F}_e1:_entities(representations:$s){... on U{z(a:[1,\"x\"])@d(n:1)}}}fragment F on T{y}"
	several.Variables = []Variable{{Name: "n", Type: "Int", From: "n"}}
	several.Entities[0].Paths = append(several.Entities[0].Paths, Path{{
		StoreName: "a1", ResponseName: "a", Types: []string{"A", "B"}, List: 1,
		Also: []PathElement{{StoreName: "c"}, {StoreName: "d", Types: []string{"D"}, List: 2}},
	}, {StoreName: "x", Types: []string{"X"}}})
	several.Entities = append(several.Entities, guardedEntities(entities("_e1", "s", "U", at("u")), 1))
	several.Entities[1].Representations[0].Fields = append(several.Entities[1].Representations[0].Fields,
		&RepresentationField{Name: "o", Fields: []*RepresentationField{{Name: "p", Types: []string{"O"}}}})
	into := root(1, "b", "{op3}", 0)
	into.Into = []Path{at("op2", "next")}
	return map[string]*Plan{
		"one-fetch": {Kind: Query, Fetches: []*Fetch{root(0, "a", "query Q($v:Int){x:t(v:$v){a...F @skip(if:$s) ...{b}}}fragment F on T{c}")}},
		"nothing":   {Kind: Query},
		"diamond": {Kind: Query, Fetches: []*Fetch{
			root(0, "a", "{t{__typename id}}"), entity(1, "b", "T", "x", at("t"), 0), entity(2, "c", "T", "y", at("t"), 0),
			entity(3, "d", "T", "z", at("t"), 1, 2),
		}},
		"independent-chains": {Kind: Query, Fetches: []*Fetch{
			root(0, "a", "{t{id}}"), root(1, "b", "{u{id}}"), entity(2, "c", "T", "x", at("t"), 0), entity(3, "d", "U", "y", at("u@"), 1),
			entity(4, "e", "T", "z", at("t"), 2),
		}},
		"stages-where-the-graph-is-richer": {Kind: Query, Fetches: []*Fetch{
			root(0, "a", "{t{id}}"), root(1, "b", "{u{id}}"), entity(2, "c", "T", "x", at("t"), 0), entity(3, "d", "U", "y", at("u"), 0, 1),
			entity(4, "e", "T", "z", at("t"), 2, 3),
		}},
		"conditions": {
			Kind: Query,
			Guards: []Guard{
				{AnyOf: [][]Term{{{Name: "a"}}}},
				{AnyOf: [][]Term{{{Name: "a"}, {Name: "b", Negated: true}}}},
				{AnyOf: [][]Term{{{Name: "a"}, {Name: "c"}}, {{Kind: AuthorizationTerm, Index: 0}}}},
			},
			Authorizations: []Authorization{{Authenticated: true, Scopes: [][]string{{"r", "w"}, {"admin"}}}},
			Fetches: []*Fetch{
				guarded(root(0, "a", "{t{id}}"), 1), guarded(entity(1, "b", "T", "x", at("t"), 0), 2),
				guarded(entity(2, "c", "T", "y", at("t"), 1), 2), guarded(root(3, "d", "{u}"), 3),
			},
		},
		"several-entities": {
			Kind: Query, Guards: []Guard{{AnyOf: [][]Term{{{Name: "a"}}, {{Name: "b"}}}}},
			Fetches: []*Fetch{root(0, "a", "{ts{id}u{id}}"), several},
		},
		"root-in-the-middle": {Kind: Mutation, Fetches: []*Fetch{root(0, "a", "mutation{op2{next{__typename}}}"), into}},
		"subscription": {Kind: Subscription, Fetches: []*Fetch{
			root(0, "a", "subscription{t{__typename id}}"), entity(1, "b", "T", "x", at("t"), 0),
		}},
		"defer": {
			Kind: Query, Guards: []Guard{{AnyOf: [][]Term{{{Name: "d"}}}}},
			Fetches: []*Fetch{
				root(0, "a", "{t{__typename id}}"), entity(1, "b", "T", "y", at("t"), 0), entity(2, "c", "T", "z", at("t"), 1),
			},
			Response: &Object{Fields: []*Field{object("t", leaf("x"))}}, ResponseWaitsFor: []int{0},
			Deferred: []*Deferred{
				{ID: 0, Label: "one", Parent: -1, Path: at("t"), Guard: 1, Response: &Object{Fields: []*Field{leaf("y")}}, WaitsFor: []int{1}},
				{ID: 1, Parent: 0, Path: at("t", "ys@"), Response: &Object{Fields: []*Field{leaf("z")}}, WaitsFor: []int{2}},
			},
		},
	}
}

func guardedEntities(e *Entities, guard GuardID) *Entities { e.Guard = guard; return e }

func TestPlansPrintAsTheirGoldens(t *testing.T) {
	t.Parallel()
	for name, p := range samples() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			compact, err := p.JSON()
			if err != nil {
				t.Fatal(err)
			}
			var indented bytes.Buffer
			if err := json.Indent(&indented, compact, "", "  "); err != nil {
				t.Fatal(err)
			}
			got := txtar.Format(&txtar.Archive{Files: []txtar.File{
				{Name: "plan.txt", Data: []byte(p.String() + "\n")}, {Name: "plan.json", Data: append(indented.Bytes(), '\n')},
			}})
			path := filepath.Join("testdata", name+".txtar")
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func randomPlan(random *rand.Rand) *Plan {
	p := &Plan{Kind: Query, Guards: []Guard{{AnyOf: [][]Term{{{Name: "a"}}}}, {AnyOf: [][]Term{{{Name: "a"}, {Name: "b"}}}}}}
	for id := range 1 + random.IntN(12) {
		f := root(id, "s", "{x}")
		f.Guard = GuardID(random.IntN(3))
		for w := range id {
			if random.IntN(4) == 0 {
				f.WaitsFor = append(f.WaitsFor, w)
			}
		}
		p.Fetches = append(p.Fetches, f)
	}
	return p
}

func TestTreesShowEveryFetchOnceInAnOrderThatHolds(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		p := randomPlan(random)
		tree := p.Tree()
		if shown, want := depth(tree), p.Depth(); shown != want {
			t.Fatalf("the tree is %d deep, the graph %d\n%s", shown, want, p)
		}
		starts, ends := map[int]int{}, map[int]int{}
		if end := schedule(tree, 0, starts, ends); end != depth(tree) {
			t.Fatalf("ends at %d", end)
		}
		for _, f := range p.Fetches {
			if _, shown := starts[f.ID]; !shown {
				t.Fatalf("fetch %d is not shown\n%s", f.ID, p)
			}
			for _, w := range f.WaitsFor {
				if starts[f.ID] < ends[w] {
					t.Fatalf("fetch %d is shown beside %d, which it waits for\n%s", f.ID, w, p)
				}
			}
		}
		if count := strings.Count(p.String(), "Fetch("); count != len(p.Fetches) {
			t.Fatalf("%d fetches printed, want %d", count, len(p.Fetches))
		}
	}
}

// schedule gives every fetch of a tree the time slot in which the tree says it runs.
func schedule(n *Node, start int, starts, ends map[int]int) int {
	switch n.Kind {
	case FetchNode:
		starts[n.Fetch.ID], ends[n.Fetch.ID] = start, start+1
		return start + 1
	case SequenceNode:
		for _, part := range n.Nodes {
			start = schedule(part, start, starts, ends)
		}
		return start
	default:
		end := start
		for _, part := range n.Nodes {
			end = max(end, schedule(part, start, starts, ends))
		}
		return end
	}
}

func TestSharedShapesArePrintedOnce(t *testing.T) {
	t.Parallel()
	shape := &Object{Fields: []*Field{leaf("x")}}
	for range 60 { // 2^60 positions
		shape = &Object{Fields: []*Field{
			{ResponseName: "a", Name: "a", Object: shape}, {ResponseName: "b", Name: "b", Object: shape},
		}}
	}
	p := &Plan{Kind: Query, Fetches: []*Fetch{root(0, "a", "{x}")}, Response: shape, ResponseWaitsFor: []int{0},
		Deferred: []*Deferred{{ID: 0, Parent: -1, Response: &Object{}}}}
	if lines := strings.Count(p.String(), "\n"); lines > 500 {
		t.Errorf("%d lines", lines)
	}
	count := 0
	p.WalkObjects(func(*Object) { count++ })
	if count != 62 {
		t.Errorf("WalkObjects visited %d objects, want 62", count)
	}
}

func TestWalksVisitParentsFirst(t *testing.T) {
	t.Parallel()
	var kinds []NodeKind
	Walk(samples()["diamond"].Tree(), func(n *Node) bool {
		kinds = append(kinds, n.Kind)
		return n.Kind != FlattenNode
	})
	want := []NodeKind{SequenceNode, FetchNode, ParallelNode, FlattenNode, FlattenNode, FlattenNode}
	if !slices.Equal(kinds, want) {
		t.Errorf("got %v want %v", kinds, want)
	}
	selections := 0
	shared := &Selection{}
	(&Plan{Fetches: []*Fetch{
		{Selection: &Selection{Fields: []*SelectionField{{Selection: shared}, {Selection: shared}}}},
		{Entities: []*Entities{{Selection: shared}}},
	}}).WalkSelections(func(*Selection) { selections++ })
	if selections != 2 {
		t.Errorf("WalkSelections visited %d selections, want 2", selections)
	}
}
