package subgraph

import (
	"regexp"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
)

// link is a Link together with what is known about its specification; spec is nil for a feature of the user's own.
type link struct {
	*Link
	spec *spec
}

// namespace is the prefix of the feature's elements in the schema.
func (l *Link) namespace() string {
	if l.As != "" {
		return l.As
	}
	return l.Name
}

// nameOf returns what the schema calls an element of the feature: "@key" or "FieldSet" in, a name without "@" out.
func (l *Link) nameOf(element string) string {
	for _, i := range l.Imports {
		if i.Name == element {
			if i.As != "" {
				element = i.As
			}
			return strings.TrimPrefix(element, "@")
		}
	}
	plain, isDirective := strings.CutPrefix(element, "@")
	if isDirective && plain == l.Name {
		return l.namespace()
	}
	return l.namespace() + "__" + plain
}

// readLinks finds the @link applications on the schema. A schema without any is a federation 1 schema.
func (b *builder) readLinks() {
	name := b.linkDirectiveName()
	if name == "" {
		return
	}
	for _, app := range b.s.Applied {
		if app.Name == name {
			b.readLink(app)
		}
	}
	if b.linkTo(LinkIdentity) == nil {
		// Only the link specification's own link may be left out.
		b.addLink(&Link{URL: LinkIdentity + "/v1.0", Identity: LinkIdentity, Name: "link", Version: Version{1, 0}, As: unless(name, "link")})
	}
	if b.checkSupergraphSpecs() {
		b.checkImportConflicts()
	}
}

// checkSupergraphSpecs reports links to the specifications of @tag and @inaccessible that are not to be used.
func (b *builder) checkSupergraphSpecs() (ok bool) {
	ok = true
	for _, l := range b.s.links {
		if b.isSupergraphsOwn(l.Link) {
			ok = false
			b.add(diag.InvalidLinkDirectiveUsage, l.Application.Arguments.ForName("url").Value.Position,
				"Import it from federation: @link(url: \"https://specs.apollo.dev/federation/v2.0\", import: [\"@"+l.Name+"\"]).",
				"Subgraphs take \"@%s\" from %q, not from %q, which is for supergraphs.", l.Name, FederationIdentity, l.Identity)
		}
	}
	return ok
}

func unless(s, standard string) string {
	if s == standard {
		return ""
	}
	return s
}

// linkDirectiveName returns what the schema calls @link: the name that the link to the link specification gives it, or "link" when
// that link is missing; "" when the schema links nothing.
func (b *builder) linkDirectiveName() string {
	plain := false
	for _, app := range b.s.Applied {
		target, err := parseFeatureURL(stringArgument(app, "url"))
		if err == nil && target.identity == LinkIdentity {
			as := stringArgument(app, "as")
			if as == "" {
				as = "link"
			}
			if as == app.Name || importedAs(app, "@link") == app.Name {
				return app.Name
			}
		}
		plain = plain || app.Name == "link"
	}
	if !plain {
		return ""
	}
	// A directive of the user's own may have that name: what links has a url.
	if def := b.userDirectives["link"]; def != nil {
		if arg := def.Argument("url"); arg == nil || arg.Type.Elem != nil || arg.Type.NamedType != "String" {
			return ""
		}
	}
	return "link"
}

// importedAs returns the name that an import list gives an element, without "@".
func importedAs(app *Application, element string) string {
	arg := app.Arguments.ForName("import")
	if arg == nil || arg.Value.Kind != ast.ListValue {
		return ""
	}
	for _, child := range arg.Value.Children {
		name, as := child.Value.Children.ForName("name"), child.Value.Children.ForName("as")
		if name != nil && as != nil && name.Raw == element {
			return strings.TrimPrefix(as.Raw, "@")
		}
	}
	return ""
}

func stringArgument(app *Application, name string) string {
	if arg := app.Arguments.ForName(name); arg != nil && arg.Value.Kind == ast.StringValue || arg != nil && arg.Value.Kind == ast.BlockValue {
		return arg.Value.Raw
	}
	return ""
}

func (b *builder) readLink(app *Application) {
	arg := app.Arguments.ForName("url")
	if arg == nil || arg.Value.Kind != ast.StringValue && arg.Value.Kind != ast.BlockValue {
		b.add(diag.InvalidLinkDirectiveUsage, atSign(app.Position), "Add the URL of the feature: @link(url: \"https://…/name/v1.0\").",
			"@link needs the argument \"url\", and it must be a string.")
		return
	}
	target, err := parseFeatureURL(arg.Value.Raw)
	if err != nil {
		b.add(diag.InvalidLinkIdentifier, arg.Value.Position, "Use the form https://host/name/v1.0.", "The url of @link is not usable: %v.", err)
		return
	}
	l := &Link{
		Application: app, URL: arg.Value.Raw, Identity: target.identity, Name: target.name, Version: target.version,
		As: stringArgument(app, "as"),
	}
	if arg := app.Arguments.ForName("for"); arg != nil && arg.Value.Kind == ast.EnumValue {
		l.For = arg.Value.Raw
	}
	if l.As != "" && !b.checkAlias(app, l) {
		return
	}
	if !b.readImports(app, l) {
		return
	}
	b.checkFeature(app, l)
}

var namespacePattern = regexp.MustCompile(`^[_A-Za-z][-_.0-9A-Za-z]*$`)

func (b *builder) checkAlias(app *Application, l *Link) bool {
	if namespacePattern.MatchString(l.As) && !strings.Contains(l.As, "__") && !strings.HasSuffix(l.As, "_") {
		return true
	}
	b.add(diag.InvalidLinkDirectiveUsage, app.Arguments.ForName("as").Value.Position,
		"Use a GraphQL name that has no \"__\" in it and does not end with \"_\".",
		"%q cannot be the name of a linked feature.", l.As)
	return false
}

// checkFeature says whether the feature can be linked, and notes it if so.
func (b *builder) checkFeature(app *Application, l *Link) {
	at := app.Arguments.ForName("url").Value.Position
	for _, other := range b.s.links {
		switch {
		case other.Identity == l.Identity:
			b.add(diag.InvalidLinkDirectiveUsage, at, "Merge the two @link applications into one.",
				"Feature %q is linked twice.", l.Identity)
			return
		case other.namespace() == l.namespace():
			b.add(diag.InvalidLinkDirectiveUsage, at, "Give one of them another name with the argument \"as\".",
				"Features %q and %q would both be named %q in this schema.", other.Identity, l.Identity, l.namespace())
			return
		}
	}
	spec := knownSpecs()[l.Identity]
	switch {
	case l.Identity == ConnectIdentity || l.Identity == SourceIdentity || l.Identity == CoreIdentity:
		b.add(diag.UnsupportedLinkedFeature, at, "Remove the link; a subgraph service has to resolve these fields.",
			"Feature %q is not supported.", l.URL)
	case spec != nil && spec.find(l.Version) == nil:
		b.unknownVersion(at, l, spec)
	case spec != nil && !b.checkImportsExist(l, spec):
	default:
		b.addLink(l)
	}
}

func (b *builder) addLink(l *Link) {
	b.s.Links = append(b.s.Links, l)
	b.s.links = append(b.s.links, &link{Link: l, spec: knownSpecs()[l.Identity]})
}

func (b *builder) unknownVersion(at *ast.Position, l *Link, spec *spec) {
	code := diag.UnsupportedLinkedFeature
	switch l.Identity {
	case FederationIdentity:
		code = diag.UnknownFederationLinkVersion
	case LinkIdentity:
		code = diag.UnknownLinkVersion
	}
	latest := spec.versions[len(spec.versions)-1].version
	span := latest.String()
	if first := spec.versions[0].version; first != latest {
		span = first.String() + " to " + span
	}
	b.add(code, at, "Link a known version: "+span+".", "Version %s of feature %q is not known here.", l.Version, l.Identity)
}

// readImports reads the argument "import"; it reports false when the list cannot be used.
func (b *builder) readImports(app *Application, l *Link) bool {
	arg := app.Arguments.ForName("import")
	if arg == nil || arg.Value.Kind == ast.NullValue {
		return true
	}
	elements := []*ast.Value{arg.Value}
	if arg.Value.Kind == ast.ListValue {
		elements = elements[:0]
		for _, child := range arg.Value.Children {
			elements = append(elements, child.Value)
		}
	}
	ok := true
	seen := map[string]Import{}
	for _, element := range elements {
		i, fine := b.readImport(element)
		if first, twice := seen[i.Name]; fine && twice {
			if first.As == i.As {
				continue
			}
			b.badImport(element, "%q is imported under two names", i.Name)
			fine = false
		}
		seen[i.Name] = i
		ok = ok && fine
		l.Imports = append(l.Imports, i)
	}
	return ok
}

func (b *builder) badImport(v *ast.Value, format string, args ...any) {
	b.add(diag.InvalidLinkDirectiveUsage, v.Position,
		"Write a string, \"@name\", or an object, { name: \"@name\", as: \"@alias\" }; directives start with \"@\", types do not.",
		"The import list of @link has an entry that cannot be used: "+format+".", args...)
}

func (b *builder) readImport(v *ast.Value) (Import, bool) {
	i := Import{Position: v.Position}
	switch v.Kind {
	case ast.StringValue, ast.BlockValue:
		i.Name = v.Raw
	case ast.ObjectValue:
		for _, field := range v.Children {
			target := map[string]*string{"name": &i.Name, "as": &i.As}[field.Name]
			switch {
			case target == nil:
				b.badImport(v, "%s has the unknown field %q", v, field.Name)
				return i, false
			case field.Value.Kind != ast.StringValue && field.Value.Kind != ast.BlockValue:
				b.badImport(v, "the field %q of %s is not a string", field.Name, v)
				return i, false
			}
			*target = field.Value.Raw
		}
		if i.Name == "" {
			b.badImport(v, "%s has no field \"name\"", v)
			return i, false
		}
		if i.As != "" && strings.HasPrefix(i.As, "@") != strings.HasPrefix(i.Name, "@") {
			b.badImport(v, "%q cannot be renamed to %q, as one is a directive and the other a type", i.Name, i.As)
			return i, false
		}
	default:
		b.badImport(v, "%s is neither a string nor an object", v)
		return i, false
	}
	for _, name := range []string{i.Name, i.As} {
		if name != "" && !namePattern.MatchString(strings.TrimPrefix(name, "@")) {
			b.badImport(v, "%q is not a name", name)
			return i, false
		}
	}
	return i, true
}

var namePattern = regexp.MustCompile(`^[_A-Za-z][_0-9A-Za-z]*$`)

// checkImportsExist compares the imports with what the linked version has.
func (b *builder) checkImportsExist(l *Link, spec *spec) bool {
	ok := true
	for _, i := range l.Imports {
		if spec.has(i.Name, l.Version) {
			continue
		}
		ok = false
		fix := "Remove it from the list."
		if later := spec.first[i.Name]; !later.IsZero() && later.Compare(l.Version) > 0 {
			fix = "Link " + l.Identity + "/" + later.String() + " or later."
		} else if near := b.suggest(i.Name, func() []string { return spec.names(l.Version) }); near != "" {
			fix = near
		}
		b.add(diag.InvalidLinkDirectiveUsage, i.Position, fix, "%q has no element %q.", l.URL, i.Name)
	}
	return ok
}

// checkImportConflicts rejects two elements of the same name. A feature's own name, as a directive, is taken too.
func (b *builder) checkImportConflicts() {
	owner := map[string]*Link{}
	for _, l := range b.s.links {
		if l.spec == nil || l.spec.has("@"+l.Name, l.Version) {
			owner["@"+l.namespace()] = l.Link
		}
	}
	for _, l := range b.s.links {
		for _, i := range l.Imports {
			name := i.Name
			if i.As != "" {
				name = i.As
			}
			first := owner[name]
			if first == nil {
				owner[name] = l.Link
				continue
			}
			if first == l.Link && name == "@"+l.namespace() {
				continue // the feature's own directive, renamed together with the feature
			}
			b.add(diag.InvalidLinkDirectiveUsage, i.Position, "Rename one of them: { name: \""+i.Name+"\", as: … }.",
				"%q would stand for an element of %q and for one of %q.", name, first.URL, l.URL)
		}
	}
}

// isSupergraphsOwn tells a link to the specification of @tag or @inaccessible that is not to be used: federation has the directive
// too, and the schema takes it from there; a schema without a link to federation gets it from there later.
func (b *builder) isSupergraphsOwn(l *Link) bool {
	if l.Identity != TagIdentity && l.Identity != InaccessibleIdentity {
		return false
	}
	federation := b.linkTo(FederationIdentity)
	return federation == nil || slices.ContainsFunc(federation.Imports, func(i Import) bool { return i.Name == "@"+l.Name })
}

// linkTo returns the link with that identity, or nil.
func (b *builder) linkTo(identity string) *link {
	for _, l := range b.s.links {
		if l.Identity == identity {
			return l
		}
	}
	return nil
}
