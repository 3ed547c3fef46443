package subgraph

import (
	"fmt"
	"slices"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// spec is a specification that composition knows: what a link to it brings into a schema.
type spec struct {
	identity string
	name     string
	versions []specVersion
	elements []specElement
	// machinery says that what the specification defines is no part of the API: its types are not merged.
	machinery bool

	first map[string]Version // by element, the first version that has it
}

// specVersion is one known version, and the federation version that a subgraph needs for it.
type specVersion struct{ version, federation Version }

// specElement is a type or directive definition, for the versions from since on and before until (a zero until has no end).
// Types of the same specification go by their name in it.
type specElement struct {
	since, until Version
	sdl          string

	typ       *ast.Definition
	directive *ast.DirectiveDefinition
}

func (e *specElement) in(v Version) bool {
	return v.Compare(e.since) >= 0 && (e.until.IsZero() || v.Compare(e.until) < 0)
}

// find returns the known version, or nil.
func (s *spec) find(v Version) *specVersion {
	for i := range s.versions {
		if s.versions[i].version == v {
			return &s.versions[i]
		}
	}
	return nil
}

// has tells whether the specification, at some version, has that element ("@key", "FieldSet").
func (s *spec) has(name string, v Version) bool {
	for i := range s.elements {
		if e := &s.elements[i]; e.in(v) && e.name() == name {
			return true
		}
	}
	return false
}

// names lists the elements of a version.
func (s *spec) names(v Version) []string {
	var out []string
	for i := range s.elements {
		if e := &s.elements[i]; e.in(v) {
			out = append(out, e.name())
		}
	}
	return out
}

func (e *specElement) name() string {
	if e.typ != nil {
		return e.typ.Name
	}
	return "@" + e.directive.Name
}

// federation versions 2.0 to latestMinor are known.
const latestMinor = 14

// upgradeVersion is the federation version that a federation 1 subgraph is given: the last one without directives that such
// schemas are likely to have defined on their own.
var upgradeVersion = Version{2, 4}

func federationVersions() []specVersion {
	var out []specVersion
	for minor := range latestMinor + 1 {
		out = append(out, specVersion{version: Version{2, minor}, federation: Version{2, minor}})
	}
	return out
}

const (
	firstTagLocations = "FIELD_DEFINITION | OBJECT | INTERFACE | UNION"
	tagLocations      = firstTagLocations + " | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION"
	authLocations     = "FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM"
	costSDL           = "directive @cost(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | " +
		"INPUT_FIELD_DEFINITION | OBJECT | SCALAR"
	listSizeSDL = "directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], " +
		"requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION"
	contextSDL     = "directive @context(name: String!) repeatable on INTERFACE | OBJECT | UNION"
	fromContextSDL = "directive @fromContext(field: ContextFieldValue) on ARGUMENT_DEFINITION"
	cacheTagSDL    = "directive @cacheTag(format: String!) repeatable on OBJECT | FIELD_DEFINITION"
)

func federationElements() []specElement {
	v := func(minor int) Version { return Version{2, minor} }
	return []specElement{
		{since: v(0), sdl: "scalar FieldSet"},
		{since: v(5), sdl: "scalar Scope"},
		{since: v(6), sdl: "scalar Policy"},
		{since: v(8), sdl: "scalar ContextFieldValue"},
		{since: v(0), sdl: "directive @key(fields: FieldSet!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE"},
		{since: v(0), sdl: "directive @requires(fields: FieldSet!) on FIELD_DEFINITION"},
		{since: v(0), sdl: "directive @provides(fields: FieldSet!) on FIELD_DEFINITION"},
		{since: v(0), sdl: "directive @external(reason: String) on OBJECT | FIELD_DEFINITION"},
		{since: v(0), until: v(3), sdl: "directive @tag(name: String!) repeatable on " + tagLocations},
		{since: v(3), sdl: "directive @tag(name: String!) repeatable on " + tagLocations + " | SCHEMA"},
		{since: v(0), sdl: "directive @extends on OBJECT | INTERFACE"},
		{since: v(0), until: v(2), sdl: "directive @shareable on OBJECT | FIELD_DEFINITION"},
		{since: v(2), sdl: "directive @shareable repeatable on OBJECT | FIELD_DEFINITION"},
		{since: v(0), sdl: "directive @inaccessible on " + tagLocations},
		{since: v(0), until: v(7), sdl: "directive @override(from: String!) on FIELD_DEFINITION"},
		{since: v(7), sdl: "directive @override(from: String!, label: String) on FIELD_DEFINITION"},
		{since: v(1), sdl: "directive @composeDirective(name: String) repeatable on SCHEMA"},
		{since: v(3), sdl: "directive @interfaceObject on OBJECT"},
		{since: v(5), sdl: "directive @authenticated on " + authLocations},
		{since: v(5), sdl: "directive @requiresScopes(scopes: [[Scope!]!]!) on " + authLocations},
		{since: v(6), sdl: "directive @policy(policies: [[Policy!]!]!) on " + authLocations},
		{since: v(8), sdl: contextSDL},
		{since: v(8), sdl: fromContextSDL},
		{since: v(9), sdl: costSDL},
		{since: v(9), sdl: listSizeSDL},
		{since: v(12), sdl: cacheTagSDL},
	}
}

// versionsUpTo lists the versions 0.1 to 0.minor of a specification that every federation 2 subgraph may link.
func versionsUpTo(minor int) []specVersion {
	var out []specVersion
	for v := range minor {
		out = append(out, specVersion{version: Version{0, v + 1}, federation: Version{2, 0}})
	}
	return out
}

// small is a specification of one version with elements that need the given minor of federation 2.
func small(name string, minor int, sdl ...string) *spec {
	out := &spec{identity: specs + name, name: name}
	out.versions = []specVersion{{version: Version{0, 1}, federation: Version{2, minor}}}
	for _, text := range sdl {
		out.elements = append(out.elements, specElement{sdl: text})
	}
	return out
}

// strategies are specifications of a single directive whose argument "value" is merged in the way that their name says.
func strategies() []*spec {
	var out []*spec
	for _, s := range []struct{ name, argument string }{
		{"max", "Int!"}, {"min", "Int!"}, {"sum", "Int!"},
		{"nullable_max", "Int"}, {"nullable_min", "Int"}, {"nullable_sum", "Int"}, {"nullable_and", "Boolean"},
		{"intersection", "[String!]!"}, {"union", "[String!]!"}, {"nullable_union", "[String!]"},
		{"dnf_conjunction", "[[String!]!]!"},
	} {
		out = append(out, small(s.name, 0, fmt.Sprintf("directive @%s(value: %s) on OBJECT | FIELD_DEFINITION", s.name, s.argument)))
	}
	return out
}

// knownSpecs is the table of specifications by identity.
var knownSpecs = sync.OnceValue(func() map[string]*spec {
	all := []*spec{
		{
			identity: LinkIdentity, name: "link", machinery: true,
			versions: []specVersion{{version: Version{1, 0}, federation: Version{2, 0}}},
			elements: []specElement{
				{sdl: "enum Purpose { SECURITY EXECUTION }"},
				{sdl: "scalar Import"},
				{sdl: "directive @link(url: String, as: String, for: Purpose, import: [Import]) repeatable on SCHEMA"},
			},
		},
		{identity: FederationIdentity, name: "federation", machinery: true, versions: federationVersions(), elements: federationElements()},
		{
			identity: TagIdentity, name: "tag", versions: versionsUpTo(3),
			elements: []specElement{
				{until: Version{0, 2}, sdl: "directive @tag(name: String!) repeatable on " + firstTagLocations},
				{since: Version{0, 2}, until: Version{0, 3}, sdl: "directive @tag(name: String!) repeatable on " + tagLocations},
				{since: Version{0, 3}, sdl: "directive @tag(name: String!) repeatable on " + tagLocations + " | SCHEMA"},
			},
		},
		{
			identity: InaccessibleIdentity, name: "inaccessible", versions: versionsUpTo(2),
			elements: []specElement{
				{until: Version{0, 2}, sdl: "directive @inaccessible on " + firstTagLocations},
				{since: Version{0, 2}, sdl: "directive @inaccessible on " + tagLocations},
			},
		},
		small("authenticated", 5, "directive @authenticated on "+authLocations),
		small("requiresScopes", 0, "scalar Scope", "directive @requiresScopes(scopes: [[Scope!]!]!) on "+authLocations),
		small("policy", 0, "scalar Policy", "directive @policy(policies: [[Policy!]!]!) on "+authLocations),
		small("context", 8, "scalar ContextFieldValue", contextSDL, fromContextSDL),
		small("cost", 9, costSDL, listSizeSDL),
	}
	all = append(all, strategies()...)
	out := make(map[string]*spec, len(all))
	for _, s := range all {
		s.parse()
		out[s.identity] = s
	}
	return out
})

// builtins are the directives that GraphQL itself defines.
var builtins = sync.OnceValue(func() *spec {
	s := &spec{elements: []specElement{
		{sdl: "directive @skip(if: Boolean!) on FIELD | FRAGMENT_SPREAD | INLINE_FRAGMENT"},
		{sdl: "directive @include(if: Boolean!) on FIELD | FRAGMENT_SPREAD | INLINE_FRAGMENT"},
		{sdl: "directive @deprecated(reason: String = \"No longer supported\") on FIELD_DEFINITION | ARGUMENT_DEFINITION | " +
			"INPUT_FIELD_DEFINITION | ENUM_VALUE"},
		{sdl: "directive @specifiedBy(url: String!) on SCALAR"},
		{sdl: "directive @oneOf on INPUT_OBJECT"},
	}}
	s.parse()
	return s
})

// federation1 is what every federation 1 schema has without a link. The names are its own: _FieldSet, no prefix.
var federation1 = sync.OnceValue(func() *spec {
	s := &spec{machinery: true}
	keep := []string{"FieldSet", "@key", "@requires", "@provides", "@external", "@extends", "@tag"}
	for _, e := range knownSpecs()[FederationIdentity].elements {
		if e.in(Version{2, latestMinor}) && slices.Contains(keep, e.name()) {
			s.elements = append(s.elements, specElement{typ: e.typ, directive: e.directive})
		}
	}
	return s
})

func (s *spec) parse() {
	s.first = make(map[string]Version, len(s.elements))
	for i := range s.elements {
		e := &s.elements[i]
		doc, err := parser.ParseSchema(&ast.Source{Name: s.identity, Input: e.sdl, BuiltIn: true})
		if err != nil {
			panic(fmt.Sprintf("subgraph: the table of specifications has a mistake in %q: %v", e.sdl, err))
		}
		if len(doc.Definitions) > 0 {
			e.typ = doc.Definitions[0]
		} else {
			e.directive = doc.Directives[0]
		}
		if since, ok := s.first[e.name()]; !ok || e.since.Compare(since) < 0 {
			s.first[e.name()] = e.since
		}
	}
}

// known lists the directives that have a meaning of their own in composition.
var known = func() map[string]Known {
	out := map[string]Known{}
	for _, k := range []Known{
		KnownKey, KnownRequires, KnownProvides, KnownExternal, KnownExtends, KnownShareable, KnownOverride,
		KnownInaccessible, KnownTag, KnownInterfaceObject, KnownComposeDirective, KnownAuthenticated,
		KnownRequiresScopes, KnownPolicy, KnownContext, KnownFromContext, KnownCost, KnownListSize, KnownCacheTag,
		KnownLink, KnownDeprecated, KnownSpecifiedBy, KnownOneOf, KnownSkip, KnownInclude,
	} {
		out[string(k)] = k
	}
	return out
}()
