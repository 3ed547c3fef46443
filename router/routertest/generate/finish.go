package generate

import (
	"fmt"
	"slices"
	"strings"
)

// moved moves fields to another subgraph with @override, some only for a part of the requests.
func (g *graphGenerator) moved() {
	for _, e := range g.model {
		if len(e.homes) < 2 || !g.chance(50) {
			continue
		}
		from := pick(g, e.homes)
		to := pick(g, e.homes)
		if from == to {
			continue
		}
		for _, f := range from.typ.fields {
			if !g.movable(f) || to.typ.find(f.name) != nil {
				continue
			}
			if target := g.targetEntity(f); target != nil {
				g.mention(to.draft, target)
			}
			override := fmt.Sprintf("@override(from: %q)", from.draft.name)
			if to.draft.version >= "v2.7" && g.chance(60) {
				override = fmt.Sprintf("@override(from: %q, label: %q)", from.draft.name, pick(g, []string{"percent(30)", "beta", "percent(7.5)"}))
			}
			to.typ.field(f.name, f.typ, override).arguments = f.arguments
			break
		}
	}
}

// movable tells whether a field may be taken over by another subgraph: a leaf, or one that leads to an entity.
func (g *graphGenerator) movable(f *fieldDraft) bool {
	if f.has("@shareable") {
		return false
	}
	return g.plain(f) || g.composite(f) && g.targetEntity(f) != nil && !f.has("@provides") && !f.has("@external")
}

// contexts adds an ancestor that sets a context and a descendant that takes an argument from it.
func (g *graphGenerator) contexts() {
	if !g.chance(30) {
		return
	}
	i := slices.IndexFunc(g.drafts, func(d *draft) bool { return d.version >= "v2.8" })
	if i < 0 {
		return
	}
	d, other := g.drafts[i], g.drafts[(i+1)%len(g.drafts)]
	parent := d.typ("type", "Tenant")
	parent.mark(`@key(fields: "id")`, `@context(name: "tenant")`)
	parent.field("id", "ID!")
	elsewhere := g.chance(50)
	if elsewhere {
		parent.field("region", "String!", "@external")
	} else {
		parent.field("region", "String!")
	}
	parent.field("seats", pick(g, []string{"[Seat!]!", "Seat!", "[Seat]"}))
	child := d.typ("type", "Seat")
	child.mark(`@key(fields: "id")`)
	child.field("id", "ID!")
	selection := "$tenant { region }"
	if g.chance(50) { // another kind of ancestor, with a field of its own
		branch := d.typ("type", "Branch")
		branch.mark(`@key(fields: "id")`, `@context(name: "tenant")`)
		branch.field("id", "ID!")
		branch.field("zone", "String!")
		branch.field("seats", pick(g, []string{"[Seat!]!", "Seat"}))
		if g.chance(50) {
			branch.field("tenant", "Tenant") // the nearest one counts
		}
		d.typ("type", "Query").field("branches", "[Branch!]")
		selection = "$tenant ... on Tenant { region } ... on Branch { zone }"
	}
	if g.chance(50) { // a way that is longer, through a type without a key
		d.typ("type", "Floor").field("seats", "[Seat!]")
		d.find("Floor").field("level", "Int")
		parent.field("floors", "[Floor!]")
	}
	child.field("price", g.leaf()).arguments = []string{fmt.Sprintf("region: String @fromContext(field: %q)", selection), "n: Int = 1"}
	d.typ("type", "Query").field("tenants", "[Tenant!]!").arguments = g.argumentsFor(30)
	d.typ("type", "Query").field("tenant", "Tenant").arguments = g.argumentsFor(60)
	far := other.typ("type", "Tenant")
	far.mark(`@key(fields: "id")`)
	far.field("id", "ID!")
	if elsewhere {
		far.field("region", "String!")
	} else {
		far.field("size", "Int")
	}
	farChild := other.typ("type", "Seat")
	farChild.mark(`@key(fields: "id")`)
	farChild.field("id", "ID!")
	farChild.field("row", "String")
}

// roots adds the fields of Query, Mutation and Subscription.
func (g *graphGenerator) roots() {
	for _, e := range g.model {
		for i, h := range e.homes {
			if i == 0 || g.chance(50) {
				name := strings.ToLower(e.name[:1]) + e.name[1:] + "_" + identifier(h.draft.name)
				h.draft.typ("type", "Query").field(name, g.wrap(e.name)).arguments = g.argumentsFor(40)
			}
		}
		if len(e.homes) > 1 && g.chance(40) {
			name, typ, arguments := "any"+e.name, g.wrap(e.name), g.argumentsFor(30)
			for _, h := range some(g, e.homes, 2) {
				h.draft.typ("type", "Query").field(name, typ, "@shareable").arguments = arguments
			}
		}
	}
	for _, d := range g.drafts {
		for _, name := range g.abstract[d] {
			d.typ("type", "Query").field(g.fresh("q"), g.wrap(name)).arguments = g.argumentsFor(20)
		}
		for _, v := range g.values {
			if d.find(v.name) != nil && g.chance(30) {
				d.typ("type", "Query").field(g.fresh("q"), g.wrap(v.name))
			}
		}
		if homes := g.homesIn(d); len(homes) > 0 && g.chance(50) {
			for range g.between(1, 2) {
				f := d.typ("type", "Mutation").field(g.fresh("do"), g.wrap(pick(g, homes).typ.name))
				f.arguments = append([]string{"input: Filter!"}, g.argumentsFor(30)...)
			}
			if g.chance(30) {
				d.typ("type", "Subscription").field(g.fresh("on"), pick(g, homes).typ.name)
			}
		}
	}
}

// decorate adds the directives that say something of fields without moving them.
func (g *graphGenerator) decorate() {
	if g.chance(25) {
		d := pick(g, g.drafts)
		d.head = append(d.head, `@link(url: "https://example.com/mark/v1.0", import: ["@mark"])`, `@composeDirective(name: "@mark")`)
		d.types = append(d.types, &typeDraft{kind: "directive", name: "@mark(note: String) on FIELD_DEFINITION"})
		for _, t := range d.types {
			if t.kind == "type" && len(t.fields) > 0 && g.chance(40) {
				if f := pick(g, t.fields); !f.has("@external") {
					f.mark(`@mark(note: "seen")`)
				}
			}
		}
	}
	required := g.required()
	for _, e := range g.model {
		for _, h := range e.homes {
			for _, f := range h.typ.fields {
				if !g.plain(f) || f.has("@shareable") {
					continue
				}
				protected := !required[f.name] && h.draft.version >= "v2.6"
				switch n := g.random.IntN(100); {
				case n < 4:
					f.mark("@inaccessible")
				case n < 40 && n >= 16 && protected:
					f.mark(pick(g, []string{"@authenticated", `@requiresScopes(scopes: [["read"], ["admin", "all"]])`, `@policy(policies: [["p1"]])`}))
				case n < 10:
					f.mark(`@tag(name: "internal")`)
				case n < 13 && h.draft.version >= "v2.9":
					f.mark("@cost(weight: 5)")
				case n < 16 && h.draft.version >= "v2.9" && strings.HasPrefix(f.typ, "["):
					f.mark("@listSize(assumedSize: 10)")
				}
			}
		}
	}
	g.oldStyle()
}

// required are the names of all fields that some other field requires: what they demand of a caller would have to be
// repeated there.
func (g *graphGenerator) required() map[string]bool {
	names := map[string]bool{}
	for _, d := range g.drafts {
		for _, t := range d.types {
			for _, f := range t.fields {
				if f.has("@external") {
					names[f.name] = true
				}
			}
		}
	}
	return names
}

// withoutLabelsOnRequired makes overrides of required fields unconditional: a requirement is checked without knowing any
// label, so composition refuses one on a field that a label decides.
func (g *graphGenerator) withoutLabelsOnRequired() {
	required := g.required()
	for _, d := range g.drafts {
		for _, t := range d.types {
			for _, f := range t.fields {
				for i, directive := range f.directives {
					if before, _, labelled := strings.Cut(directive, ", label: "); labelled && strings.HasPrefix(directive, "@override") && required[f.name] {
						f.directives[i] = before + ")"
					}
				}
			}
		}
	}
}

// oldStyle adds a subgraph of federation 1 that extends entities of the others.
func (g *graphGenerator) oldStyle() {
	if !g.chance(20) {
		return
	}
	d := &draft{name: "legacy"}
	for _, e := range some(g, g.model, 1) {
		held := e.held()
		i := slices.IndexFunc(held, func(k keyDraft) bool { return k.text == "id" })
		if i < 0 {
			continue
		}
		t := d.typ("type", e.name)
		if g.chance(50) {
			t.extension = true
		} else {
			t.mark("@extends")
		}
		t.mark(`@key(fields: "id")`)
		t.field("id", held[i].fields[0].typ, "@external")
		t.field(g.fresh("old"), pick(g, []string{"String", "Int!", "[String]"}))
		// What requires a guarded field would have to be guarded as well.
		if f := g.builtIn(e.homes[0]); f != nil && !f.has("@authenticated") && !f.has("@requiresScopes") && !f.has("@policy") {
			t.field(f.name, f.typ, "@external")
			t.field(g.fresh("older"), "String", fmt.Sprintf("@requires(fields: %q)", f.name))
		}
		d.typ("type", "Query").field("legacy"+e.name, g.wrap(e.name))
	}
	g.drafts = append(g.drafts, d)
}

// builtIn finds a field of a home that any schema can name: without arguments, of a built-in type.
func (g *graphGenerator) builtIn(h *home) *fieldDraft {
	for _, f := range h.typ.fields {
		if g.plain(f) && len(f.arguments) == 0 && slices.Contains([]string{"String", "Int", "Float", "Boolean", "ID"}, strings.Trim(f.typ, "[]!")) {
			return f
		}
	}
	return nil
}
