package validate

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// subscription checks that a subscription has one root field, which is always asked.
func (c *check) subscription(o *ast.OperationDefinition) {
	if o.Operation != ast.Subscription || c.schema.Subscription == nil {
		return
	}
	name := "Anonymous Subscription"
	if o.Name != "" {
		name = `Subscription "` + o.Name + `"`
	}
	r := rootFields{check: c, visited: map[*ast.FragmentDefinition]bool{}, seen: map[string]bool{}}
	r.collect(o.SelectionSet)
	if len(r.fields) > 1 {
		var positions []*ast.Position
		for _, f := range r.fields[1:] {
			positions = append(positions, f.Position)
		}
		c.report(SingleFieldSubscriptions, positions, "%s must select only one top level field.", name)
	}
	for _, f := range r.fields {
		if strings.HasPrefix(f.Name, "__") {
			c.report(SingleFieldSubscriptions, at(f.Position), "%s must not select an introspection top level field.", name)
		}
	}
	for _, d := range r.conditions {
		c.report(SingleFieldSubscriptions, at(d.Position), "%s must not use @%s on a top level field.", name, d.Name)
	}
}

// rootFields are the fields of an operation's root, the first of each response name, and the conditions on the way.
type rootFields struct {
	*check
	visited    map[*ast.FragmentDefinition]bool
	seen       map[string]bool
	fields     []*ast.Field
	conditions ast.DirectiveList
}

func (r *rootFields) collect(set ast.SelectionSet) {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			r.condition(s.Directives)
			if !r.seen[s.Alias] {
				r.seen[s.Alias] = true
				r.fields = append(r.fields, s)
			}
		case *ast.InlineFragment:
			r.condition(s.Directives)
			r.collect(s.SelectionSet)
		case *ast.FragmentSpread:
			r.condition(s.Directives)
			if s.Definition != nil && !r.visited[s.Definition] {
				r.visited[s.Definition] = true
				r.collect(s.Definition.SelectionSet)
			}
		}
	}
}

func (r *rootFields) condition(directives ast.DirectiveList) {
	for _, d := range directives {
		if d.Name == "skip" || d.Name == "include" {
			r.conditions = append(r.conditions, d)
		}
	}
}

// maxIntrospectionLists is how deep lists of types and fields may nest in introspection: each level multiplies the
// answer by the size of the schema.
const maxIntrospectionLists = 3

// introspectionDepth reports introspection that nests too deep.
func (c *check) introspectionDepth() {
	d := depthSearch{check: c, memo: map[fragmentAtDepth]bool{}}
	for _, f := range c.introspection {
		if d.tooDeep(f.SelectionSet, 0) {
			c.report(MaxIntrospectionDepth, at(f.Position), "Maximum introspection depth exceeded")
		}
	}
}

type fragmentAtDepth struct {
	fragment *ast.FragmentDefinition
	depth    int
}

type depthSearch struct {
	*check
	memo map[fragmentAtDepth]bool // whether the fragment goes too deep when it is entered there
}

func (d *depthSearch) tooDeep(set ast.SelectionSet, depth int) bool {
	for _, selection := range set {
		deep := false
		switch s := selection.(type) {
		case *ast.Field:
			below := depth
			switch s.Name {
			case "fields", "interfaces", "possibleTypes", "inputFields":
				below++
			}
			deep = below >= maxIntrospectionLists || d.tooDeep(s.SelectionSet, below)
		case *ast.InlineFragment:
			deep = d.tooDeep(s.SelectionSet, depth)
		case *ast.FragmentSpread:
			deep = s.Definition != nil && d.fragmentTooDeep(s.Definition, depth)
		}
		if deep {
			return true
		}
	}
	return false
}

func (d *depthSearch) fragmentTooDeep(f *ast.FragmentDefinition, depth int) bool {
	key := fragmentAtDepth{f, depth}
	known, ok := d.memo[key]
	if !ok {
		d.memo[key] = false // for a fragment that spreads itself without going deeper
		known = d.tooDeep(f.SelectionSet, depth)
		d.memo[key] = known
	}
	return known
}

// deferrals checks @defer: its label is written out and unique, and nothing is deferred at the root of an operation
// that changes or streams something.
func (c *check) deferrals() {
	if c.schema.Directives["defer"] == nil {
		return
	}
	labels := map[string]*ast.Position{}
	for _, o := range c.document.Operations {
		c.deferLabels(o.SelectionSet, labels)
		if o.Operation == ast.Mutation || o.Operation == ast.Subscription {
			c.deferredRoot(o, o.SelectionSet, map[*ast.FragmentDefinition]bool{})
		}
	}
	for _, f := range c.document.Fragments {
		c.deferLabels(f.SelectionSet, labels)
	}
}

func (c *check) deferLabels(set ast.SelectionSet, labels map[string]*ast.Position) {
	for _, selection := range set {
		var directives ast.DirectiveList
		switch s := selection.(type) {
		case *ast.Field:
			c.deferLabels(s.SelectionSet, labels)
			continue
		case *ast.InlineFragment:
			directives = s.Directives
			c.deferLabels(s.SelectionSet, labels)
		case *ast.FragmentSpread:
			directives = s.Directives
		}
		d := directives.ForName("defer")
		if d == nil {
			continue
		}
		label := d.Arguments.ForName("label")
		switch {
		case label == nil || label.Value.Kind == ast.NullValue:
		case label.Value.Kind == ast.Variable:
			c.report(DeferDirectives, at(d.Position), `The label of @defer must be a string, not a variable.`)
		case labels[label.Value.Raw] != nil:
			c.report(DeferDirectives, at(labels[label.Value.Raw], d.Position), `There can be only one @defer labelled %q.`, label.Value.Raw)
		default:
			labels[label.Value.Raw] = d.Position
		}
	}
}

func (c *check) deferredRoot(o *ast.OperationDefinition, set ast.SelectionSet, visited map[*ast.FragmentDefinition]bool) {
	refuse := func(directives ast.DirectiveList) {
		if d := directives.ForName("defer"); d != nil {
			c.report(DeferDirectives, at(d.Position), "@defer cannot be used at the root of a %s.", o.Operation)
		}
	}
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.InlineFragment:
			refuse(s.Directives)
			c.deferredRoot(o, s.SelectionSet, visited)
		case *ast.FragmentSpread:
			refuse(s.Directives)
			if s.Definition != nil && !visited[s.Definition] {
				visited[s.Definition] = true
				c.deferredRoot(o, s.Definition.SelectionSet, visited)
			}
		}
	}
}
