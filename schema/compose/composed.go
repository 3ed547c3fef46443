package compose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
	"github.com/tributary-gql/tributary/schema/subgraph"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// composedDirectives is what subgraphs ask for with @composeDirective.
type composedDirectives struct {
	list  []*composedDirective
	links []supergraph.Link
	names map[composedName]bool
}

// composedName is a directive by the name that a subgraph that composes it gives it.
type composedName struct {
	graph supergraph.GraphID
	name  string
}

// composedDirective is one directive of a custom specification.
type composedDirective struct {
	name       string // in the supergraph, without "@"
	element    featureElement
	uses       []composedUse
	definition *subgraph.Directive // of the latest version
	from       supergraph.GraphID  // where definition stands
}

// featureElement is a directive of a specification, whatever it is called locally.
type featureElement struct{ identity, name string }

// composedUse is one @composeDirective.
type composedUse struct {
	graph     supergraph.GraphID
	request   *subgraph.Composed
	directive *subgraph.Directive
}

// directive returns the composed directive of that name in the supergraph, or nil.
func (d *composedDirectives) directive(name string) *composedDirective {
	for _, c := range d.list {
		if c.name == name {
			return c
		}
	}
	return nil
}

// composes reports whether the subgraph asks for its directive of that name to be composed.
func (d *composedDirectives) composes(g supergraph.GraphID, name string) bool {
	return d.names[composedName{g, name}]
}

// collectComposed checks all @composeDirective applications and settles on name, version and definition of each directive.
func (c *composition) collectComposed() *composedDirectives {
	d := &composedDirectives{names: map[composedName]bool{}}
	var uses []composedUse
	for i, s := range c.subgraphs {
		for _, request := range s.Composed {
			if use, ok := c.checkComposed(supergraph.GraphID(i), request); ok {
				uses = append(uses, use)
				d.names[composedName{use.graph, use.directive.Name}] = true
			}
		}
	}
	d.list = c.groupComposed(uses)
	var identities []string
	for _, directive := range d.list {
		if !slices.Contains(identities, directive.element.identity) {
			identities = append(identities, directive.element.identity)
		}
	}
	taken := []string{"link", "join"}
	for _, link := range c.features.links {
		taken = append(taken, linkName(link))
	}
	for _, identity := range identities {
		if link, ok := c.composeFeature(d, identity, taken); ok {
			d.links = append(d.links, link)
			taken = append(taken, linkName(link))
		}
	}
	c.hintOnMajorVersions(d.list)
	return d
}

// checkComposed checks one @composeDirective by itself.
func (c *composition) checkComposed(g supergraph.GraphID, request *subgraph.Composed) (use composedUse, ok bool) {
	s := c.subgraphs[g]
	place := []diag.Location{c.report.at(g, request.Application.Position)}
	fail := func(fix, format string, args ...any) (composedUse, bool) {
		c.report.error(diag.DirectiveCompositionError, place, fix, format, args...)
		return composedUse{}, false
	}
	name, isDirective := strings.CutPrefix(request.Name, "@")
	switch {
	case !request.HasName || request.Name == "":
		return fail("Give the directive's name, with its \"@\".", "@composeDirective in subgraph %q names no directive.", s.Name)
	case !isDirective:
		return fail(fmt.Sprintf("Write %q.", "@"+request.Name),
			"@composeDirective in subgraph %q names %q, which lacks the leading \"@\".", s.Name, request.Name)
	}
	directive := s.Directive(name)
	if directive == nil {
		return fail(didYouMean(request.Name, directiveNames(s)),
			"@composeDirective in subgraph %q names %q, which is not defined there.", s.Name, request.Name)
	}
	if isComposedByDefault(meaning(directive.Known, directive.Link, directive.NameInFeature)) {
		c.report.hint(diag.DirectiveCompositionInfo, place, "Remove this @composeDirective.",
			"@composeDirective in subgraph %q names %q, which is composed in any case.", s.Name, request.Name)
		return composedUse{}, false
	}
	switch {
	case directive.Known != "" || directive.Link != nil && isMachinery(directive.Link.Identity):
		return fail("Remove this @composeDirective.",
			"@composeDirective in subgraph %q names %q, a federation directive that cannot be composed.", s.Name, request.Name)
	case directive.Link == nil:
		return fail("Link a specification of your own that has the directive: @link(url: \"https://example.com/mine/v1.0\", import: [\"@…\"]).",
			"@composeDirective in subgraph %q names %q, which is not part of a linked specification.", s.Name, request.Name)
	}
	if graphs, known := c.conflicting(name); len(graphs) > 0 {
		return fail("Import the directive under another name.",
			"@composeDirective in subgraph %q names %q, which is what %s calls federation's \"@%s\", a directive that is always composed.",
			s.Name, request.Name, c.report.listed(graphs), known)
	}
	return composedUse{g, request, directive}, true
}

func directiveNames(s *subgraph.Subgraph) []string {
	names := make([]string, len(s.Directives))
	for i, d := range s.Directives {
		names[i] = "@" + d.Name
	}
	return names
}

// isComposedByDefault tells the directives that composition merges or carries by itself.
func isComposedByDefault(k subgraph.Known) bool {
	return k != "" && (carriedName[k] != "" || strategyFeature(string(k)) != nil ||
		slices.ContainsFunc(knownFeatures, func(f feature) bool { return slices.Contains(f.merged, k) }))
}

// isMachinery tells the specifications that describe supergraphs and subgraphs themselves.
func isMachinery(identity string) bool {
	switch identity {
	case subgraph.LinkIdentity, subgraph.CoreIdentity, subgraph.JoinIdentity, subgraph.FederationIdentity:
		return true
	}
	return false
}

// conflicting returns the subgraphs that give the name to a directive that is composed by default.
func (c *composition) conflicting(name string) (graphs []supergraph.GraphID, known subgraph.Known) {
	for i, s := range c.subgraphs {
		d := s.Directive(name)
		if d == nil || !isComposedByDefault(d.Known) {
			continue
		}
		g := supergraph.GraphID(i)
		if s.Federation1 && d.Position == nil {
			// Every federation 1 schema has the name; it counts where it is used.
			if _, used := directiveUses(s, g)[d.Known]; !used {
				continue
			}
		}
		graphs = append(graphs, g)
		known = d.Known
	}
	return graphs, known
}

// groupComposed puts the requests for one directive together: the same name must mean the same directive, and one directive must
// have one name.
func (c *composition) groupComposed(uses []composedUse) []*composedDirective {
	var list []*composedDirective
	byName := map[string]*composedDirective{}
	byElement := map[featureElement]*composedDirective{}
	reported := map[*composedDirective]bool{}
	for _, use := range uses {
		element := featureElement{use.directive.Link.Identity, use.directive.NameInFeature}
		same := byName[use.directive.Name]
		if same == nil {
			same = byElement[element]
		}
		if same == nil {
			same = &composedDirective{name: use.directive.Name, element: element}
			byName[same.name], byElement[element] = same, same
			list = append(list, same)
		}
		same.uses = append(same.uses, use)
		if reported[same] {
			continue
		}
		places := func() (at []diag.Location) {
			for _, u := range same.uses {
				at = append(at, c.report.at(u.graph, u.request.Application.Position))
			}
			return at
		}
		switch first := same.uses[0]; {
		case same.element != element:
			reported[same] = true
			c.report.error(diag.DirectiveCompositionError, places(), "Give the two directives different names.",
				"The composed directive %q is not the same directive everywhere: it is %q of %s in subgraph %q but %q of %s in subgraph %q.",
				"@"+same.name, "@"+same.element.name, same.element.identity, c.report.name(first.graph),
				"@"+element.name, element.identity, c.report.name(use.graph))
		case same.name != use.directive.Name:
			reported[same] = true
			c.report.error(diag.DirectiveCompositionError, places(), "Import the directive under one name everywhere.",
				"The composed directive %q of %s has different names: %q in subgraph %q but %q in subgraph %q.",
				"@"+element.name, element.identity, "@"+same.name, c.report.name(first.graph),
				"@"+use.directive.Name, c.report.name(use.graph))
		}
	}
	return list
}

// composeFeature settles on the version of a specification, and on the definitions of its composed directives.
func (c *composition) composeFeature(d *composedDirectives, identity string, taken []string) (supergraph.Link, bool) {
	var graphs []supergraph.GraphID
	var latest *subgraph.Link
	for _, directive := range d.list {
		for _, use := range directive.uses {
			link := use.directive.Link
			if link.Identity != identity {
				continue
			}
			graphs = append(graphs, use.graph)
			if latest == nil || link.Version.Compare(latest.Version) > 0 {
				latest = link
			}
		}
	}
	slices.Sort(graphs)
	graphs = slices.Compact(graphs)
	if c.reportMajorVersions(identity, graphs) {
		return supergraph.Link{}, false
	}
	result := supergraph.Link{URL: identity + "/" + latest.Version.String()}
	if slices.Contains(taken, latest.Name) {
		result.As = "_0" + latest.Name
		for i := 1; slices.Contains(taken, result.As); i++ {
			result.As = fmt.Sprintf("_%d%s", i, latest.Name)
		}
	}
	for _, directive := range d.list {
		if directive.element.identity != identity {
			continue
		}
		c.chooseDefinition(directive, latest.Version)
		c.hintOnOtherNames(directive)
		imp := supergraph.LinkImport{Name: "@" + directive.element.name}
		if directive.name != directive.element.name {
			imp.As = "@" + directive.name
		}
		result.Import = append(result.Import, imp)
	}
	return result, true
}

// linkName is the prefix of a linked feature's elements.
func linkName(l supergraph.Link) string {
	if l.As != "" {
		return l.As
	}
	parts := strings.Split(l.URL, "/")
	return parts[len(parts)-2]
}

// reportMajorVersions reports a specification that subgraphs compose in incompatible versions.
func (c *composition) reportMajorVersions(identity string, graphs []supergraph.GraphID) bool {
	var t tally
	var places []diag.Location
	for _, g := range graphs {
		link := c.subgraphs[g].Feature(identity)
		t.add(fmt.Sprintf("version %d", link.Version.Major), g)
		places = append(places, c.linkPlace(g, link))
	}
	if len(t.said) < 2 {
		return false
	}
	c.report.error(diag.DirectiveCompositionError, places, "Link the same major version everywhere.",
		"Directives of %s cannot be composed from different major versions: it is %s.", identity, c.report.words(&t))
	return true
}

func (c *composition) linkPlace(g supergraph.GraphID, link *subgraph.Link) diag.Location {
	if link.Application == nil {
		return c.report.at(g, nil)
	}
	return c.report.at(g, link.Application.Position)
}

// chooseDefinition takes the definition of the latest composed version, the last one when several subgraphs have that, be it
// that they do not compose it.
func (c *composition) chooseDefinition(d *composedDirective, latest subgraph.Version) {
	var lacking []supergraph.GraphID
	for i, s := range c.subgraphs {
		g := supergraph.GraphID(i)
		if link := s.Feature(d.element.identity); link == nil || link.Version != latest {
			continue
		}
		i := slices.IndexFunc(s.Directives, func(def *subgraph.Directive) bool {
			return def.Link != nil && def.Link.Identity == d.element.identity && def.NameInFeature == d.element.name
		})
		if i < 0 {
			lacking = append(lacking, g)
			continue
		}
		d.definition, d.from = s.Directives[i], g
	}
	if d.definition != nil {
		return
	}
	var places []diag.Location
	for _, g := range lacking {
		places = append(places, c.linkPlace(g, c.subgraphs[g].Feature(d.element.identity)))
	}
	c.report.error(diag.DirectiveCompositionError, places, fmt.Sprintf("Define the directive in %s.", c.report.listed(lacking)),
		"The composed directive %q has no definition in %s, which links the latest version in use, %s/%s.",
		"@"+d.element.name, c.report.listed(lacking), d.element.identity, latest)
}

// hintOnOtherNames tells of subgraphs that import a composed directive under another name without composing it.
func (c *composition) hintOnOtherNames(d *composedDirective) {
	var graphs []supergraph.GraphID
	var places []diag.Location
	for i, s := range c.subgraphs {
		link := s.Feature(d.element.identity)
		if link == nil || slices.ContainsFunc(d.uses, func(u composedUse) bool { return u.graph == supergraph.GraphID(i) }) {
			continue
		}
		for _, imp := range link.Imports {
			name := imp.Name
			if imp.As != "" {
				name = imp.As
			}
			if imp.Name == "@"+d.element.name && name != "@"+d.name {
				graphs = append(graphs, supergraph.GraphID(i))
				places = append(places, c.report.at(supergraph.GraphID(i), imp.Position))
			}
		}
	}
	if len(graphs) > 0 {
		c.report.hint(diag.DirectiveCompositionWarn, places, "Import the directive under the same name everywhere; composing it there will need that.",
			"The composed directive %q has another name in %s, which does not compose it.", "@"+d.name, c.report.listed(graphs))
	}
}

// hintOnMajorVersions tells of custom specifications that subgraphs link in different major versions without composing
// them.
func (c *composition) hintOnMajorVersions(composed []*composedDirective) {
	var identities []string
	graphs := map[string][]supergraph.GraphID{}
	for i, s := range c.subgraphs {
		for _, link := range s.Links {
			if strings.HasPrefix(link.Identity, specs) && isKnownSpec(strings.TrimPrefix(link.Identity, specs)) || link.Version.IsZero() {
				continue
			}
			if graphs[link.Identity] == nil {
				identities = append(identities, link.Identity)
			}
			graphs[link.Identity] = append(graphs[link.Identity], supergraph.GraphID(i))
		}
	}
	for _, identity := range identities {
		if c.composedMajorsDiffer(composed, identity) {
			continue
		}
		var t tally
		var places []diag.Location
		for _, g := range graphs[identity] {
			link := c.subgraphs[g].Feature(identity)
			t.add(fmt.Sprintf("version %d", link.Version.Major), g)
			places = append(places, c.linkPlace(g, link))
		}
		if len(t.said) > 1 {
			c.report.hint(diag.DirectiveCompositionInfo, places, "Link the same major version everywhere.",
				"%s is linked in different major versions: it is %s.", identity, c.report.words(&t))
		}
	}
}

// composedMajorsDiffer reports whether different versions are an error already.
func (c *composition) composedMajorsDiffer(composed []*composedDirective, identity string) bool {
	major := -1
	for _, d := range composed {
		for _, u := range d.uses {
			if u.directive.Link.Identity != identity {
				continue
			}
			if major >= 0 && u.directive.Link.Version.Major != major {
				return true
			}
			major = u.directive.Link.Version.Major
		}
	}
	return false
}

func isKnownSpec(name string) bool {
	switch name {
	case "link", "core", "join", "federation":
		return true
	}
	return slices.ContainsFunc(knownFeatures, func(f feature) bool { return f.name == name }) || strategyFeature(name) != nil
}

// composedDefinition is the directive's definition in the supergraph.
func (c *composition) composedDefinition(d *composedDirective) *ast.DirectiveDefinition {
	set := newArgumentSet("@" + d.name)
	set.add(d.from, d.definition.Arguments)
	return &ast.DirectiveDefinition{
		Name:         d.name,
		Description:  d.definition.Description,
		Arguments:    c.mergeArgumentSet(set, func(supergraph.GraphID) *ast.Position { return d.definition.Position }),
		Locations:    d.definition.Locations,
		IsRepeatable: d.definition.Repeatable,
	}
}
