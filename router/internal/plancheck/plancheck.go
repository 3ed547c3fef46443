// Package plancheck proves that a plan answers its operation: that every request it makes is valid and answerable where
// it goes, that what a request needs was fetched by those it waits for, and that every field of the response is written
// for every runtime type and every choice of conditions under which it is asked.
//
// It runs the plan without data: the fetches write into a tree of positions what they would bring, with the runtime
// types and conditions under which they bring it (a Boolean function, as its truth table), and the operation is then
// read off the tree. It shares no code with the planner, so as not to share its mistakes.
//
// Positions are expanded one by one; a plan whose sharing stands for too many of them is not checked, and says so.
package plancheck

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/internal/operation"
	"github.com/tributary-gql/tributary/router/internal/plan"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// Rule names what a finding is about.
type Rule string

// The rules.
const (
	// RuleStructure: the plan contradicts itself: unknown IDs, cycles, shapes that do not fit together.
	RuleStructure Rule = "structure"
	// RuleDocument: a fetch's document does not parse, or is not valid in its subgraph.
	RuleDocument Rule = "document"
	// RuleMirror: a fetch's selection is not what its document asks.
	RuleMirror Rule = "mirror"
	// RuleVariables: a fetch's variables are not those of its document, or cannot be given from the operation's.
	RuleVariables Rule = "variables"
	// RuleOwnership: a field is asked where it cannot be resolved.
	RuleOwnership Rule = "ownership"
	// RuleEntities: an entity is asked in a way the subgraph does not know: no key, required fields missing.
	RuleEntities Rule = "entities"
	// RuleOrder: something is needed that none of the fetches waited for has brought; mutations out of order.
	RuleOrder Rule = "order"
	// RuleCollision: two fetches write different things in one place.
	RuleCollision Rule = "collision"
	// RuleShape: the response's shape is not the operation's.
	RuleShape Rule = "shape"
	// RuleCoverage: a field of the response is not written where it is asked.
	RuleCoverage Rule = "coverage"
	// RuleUnused: a fetch brings nothing that is needed.
	RuleUnused Rule = "unused"
	// RuleTooLarge: the plan has more positions or conditions than can be checked.
	RuleTooLarge Rule = "too-large"
)

// Finding is one thing that is wrong with a plan.
type Finding struct {
	Rule    Rule
	Fetch   int    // ID, -1 when it is about no single fetch
	Where   string // path in the response tree, "" when it is about no position
	Message string
}

// String is the finding on one line.
func (f Finding) String() string {
	text := string(f.Rule)
	if f.Fetch >= 0 {
		text += fmt.Sprintf(", fetch %d", f.Fetch)
	}
	if f.Where != "" {
		text += ", at " + f.Where
	}
	return text + ": " + f.Message
}

// Checker checks plans for one supergraph. It is safe for concurrent use.
type Checker struct {
	world *world
	api   *ast.Schema
	mutex sync.Mutex
	views map[supergraph.GraphID]*view
	graph map[string]supergraph.GraphID // by name
}

// view is a subgraph's schema and what is derived from it.
type view struct {
	schema    *operation.Schema
	keyFields map[string]bool // "Type.field" of every field in one of the subgraph's keys
}

// New makes a checker.
func New(sg *supergraph.Supergraph) (*Checker, error) {
	api, err := sg.API()
	if err != nil {
		return nil, err
	}
	c := &Checker{
		world: newWorld(sg), api: api, views: map[supergraph.GraphID]*view{}, graph: map[string]supergraph.GraphID{},
	}
	for i, g := range sg.Graphs {
		c.graph[g.Name] = supergraph.GraphID(i)
	}
	return c, nil
}

func (c *Checker) view(g supergraph.GraphID) (*view, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if v := c.views[g]; v != nil {
		return v, nil
	}
	schema, err := operation.NewSchemaFromAST(c.world.viewOf(g))
	if err != nil {
		return nil, err
	}
	v := &view{schema: schema, keyFields: c.world.keyFields(g)}
	c.views[g] = v
	return v, nil
}

// Options say for which circumstances the plan was made.
type Options struct {
	// Labels are the override labels that are on.
	Labels map[string]bool
}

// Check returns everything that is wrong with a plan; nothing when it is right.
func (c *Checker) Check(o *operation.Operation, p *plan.Plan, options Options) []Finding {
	r := &run{Checker: c, operation: o, plan: p, options: options, seen: map[Finding]bool{}}
	r.structure()
	if len(r.findings) > 0 {
		return r.findings
	}
	var ok bool
	if r.conditions, ok = newConditions(o, p); !ok {
		r.report(RuleTooLarge, -1, "", "it depends on more than %d conditions", maxConditions)
		return r.findings
	}
	r.root = newNode(c.world)
	r.root.possible = c.world.possible[o.Root.Type]
	r.reads = make([]fetchSet, len(p.Fetches))
	for _, f := range p.Fetches {
		r.fetch(f)
	}
	r.mutations()
	r.responses()
	if len(r.findings) == 0 {
		r.unused()
	}
	return r.findings
}

// maxPositions bounds how many positions and slots one check goes through.
const maxPositions = 2_000_000

// run is one check.
type run struct {
	*Checker
	operation  *operation.Operation
	plan       *plan.Plan
	options    Options
	conditions *conditions
	root       *node
	closures   []fetchSet // for each fetch those that it waits for, directly or not
	reads      []fetchSet // for each fetch those whose answers it uses
	shown      fetchSet   // fetches whose answers the response shows
	visited    int
	findings   []Finding
	seen       map[Finding]bool
}

func (r *run) report(rule Rule, fetch int, where, format string, arguments ...any) {
	f := Finding{Rule: rule, Fetch: fetch, Where: where, Message: fmt.Sprintf(format, arguments...)}
	if !r.seen[f] {
		r.seen[f] = true
		r.findings = append(r.findings, f)
	}
}

// spend counts positions; false when there are too many to go on.
func (r *run) spend() bool {
	r.visited++
	if r.visited > maxPositions {
		r.report(RuleTooLarge, -1, "", "it has more than %d positions", maxPositions)
		return false
	}
	return true
}

// structure checks what the other checks take for granted.
func (r *run) structure() {
	r.closures = make([]fetchSet, len(r.plan.Fetches))
	for i, f := range r.plan.Fetches {
		r.closures[i] = fetchSet{}
		if f.ID != i {
			r.report(RuleStructure, i, "", "its ID is %d", f.ID)
		}
		if _, known := r.graph[f.Subgraph]; !known {
			r.report(RuleStructure, i, "", "the supergraph has no subgraph %q", f.Subgraph)
		}
		if !slices.IsSorted(f.WaitsFor) {
			r.report(RuleStructure, i, "", "it waits for %v, which is not ascending", f.WaitsFor)
		}
		for _, w := range f.WaitsFor {
			if w < 0 || w >= i {
				r.report(RuleStructure, i, "", "it waits for %d: a fetch waits only for those before it", w)
				continue
			}
			r.closures[i][w] = true
			for before := range r.closures[w] {
				r.closures[i][before] = true
			}
		}
		if (f.Selection == nil) == (len(f.Entities) == 0) {
			r.report(RuleStructure, i, "", "a fetch has either a selection or entities")
		}
		r.guardExists(i, f.Guard)
		for _, e := range f.Entities {
			r.guardExists(i, e.Guard)
			if len(e.Paths) == 0 || len(e.Representations) == 0 {
				r.report(RuleStructure, i, "", "entities without paths or representations")
			}
		}
		for _, v := range f.Variables {
			r.guardExists(i, v.Guard)
		}
	}
	r.plan.WalkSelections(func(s *plan.Selection) {
		for _, f := range s.Fields {
			r.guardExists(-1, f.Guard)
		}
	})
	r.plan.WalkObjects(func(o *plan.Object) {
		for _, f := range o.Fields {
			r.guardExists(-1, f.Guard)
			r.guardExists(-1, f.Denied)
		}
	})
	for _, d := range r.plan.Deferred {
		r.guardExists(-1, d.Guard)
	}
	r.guardTerms()
	if r.plan.Response == nil {
		r.report(RuleStructure, -1, "", "it has no response")
	}
	if string(r.plan.Kind) != string(r.operation.Kind) {
		r.report(RuleStructure, -1, "", "it is a %s, the operation a %s", r.plan.Kind, r.operation.Kind)
	}
}

func (r *run) guardExists(fetch int, id plan.GuardID) {
	if id < 0 || int(id) > len(r.plan.Guards) {
		r.report(RuleStructure, fetch, "", "there is no guard %d", id)
	}
}

// guardTerms checks that guards ask about what the request knows.
func (r *run) guardTerms() {
	for i, g := range r.plan.Guards {
		for _, row := range g.AnyOf {
			for _, t := range row {
				switch {
				case t.Kind == plan.AuthorizationTerm:
					if t.Index < 0 || t.Index >= len(r.plan.Authorizations) {
						r.report(RuleStructure, -1, "", "guard %d asks for authorization %d, which is not there", i+1, t.Index)
					}
				case !slices.ContainsFunc(r.operation.Variables, func(v *operation.Variable) bool { return v.Name == t.Name }):
					r.report(RuleStructure, -1, "", "guard %d asks for $%s, which the operation does not declare", i+1, t.Name)
				}
			}
		}
	}
}

// mutations checks that the fetches that change things run one after the other in the order of the operation.
func (r *run) mutations() {
	if r.plan.Kind != plan.Mutation {
		return
	}
	var order []string
	last := -1
	for _, f := range r.plan.Fetches {
		if f.Kind != plan.Mutation {
			continue
		}
		if last >= 0 && !r.closures[f.ID][last] {
			r.report(RuleOrder, f.ID, "", "it changes things and does not wait for fetch %d, which does too", last)
		}
		last = f.ID
		if f.Selection == nil {
			r.report(RuleOrder, f.ID, "", "only root fields can be mutations")
			continue
		}
		for _, s := range f.Selection.Fields {
			order = append(order, s.StoreName)
		}
	}
	next := 0
	for _, f := range r.plan.Response.Fields {
		at := slices.Index(order[min(next, len(order)):], f.StoreName)
		if f.Name == "__typename" || f.Introspection {
			continue
		}
		if at < 0 {
			r.report(RuleOrder, -1, f.ResponseName, "mutations run in the order %s", strings.Join(order, ", "))
			return
		}
		next += at + 1
	}
}

// unused reports fetches from which nothing leads to the response.
func (r *run) unused() {
	used := r.shown
	for i := len(r.plan.Fetches) - 1; i >= 0; i-- {
		f := r.plan.Fetches[i]
		if f.Kind == plan.Mutation || f.Kind == plan.Subscription {
			used[i] = true
		}
		if !used[i] {
			r.report(RuleUnused, i, "", "nothing it brings is needed")
			continue
		}
		for before := range r.reads[i] {
			used[before] = true
		}
	}
}
