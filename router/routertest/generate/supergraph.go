package generate

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// SupergraphOptions shape random supergraphs.
type SupergraphOptions struct {
	Subgraphs int // 0 means 2 to 5
	Entities  int // 0 means 2 to 5
}

// RandomSubgraphs makes subgraphs that compose. Each feature of federation is in a part of them; together a hundred
// use all. A set may, by chance, not compose: the caller takes the next seed.
func RandomSubgraphs(seed uint64, options SupergraphOptions) []Subgraph {
	g := &graphGenerator{random: rand.New(rand.NewPCG(seed, 0x5eed)), options: options}
	g.subgraphs()
	g.leafTypes()
	g.entities()
	g.abstractTypes()
	g.covariant()
	g.interfaceEntity()
	g.nodes()
	g.connections()
	g.computed()
	g.moved()
	g.contexts()
	g.roots()
	g.rootsInside()
	g.decorate()
	g.withoutLabelsOnRequired()
	var result []Subgraph
	for _, d := range g.drafts {
		if len(d.types) > 0 {
			result = append(result, Subgraph{Name: d.name, SDL: d.sdl()})
		}
	}
	return result
}

// graphGenerator makes the subgraphs of one supergraph.
type graphGenerator struct {
	random  *rand.Rand
	options SupergraphOptions
	drafts  []*draft
	model   []*entity
	// interfaces and unions by subgraph, as targets of fields.
	abstract map[*draft][]string
	values   []*valueType
	counter  int
}

// entity is an entity of the whole graph.
type entity struct {
	name  string
	keys  []keyDraft
	homes []*home
}

// home is a subgraph that contributes to an entity.
type home struct {
	draft *draft
	typ   *typeDraft
	keys  []keyDraft
}

// keyDraft is a key: its field set and the fields to declare.
type keyDraft struct {
	text   string
	fields []fieldDraft
	nested *typeDraft // a value type inside of it
}

// valueType is an object type without identity, shared by subgraphs.
type valueType struct {
	name   string
	drafts []*draft
}

func (g *graphGenerator) chance(n int) bool { return g.random.IntN(100) < n }

// between gives a number from low to high.
func (g *graphGenerator) between(low, high int) int { return low + g.random.IntN(high-low+1) }

func pick[T any](g *graphGenerator, items []T) T { return items[g.random.IntN(len(items))] }

// some picks at least the given number of items, in their order.
func some[T any](g *graphGenerator, items []T, atLeast int) []T {
	n := min(len(items), max(atLeast, g.random.IntN(len(items)+1)))
	chosen := g.random.Perm(len(items))[:n]
	slices.Sort(chosen)
	result := make([]T, n)
	for i, index := range chosen {
		result[i] = items[index]
	}
	return result
}

// fresh is a field name that nothing else has.
func (g *graphGenerator) fresh(prefix string) string {
	g.counter++
	return fmt.Sprintf("%s%d", prefix, g.counter)
}

func (g *graphGenerator) subgraphs() {
	n := g.options.Subgraphs
	if n == 0 {
		n = g.between(2, 5)
	}
	names := []string{"accounts", "catalog", "Reviews", "stock-keeping", "search_2", "billing", "media", "geo"}
	g.abstract = map[*draft][]string{}
	for i := range n {
		d := &draft{name: names[i%len(names)], version: "v2.9"}
		if g.chance(25) {
			d.version = pick(g, []string{"v2.3", "v2.7", "v2.8"})
		}
		g.drafts = append(g.drafts, d)
	}
}

// leafTypes declares enums, scalars, inputs and value types.
func (g *graphGenerator) leafTypes() {
	for _, d := range g.drafts {
		d.typ("scalar", "JSON")
		// An enum of results may differ between subgraphs: those that share a field agree on common values.
		d.typ("enum", "Status").values = append([]string{"ACTIVE", "CLOSED"}, some(g, []string{"DRAFT", "HIDDEN", "OLD"}, 0)...)
		d.typ("enum", "Unit").values = []string{"METRIC", "IMPERIAL"} // in and out: the same everywhere
		// Of an enum of arguments only the common values remain.
		d.typ("enum", "Sort").values = append([]string{"ASC", "DESC"}, some(g, []string{"RANDOM", "OLDEST"}, 0)...)
		filter := d.typ("input", "Filter")
		filter.field("limit", "Int! = 2")
		filter.field("text", "String")
		filter.field("unit", "Unit")
		filter.field("any", "[Filter!]")
		if g.chance(30) {
			filter.field("only_"+identifier(d.name), "Boolean = true")
		}
		one := d.typ("input", "Pick")
		one.mark("@oneOf")
		one.field("id", "ID")
		one.field("no", "Int")
		one.field("filter", "Filter")
		one.field("names", "[String!]")
	}
	for i := range g.between(1, 2) {
		v := &valueType{name: []string{"Money", "Address"}[i], drafts: some(g, g.drafts, 1)}
		g.values = append(g.values, v)
		fields := []fieldDraft{{name: "amount", typ: "Float!"}, {name: "note", typ: "String"}, {name: "extra", typ: "JSON"}}
		for _, d := range v.drafts {
			t := d.typ("type", v.name)
			t.mark("@shareable")
			for _, f := range fields {
				t.field(f.name, f.typ)
			}
			if i == 1 {
				t.field("parent", "Money") // declared below, where Money is missing
				g.declareValue(d, "Money")
			}
		}
	}
}

// declareValue makes sure that a subgraph has a value type.
func (g *graphGenerator) declareValue(d *draft, name string) {
	if d.find(name) != nil {
		return
	}
	t := d.typ("type", name)
	t.mark("@shareable")
	t.field("amount", "Float!")
	t.field("note", "String")
	t.field("extra", "JSON")
	for _, v := range g.values {
		if v.name == name {
			v.drafts = append(v.drafts, d)
		}
	}
}

// OneOfArgument is the name of arguments that take a @oneOf input.
const OneOfArgument = "pick"

// leaf is a random leaf type.
func (g *graphGenerator) leaf() string {
	return pick(g, []string{
		"String", "String!", "Int", "Int!", "Float", "Boolean", "ID", "JSON", "Status", "Unit!", "[String!]!", "[Int]", "[[Float!]]", "[Status!]",
	})
}

// argumentsFor gives some fields arguments.
func (g *graphGenerator) argumentsFor(percent int) []string {
	if !g.chance(percent) {
		return nil
	}
	arguments := []string{"n: Int = 3", "text: String", "unit: Unit! = METRIC", "filter: Filter", "ids: [ID!]", "ratio: Float = 1.0", "sort: Sort = DESC", OneOfArgument + ": Pick"}
	g.random.Shuffle(len(arguments), func(i, j int) { arguments[i], arguments[j] = arguments[j], arguments[i] })
	return arguments[:g.between(1, 2)]
}

// entities declares entities in their homes, with keys that lead from each to each.
func (g *graphGenerator) entities() {
	n := g.options.Entities
	if n == 0 {
		n = g.between(2, 5)
	}
	for i := range n {
		e := &entity{name: []string{"User", "Product", "Review", "Order", "Store", "Event"}[i%6], keys: g.keys(i)}
		g.model = append(g.model, e)
		drafts := some(g, g.drafts, 2)
		// Either the first home has every key, so that whoever has one of them reaches all homes in two hops; or each has
		// one in common with the next, so that it takes as many hops as there are homes.
		chain := g.chance(40)
		for j, d := range drafts {
			h := &home{draft: d, keys: e.keys}
			switch {
			case chain:
				h.keys = g.link(e.keys, j)
			case j > 0:
				h.keys = some(g, e.keys, 1)
			}
			h.typ = declareEntity(d, e, h.keys)
			e.homes = append(e.homes, h)
		}
		for range g.between(3, 6) {
			owners := []*home{pick(g, e.homes)}
			if len(e.homes) > 1 && g.chance(20) {
				owners = some(g, e.homes, 2)
			}
			field := fieldDraft{name: g.fresh("f"), typ: g.leaf(), arguments: g.argumentsFor(25)}
			for _, h := range owners {
				f := h.typ.field(field.name, field.typ)
				f.arguments = field.arguments
				if len(owners) > 1 {
					f.mark("@shareable")
				}
			}
		}
		if g.chance(40) { // a field that its homes declare with other nullability
			name, typ := g.fresh("v"), pick(g, []string{"String", "Int", "[String!]", "[[Int]]"})
			for _, h := range some(g, e.homes, 2) {
				h.typ.field(name, pick(g, []string{typ, typ + "!"}), "@shareable")
			}
		}
	}
}

// link is the keys of the n-th home in a chain: the one shared with the home before and the one shared with the next.
func (g *graphGenerator) link(keys []keyDraft, n int) []keyDraft {
	shared := []keyDraft{keys[n%len(keys)]}
	if before := keys[max(0, n-1)%len(keys)]; before.text != shared[0].text {
		shared = append(shared, before)
	}
	return shared
}

// keys makes the keys of an entity.
func (g *graphGenerator) keys(i int) []keyDraft {
	keys := []keyDraft{{text: "id", fields: []fieldDraft{{name: "id", typ: pick(g, []string{"ID!", "ID!", "Int!", "String!"})}}}}
	if g.chance(40) {
		keys = append(keys, keyDraft{text: "sku", fields: []fieldDraft{{name: "sku", typ: pick(g, []string{"String!", "String", "Float!"})}}})
	}
	if g.chance(25) {
		keys = append(keys, keyDraft{text: "code unit", fields: []fieldDraft{{name: "code", typ: "Int!"}, {name: "unit", typ: "Unit!"}}})
	}
	if g.chance(25) {
		name := fmt.Sprintf("Ref%d", i)
		nested := &typeDraft{kind: "type", name: name, directives: []string{"@shareable"}, fields: []*fieldDraft{{name: "no", typ: "ID!"}, {name: "zone", typ: "String"}}}
		keys = append(keys, keyDraft{text: "ref { no }", fields: []fieldDraft{{name: "ref", typ: name + "!"}}, nested: nested})
	}
	if g.chance(20) {
		name := fmt.Sprintf("Owner%d", i)
		owner := &typeDraft{kind: "type", name: name, directives: []string{`@key(fields: "id")`}, fields: []*fieldDraft{{name: "id", typ: "ID!"}}}
		keys = append(keys, keyDraft{text: "owner { id }", fields: []fieldDraft{{name: "owner", typ: name + "!"}}, nested: owner})
	}
	g.random.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	return keys
}

// declareEntity declares an entity with some of its keys.
func declareEntity(d *draft, e *entity, keys []keyDraft) *typeDraft {
	t := d.typ("type", e.name)
	for _, key := range keys {
		t.mark(fmt.Sprintf("@key(fields: %q)", key.text))
		for _, f := range key.fields {
			t.field(f.name, f.typ)
		}
		if key.nested != nil && d.find(key.nested.name) == nil {
			nested := d.typ("type", key.nested.name)
			nested.mark(key.nested.directives...)
			for _, f := range key.nested.fields {
				nested.field(f.name, f.typ)
			}
		}
	}
	return t
}

// held are the keys that at least one home has.
func (e *entity) held() []keyDraft {
	var held []keyDraft
	for _, key := range e.keys {
		if slices.ContainsFunc(e.homes, func(h *home) bool {
			return slices.ContainsFunc(h.keys, func(k keyDraft) bool { return k.text == key.text })
		}) {
			held = append(held, key)
		}
	}
	return held
}

// mention makes sure that a subgraph can name an entity: its home, or a stub that only refers to it.
func (g *graphGenerator) mention(d *draft, e *entity) {
	if d.find(e.name) != nil {
		return
	}
	key := pick(g, e.held())
	t := declareEntity(d, e, []keyDraft{key})
	if g.chance(70) {
		t.directives = []string{fmt.Sprintf("@key(fields: %q, resolvable: false)", key.text)}
	}
}

func identifier(name string) string {
	text := []byte(name)
	for i, c := range text {
		if c == '-' {
			text[i] = '_'
		}
	}
	return string(text)
}
