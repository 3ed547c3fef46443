package compose_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tributary-gql/tributary/schema/compose"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// FuzzGeneratedGraphs composes random graphs of a few names, so that subgraphs meet in every way: kinds, keys, directives
// and types that fit or do not.
func FuzzGeneratedGraphs(f *testing.F) {
	for seed := range uint64(200) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		g := &graphGenerator{Rand: rand.New(rand.NewPCG(seed, 1))}
		g.lenient = seed%2 == 0
		var sources []compose.Source
		for i := range 2 + g.IntN(2) {
			sources = append(sources, compose.Source{Name: fmt.Sprintf("s%d", i), SDL: g.subgraph()})
		}
		result := compose.Sources(sources...)
		forward := describe(result)
		slices.Reverse(sources)
		if diff := cmp.Diff(forward, describe(compose.Sources(sources...))); diff != "" {
			t.Fatalf("reversed, the result differs:\n%s", diff)
		}
		if result.Supergraph == nil {
			return
		}
		if _, err := result.Supergraph.API(); err != nil {
			t.Fatalf("it has no API: %v", err)
		}
		var parts []compose.Source
		for _, e := range result.Supergraph.Subgraphs() {
			parts = append(parts, compose.Source{Name: e.Name, URL: e.URL, SDL: e.SDL})
		}
		again := compose.Sources(parts...)
		if len(again.Errors) > 0 {
			t.Fatalf("its parts do not compose:\n%s\n%s", printDiagnostics(again.Errors), print(parts))
		}
		if diff := cmp.Diff(lines(t, result.Supergraph.Print()), lines(t, again.Supergraph.Print())); diff != "" && !losesTypes(result.Supergraph) {
			t.Fatalf("composed from its parts, the supergraph differs:\n%s\n%s", diff, print(parts))
		}
		if _, err := supergraph.Read(result.Supergraph.Print()); err != nil {
			t.Fatalf("it cannot be read: %v", err)
		}
	})
}

// losesTypes reports whether the type that some subgraph gave a field is not in the supergraph: the field was taken over from it
// by one that gives another type.
func losesTypes(s *supergraph.Supergraph) bool {
	for _, t := range s.Types {
		for _, f := range t.Fields {
			overrides := slices.ContainsFunc(f.Joins, func(j supergraph.FieldJoin) bool { return j.Override != "" && j.Type != nil })
			if overrides && len(f.Joins) < len(t.Graphs()) {
				return true
			}
		}
	}
	return false
}

func print(sources []compose.Source) string {
	var b strings.Builder
	for _, s := range sources {
		fmt.Fprintf(&b, "-- %s --\n%s\n", s.Name, s.SDL)
	}
	return b.String()
}

// graphGenerator writes random subgraphs. A lenient one shares all fields and keeps to one type for a name, so that more of its
// graphs compose.
type graphGenerator struct {
	*rand.Rand
	lenient bool
}

func (g *graphGenerator) pick(options ...string) string { return options[g.IntN(len(options))] }

func (g *graphGenerator) chance(percent int) bool { return g.IntN(100) < percent }

// sometimes returns the text in that percentage of cases.
func (g *graphGenerator) sometimes(percent int, text string) string {
	if g.chance(percent) {
		return text
	}
	return ""
}

// plan is what one subgraph defines, so that what it refers to exists.
type plan struct {
	types    map[string]bool // "A", "B", "E", "In", "U", "I"
	asObject bool            // I is an interface object
	iHasX    bool            // I has the field x
	iKey     bool            // I has a key, and so has what implements it
}

func (g *graphGenerator) subgraph() string {
	p := plan{types: map[string]bool{"E": g.chance(70), "In": g.chance(60), "I": g.chance(70)}, asObject: g.chance(25), iHasX: g.chance(50), iKey: g.chance(40)}
	p.types["A"], p.types["B"] = g.chance(80) && !(p.types["I"] && p.asObject), g.chance(60) && !(p.types["I"] && p.asObject)
	p.types["U"] = p.types["A"] && g.chance(50)
	var b strings.Builder
	b.WriteString(`extend schema @link(url: "https://specs.apollo.dev/federation/v2.14", import: ["@key", "@shareable", "@external", "@requires", "@provides", "@override", "@inaccessible", "@tag", "@interfaceObject", "@authenticated", "@requiresScopes", "@cost", "@cacheTag"])` + "\n")
	fmt.Fprintf(&b, "type Query {\n  own%d: Int\n%s}\n", g.IntN(1_000_000), g.fields(p, "Query", false))
	for _, name := range []string{"A", "B"} {
		if p.types[name] {
			b.WriteString(g.object(p, name))
		}
	}
	x := ""
	if p.iHasX {
		x = "  x: Int\n"
	}
	switch {
	case p.types["I"] && p.asObject:
		fmt.Fprintf(&b, "type I @interfaceObject @key(fields: \"id\") {\n  id: ID!\n%s}\n", g.fields(p, "I", false))
	case p.types["I"]:
		key := ""
		if p.iKey {
			key = ` @key(fields: "id")`
		}
		fmt.Fprintf(&b, "interface I%s%s {\n  id: ID!\n%s}\n", key, g.sometimes(10, ` @tag(name: "i")`), x)
	}
	if p.types["E"] {
		fmt.Fprintf(&b, "%senum E { V1%s%s }\n", g.description(), g.sometimes(60, " V2"), g.sometimes(20, " V3 @inaccessible"))
	}
	if p.types["In"] {
		fmt.Fprintf(&b, "input In { a: %s%s%s }\n", g.pick("Int", "Int", "Int!"), g.sometimes(20, " = 1"), g.sometimes(40, " b: Int @inaccessible"))
	}
	if p.types["U"] {
		b.WriteString("union U = A" + map[bool]string{true: g.sometimes(50, " | B")}[p.types["B"]] + "\n")
	}
	b.WriteString(g.sometimes(30, "directive @live(every: Int) on QUERY\n"))
	return b.String()
}

// object writes an entity or value type. Some entities resolve z from an external x.
func (g *graphGenerator) object(p plan, name string) string {
	implements, fields := "", ""
	isInterface := p.types["I"] && !p.asObject
	if isInterface && g.chance(60) {
		implements = " implements I"
		if p.iHasX {
			fields = "  x: Int" + g.sometimes(60, " @shareable") + g.sometimes(10, " @authenticated") + "\n"
		}
	}
	key := g.sometimes(80, ` @key(fields: "id")`)
	if implements != "" && p.iKey {
		key = ` @key(fields: "id")`
	}
	switch {
	case fields != "":
	case key != "" && g.chance(20):
		fields = "  x: Int @external\n  z: Int @requires(fields: \"x\")\n"
	default:
		fields = g.fields(p, name, true)
	}
	return fmt.Sprintf("%stype %s%s%s%s {\n  id: ID!%s\n%s}\n", g.description(), name, implements, key, g.typeDirectives(), g.sometimes(60, " @shareable"), fields)
}

func (g *graphGenerator) description() string { return g.sometimes(20, `"`+g.pick("one", "two")+`" `) }

func (g *graphGenerator) typeDirectives() string {
	out := g.sometimes(10, ` @tag(name: "t")`) + g.sometimes(8, " @authenticated") +
		g.sometimes(5, ` @requiresScopes(scopes: [["`+g.pick("a", "b")+`"]])`) + g.sometimes(5, fmt.Sprintf(" @cost(weight: %d)", g.IntN(3)))
	if g.lenient {
		out += " @shareable"
	}
	return out
}

func (g *graphGenerator) fields(p plan, owner string, isObject bool) string {
	var b strings.Builder
	for _, name := range []string{"x", "y", "z"} {
		if g.chance(45) {
			b.WriteString(g.field(p, owner, name, isObject))
		}
	}
	return b.String()
}

// field writes a field whose type the subgraph has, or none. Field z is an enum, y an abstract type or entity, x a number.
func (g *graphGenerator) field(p plan, owner, name string, isObject bool) string {
	base := map[string]string{"x": "Int", "y": g.pick("A", "I", "U"), "z": "Int"}[name]
	if base != "Int" && !p.types[base] {
		return ""
	}
	if name == "z" && p.types["E"] && owner == "Query" {
		base = "E"
	}
	arguments := ""
	if p.types["In"] && g.chance(10) {
		arguments = "(a: In" + g.sometimes(30, " = {a: 1}") + ")"
	} else if p.types["E"] && g.chance(10) {
		arguments = "(e: E" + g.sometimes(50, "!") + g.sometimes(30, " = V1") + ")"
	} else {
		arguments = g.sometimes(10, "(n: "+g.pick("Int", "Int!", "Int = 1")+")")
	}
	directives := g.sometimes(8, ` @tag(name: "f")`) + g.sometimes(5, ` @deprecated(reason: "`+g.pick("a", "b")+`")`) + g.sometimes(3, " @inaccessible")
	if isObject {
		directives += g.sometimes(8, fmt.Sprintf(" @override(from: \"s%d\"%s)", g.IntN(3), g.sometimes(30, `, label: "l"`)))
	}
	if isObject || owner == "I" {
		directives += g.sometimes(5, " @authenticated")
	}
	if g.chance(50) || g.lenient {
		directives += " @shareable"
	}
	return fmt.Sprintf("  %s%s%s: %s%s%s\n", g.description(), name, arguments, base, g.sometimes(20, "!"), directives)
}
