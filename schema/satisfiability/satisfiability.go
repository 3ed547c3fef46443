// Package satisfiability proves that every query of a supergraph's API can be answered: wherever a query can have come,
// each field it may ask next is answered by a subgraph that already has the object, or by one that can be reached by a
// key whose fields are known. It is the last phase of composition.
//
// The proof walks states. A state is a type of the API and the places in the subgraphs where an object of that type may
// be in hand after the same query; the closure of places under key jumps decides which fields can be asked next. Jumps and
// requirements are facts of a monotone system, solved as its least fixed point, so circular ones prove nothing. A state
// with more places than one that was proven is not looked at again; that, and a bound on states, keep the walk polynomial
// in practice and finite always.
//
// It does not plan: which of several ways is best is the planner's question.
package satisfiability

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
	"github.com/tributary-gql/tributary/schema/querygraph"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// Problem is one thing that is wrong, or worth a hint. Type and Field say where in the supergraph; Subgraphs are those
// whose declarations are involved.
type Problem struct {
	Code      diag.Code
	Severity  diag.Severity
	Message   string
	Fix       string
	Type      string
	Field     string // "" when the type as a whole is meant
	Subgraphs []querygraph.SubgraphID

	path []int // orders problems like the fields of the supergraph that lead to them; see state.path
}

// DefaultMaxStates bounds the states of one check. Real graphs take some for each type; the bound is for hostile ones.
const DefaultMaxStates = 200_000

// Check walks every query of the supergraph. maxStates 0 means DefaultMaxStates. The problems are in the order of the fields that
// lead to them.
func Check(s *supergraph.Supergraph, maxStates int) ([]Problem, error) {
	graph, err := querygraph.New(s)
	if err != nil {
		return nil, err
	}
	if maxStates <= 0 {
		maxStates = DefaultMaxStates
	}
	c := newChecker(graph, maxStates)
	// What is wrong below a mutation field is told there, with the subgraphs it can be sent to; so these come first.
	for rank, kind := range []ast.Operation{ast.Mutation, ast.Subscription, ast.Query} {
		root := graph.RootType(kind)
		if root == "" || s.Type(root) == nil {
			continue
		}
		if kind == ast.Mutation {
			c.checkMutation(root)
		} else {
			c.walk(&state{kind: kind, typeName: root, places: c.rootPlaces(kind), rank: -rank})
		}
	}
	slices.SortStableFunc(c.problems, func(a, b Problem) int { return slices.Compare(a.path, b.path) })
	return c.problems, nil
}

// state is a point that a query can reach.
type state struct {
	kind     ast.Operation
	typeName string // in the API
	places   []placeID
	labels   labels
	contexts []contextID // set by ancestors, sorted
	parent   *state
	step     string // what leads here from parent: a field, or "... on T"
	rank     int    // the step's place among those from parent
}

// path is the ranks of the steps that lead to the state.
func (s *state) path() []int {
	var path []int
	for at := s; at != nil; at = at.parent {
		path = append(path, at.rank)
	}
	slices.Reverse(path)
	return path
}

type checker struct {
	graph    *querygraph.Graph
	facts    *facts
	problems []Problem
	visits   map[visitKey][]*state
	hinted   map[string]bool // fields whose runtime types were reported
	states   int
	// comparisons counts the states that visited looked at.
	comparisons int
	maxStates   int
	exceeded    bool
	// inaccessible is the name of @inaccessible in this supergraph, "" when it is not linked.
	inaccessible string
}

func newChecker(g *querygraph.Graph, maxStates int) *checker {
	c := &checker{
		graph: g, facts: newFacts(g), visits: map[visitKey][]*state{}, hinted: map[string]bool{}, maxStates: maxStates,
	}
	if name, linked := g.Supergraph.FeatureDirective("inaccessible", "inaccessible"); linked {
		c.inaccessible = name
	}
	return c
}

func (c *checker) rootPlaces(kind ast.Operation) []placeID {
	var places []placeID
	for _, s := range c.graph.Subgraphs {
		if node, ok := c.graph.Root(s.ID, kind); ok && len(c.graph.Node(node).Edges) > 0 {
			places = append(places, c.facts.place(node, c.graph.RootType(kind)))
		}
	}
	slices.Sort(places)
	return places
}

// walk proves a state and everything below it.
func (c *checker) walk(first *state) {
	pending := []*state{first}
	for len(pending) > 0 && !c.exceeded {
		s := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		if c.visited(s) {
			continue
		}
		if c.states++; c.states > c.maxStates {
			c.exceeded = true
			c.problems = append(c.problems, Problem{
				Code: diag.MaxValidationSubgraphPathsExceeded, Severity: diag.Error, Type: s.typeName, path: s.path(),
				Message: fmt.Sprintf("Checking whether every query can be answered would need more than %d states; the check was stopped at type %q.", c.maxStates, s.typeName),
				Fix:     "Share fewer types and fields between subgraphs, or use fewer keys for the same entity.",
			})
			return
		}
		pending = append(pending, c.advance(s)...)
	}
}

// visitKey is what states with the same or fewer places have in common with a state: the type, the labels, and one of its
// places, the first of theirs.
type visitKey struct {
	typeName string
	labels   labels
	first    placeID
}

// noPlace is the first of no places.
const noPlace placeID = -1

// visited tells whether a state with the same or fewer places was proven; it remembers s otherwise.
func (c *checker) visited(s *state) bool {
	key := visitKey{s.typeName, s.labels, noPlace}
	if c.provedBelow(key, s) {
		return true
	}
	for _, p := range s.places {
		key.first = p
		if c.provedBelow(key, s) {
			return true
		}
	}
	key.first = noPlace
	if len(s.places) > 0 {
		key.first = s.places[0]
	}
	c.visits[key] = append(c.visits[key], s)
	return false
}

// provedBelow looks for such a state among those under one key.
func (c *checker) provedBelow(key visitKey, s *state) bool {
	for _, before := range c.visits[key] {
		c.comparisons++
		if subset(before.places, s.places) && subset(before.contexts, s.contexts) {
			return true
		}
	}
	return false
}

// subset tells whether every element of a is in b; both are sorted.
func subset[T ~int32](a, b []T) bool {
	for _, v := range a {
		i, ok := slices.BinarySearch(b, v)
		if !ok {
			return false
		}
		b = b[i+1:]
	}
	return true
}

// advance gives the states one step below s, and reports the steps that cannot be taken.
func (c *checker) advance(s *state) []*state {
	t := c.graph.Supergraph.Type(s.typeName)
	if t == nil {
		return nil
	}
	s.contexts = c.withContexts(s)
	if t.Kind == ast.Object {
		return c.advanceObject(s, t)
	}
	return c.advanceAbstract(s)
}

// withContexts adds the contexts that the state's type sets.
func (c *checker) withContexts(s *state) []contextID {
	sources := c.facts.contextsOf[s.typeName]
	if len(sources) == 0 {
		return s.contexts
	}
	out := slices.Clone(s.contexts)
	for _, source := range sources {
		if !slices.Contains(out, source.id) && c.facts.selectionKnown(source.selection, s.typeName, c.facts.nodes(s.places), s.labels, s.contexts) {
			out = append(out, source.id)
		}
	}
	slices.Sort(out)
	return out
}

func (c *checker) advanceObject(s *state, t *supergraph.Type) []*state {
	var next []*state
	frontiers := map[labels]*frontier{}
	for rank, f := range t.Fields {
		if c.isInaccessible(f.Directives) || c.inaccessibleType(f.Type.Name()) {
			continue
		}
		for _, choice := range c.labelChoices(t.Name, f.Name, s.labels) {
			at := frontiers[choice]
			if at == nil {
				at = c.facts.frontier(s.places, choice, s.contexts)
				frontiers[choice] = at
			}
			if following := c.advanceField(s, t, f, rank, choice, at); following != nil {
				next = append(next, following)
			}
		}
	}
	return next
}

// advanceField takes the step along a field; nil when it ends at a leaf or cannot be taken, which is reported.
func (c *checker) advanceField(s *state, t *supergraph.Type, f *supergraph.Field, rank int, choice labels, at *frontier) *state {
	var targets []querygraph.NodeID
	found := false
	for _, p := range at.having[f.Name] {
		if edge, ok := c.facts.usableEdge(p, f.Name, choice, s.contexts); ok {
			found = true
			if edge.To != querygraph.NoNode {
				targets = append(targets, edge.To)
			}
		}
	}
	following := &state{kind: s.kind, typeName: f.Type.Name(), labels: choice, contexts: s.contexts, parent: s, step: f.Name, rank: rank}
	if !found {
		c.reportField(s, t, f, rank, choice, at.reached)
		return nil
	}
	child := c.graph.Supergraph.Type(f.Type.Name())
	if child == nil || len(targets) == 0 {
		return nil
	}
	slices.Sort(targets)
	targets = slices.Compact(targets)
	if child.Kind == ast.Interface || child.Kind == ast.Union {
		if !c.runtimeTypesAgree(following, t, f, targets) {
			return nil
		}
	}
	for _, node := range targets {
		following.places = append(following.places, c.facts.place(node, c.facts.typeInHand(node, child)))
	}
	slices.Sort(following.places)
	return following
}

// advanceAbstract goes from an abstract type to each runtime type.
func (c *checker) advanceAbstract(s *state) []*state {
	var next []*state
	reached := c.facts.closure(s.places, s.labels, s.contexts)
	for object := range c.graph.Possible(s.typeName).All() {
		name := c.graph.Objects[object]
		if c.inaccessibleType(name) || c.neverReturned(s.places, object) {
			continue
		}
		places, known, blind := c.facts.down(s.places, reached, object)
		if blind && !known {
			c.reportRuntimeType(s, object)
			continue
		}
		if len(places) == 0 {
			continue // no subgraph that can have come here returns this type
		}
		next = append(next, &state{
			kind: s.kind, typeName: name, places: places, labels: s.labels, contexts: s.contexts, parent: s, step: "... on " + name,
			rank: int(object),
		})
	}
	return next
}

// neverReturned tells whether one of the subgraphs that can be asked returns an abstract type that does not include this one:
// as all of them return the same objects, none returns it, which is what the hint on runtime types says.
func (c *checker) neverReturned(places []placeID, object querygraph.ObjectID) bool {
	for _, p := range places {
		node := c.graph.Node(c.facts.places[p].node)
		if _, ok := c.graph.Down(node.ID, object); !ok && node.Type.IsAbstract() {
			return true
		}
	}
	return false
}

// checkMutation proves each mutation field from each subgraph that has it by itself: a mutation is sent to one subgraph.
func (c *checker) checkMutation(root string) {
	t := c.graph.Supergraph.Type(root)
	for rank, f := range slices.Backward(t.Fields) {
		if c.isInaccessible(f.Directives) {
			continue
		}
		for _, choice := range c.labelChoices(root, f.Name, labels("")) {
			c.checkMutationField(t, f, rank, choice)
		}
	}
}

func (c *checker) checkMutationField(t *supergraph.Type, f *supergraph.Field, rank int, choice labels) {
	start := &state{kind: ast.Mutation, typeName: t.Name, places: c.rootPlaces(ast.Mutation), labels: choice}
	var owners []placeID
	for _, p := range start.places {
		if _, ok := c.facts.usableEdge(p, f.Name, choice, nil); ok {
			owners = append(owners, p)
		}
	}
	if len(owners) <= 1 {
		only := &state{kind: ast.Mutation, typeName: t.Name, places: owners, labels: choice}
		if following := c.advanceField(only, t, f, rank, choice, c.facts.frontier(owners, choice, nil)); following != nil {
			c.walk(following)
		}
		return
	}
	var failures []mutationFailure
	var attempts []*checker
	for _, owner := range owners {
		alone := c.attempt(owner, t, f, rank, choice)
		failed := slices.DeleteFunc(slices.Clone(alone.problems), func(p Problem) bool { return p.Severity != diag.Error })
		if len(failed) == 0 {
			c.problems = append(c.problems, alone.problems...)
			c.adoptVisits(alone)
			return
		}
		attempts = append(attempts, alone)
		failures = append(failures, mutationFailure{c.facts.subgraph(owner), failed})
	}
	c.reportMutation(t, f, rank, failures)
	for _, alone := range attempts {
		c.adoptVisits(alone) // what fails there is reported, once is enough
	}
}

// mutationFailure is what cannot be answered below a mutation field that is sent to the subgraph.
type mutationFailure struct {
	subgraph querygraph.SubgraphID
	problems []Problem
}

// attempt proves all that is below a mutation field when it is asked at one place.
func (c *checker) attempt(owner placeID, t *supergraph.Type, f *supergraph.Field, rank int, choice labels) *checker {
	alone := newChecker(c.graph, c.maxStates)
	alone.facts, alone.hinted = c.facts, c.hinted
	places := []placeID{owner}
	from := &state{kind: ast.Mutation, typeName: t.Name, places: places, labels: choice}
	if following := alone.advanceField(from, t, f, rank, choice, c.facts.frontier(places, choice, nil)); following != nil {
		alone.walk(following)
	}
	return alone
}

// adoptVisits takes over what another checker has looked at.
func (c *checker) adoptVisits(other *checker) {
	for key, visits := range other.visits {
		c.visits[key] = append(c.visits[key], visits...)
	}
}

// labelChoices gives the assignments under which a field of the API must be answered: both values of each label that
// decides who answers it, unless the label was decided on the way.
func (c *checker) labelChoices(typeName, field string, decided labels) []labels {
	choices := []labels{decided}
	for _, name := range c.facts.labelsOf(typeName, field) {
		if decided.has(name) {
			continue
		}
		var both []labels
		for _, choice := range choices {
			both = append(both, choice.with(name, true), choice.with(name, false))
		}
		choices = both
	}
	return choices
}

// isInaccessible tells whether an element is not part of the API; the directive may have been imported under another name.
func (c *checker) isInaccessible(directives ast.DirectiveList) bool {
	return c.inaccessible != "" && directives.ForName(c.inaccessible) != nil
}

func (c *checker) inaccessibleType(name string) bool {
	t := c.graph.Supergraph.Type(name)
	return t != nil && c.isInaccessible(t.Directives)
}

// labels is an assignment of override labels, as sorted text: equal assignments are equal values.
type labels string

const labelSeparator = "\x00"

func (l labels) has(name string) bool {
	return l.is(name, true) || l.is(name, false)
}

func (l labels) is(name string, value bool) bool {
	return strings.Contains(labelSeparator+string(l), labelSeparator+labelText(name, value)+labelSeparator)
}

func (l labels) with(name string, value bool) labels {
	parts := strings.Split(strings.TrimSuffix(string(l), labelSeparator), labelSeparator)
	if l == "" {
		parts = nil
	}
	parts = append(parts, labelText(name, value))
	slices.Sort(parts)
	return labels(strings.Join(parts, labelSeparator) + labelSeparator)
}

func labelText(name string, value bool) string {
	if value {
		return "+" + name
	}
	return "-" + name
}
