package compose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/tributary-gql/tributary/schema/diag"
	"github.com/tributary-gql/tributary/schema/subgraph"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

const specs = "https://specs.apollo.dev/"

// feature is a specification whose directives composition merges or carries by itself. In the supergraph it is linked
// for the subgraph directives that are used, and brings all its definitions.
type feature struct {
	name    string // of the specification, and the prefix of its elements
	version string
	purpose string           // "", SECURITY or EXECUTION
	merged  []subgraph.Known // directives that are merged; named as in the specification
	sdl     string           // definitions under the names they have without imports
}

const authLocations = "FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM"

// knownFeatures in the order in which the federation specification lists their directives.
var knownFeatures = []feature{
	{"tag", "v0.3", "", []subgraph.Known{subgraph.KnownTag},
		"directive @tag(name: String!) repeatable on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION | SCHEMA"},
	{"inaccessible", "v0.2", "SECURITY", []subgraph.Known{subgraph.KnownInaccessible},
		"directive @inaccessible on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION"},
	{"authenticated", "v0.1", "SECURITY", []subgraph.Known{subgraph.KnownAuthenticated},
		"directive @authenticated on " + authLocations},
	{"requiresScopes", "v0.1", "SECURITY", []subgraph.Known{subgraph.KnownRequiresScopes},
		"directive @requiresScopes(scopes: [[requiresScopes__Scope!]!]!) on " + authLocations + " scalar requiresScopes__Scope"},
	{"policy", "v0.1", "SECURITY", []subgraph.Known{subgraph.KnownPolicy},
		"directive @policy(policies: [[policy__Policy!]!]!) on " + authLocations + " scalar policy__Policy"},
	{"context", "v0.1", "SECURITY", []subgraph.Known{subgraph.KnownContext},
		"directive @context(name: String!) repeatable on INTERFACE | OBJECT | UNION " +
			"directive @context__fromContext(field: context__ContextFieldValue) on ARGUMENT_DEFINITION " +
			"scalar context__ContextFieldValue"},
	{"cost", "v0.1", "", []subgraph.Known{subgraph.KnownCost, subgraph.KnownListSize},
		"directive @cost(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR " +
			"directive @cost__listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION"},
	{"cacheTag", "v0.1", "EXECUTION", nil, ""},
}

// strategyFeatures are specifications of one directive each, whose argument "value" merges in the way that the name says.
var strategyFeatures = []feature{
	strategySpec("max", "Int!"), strategySpec("min", "Int!"), strategySpec("sum", "Int!"),
	strategySpec("nullable_max", "Int"), strategySpec("nullable_min", "Int"), strategySpec("nullable_sum", "Int"),
	strategySpec("nullable_and", "Boolean"),
	strategySpec("intersection", "[String!]!"), strategySpec("union", "[String!]!"), strategySpec("nullable_union", "[String!]"),
	strategySpec("dnf_conjunction", "[[String!]!]!"),
}

func strategySpec(name, argument string) feature {
	return feature{name, "v0.1", "", []subgraph.Known{subgraph.Known(name)},
		fmt.Sprintf("directive @%s(value: %s) on OBJECT | FIELD_DEFINITION", name, argument)}
}

// strategyFeature returns the feature of that name, or nil.
func strategyFeature(name string) *feature {
	i := slices.IndexFunc(strategyFeatures, func(f feature) bool { return f.name == name })
	if i < 0 {
		return nil
	}
	return &strategyFeatures[i]
}

// meaning returns what a directive is to composition, which knows a few more than package subgraph has names for.
func meaning(known subgraph.Known, link *subgraph.Link, nameInFeature string) subgraph.Known {
	if known == "" && link != nil && link.Identity == specs+nameInFeature && strategyFeature(nameInFeature) != nil {
		return subgraph.Known(nameInFeature)
	}
	return known
}

// elementName is what the feature's directive is called when it is not imported and the feature is linked under that name.
func (f *feature) elementName(k subgraph.Known, linkedAs string) string {
	if string(k) == f.name {
		return linkedAs
	}
	return linkedAs + "__" + string(k)
}

// features is what the supergraph links on its own account.
type features struct {
	links       []supergraph.Link
	names       map[subgraph.Known]string // what merged directives are called; in every subgraph the same
	definitions map[string]*ast.DirectiveDefinition
	ordered     []*ast.DirectiveDefinition
	types       []*ast.Definition
}

// use is the first application of a directive in a subgraph.
type use struct {
	graph       supergraph.GraphID
	application *subgraph.Application
}

// collectFeatures finds out which features the subgraphs use, and under which names.
func (c *composition) collectFeatures() *features {
	f := &features{names: map[subgraph.Known]string{}, definitions: map[string]*ast.DirectiveDefinition{}}
	uses := make([]map[subgraph.Known]use, len(c.subgraphs))
	for i, s := range c.subgraphs {
		uses[i] = directiveUses(s, supergraph.GraphID(i))
	}
	linked := map[string]bool{}
	all := slices.Concat(knownFeatures, strategyFeatures)
	for i := range c.subgraphs {
		for j := range all {
			spec := &all[j]
			if !linked[spec.name] && spec.isUsed(uses[i]) {
				linked[spec.name] = true
				c.linkFeature(f, spec, uses)
			}
		}
	}
	return f
}

func (f *feature) isUsed(uses map[subgraph.Known]use) bool {
	if f.name == string(subgraph.KnownCacheTag) {
		_, used := uses[subgraph.KnownCacheTag]
		return used
	}
	return slices.ContainsFunc(f.merged, func(k subgraph.Known) bool {
		_, used := uses[k]
		return used
	})
}

func (c *composition) linkFeature(f *features, spec *feature, uses []map[subgraph.Known]use) {
	link := supergraph.Link{URL: specs + spec.name + "/" + spec.version, For: spec.purpose}
	linkedAs := spec.name
	if c.composesAs(spec.name) {
		linkedAs = "_0" + spec.name
		link.As = linkedAs
	}
	renamed := map[string]string{spec.name: linkedAs}
	for _, k := range spec.merged {
		name := c.nameOf(spec, k, uses)
		if name == "" {
			continue
		}
		f.names[k] = name
		if byDefault := spec.elementName(k, linkedAs); name != byDefault {
			if string(k) == spec.name {
				byDefault = spec.name // as in its SDL
			}
			renamed[byDefault] = name
			imp := supergraph.LinkImport{Name: "@" + string(k)}
			if name != string(k) {
				imp.As = "@" + name
			}
			link.Import = append(link.Import, imp)
		}
	}
	f.links = append(f.links, link)
	f.define(strings.ReplaceAll(spec.sdl, spec.name+"__", linkedAs+"__"), renamed)
}

// composesAs reports whether some subgraph composes a directive of its own by the name: that name is what a linked feature of the same
// name would call its main directive.
func (c *composition) composesAs(name string) bool {
	return slices.ContainsFunc(c.subgraphs, func(s *subgraph.Subgraph) bool {
		return slices.ContainsFunc(s.Composed, func(request *subgraph.Composed) bool {
			directive := s.Directive(name)
			return request.Name == "@"+name && directive != nil && meaning(directive.Known, directive.Link, directive.NameInFeature) == ""
		})
	})
}

// nameOf returns what all subgraphs that use the directive call it, "" when none uses it.
func (c *composition) nameOf(spec *feature, k subgraph.Known, uses []map[subgraph.Known]use) string {
	var t tally
	var places []diag.Location
	for _, used := range uses {
		if u, ok := used[k]; ok {
			t.add(fmt.Sprintf("%q", "@"+u.application.Name), u.graph)
			places = append(places, c.report.at(u.graph, u.application.Position))
		}
	}
	if len(t.said) == 0 {
		return ""
	}
	if len(t.said) > 1 {
		c.report.error(diag.LinkImportNameMismatch, places, "Import the directive under one name everywhere.",
			"The directive \"@%s\" of %s%s has different names: it is %s.", k, specs, spec.name, c.report.words(&t))
	}
	return strings.Trim(t.said[0], `"@`)
}

// define adds the definitions of a specification.
func (f *features) define(sdl string, renamed map[string]string) {
	if sdl == "" {
		return
	}
	doc, err := parser.ParseSchema(&ast.Source{Name: "feature", Input: sdl, BuiltIn: true})
	if err != nil {
		panic("compose: a feature's definitions do not parse: " + err.Error()) // a constant is wrong
	}
	f.types = append(f.types, doc.Definitions...)
	for _, d := range doc.Directives {
		if name, ok := renamed[d.Name]; ok {
			d.Name = name
		}
		f.definitions[d.Name] = d
		f.ordered = append(f.ordered, d)
	}
}

// directiveUses returns the first application of each known directive in a subgraph.
func directiveUses(s *subgraph.Subgraph, g supergraph.GraphID) map[subgraph.Known]use {
	uses := map[subgraph.Known]use{}
	note := func(applied []*subgraph.Application) {
		for _, a := range applied {
			known := meaning(a.Known, a.Link, a.NameInFeature)
			if known == "" {
				continue
			}
			if _, seen := uses[known]; !seen {
				uses[known] = use{g, a}
			}
		}
	}
	noteArguments := func(arguments []*subgraph.Argument) {
		for _, a := range arguments {
			note(a.Applied)
		}
	}
	note(s.Applied)
	for _, t := range s.Types {
		note(t.Applied)
		for _, f := range t.Fields {
			note(f.Applied)
			noteArguments(f.Arguments)
		}
		for _, v := range t.Values {
			note(v.Applied)
		}
	}
	for _, d := range s.Directives {
		noteArguments(d.Arguments)
	}
	return uses
}

// hintImpliedVersions tells of subgraphs that a linked feature lifts to a later federation version.
func (c *composition) hintImpliedVersions() {
	for i, s := range c.subgraphs {
		if s.ImpliedBy == nil {
			continue
		}
		loc := s.Location(s.Position)
		if s.ImpliedBy.Application != nil {
			loc = c.report.at(supergraph.GraphID(i), s.ImpliedBy.Application.Position)
		}
		c.report.hint(diag.ImplicitlyUpgradedFederationVersion, []diag.Location{loc},
			fmt.Sprintf("Link federation %s.", s.EffectiveVersion),
			"Subgraph %q links federation %s, but %q needs %s.", s.Name, s.LinkedVersion, s.ImpliedBy.URL, s.EffectiveVersion)
	}
}

// joinLink returns the link to the version of the join specification that the highest federation version in use needs.
func (c *composition) joinLink() supergraph.Link {
	var highest subgraph.Version
	for _, s := range c.subgraphs {
		if s.EffectiveVersion.Compare(highest) > 0 {
			highest = s.EffectiveVersion
		}
	}
	version := "v0.3"
	switch {
	case highest.AtLeast(2, 8):
		version = "v0.5"
	case highest.AtLeast(2, 7):
		version = "v0.4"
	}
	return supergraph.Link{URL: specs + "join/" + version, For: "EXECUTION"}
}
