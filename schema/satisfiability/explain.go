package satisfiability

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
	"github.com/tributary-gql/tributary/schema/querygraph"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// reportField explains why a field cannot be asked at a state.
func (c *checker) reportField(s *state, t *supergraph.Type, f *supergraph.Field, rank int, choice labels, reached []placeID) {
	var b strings.Builder
	leaf := f.Name
	if child := c.graph.Supergraph.Type(f.Type.Name()); child != nil && child.Kind != ast.Scalar && child.Kind != ast.Enum {
		leaf += " { … }"
	}
	fmt.Fprintf(&b, "No subgraphs together can answer this query of the API:\n%s\n", s.query(leaf))
	b.WriteString(choice.text())
	for _, p := range c.stoppedAt(s.places) {
		at := c.facts.places[p]
		node := c.graph.Node(at.node)
		fmt.Fprintf(&b, "- from subgraph %q:\n", c.name(node.Subgraph))
		for _, reason := range c.reasons(p, t, f.Name, choice, s.contexts, reached) {
			fmt.Fprintf(&b, "  - %s\n", reason)
		}
	}
	c.problems = append(c.problems, Problem{
		Code: diag.SatisfiabilityError, Severity: diag.Error, Message: strings.TrimSuffix(b.String(), "\n"),
		Fix: c.suggestion(s, t, f.Name), Type: t.Name, Field: f.Name, Subgraphs: c.involved(t.Name, f.Name),
		path: append(s.path(), rank),
	})
}

// stoppedAt is one place for each subgraph.
func (c *checker) stoppedAt(places []placeID) []placeID {
	var out []placeID
	for _, p := range places {
		if !slices.ContainsFunc(out, func(other placeID) bool { return c.facts.subgraph(other) == c.facts.subgraph(p) }) {
			out = append(out, p)
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return c.name(c.facts.subgraph(out[i])) < c.name(c.facts.subgraph(out[j])) })
	return out
}

// reasons says for one place why the field is not answered there, and why each way to a subgraph that answers it is
// closed.
func (c *checker) reasons(p placeID, t *supergraph.Type, field string, choice labels, contexts []contextID, reached []placeID) []string {
	at := c.facts.places[p]
	node := c.graph.Node(at.node)
	reasons := []string{c.closedHere(p, t.Name, field, choice, contexts)}
	for _, owner := range c.facts.owners(t.Name, field) {
		if owner.Subgraph == node.Subgraph {
			continue
		}
		there := slices.IndexFunc(reached, func(r placeID) bool { return c.graph.Node(c.facts.places[r].node).Type == owner })
		if there >= 0 {
			reasons = append(reasons, fmt.Sprintf("subgraph %q can be reached, but %s", c.name(owner.Subgraph), c.closedHere(reached[there], t.Name, field, choice, contexts)))
			continue
		}
		reasons = append(reasons, c.closedWay(owner, t.Name, field, reached, choice, contexts))
	}
	return reasons
}

// closedHere says why the field is not answered at a place.
func (c *checker) closedHere(p placeID, typeName, field string, choice labels, contexts []contextID) string {
	node := c.graph.Node(c.facts.places[p].node)
	own := node.Type.Field(field)
	coordinate := typeName + "." + field
	edge, ok := c.graph.Edge(node.ID, field)
	switch {
	case own == nil:
		return fmt.Sprintf("it does not have the field %q.", coordinate)
	case !ok && own.External:
		return fmt.Sprintf("its field %q is @external, and no @provides on this way answers it.", coordinate)
	case !ok:
		return fmt.Sprintf("it does not answer the field %q.", coordinate)
	}
	if label := edge.Field.Label; label != nil && !choice.is(label.Name, label.Value) {
		return fmt.Sprintf("it answers the field %q only when the label %q is %v.", coordinate, label.Name, label.Value)
	}
	for _, argument := range edge.Field.Context {
		if !slices.Contains(contexts, c.facts.context(argument)) {
			return fmt.Sprintf("its field %q takes the argument %q from a context that no ancestor on this way sets.", coordinate, argument.Name)
		}
	}
	reach := c.facts.reachFrom(p, choice, contexts)
	if !c.facts.fieldsKnown(c.facts.selected(edge.Field.Requires, typeName), typeName, reach, choice, contexts) {
		return fmt.Sprintf("its field %q has @requires(fields: %q), which cannot be fetched from here%s.", coordinate, edge.Field.Requires.Text, c.missing(edge.Field.Requires, typeName, reach, choice, contexts))
	}
	return fmt.Sprintf("its field %q has @requires(fields: %q), which other subgraphs know, but there is no resolvable @key on %q in subgraph %q to come back with.",
		coordinate, edge.Field.Requires.Text, node.Type.Name, c.name(node.Subgraph))
}

// closedWay says why a subgraph that answers the field cannot be entered.
func (c *checker) closedWay(owner *querygraph.Type, typeName, field string, reached []placeID, choice labels, contexts []contextID) string {
	head := fmt.Sprintf("subgraph %q has the field %q, but cannot be entered: ", c.name(owner.Subgraph), typeName+"."+field)
	if len(owner.Keys) == 0 {
		return head + fmt.Sprintf("type %q has no @key there.", owner.Name)
	}
	var closed []string
	for _, key := range owner.Keys {
		switch {
		case !key.Resolvable:
			closed = append(closed, fmt.Sprintf("its @key(fields: %q) is not resolvable", key.Text))
		default:
			closed = append(closed, fmt.Sprintf("the fields of its @key(fields: %q) are not known here%s", key.Text, c.missing(key.Selection, typeName, reached, choice, contexts)))
		}
	}
	return head + strings.Join(closed, "; ") + "."
}

// missing names the fields of a selection that cannot be had.
func (c *checker) missing(s *querygraph.Selection, typeName string, reached []placeID, choice labels, contexts []contextID) string {
	var names []string
	for _, field := range c.facts.selected(s, typeName) {
		if !c.facts.fieldKnown(field, typeName, reached, choice, contexts) {
			names = append(names, fmt.Sprintf("%q", typeName+"."+field.Name))
		}
	}
	if len(names) == 0 {
		return ""
	}
	return " (" + strings.Join(names, ", ") + ")"
}

// reportRuntimeType: a subgraph knows an object as an interface only, and nobody can tell its type.
func (c *checker) reportRuntimeType(s *state, object querygraph.ObjectID) {
	name := c.graph.Objects[object]
	var b strings.Builder
	fmt.Fprintf(&b, "No subgraphs together can answer this query of the API:\n%s\n", s.query("... on "+name+" { … }"))
	for _, p := range c.stoppedAt(s.places) {
		fmt.Fprintf(&b, "- from subgraph %q:\n  - it knows %q as an @interfaceObject, and no subgraph that could tell the runtime type can be entered from here.\n",
			c.name(c.facts.subgraph(p)), s.typeName)
	}
	c.problems = append(c.problems, Problem{
		Code: diag.SatisfiabilityError, Severity: diag.Error, Message: strings.TrimSuffix(b.String(), "\n"), Type: s.typeName,
		Fix:       fmt.Sprintf("Add a resolvable @key to the interface %q in a subgraph that defines it.", s.typeName),
		Subgraphs: c.involved(s.typeName, ""), path: append(s.path(), int(object)),
	})
}

func (c *checker) reportMutation(t *supergraph.Type, f *supergraph.Field, rank int, failures []mutationFailure) {
	var b strings.Builder
	coordinate := t.Name + "." + f.Name
	fmt.Fprintf(&b, "A mutation is sent to one subgraph, but none of those that have %q leads to everything that can be asked below it:\n", coordinate)
	var involved []querygraph.SubgraphID
	for _, failure := range failures {
		fmt.Fprintf(&b, "- sent to subgraph %q:\n", c.name(failure.subgraph))
		for _, p := range failure.problems {
			fmt.Fprintf(&b, "%s\n", indent(p.Message))
		}
		involved = append(involved, failure.subgraph)
	}
	c.problems = append(c.problems, Problem{
		Code: diag.SatisfiabilityError, Severity: diag.Error, Message: strings.TrimSuffix(b.String(), "\n"), Type: t.Name, Field: f.Name, Subgraphs: involved, path: []int{0, rank},
		Fix: fmt.Sprintf("Make what %q returns reachable from one of these subgraphs, for example by a @key.", coordinate),
	})
}

// suggestion is the fix that helps most often.
func (c *checker) suggestion(s *state, t *supergraph.Type, field string) string {
	owners := c.facts.owners(t.Name, field)
	if len(owners) == 0 {
		return ""
	}
	for _, owner := range owners {
		if len(owner.Keys) == 0 && len(s.places) > 0 {
			return fmt.Sprintf("Give type %q the same @key in subgraphs %q and %q.", t.Name, c.name(owner.Subgraph), c.name(c.facts.subgraph(s.places[0])))
		}
	}
	return ""
}

func (c *checker) name(id querygraph.SubgraphID) string { return c.graph.Subgraphs[id].Name }

// involved are the subgraphs that declare the field, or the type where there is no field.
func (c *checker) involved(typeName, field string) []querygraph.SubgraphID {
	var out []querygraph.SubgraphID
	for _, s := range c.graph.Subgraphs {
		if t := s.Type(typeName); t != nil && (field == "" || t.Field(field) != nil) {
			out = append(out, s.ID)
		}
	}
	return out
}

// query writes the way to a state as an operation, with leaf at its end.
func (s *state) query(leaf string) string {
	var steps []string
	for at := s; at.parent != nil; at = at.parent {
		steps = append(steps, at.step)
	}
	slices.Reverse(steps)
	steps = append(steps, leaf)
	var b strings.Builder
	if s.kind != ast.Query {
		b.WriteString("  " + string(s.kind) + " {\n")
	} else {
		b.WriteString("  {\n")
	}
	for i, step := range steps {
		b.WriteString(strings.Repeat("  ", i+2) + step)
		if i < len(steps)-1 {
			b.WriteString(" {")
		}
		b.WriteByte('\n')
	}
	for i := len(steps) - 2; i >= 0; i-- {
		b.WriteString(strings.Repeat("  ", i+2) + "}\n")
	}
	b.WriteString("  }")
	return b.String()
}

// text says which labels the state assumes.
func (l labels) text() string {
	if l == "" {
		return ""
	}
	var parts []string
	for part := range strings.SplitSeq(strings.TrimSuffix(string(l), labelSeparator), labelSeparator) {
		parts = append(parts, fmt.Sprintf("%q is %v", part[1:], part[0] == '+'))
	}
	return "when the override label " + strings.Join(parts, " and ") + "\n"
}

func indent(text string) string { return "  " + strings.ReplaceAll(text, "\n", "\n  ") }
