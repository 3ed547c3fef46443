package planner_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/internal/operation"
	"github.com/tributary-gql/tributary/router/internal/planner"
	"github.com/tributary-gql/tributary/router/internal/planner/plannertest"
	"github.com/tributary-gql/tributary/router/routertest/generate"
	"github.com/tributary-gql/tributary/router/routertest/scenario"
)

// link is what every adversarial subgraph starts with.
const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key", "@shareable"])` + "\n"

// adversary is an input of a size that planners have fallen over.
type adversary struct {
	name string
	// build makes subgraphs and an operation of size n.
	build func(n int) ([]generate.Subgraph, string)
	size  int
	// maxWork is how many units of work the size may take; twice the size may take five times as many.
	maxWork int
}

var adversaries = []adversary{
	{"interface with many implementations", manyImplementations, 70, 60_000},
	{"fragments that expand to 2^n places", nestedFragments, 30, 10_000},
	{"fragments that expand to 2^n entities", nestedEntities, 20, 20_000},
	{"a circle of requirements around three subgraphs", requirementsInACircle, 20, 40_000},
	{"recursion through two interfaces", twoInterfaces, 12, 60_000},
	{"subgraphs that share every field", sharedByAll, 20, 60_000},
	{"many fields", manyFields, 500, 60_000},
}

func manyImplementations(n int) ([]generate.Subgraph, string) {
	var a, b, operation strings.Builder
	a.WriteString(link + "type Query { nodes: [Node] } interface Node { id: ID! next: Node }\n")
	b.WriteString(link)
	operation.WriteString("{ nodes { id next { id ")
	for i := range n {
		fmt.Fprintf(&a, "type T%d implements Node @key(fields: \"id\") { id: ID! next: Node own%d: Int }\n", i, i)
		fmt.Fprintf(&b, "type T%d @key(fields: \"id\") { id: ID! far%d: Int }\n", i, i)
		fmt.Fprintf(&operation, "... on T%d { own%d far%d } ", i, i, i)
	}
	operation.WriteString("} } }")
	return []generate.Subgraph{{Name: "a", SDL: a.String()}, {Name: "b", SDL: b.String()}}, operation.String()
}

func nestedFragments(n int) ([]generate.Subgraph, string) {
	a := link + `type Query { t: T } type T @key(fields: "id") { id: ID! l: T r: T } `
	b := link + `type T @key(fields: "id") { id: ID! far: Int }`
	return []generate.Subgraph{{Name: "a", SDL: a}, {Name: "b", SDL: b}}, doubling(n, "far")
}

func nestedEntities(n int) ([]generate.Subgraph, string) {
	a := link + `type Query { t: T } type T @key(fields: "id") { id: ID! l: T }`
	b := link + `type T @key(fields: "id") { id: ID! r: T far: Int }`
	return []generate.Subgraph{{Name: "a", SDL: a}, {Name: "b", SDL: b}}, doubling(n, "far")
}

// doubling is an operation whose n fragments each use the next one twice.
func doubling(n int, leaf string) string {
	var operation strings.Builder
	operation.WriteString("{ t { ...F0 } }")
	for i := range n {
		fmt.Fprintf(&operation, " fragment F%d on T { l { ...F%d } r { ...F%d } }", i, i+1, i+1)
	}
	fmt.Fprintf(&operation, " fragment F%d on T { %s }", n, leaf)
	return operation.String()
}

// requirementsInACircle is a chain of n fields, each of which requires the one before from the next of three subgraphs.
func requirementsInACircle(n int) ([]generate.Subgraph, string) {
	subgraphs := make([]generate.Subgraph, 3)
	for s := range subgraphs {
		var sdl strings.Builder
		sdl.WriteString(`extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key", "@external", "@requires"])` + "\n")
		if s == 0 {
			sdl.WriteString("type Query { t: T }\n")
		}
		sdl.WriteString("type T @key(fields: \"id\") { id: ID! ")
		for i := range n {
			switch {
			case i%3 == s && i == 0:
				sdl.WriteString("f0: Int ")
			case i%3 == s:
				fmt.Fprintf(&sdl, "f%d: Int @requires(fields: \"f%d\") ", i, i-1)
			case (i+1)%3 == s && i+1 < n:
				fmt.Fprintf(&sdl, "f%d: Int @external ", i)
			}
		}
		sdl.WriteString("}")
		subgraphs[s] = generate.Subgraph{Name: fmt.Sprintf("s%d", s), SDL: sdl.String()}
	}
	return subgraphs, fmt.Sprintf("{ t { f%d f%d f%d } }", n-1, n/2, n/3)
}

func twoInterfaces(n int) ([]generate.Subgraph, string) {
	var a, b strings.Builder
	a.WriteString(link + "type Query { x: X } interface X { id: ID! toY: Y } interface Y { id: ID! toX: X }\n")
	b.WriteString(link)
	for i := range 6 {
		fmt.Fprintf(&a, "type X%d implements X @key(fields: \"id\") { id: ID! toY: Y } type Y%d implements Y @key(fields: \"id\") { id: ID! toX: X }\n", i, i)
		fmt.Fprintf(&b, "type X%d @key(fields: \"id\") { id: ID! far: Int } type Y%d @key(fields: \"id\") { id: ID! far: Int }\n", i, i)
	}
	var operation strings.Builder
	operation.WriteString("{ x { ...A0 } }")
	for i := range n {
		fmt.Fprintf(&operation, " fragment A%d on X { id ", i)
		for k := range 6 {
			fmt.Fprintf(&operation, "... on X%d { far toY { ...B%d } } ", k, i)
		}
		fmt.Fprintf(&operation, "} fragment B%d on Y { ", i)
		for k := range 6 {
			fmt.Fprintf(&operation, "... on Y%d { far toX { ...A%d } } ", k, i+1)
		}
		operation.WriteString("}")
	}
	fmt.Fprintf(&operation, " fragment A%d on X { id }", n)
	return []generate.Subgraph{{Name: "a", SDL: a.String()}, {Name: "b", SDL: b.String()}}, operation.String()
}

func sharedByAll(n int) ([]generate.Subgraph, string) {
	var subgraphs []generate.Subgraph
	for i := range n {
		sdl := link + `type Query { t: T @shareable } type T @key(fields: "id") { id: ID! a: Int @shareable b: Int @shareable u: U @shareable }
			type U @key(fields: "id") { id: ID! c: Int @shareable t: T @shareable own` + fmt.Sprint(i) + `: Int }`
		subgraphs = append(subgraphs, generate.Subgraph{Name: fmt.Sprintf("s%d", i), SDL: sdl})
	}
	var own strings.Builder
	for i := range 5 {
		fmt.Fprintf(&own, "own%d ", i)
	}
	text := "a b"
	for range 5 {
		text = "a b u { c " + own.String() + " t { " + text + " } }"
	}
	return subgraphs, "{ t { " + text + " } }"
}

func manyFields(n int) ([]generate.Subgraph, string) {
	var a, b, operation strings.Builder
	a.WriteString(link + "type Query { t: T } type T @key(fields: \"id\") { id: ID! ")
	b.WriteString(link + "type T @key(fields: \"id\") { id: ID! ")
	operation.WriteString("{ t { ")
	for i := range n {
		fmt.Fprintf(&a, "f%d: Int ", i)
		fmt.Fprintf(&b, "g%d: Int ", i)
		fmt.Fprintf(&operation, "f%d g%d ", i, i)
	}
	a.WriteString("}")
	b.WriteString("}")
	operation.WriteString("} }")
	return []generate.Subgraph{{Name: "a", SDL: a.String()}, {Name: "b", SDL: b.String()}}, operation.String()
}

// prepare composes an adversary's subgraphs and parses its operation.
func (a adversary) prepare(tb testing.TB, n int) (*plannertest.Planner, *operation.Operation) {
	tb.Helper()
	subgraphs, document := a.build(n)
	super, err := scenario.Compose(subgraphs)
	if err != nil {
		tb.Fatal(err)
	}
	p := plannertest.New(tb, super.Print())
	options := operation.DefaultOptions()
	options.MaxTokens = 1_000_000
	op, _, err := p.Schema.ParseWith(document, "", options)
	if err != nil {
		tb.Fatal(err)
	}
	return p, op
}

// TestAdversariesTakePolynomialWork bounds the work of inputs that make planners explode, and how it grows.
func TestAdversariesTakePolynomialWork(t *testing.T) {
	t.Parallel()
	for _, a := range adversaries {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			work := make([]int, 2)
			for i, n := range []int{a.size / 2, a.size} {
				p, op := a.prepare(t, n)
				_, stats, err := p.Planner.PlanWithStats(t.Context(), op, planner.Options{})
				if err != nil {
					t.Fatalf("size %d: %v (%+v)", n, err, stats)
				}
				work[i] = stats.Work
			}
			if work[1] > a.maxWork || work[1] > 5*work[0] {
				t.Errorf("size %d takes %d units of work, size %d takes %d", a.size/2, work[0], a.size, work[1])
			}
		})
	}
}

// Bounds on one plan of an adversary, best of five.
const (
	longest      = 100 * time.Millisecond
	mostGrowth   = 5                // times as long for twice the size
	immeasurable = time.Millisecond // less than this counts as this
	mostMemory   = 64 << 20         // allocated, whether or not it lives
	retries      = 20               // of five, while a bound does not hold
)

// BenchmarkAdversaries measures them, and fails where one takes too long, grows too fast or needs too much memory.
func BenchmarkAdversaries(b *testing.B) {
	for _, a := range adversaries {
		b.Run(strings.ReplaceAll(a.name, " ", "-"), func(b *testing.B) {
			p, op := a.prepare(b, a.size)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Planner.Plan(b.Context(), op, planner.Options{}); err != nil {
					b.Fatal(err)
				}
			}
			smaller, smallerOp := a.prepare(b, a.size/2)
			whole, memory := bestOfFive(b, p, op)
			half, _ := bestOfFive(b, smaller, smallerOp)
			for range retries { // another program may have had the processor
				if whole <= longest && whole <= mostGrowth*max(half, immeasurable) {
					break
				}
				again, _ := bestOfFive(b, p, op)
				whole = min(whole, again)
			}
			if whole > longest {
				b.Errorf("size %d takes %v, more than %v", a.size, whole, longest)
			}
			if whole > mostGrowth*max(half, immeasurable) {
				b.Errorf("size %d takes %v, size %d takes %v", a.size/2, half, a.size, whole)
			}
			if memory > mostMemory {
				b.Errorf("size %d takes %d bytes", a.size, memory)
			}
		})
	}
}

// bestOfFive is the least time and memory of planning an operation.
func bestOfFive(b *testing.B, p *plannertest.Planner, op *operation.Operation) (time.Duration, uint64) {
	b.Helper()
	best, least := time.Duration(math.MaxInt64), uint64(math.MaxUint64)
	var before, after runtime.MemStats
	for range 5 {
		runtime.ReadMemStats(&before)
		start := time.Now()
		if _, err := p.Planner.Plan(b.Context(), op, planner.Options{}); err != nil {
			b.Fatal(err)
		}
		best = min(best, time.Since(start))
		runtime.ReadMemStats(&after)
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	return best, least
}

func TestPlanningStopsAtItsBudget(t *testing.T) {
	t.Parallel()
	p, op := adversaries[0].prepare(t, 20)
	_, err := p.Planner.Plan(t.Context(), op, planner.Options{Budget: 100})
	var limit *planner.LimitError
	if !errors.As(err, &limit) || limit.Code() != "QUERY_PLAN_LIMIT" || limit.Limit != 100 {
		t.Errorf("got %v, want a limit of 100", err)
	}
	if _, err = p.Planner.Plan(t.Context(), op, planner.Options{MaxBytes: 10}); !errors.As(err, &limit) {
		t.Errorf("got %v, want a limit on bytes", err)
	}
}

func TestPlanningStopsWithItsClient(t *testing.T) {
	t.Parallel()
	p, op := adversaries[0].prepare(t, 70)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Planner.Plan(ctx, op, planner.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}
