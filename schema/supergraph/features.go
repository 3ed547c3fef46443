package supergraph

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// apolloSpecs is the place that the specifications this package knows are published under.
const apolloSpecs = "https://specs.apollo.dev/"

// Version is a specification's version, vMAJOR.MINOR.
type Version struct{ Major, Minor int }

// String returns the version as it stands in a link's URL.
func (v Version) String() string { return fmt.Sprintf("v%d.%d", v.Major, v.Minor) }

// Less reports whether v comes before other.
func (v Version) Less(other Version) bool {
	return v.Major < other.Major || v.Major == other.Major && v.Minor < other.Minor
}

// feature is one linked specification: what its elements are called in this document.
type feature struct {
	identity string // URL without the version, e.g. "https://specs.apollo.dev/join"
	name     string // last part of the identity
	version  Version
	prefix   string            // name or what `as` says
	purpose  string            // "", SECURITY or EXECUTION
	imports  map[string]string // element ("@key" or "Scope") -> its name here, with "@" for directives
	pos      *ast.Position
}

var featureURL = regexp.MustCompile(`^(.*/)?([^/]+)/v(\d{1,9})\.(\d{1,9})/?$`)

// parseFeatureURL splits a link's URL. Links without a version are allowed by the link specification and carry no
// feature that needs to be understood; ok is false for them.
func parseFeatureURL(url string) (identity, name string, version Version, ok bool) {
	m := featureURL.FindStringSubmatch(url)
	if m == nil {
		return "", "", Version{}, false
	}
	major, _ := strconv.Atoi(m[3]) // at most nine digits, by the expression
	minor, _ := strconv.Atoi(m[4])
	return m[1] + m[2], m[2], Version{major, minor}, true
}

// newFeature returns the feature that the link links; ok is false when its URL has no version.
func newFeature(link Link) (f *feature, ok bool) {
	identity, name, version, ok := parseFeatureURL(link.URL)
	if !ok {
		return nil, false
	}
	f = &feature{identity: identity, name: name, version: version, prefix: name, purpose: link.For}
	f.imports = make(map[string]string, len(link.Import))
	if link.As != "" {
		f.prefix = link.As
	}
	for _, imp := range link.Import {
		f.imports[imp.Name] = imp.Name
		if imp.As != "" {
			f.imports[imp.Name] = imp.As
		}
	}
	return f, true
}

// directive returns the name, without "@", of the feature's directive in this document.
func (f *feature) directive(element string) string {
	if alias, ok := f.imports["@"+element]; ok {
		return strings.TrimPrefix(alias, "@")
	}
	if element == f.name {
		return f.prefix
	}
	return f.prefix + "__" + element
}

// typeName returns the name of the feature's type in this document.
func (f *feature) typeName(element string) string {
	if alias, ok := f.imports[element]; ok {
		return alias
	}
	return f.prefix + "__" + element
}

// ownsDirective reports whether the directive of that name belongs to the feature.
func (f *feature) ownsDirective(name string) bool {
	if name == f.prefix || strings.HasPrefix(name, f.prefix+"__") {
		return true
	}
	return f.importsAs("@" + name)
}

// ownsType reports whether the type of that name belongs to the feature.
func (f *feature) ownsType(name string) bool {
	return strings.HasPrefix(name, f.prefix+"__") || f.importsAs(name)
}

func (f *feature) importsAs(name string) bool {
	for _, alias := range f.imports { // order does not matter: only existence is asked
		if alias == name {
			return true
		}
	}
	return false
}

// understood lists the features, by name, that a supergraph may declare as needed for execution or security, each with
// the highest version known. A supergraph that needs anything else must not be served.
var understood = map[string]Version{
	"core":           {0, 2},
	"link":           {1, 0},
	"join":           {0, 5},
	"tag":            {0, 3},
	"inaccessible":   {0, 2},
	"authenticated":  {0, 1},
	"requiresScopes": {0, 1},
	"policy":         {0, 1},
	"context":        {0, 1},
	"cost":           {0, 1},
	"cacheTag":       {0, 1},
}

// isUnderstood reports whether the feature is implemented here.
func (f *feature) isUnderstood() bool {
	highest, ok := understood[f.name]
	if !ok || f.identity != apolloSpecs+f.name {
		return false
	}
	return f.version.Major == highest.Major && !highest.Less(f.version)
}

// features is the set of linked features of one document.
type features struct {
	list []*feature
	link *feature // the link or core specification itself
	join *feature
}

// featuresOf returns the features of a finished supergraph.
func featuresOf(links []Link) features {
	var fs features
	for _, l := range links {
		if f, ok := newFeature(l); ok {
			fs.list = append(fs.list, f)
		}
	}
	return fs
}

// named returns the feature of that name that is specified by specs.apollo.dev, or nil.
func (fs *features) named(name string) *feature {
	i := slices.IndexFunc(fs.list, func(f *feature) bool { return f.identity == apolloSpecs+name })
	if i < 0 {
		return nil
	}
	return fs.list[i]
}

// isMachineryDirective reports whether a directive belongs to the join or link specification.
func (fs *features) isMachineryDirective(name string) bool {
	return fs.link.ownsDirective(name) || fs.join.ownsDirective(name)
}

func (fs *features) ownsDirective(name string) bool {
	return slices.ContainsFunc(fs.list, func(f *feature) bool { return f.ownsDirective(name) })
}

func (fs *features) ownsType(name string) bool {
	return slices.ContainsFunc(fs.list, func(f *feature) bool { return f.ownsType(name) })
}

// FeatureDirective returns what the supergraph calls a directive of the specification at https://specs.apollo.dev/SPEC,
// without "@"; ok is false when the supergraph does not link it.
func (s *Supergraph) FeatureDirective(spec, directive string) (name string, ok bool) {
	fs := featuresOf(s.Links)
	f := fs.named(spec)
	if f == nil {
		return "", false
	}
	return f.directive(directive), true
}
