package generate

import (
	"fmt"
	"slices"
	"strings"
)

// abstractTypes declares interfaces and unions over entities; their members differ between subgraphs.
func (g *graphGenerator) abstractTypes() {
	for i := range g.between(0, 2) {
		name, field := fmt.Sprintf("Named%d", i), fmt.Sprintf("label%d", i)
		typ, arguments := pick(g, []string{"String", "String!", "Int"}), g.argumentsFor(25)
		var declared []*home
		for _, d := range some(g, g.drafts, 1) {
			members := some(g, g.homesIn(d), 1)
			if len(members) == 0 {
				continue
			}
			d.typ("interface", name).field(field, typ).arguments = arguments
			for _, h := range members {
				h.typ.interfaces = append(h.typ.interfaces, name)
				h.typ.field(field, typ).arguments = arguments
				declared = append(declared, h)
			}
			g.abstract[d] = append(g.abstract[d], name)
		}
		for _, h := range declared {
			if slices.ContainsFunc(declared, func(other *home) bool { return other != h && other.typ.name == h.typ.name }) {
				h.typ.find(field).mark("@shareable")
			}
		}
	}
	for i := range g.between(0, 2) {
		name := fmt.Sprintf("Any%d", i)
		for _, d := range some(g, g.drafts, 1) {
			var members []string
			for _, h := range g.homesIn(d) {
				members = append(members, h.typ.name)
			}
			for _, v := range g.values {
				if slices.Contains(v.drafts, d) && g.chance(40) {
					members = append(members, v.name)
				}
			}
			if len(members) == 0 {
				continue
			}
			d.typ("union", name).values = some(g, members, 1)
			g.abstract[d] = append(g.abstract[d], name)
		}
	}
}

// homesIn are the entities that have a home in the subgraph.
func (g *graphGenerator) homesIn(d *draft) []*home {
	var homes []*home
	for _, e := range g.model {
		for _, h := range e.homes {
			if h.draft == d {
				homes = append(homes, h)
			}
		}
	}
	return homes
}

// interfaceEntity adds an interface with a key, its implementations in one subgraph, and an @interfaceObject in
// others.
func (g *graphGenerator) interfaceEntity() {
	if !g.chance(50) || len(g.drafts) < 2 {
		return
	}
	order := g.random.Perm(len(g.drafts))
	origin := g.drafts[order[0]]
	media := origin.typ("interface", "Media")
	media.mark(`@key(fields: "id")`)
	media.field("id", "ID!")
	media.field("title", "String")
	for _, name := range []string{"Book", "Movie"} {
		t := origin.typ("type", name)
		t.interfaces = append(t.interfaces, "Media")
		t.mark(`@key(fields: "id")`)
		t.field("id", "ID!")
		t.field("title", "String")
		t.field(strings.ToLower(name)+"Only", g.leaf())
	}
	origin.typ("type", "Query").field("media", "Media").arguments = g.argumentsFor(30)
	origin.typ("type", "Query").field("allMedia", "[Media!]!")
	origin.typ("type", "Query").field("books", "[Book]")
	g.abstract[origin] = append(g.abstract[origin], "Media")
	var objects []*typeDraft
	defer func() { g.requiredOfObject(objects) }()
	for i, index := range order[1:] {
		d := g.drafts[index]
		if i > 0 && g.chance(60) {
			continue
		}
		if i > 0 && g.chance(40) {
			// Knows a concrete type, but not the interface.
			book := d.typ("type", "Book")
			book.mark(`@key(fields: "id")`)
			book.field("id", "ID!")
			book.field(g.fresh("page"), g.leaf())
			continue
		}
		object := d.typ("type", "Media")
		objects = append(objects, object)
		object.mark(`@key(fields: "id")`, "@interfaceObject")
		object.field("id", "ID!")
		object.field(g.fresh("view"), g.leaf()).arguments = g.argumentsFor(30)
		if g.chance(60) {
			object.field("title", "String", "@external")
			object.field(g.fresh("slug"), "String", `@requires(fields: "title")`)
		}
		if homes := g.homesIn(d); len(homes) > 0 {
			object.field(g.fresh("link"), pick(g, homes).typ.name)
		}
		d.typ("type", "Query").field(g.fresh("topMedia"), pick(g, []string{"[Media!]!", "Media", "[Media]"}))
		if g.chance(50) {
			g.abstract[d] = append(g.abstract[d], "Media")
		}
	}
}

// connections adds fields that lead from entities to entities, values and abstract types.
func (g *graphGenerator) connections() {
	for _, e := range g.model {
		for _, h := range e.homes {
			for range g.between(1, 2) {
				target, leaf := g.target(h.draft)
				f := h.typ.field(g.fresh("r"), g.wrap(target))
				f.arguments = g.argumentsFor(15)
				if g.chance(40) {
					if leaf {
						g.provideBelowAbstract(h.draft, f, target)
					} else {
						g.provide(h.draft, f, target)
					}
				}
			}
		}
		// A composite field that two homes share.
		if len(e.homes) > 1 && g.chance(30) {
			target := pick(g, g.model)
			name, typ := g.fresh("s"), g.wrap(target.name)
			for _, h := range some(g, e.homes, 2) {
				g.mention(h.draft, target)
				h.typ.field(name, typ, "@shareable")
			}
		}
	}
	g.partialValues()
	g.sharedAbstract()
}

// partialValues adds a value type of which each home of an entity knows another part.
func (g *graphGenerator) partialValues() {
	for _, e := range g.model {
		if len(e.homes) < 2 || !g.chance(20) {
			continue
		}
		name, field := "Part"+e.name, g.fresh("part")
		typ := fmt.Sprintf(pick(g, []string{"%s", "%s", "[%s!]", "[[%s]]!"}), name)
		common := g.chance(70)
		for i, h := range e.homes[:2] {
			h.typ.field(field, typ, "@shareable")
			t := h.draft.typ("type", name)
			if common {
				t.field("both", "String", "@shareable")
			}
			t.field([]string{"left", "right"}[i], g.leaf())
		}
	}
}

// target chooses what a field of a subgraph leads to; leaf tells that there is nothing to provide.
func (g *graphGenerator) target(d *draft) (name string, leaf bool) {
	switch n := g.random.IntN(10); {
	case n < 2 && len(g.abstract[d]) > 0:
		return pick(g, g.abstract[d]), true
	case n < 3:
		v := pick(g, g.values)
		g.declareValueLike(d, v)
		return v.name, true
	}
	e := pick(g, g.model)
	g.mention(d, e)
	return e.name, false
}

// declareValueLike makes sure that a subgraph has a value type with all that it holds.
func (g *graphGenerator) declareValueLike(d *draft, v *valueType) {
	fresh := d.find(v.name) == nil
	g.declareValue(d, v.name)
	if fresh && v.name == "Address" {
		d.find(v.name).field("parent", "Money")
		g.declareValue(d, "Money")
	}
}

func (g *graphGenerator) wrap(name string) string {
	return fmt.Sprintf(pick(g, []string{"%s", "%s", "%s!", "[%s!]!", "[%s]", "[%s!]", "[[%s]!]"}), name)
}

// provide makes a field promise a field of the entity that it leads to.
func (g *graphGenerator) provide(d *draft, f *fieldDraft, target string) {
	if text := g.provided(d, target, true); text != "" {
		f.mark(fmt.Sprintf("@provides(fields: %q)", text))
	}
}

// provideBelowAbstract makes a field that leads to a union or an interface promise fields of some of its members.
func (g *graphGenerator) provideBelowAbstract(d *draft, f *fieldDraft, target string) {
	var texts []string
	for _, member := range d.members(target) {
		if g.model == nil || !g.isEntity(member) || !g.chance(60) {
			continue
		}
		if text := g.provided(d, member, false); text != "" {
			texts = append(texts, fmt.Sprintf("... on %s { %s }", member, text))
		}
	}
	if len(texts) > 0 {
		f.mark(fmt.Sprintf("@provides(fields: %q)", strings.Join(texts, " ")))
	}
}

// provided declares a field of another subgraph as external and gives the field set that promises it, "" when there is
// none. Deep: it may lead through a field to another entity.
func (g *graphGenerator) provided(d *draft, target string, deep bool) string {
	e := g.entity(target)
	for _, h := range e.homes {
		if h.draft == d {
			continue
		}
		for _, candidate := range h.typ.fields {
			if len(candidate.arguments) > 0 || d.find(target).find(candidate.name) != nil {
				continue
			}
			below := ""
			switch {
			case g.plain(candidate):
			case deep && g.composite(candidate) && !candidate.has("@provides") && !candidate.has("@external") && g.chance(50):
				inner := g.targetEntity(candidate)
				if inner == nil {
					continue
				}
				g.mention(d, inner)
				if below = g.provided(d, inner.name, false); below == "" {
					continue
				}
			default:
				continue
			}
			for _, owner := range e.homes {
				if owned := owner.typ.find(candidate.name); owned != nil && !owned.has("@external") {
					owned.mark("@shareable")
				}
			}
			d.find(target).field(candidate.name, candidate.typ, "@external")
			if below != "" {
				return fmt.Sprintf("%s { %s }", candidate.name, below)
			}
			return candidate.name
		}
	}
	return ""
}

func (g *graphGenerator) isEntity(name string) bool {
	return slices.ContainsFunc(g.model, func(e *entity) bool { return e.name == name })
}

func (g *graphGenerator) entity(name string) *entity {
	i := slices.IndexFunc(g.model, func(e *entity) bool { return e.name == name })
	return g.model[i]
}

// plain tells that nothing special is said of a field yet.
func (g *graphGenerator) plain(f *fieldDraft) bool {
	return strings.HasPrefix(f.name, "f") && !f.has("@external") && !f.has("@requires") && !f.has("@override")
}

func (g *graphGenerator) composite(f *fieldDraft) bool { return strings.HasPrefix(f.name, "r") }

// computed adds fields with @requires. Later ones may require earlier ones, so that chains go back and forth between
// subgraphs but never in a circle.
func (g *graphGenerator) computed() {
	type source struct {
		owner *home
		field *fieldDraft
	}
	for _, e := range g.model {
		var sources []source
		for _, h := range e.homes {
			for _, f := range h.typ.fields {
				if g.plain(f) || g.composite(f) {
					sources = append(sources, source{h, f})
				}
			}
		}
		for range g.between(0, 3) {
			h := pick(g, e.homes)
			var texts, named []string
			for range g.between(1, 2) {
				if len(sources) == 0 {
					break
				}
				s := pick(g, sources)
				if s.owner == h || slices.Contains(named, s.field.name) || h.typ.find(s.field.name) != nil && !h.typ.find(s.field.name).has("@external") {
					continue
				}
				if text := g.require(h, s.field); text != "" {
					texts, named = append(texts, text), append(named, s.field.name)
				}
			}
			if len(texts) == 0 {
				continue
			}
			f := h.typ.field(g.fresh("c"), g.leaf(), fmt.Sprintf("@requires(fields: %q)", strings.Join(texts, " ")))
			f.arguments = g.argumentsFor(20)
			sources = append(sources, source{h, f})
		}
	}
}

// require declares a field of another subgraph as external and gives the text that requires it; "" when it cannot.
func (g *graphGenerator) require(h *home, f *fieldDraft) string {
	if !g.composite(f) {
		h.typ.field(f.name, f.typ, "@external").arguments = f.arguments
		return f.name + g.requiredArguments(f)
	}
	target := g.targetEntity(f)
	if target == nil {
		return g.requireOther(h, f)
	}
	// Below an entity: its key is known everywhere, a field of its own has to be external here.
	g.mention(h.draft, target)
	h.typ.field(f.name, f.typ, "@external").arguments = f.arguments
	t := h.draft.find(target.name)
	for _, other := range target.homes {
		for _, candidate := range other.typ.fields {
			if g.plain(candidate) && t.find(candidate.name) == nil {
				t.field(candidate.name, candidate.typ, "@external").arguments = candidate.arguments
				return fmt.Sprintf("%s%s { %s }", f.name, g.requiredArguments(f), candidate.name)
			}
		}
	}
	below := map[string]string{"ref": "ref { no }", "owner": "owner { id }"}[t.fields[0].name]
	if below == "" {
		below = t.fields[0].name
	}
	return fmt.Sprintf("%s%s { %s }", f.name, g.requiredArguments(f), below)
}

// requireOther is require for a field that leads to a value, a union or an interface.
func (g *graphGenerator) requireOther(h *home, f *fieldDraft) string {
	name := strings.Trim(f.typ, "[]!")
	if slices.ContainsFunc(g.values, func(v *valueType) bool { return v.name == name }) {
		g.declareValue(h.draft, name)
		if name == "Address" {
			h.draft.find(name).field("parent", "Money")
			g.declareValue(h.draft, "Money")
		}
		h.typ.field(f.name, f.typ, "@external").arguments = f.arguments
		return fmt.Sprintf("%s%s { %s }", f.name, g.requiredArguments(f), pick(g, []string{"amount", "note amount", "extra"}))
	}
	abstract := h.draft.find(name)
	if abstract == nil || abstract.kind != "union" && abstract.kind != "interface" || name == "Media" {
		return ""
	}
	h.typ.field(f.name, f.typ, "@external").arguments = f.arguments
	texts := []string{"__typename"}
	if len(abstract.fields) > 0 && len(abstract.fields[0].arguments) == 0 && strings.HasPrefix(abstract.fields[0].name, "label") {
		texts = append(texts, abstract.fields[0].name)
	}
	for _, member := range h.draft.members(name) {
		if t := h.draft.find(member); g.isEntity(member) && t != nil && len(t.fields) > 0 && !g.isNestedKey(t.fields[0]) {
			texts = append(texts, fmt.Sprintf("... on %s { %s }", member, t.fields[0].name))
		}
	}
	return fmt.Sprintf("%s%s { %s }", f.name, g.requiredArguments(f), strings.Join(texts, " "))
}

func (g *graphGenerator) isNestedKey(f *fieldDraft) bool { return f.name == "ref" || f.name == "owner" }

// targetEntity is the entity that a field leads to, nil when it leads to something else.
func (g *graphGenerator) targetEntity(f *fieldDraft) *entity {
	name := strings.Trim(f.typ, "[]!")
	i := slices.IndexFunc(g.model, func(e *entity) bool { return e.name == name })
	if i < 0 {
		return nil
	}
	return g.model[i]
}

// requiredArguments are constant arguments for a required field.
func (g *graphGenerator) requiredArguments(f *fieldDraft) string {
	var given []string
	for _, argument := range f.arguments {
		if !g.chance(60) {
			continue
		}
		name, _, _ := strings.Cut(argument, ":")
		values := map[string][]string{
			"n": {"1", "7"}, "text": {`"x"`, "null"}, "unit": {"METRIC", "IMPERIAL"},
			"sort": {"ASC", "DESC"}, "filter": {`{limit: 5}`, `{text: "q", any: [{limit: 1}]}`}, "ids": {`["a"]`, "[]"}, "pick": {`{id: "x"}`, `{filter: {limit: 3}}`}, "ratio": {"1.0", "0.5"},
		}
		given = append(given, name+": "+pick(g, values[name]))
	}
	if len(given) == 0 {
		return ""
	}
	return "(" + strings.Join(given, ", ") + ")"
}
