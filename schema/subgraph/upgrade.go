package subgraph

import (
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
)

// UpgradeAll returns the subgraphs in the same order, those of federation 1 replaced by their federation 2 form. It looks at
// all of them, since what a federation 1 schema means depends on the others. Subgraphs of federation 2 are returned as
// they are; the ones given are never changed. The result is nil when a diagnostic is an error.
func UpgradeAll(subgraphs []*Subgraph) ([]*Subgraph, []diag.Diagnostic) {
	all := indexTypes(subgraphs)
	out := make([]*Subgraph, len(subgraphs))
	var problems []diag.Diagnostic
	keyedInterfaces := map[string]*Type{} // interfaces whose keys the upgrade removed
	owner := map[string]*Subgraph{}
	for i, s := range subgraphs {
		if !s.Federation1 || s.upgraded {
			out[i] = s
			continue
		}
		u := newUpgrader(s, all)
		found := u.upgrade()
		problems = append(problems, found...)
		out[i] = u.s
		for _, t := range u.keyedInterfaces {
			if keyedInterfaces[t.Name] == nil {
				keyedInterfaces[t.Name], owner[t.Name] = t, s
			}
		}
	}
	if len(problems) == 0 {
		problems = checkInterfaceObjectsUpgraded(subgraphs, keyedInterfaces, owner)
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return out, nil
}

// checkInterfaceObjectsUpgraded rejects interface objects for interfaces whose keys are in a federation 1 subgraph: such keys never
// worked, so the subgraph cannot tell which type an object has.
func checkInterfaceObjectsUpgraded(subgraphs []*Subgraph, keyed map[string]*Type, owner map[string]*Subgraph) []diag.Diagnostic {
	var out []diag.Diagnostic
	for _, s := range subgraphs {
		for _, t := range s.Types {
			itf := keyed[t.Name]
			if !t.InterfaceObject || itf == nil {
				continue
			}
			r := report{s: s}
			r.addAt(diag.InterfaceObjectUsageError,
				[]diag.Location{s.Location(atSign(First(t.Applied, KnownInterfaceObject).Position)), owner[t.Name].Location(itf.Position)},
				"Turn subgraph \""+owner[t.Name].Name+"\" into a federation 2 schema: extend schema @link(url: \""+FederationIdentity+"/v2.3\", …).",
				"Type %q is an interface object in subgraph %q, but the @key of interface %q is in subgraph %q, which is a federation 1 schema: keys of interfaces need federation 2.3.",
				t.Name, s.Name, t.Name, owner[t.Name].Name)
			out = append(out, r.found...)
		}
	}
	return out
}

// typeIndex finds the types of a name in all subgraphs.
type typeIndex map[string][]typeIn

type typeIn struct {
	s *Subgraph
	t *Type
}

func indexTypes(subgraphs []*Subgraph) typeIndex {
	out := typeIndex{}
	for _, s := range subgraphs {
		for _, t := range s.Types {
			out[t.Name] = append(out[t.Name], typeIn{s, t})
		}
	}
	return out
}

// upgrader brings one federation 1 subgraph into federation 2 form.
type upgrader struct {
	*builder
	original        *Subgraph
	all             typeIndex
	keyedInterfaces []*Type
}

func newUpgrader(s *Subgraph, all typeIndex) *upgrader {
	c := s.clone()
	c.upgraded = true
	return &upgrader{builder: &builder{report: report{s: c}, userDirectives: map[string]*Directive{}}, original: s, all: all}
}

// upgrade applies the rules in their order; each says why it stands there. Then the result must pass as any federation 2 schema.
func (u *upgrader) upgrade() []diag.Diagnostic {
	u.linkFederation()
	u.checkExtensionsHaveBase()
	if !u.clean() {
		return u.found
	}
	u.fixFieldSetArguments() // first: all that follows reads field sets
	u.s.computeFacts()
	u.removeExternalOnInterfaces()
	u.removeExternalOnTypes()
	u.removeExternalOnExtensions()
	u.s.computeFacts()
	u.trimFieldSets()
	u.removeTypeExtensions()
	u.removeDirectivesOnInterfaces()
	u.removePointlessProvides()
	u.removeUnusedExternals() // after everything that takes away a use
	u.addShareables()
	u.removeTagsOnExternals()
	u.s.computeFacts()
	for _, stage := range []func(){u.checkGraphQL, u.checkRules} {
		if !u.clean() {
			break
		}
		stage()
	}
	u.checkWork()
	sortProblems(u.found)
	u.s.hideMachinery()
	return u.found
}

// linkFederation adds the links that a federation 2 schema has, and the definitions that come with them.
func (u *upgrader) linkFederation() {
	s := u.s
	user := s.Directives
	s.Directives, s.directives = nil, map[string]*Directive{}
	for _, d := range user {
		if d.Position == nil || isFederation1Directive(d) {
			continue // added again, as federation 2 has it
		}
		d.Known, d.Link, d.NameInFeature = "", nil, ""
		u.userDirectives[d.Name] = d
		s.directives[d.Name] = d
		s.Directives = append(s.Directives, d)
	}
	if u.linkTo(LinkIdentity) == nil {
		l := &Link{URL: LinkIdentity + "/v1.0", Identity: LinkIdentity, Name: "link", Version: Version{1, 0}}
		for n := 1; u.userDirectives[l.namespace()] != nil; n++ {
			l.As = fmt.Sprintf("link%d", n)
		}
		u.addLink(l)
	}
	federation := &Link{
		URL: FederationIdentity + "/" + upgradeVersion.String(), Identity: FederationIdentity, Name: "federation", Version: upgradeVersion,
	}
	for _, name := range knownSpecs()[FederationIdentity].names(upgradeVersion) {
		if name[0] == '@' {
			federation.Imports = append(federation.Imports, Import{Name: name})
		}
	}
	u.addLink(federation)
	u.define()
	u.setVersions()
}

func isFederation1Directive(d *Directive) bool {
	switch d.Known {
	case KnownKey, KnownRequires, KnownProvides, KnownExternal, KnownExtends, KnownTag:
		return true
	}
	return false
}

// checkExtensionsHaveBase asks for a definition, in another subgraph, of each type that is only extended here.
func (u *upgrader) checkExtensionsHaveBase() {
	for _, t := range u.s.Types {
		if t.Root != "" || !t.IsExtension() || t.machinery {
			continue
		}
		if !u.definedElsewhere(t.Name) {
			u.add(diag.ExtensionWithNoBase, t.Position, "Write \""+keyword(t.Kind)+" "+t.Name+"\" if this subgraph is the one that defines it.",
				"Type %q is an extension, but no subgraph defines it.", t.Name)
		}
	}
}

func (u *upgrader) definedElsewhere(name string) bool {
	for _, other := range u.all[name] {
		if other.s != u.original && other.t.HasDefinition {
			return true
		}
	}
	return false
}

// others returns the types of the same name in the other subgraphs.
func (u *upgrader) others(name string) []typeIn {
	var out []typeIn
	for _, other := range u.all[name] {
		if other.s != u.original {
			out = append(out, other)
		}
	}
	return out
}

// without returns the applications that are not of the given directive.
func without(applied []*Application, k Known) []*Application {
	out := applied[:0:0]
	for _, app := range applied {
		if app.Known != k {
			out = append(out, app)
		}
	}
	return out
}

// eachOf calls change for each type of the kind.
func (u *upgrader) eachOf(kind ast.DefinitionKind, change func(*Type)) {
	for _, t := range u.s.Types {
		if t.Kind == kind {
			change(t)
		}
	}
}
