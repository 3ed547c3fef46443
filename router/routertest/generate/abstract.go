package generate

import (
	"fmt"
	"slices"
	"strings"
)

// covariant adds an interface that its implementations narrow: each leads to a type of its own where the interface
// only promises a union. The interface extends another one.
func (g *graphGenerator) covariant() {
	if !g.chance(30) {
		return
	}
	for _, d := range g.drafts {
		homes := g.homesIn(d)
		if len(homes) < 2 {
			continue
		}
		var members []string
		for _, h := range homes {
			members = append(members, h.typ.name)
		}
		d.typ("union", "Target").values = members
		d.typ("interface", "Linked").field("best", "Target")
		narrow := d.typ("interface", "Ranked")
		narrow.interfaces = []string{"Linked"}
		narrow.field("best", "Target")
		narrow.field("rank", "Int")
		for i, h := range homes {
			h.typ.interfaces = append(h.typ.interfaces, "Linked")
			h.typ.field("best", homes[(i+1)%len(homes)].typ.name)
			if i%2 == 0 {
				h.typ.interfaces = append(h.typ.interfaces, "Ranked")
				h.typ.field("rank", "Int!")
			}
		}
		g.abstract[d] = append(g.abstract[d], "Linked", "Ranked", "Target")
		return
	}
}

// nodes adds the interface that everything with an id implements, in a subgraph that knows nothing else of most.
func (g *graphGenerator) nodes() {
	if !g.chance(30) {
		return
	}
	d := pick(g, g.drafts)
	var implementations []*typeDraft
	for _, e := range g.model {
		held := e.held()
		i := slices.IndexFunc(held, func(k keyDraft) bool { return k.text == "id" })
		if i < 0 || held[i].fields[0].typ != "ID!" {
			continue
		}
		t := d.find(e.name)
		if t == nil {
			// Without a home here it has to be resolvable, or nothing leads back to it.
			t = declareEntity(d, e, held[i:i+1])
		}
		if t.find("id") != nil && slices.Contains(t.directives, `@key(fields: "id")`) {
			implementations = append(implementations, t)
		}
	}
	if len(implementations) == 0 {
		return
	}
	d.typ("interface", "Node").field("id", "ID!")
	for _, t := range implementations {
		t.interfaces = append(t.interfaces, "Node")
	}
	d.typ("type", "Query").field("node", "Node").arguments = []string{"id: ID!"}
	d.typ("type", "Query").field("nodes", "[Node!]!").arguments = []string{"ids: [ID!]"}
	g.abstract[d] = append(g.abstract[d], "Node")
}

// sharedAbstract adds root fields and fields of entities that several subgraphs resolve to unions of which each knows
// other members.
func (g *graphGenerator) sharedAbstract() {
	for _, name := range []string{"Any0", "Any1"} {
		var sharing []*draft
		var known []string
		for _, d := range g.drafts {
			union := d.find(name)
			if union == nil {
				continue
			}
			var common []string
			for _, member := range union.values {
				if sharing == nil || slices.Contains(known, member) {
					common = append(common, member)
				}
			}
			if len(common) > 0 {
				sharing, known = append(sharing, d), common
			}
		}
		if len(sharing) < 2 || !g.chance(50) {
			continue
		}
		typ := g.wrap(name)
		for _, d := range sharing {
			d.typ("type", "Query").field("shared"+name, typ, "@shareable")
		}
		for _, e := range g.model {
			var homes []*home
			for _, h := range e.homes {
				if slices.Contains(sharing, h.draft) {
					homes = append(homes, h)
				}
			}
			if len(homes) > 1 && g.chance(30) {
				field := g.fresh("u")
				for _, h := range homes {
					h.typ.field(field, name, "@shareable")
				}
			}
		}
	}
}

// rootsInside adds a root type in the middle: what a mutation gives back, and a field of the query type itself.
func (g *graphGenerator) rootsInside() {
	if !g.chance(20) {
		return
	}
	d := pick(g, g.drafts)
	homes := g.homesIn(d)
	if len(homes) == 0 {
		return
	}
	payload := d.typ("type", "Payload")
	payload.field("ok", "Boolean!")
	payload.field("query", "Query")
	payload.field("made", pick(g, homes).typ.name)
	d.typ("type", "Mutation").field(g.fresh("make"), "Payload").arguments = []string{"name: String"}
	d.typ("type", "Query").field("again", "Query!")
	d.typ("type", "Query").field("payload"+strings.TrimSuffix(identifier(d.name), "_"), "Payload")
}

// requiredOfObject lets one interface object require what another one adds to the same interface.
func (g *graphGenerator) requiredOfObject(objects []*typeDraft) {
	for i, object := range objects[:max(0, len(objects)-1)] {
		other := objects[i+1]
		for _, f := range other.fields {
			if !strings.HasPrefix(f.name, "view") || f.has("@external") || object.find(f.name) != nil {
				continue
			}
			object.field(f.name, f.typ, "@external").arguments = f.arguments
			object.field(g.fresh("derived"), "String", fmt.Sprintf("@requires(fields: %q)", f.name+g.requiredArguments(f)))
			break
		}
	}
}
