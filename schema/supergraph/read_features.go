package supergraph

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// joinNames holds what the elements of the join specification are called in this document, without "@".
type joinNames struct {
	version                                                            Version
	graphEnum                                                          string
	graph, typ, owner, field, implements, member, enumValue, directive string
}

func newJoinNames(f *feature) joinNames {
	return joinNames{
		version:    f.version,
		graphEnum:  f.typeName("Graph"),
		graph:      f.directive("graph"),
		typ:        f.directive("type"),
		owner:      f.directive("owner"),
		field:      f.directive("field"),
		implements: f.directive("implements"),
		member:     f.directive("unionMember"),
		enumValue:  f.directive("enumValue"),
		directive:  f.directive("directive"),
	}
}

// readFeatures reads the links of the schema. It reports false when the document cannot be understood further.
func (r *reader) readFeatures() bool {
	linkName, urlArg := r.findLinkDirective()
	if linkName == "" {
		r.invalid(nil, "This is not a supergraph: the schema links no specification with @link or @core.")
		return false
	}
	for _, s := range r.schema {
		for _, d := range s.Directives {
			if d.Name == linkName {
				r.readLink(d, urlArg)
			}
		}
	}
	fs := &r.features
	if fs.link = fs.named("link"); fs.link == nil {
		fs.link = fs.named("core")
	}
	if fs.join = fs.named("join"); fs.join == nil {
		r.invalid(nil, "This is not a supergraph: the schema does not link the join specification.")
		return false
	}
	if highest := understood["join"]; fs.join.version.Major != 0 || highest.Less(fs.join.version) || fs.join.version.Minor < 1 {
		r.invalid(fs.join.pos, "The supergraph uses join %s; this version reads v0.1 to %s.", fs.join.version, highest)
		return false
	}
	r.checkUnderstood()
	r.join = newJoinNames(fs.join)
	r.normalizeMachineryLinks()
	return true
}

// findLinkDirective finds the directive that links specifications: the one that links its own.
func (r *reader) findLinkDirective() (name, urlArg string) {
	for _, s := range r.schema {
		for _, d := range s.Directives {
			for _, candidate := range []struct{ arg, spec string }{{"url", "link"}, {"feature", "core"}} {
				arg := d.Arguments.ForName(candidate.arg)
				if arg == nil || arg.Value.Kind != ast.StringValue {
					continue
				}
				if identity, _, _, ok := parseFeatureURL(arg.Value.Raw); ok && identity == apolloSpecs+candidate.spec {
					return d.Name, candidate.arg
				}
			}
		}
	}
	return "", ""
}

func (r *reader) readLink(d *ast.Directive, urlArg string) {
	link := Link{URL: r.stringArg(d, urlArg), As: r.stringArg(d, "as")}
	if purpose := d.Arguments.ForName("for"); purpose != nil && purpose.Value.Kind == ast.EnumValue {
		link.For = purpose.Value.Raw
	}
	link.Import = r.readImports(d)
	r.out.Links = append(r.out.Links, link)

	f, ok := newFeature(link)
	if !ok {
		if link.For != "" {
			r.unsupported(d.Position, link)
		}
		return
	}
	f.pos = d.Position
	r.features.list = append(r.features.list, f)
}

func (r *reader) readImports(d *ast.Directive) []LinkImport {
	arg := d.Arguments.ForName("import")
	if arg == nil || arg.Value.Kind != ast.ListValue {
		return nil
	}
	var imports []LinkImport
	for _, child := range arg.Value.Children {
		switch v := child.Value; v.Kind {
		case ast.StringValue:
			imports = append(imports, LinkImport{Name: v.Raw})
		case ast.ObjectValue:
			imp := LinkImport{}
			for _, c := range v.Children {
				switch c.Name {
				case "name":
					imp.Name = c.Value.Raw
				case "as":
					imp.As = c.Value.Raw
				}
			}
			if imp.As == imp.Name {
				imp.As = ""
			}
			imports = append(imports, imp)
		default:
			r.invalid(arg.Position, "The import %s of @%s is neither a name nor {name, as}.", v, d.Name)
		}
	}
	return imports
}

// checkUnderstood refuses features that the supergraph needs for execution or security and that are unknown here.
func (r *reader) checkUnderstood() {
	for _, f := range r.features.list {
		if f.purpose != "" && !f.isUnderstood() {
			r.unsupported(f.pos, Link{URL: f.identity + "/" + f.version.String(), For: f.purpose})
		}
	}
}

func (r *reader) unsupported(pos *ast.Position, link Link) {
	r.add(codeUnsupported, pos, "Use a version of the router that knows the feature, or compose without it.",
		"The supergraph needs the feature %q for %s, which is not supported here.", link.URL, strings.ToLower(link.For))
}

// normalizeMachineryLinks makes the links to link and join what they are in the standard form, under their own names:
// what Print writes. Versions of join before v0.3 become v0.3, whose form the model has.
func (r *reader) normalizeMachineryLinks() {
	version := r.join.version
	if version.Less(Version{0, 3}) {
		version = Version{0, 3}
	}
	rest := slices.DeleteFunc(r.out.Links, func(l Link) bool {
		identity, _, _, _ := parseFeatureURL(l.URL)
		return identity == apolloSpecs+"link" || identity == apolloSpecs+"core" || identity == apolloSpecs+"join"
	})
	r.out.Links = append([]Link{
		{URL: apolloSpecs + "link/v1.0"},
		{URL: apolloSpecs + "join/" + version.String(), For: "EXECUTION"},
	}, rest...)
}
