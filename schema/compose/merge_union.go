package compose

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
	"github.com/tributary-gql/tributary/schema/subgraph"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// mergeUnionMembers merges unions: each has the members that it has anywhere. It runs before fields are merged, which need to
// know what is a subtype of what.
func (c *composition) mergeUnionMembers() {
	for _, t := range c.types {
		if t.kind != ast.Union {
			continue
		}
		having := map[string][]typeSource{}
		t.hasMember = map[string]bool{}
		for _, s := range t.sources {
			for _, ref := range s.typ.Members {
				if having[ref.Name] == nil {
					t.members = append(t.members, ref.Name)
					t.hasMember[ref.Name] = true
				}
				having[ref.Name] = append(having[ref.Name], s)
			}
		}
		for _, member := range t.members {
			for _, s := range having[member] {
				t.out.Members = append(t.out.Members, supergraph.MemberJoin{Graph: s.graph, Member: member})
			}
			if len(having[member]) < len(t.sources) {
				c.hintOnMissingMember(t, member, having[member])
			}
		}
	}
}

func (c *composition) hintOnMissingMember(t *mergedType, member string, having []typeSource) {
	var places []diag.Location
	var without []supergraph.GraphID
	for _, s := range t.sources {
		if ref := memberReference(s.typ, member); ref != nil {
			places = append(places, c.report.at(s.graph, ref.Position))
		} else {
			without = append(without, s.graph)
		}
	}
	c.report.hint(diag.InconsistentUnionMember, places, "",
		"Union %q has the member %q in %s but not in %s.", t.name, member,
		c.report.listed(typeGraphs(having)), c.report.listed(without))
}

func memberReference(t *subgraph.Type, member string) *subgraph.Reference {
	for _, ref := range t.Members {
		if ref.Name == member {
			return ref
		}
	}
	return nil
}
