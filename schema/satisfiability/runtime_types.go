package satisfiability

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tributary-gql/tributary/schema/diag"
	"github.com/tributary-gql/tributary/schema/querygraph"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// runtimeTypesAgree looks at a field that several subgraphs answer with an abstract type: whichever is asked, the object
// must be the same. Sets of runtime types that differ are worth a hint, those with nothing in common are an error, and
// false is returned. A field is reported once.
func (c *checker) runtimeTypesAgree(at *state, t *supergraph.Type, f *supergraph.Field, targets []querygraph.NodeID) bool {
	var subgraphs []querygraph.SubgraphID
	var sets []querygraph.TypeSet
	for _, id := range targets {
		node := c.graph.Node(id)
		if !node.Type.IsAbstract() || slices.Contains(subgraphs, node.Subgraph) {
			continue
		}
		subgraphs = append(subgraphs, node.Subgraph)
		sets = append(sets, node.Type.Possible)
	}
	if len(sets) < 2 {
		return true
	}
	common, same := sets[0], true
	for _, set := range sets[1:] {
		same = same && set.Equal(sets[0])
		common = common.Intersect(set)
	}
	if same {
		return true
	}
	agree := !common.IsEmpty()
	coordinate := t.Name + "." + f.Name
	if c.hinted[coordinate] {
		return agree
	}
	c.hinted[coordinate] = true
	var b strings.Builder
	for i, s := range subgraphs {
		fmt.Fprintf(&b, "\n- in subgraph %q: %s", c.name(s), strings.Join(c.graph.Names(sets[i]), ", "))
	}
	problem := Problem{Type: t.Name, Field: f.Name, Subgraphs: subgraphs, path: at.path()}
	if agree {
		problem.Code, problem.Severity = diag.InconsistentRuntimeTypesForShareableReturn, diag.Warn
		problem.Message = fmt.Sprintf("The shared field %q can return different types depending on the subgraph that is asked; all of them should return the same objects:%s", coordinate, b.String())
	} else {
		problem.Code, problem.Severity = diag.ShareableHasMismatchedRuntimeTypes, diag.Error
		problem.Message = fmt.Sprintf("The shared field %q, asked in\n%s\ncannot return the same object in every subgraph, as the possible types of %q have nothing in common:%s",
			coordinate, at.parent.query(f.Name+" { … }"), f.Type.Name(), b.String())
		problem.Fix = fmt.Sprintf("Let one subgraph alone answer %q, or give the type the same members in all of them.", coordinate)
	}
	c.problems = append(c.problems, problem)
	return agree
}
