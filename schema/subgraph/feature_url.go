package subgraph

import (
	"fmt"
	"net/url"
	"strings"
)

// Identities of the specifications that composition knows.
const (
	specs = "https://specs.apollo.dev/"

	LinkIdentity           = specs + "link"
	CoreIdentity           = specs + "core"
	FederationIdentity     = specs + "federation"
	JoinIdentity           = specs + "join"
	TagIdentity            = specs + "tag"
	InaccessibleIdentity   = specs + "inaccessible"
	AuthenticatedIdentity  = specs + "authenticated"
	RequiresScopesIdentity = specs + "requiresScopes"
	PolicyIdentity         = specs + "policy"
	ContextIdentity        = specs + "context"
	CostIdentity           = specs + "cost"
	ConnectIdentity        = specs + "connect"
	SourceIdentity         = specs + "source"
)

// featureURL is the URL of a @link taken apart: https://host/path/name/v1.2.
type featureURL struct {
	identity string // without the version
	name     string
	version  Version
}

// parseFeatureURL says in its error what the URL lacks.
func parseFeatureURL(text string) (featureURL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" || u.Host == "" {
		return featureURL{}, fmt.Errorf("%q is not an absolute URL", text)
	}
	path := strings.Trim(u.EscapedPath(), "/")
	if path == "" {
		return featureURL{}, fmt.Errorf("%q has no path: it must end with the feature's name and version, like \"/name/v1.0\"", text)
	}
	parts := strings.Split(path, "/")
	last := parts[len(parts)-1]
	version, ok := ParseVersion(last)
	if !ok {
		return featureURL{}, fmt.Errorf("%q does not end with a version of the form \"v1.0\", but with %q", text, last)
	}
	if len(parts) < 2 {
		return featureURL{}, fmt.Errorf("%q has no feature name before the version", text)
	}
	name := parts[len(parts)-2]
	return featureURL{
		identity: u.Scheme + "://" + u.Host + "/" + strings.Join(parts[:len(parts)-1], "/"),
		name:     name,
		version:  version,
	}, nil
}
