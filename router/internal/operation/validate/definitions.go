package validate

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/internal/operation/suggest"
)

// names checks that operations and fragments can be told apart.
func (c *check) names() {
	var operations, fragments duplicates
	for _, o := range c.document.Operations {
		if o.Name != "" {
			operations.add(o.Name, o.Position)
		} else if len(c.document.Operations) > 1 {
			c.report(LoneAnonymousOperation, at(o.Position), "This anonymous operation must be the only defined operation.")
		}
	}
	for _, f := range c.document.Fragments {
		fragments.add(f.Name, f.Position)
		if c.fragments[f.Name] == nil {
			c.fragments[f.Name] = f
		}
	}
	operations.report(c, UniqueOperationNames, `There can be only one operation named "%s".`)
	fragments.report(c, UniqueFragmentNames, `There can be only one fragment named "%s".`)
}

// operation walks an operation.
func (c *check) operation(o *ast.OperationDefinition) {
	found := &facts{}
	c.facts[o] = found
	w := walker{check: c, facts: found}
	var root *ast.Definition
	location := ast.LocationQuery
	switch o.Operation {
	case ast.Mutation:
		root, location = c.schema.Mutation, ast.LocationMutation
	case ast.Subscription:
		root, location = c.schema.Subscription, ast.LocationSubscription
	default:
		root = c.schema.Query
	}
	if root == nil {
		c.report(KnownRootType, at(o.Position), `Schema does not support operation type "%s".`, o.Operation)
	}
	c.declarations(&w, o)
	w.directives(o.Directives, location)
	w.selections(root, o.SelectionSet)
}

// fragment walks a fragment definition.
func (c *check) fragment(f *ast.FragmentDefinition) {
	found := &facts{}
	c.facts[f] = found
	w := walker{check: c, facts: found}
	if len(f.VariableDefinition) > 0 {
		c.report(NoFragmentVariables, at(f.Position), `Fragment "%s" declares variables; only operations can.`, f.Name)
	}
	f.Definition = w.typeCondition(f.TypeCondition, f.Position, `Fragment "`+f.Name+`"`)
	w.directives(f.Directives, ast.LocationFragmentDefinition)
	w.selections(f.Definition, f.SelectionSet)
}

// typeCondition finds the type of a fragment; nil when it does not exist or cannot have fields.
func (w *walker) typeCondition(name string, position *ast.Position, subject string) *ast.Definition {
	t := w.schema.Types[name]
	switch {
	case t == nil:
		w.report(KnownTypeNames, at(position), `Unknown type "%s".%s`, name, w.typesLike(name))
		return nil
	case !t.IsCompositeType():
		w.report(FragmentsOnCompositeTypes, at(position), `%s cannot condition on non composite type "%s".`, subject, name)
		return nil
	}
	return t
}

func (c *check) typesLike(name string) string {
	if !c.suggesting() {
		return ""
	}
	return suggest.DidYouMean("", name, c.types)
}

// cycles reports fragments that spread themselves.
func (c *check) cycles() {
	s := cycleSearch{check: c, done: map[*ast.FragmentDefinition]bool{}, place: map[*ast.FragmentDefinition]int{}}
	for _, f := range c.document.Fragments {
		s.visit(f)
	}
}

// cycleSearch goes through the graph of fragments once; path are the spreads that lead to where it is.
type cycleSearch struct {
	*check
	done  map[*ast.FragmentDefinition]bool
	path  []*ast.FragmentSpread
	place map[*ast.FragmentDefinition]int // of the fragments that it is inside of: the length of the path before them
}

func (s *cycleSearch) visit(f *ast.FragmentDefinition) {
	if s.done[f] {
		return
	}
	s.done[f] = true
	s.place[f] = len(s.path)
	for _, spread := range s.facts[f].spreads {
		next := s.fragments[spread.Name]
		if next == nil {
			continue
		}
		s.path = append(s.path, spread)
		if from, inside := s.place[next]; inside {
			s.reportCycle(s.path[from:])
		} else {
			s.visit(next)
		}
		s.path = s.path[:len(s.path)-1]
	}
	delete(s.place, f)
}

func (s *cycleSearch) reportCycle(cycle []*ast.FragmentSpread) {
	var positions []*ast.Position
	var via []string
	for i, spread := range cycle {
		positions = append(positions, spread.Position)
		if i < len(cycle)-1 {
			via = append(via, `"`+spread.Name+`"`)
		}
	}
	text := ""
	if len(via) > 0 {
		text = " via " + strings.Join(via, ", ")
	}
	s.report(NoFragmentCycles, positions, `Cannot spread fragment "%s" within itself%s.`, cycle[len(cycle)-1].Name, text)
}

// unusedFragments reports fragments that no operation reaches.
func (c *check) unusedFragments() {
	used := map[*ast.FragmentDefinition]bool{}
	for _, o := range c.document.Operations {
		c.reach(c.facts[o], used, nil)
	}
	for _, f := range c.document.Fragments {
		if !used[f] {
			c.unused = append(c.unused, f)
		}
		if !used[f] && c.fragments[f.Name] == f {
			c.report(NoUnusedFragments, at(f.Position), `Fragment "%s" is never used.`, f.Name)
		}
	}
}

// reach visits the facts of a definition and of every fragment that it reaches and that is not among visited.
func (c *check) reach(from *facts, visited map[*ast.FragmentDefinition]bool, visit func(*facts)) {
	if visit != nil {
		visit(from)
	}
	for _, spread := range from.spreads {
		if f := c.fragments[spread.Name]; f != nil && !visited[f] {
			visited[f] = true
			c.reach(c.facts[f], visited, visit)
		}
	}
}
