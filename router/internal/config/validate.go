package config

import (
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"
)

// Validate reports everything that is wrong with the values, in the order of the file.
func (c *Config) Validate() []error {
	var v validator
	v.address("listen", c.Listen, true)
	v.address("admin_listen", c.AdminListen, false)
	v.supergraph(c.Supergraph)
	for _, name := range slices.Sorted(maps.Keys(c.Subgraphs)) {
		v.subgraph(name, c.Subgraphs[name])
	}
	if (c.Playground.LogIn.Operation == "") != (c.Playground.LogIn.Token == "") {
		v.add("playground.log_in", "needs both operation and token, or neither")
	}
	v.limits(c.Limits)
	v.rateLimits(c.RateLimits)
	v.sharing(c.Sharing)
	v.memory(c.Memory)
	v.traffic(c.Traffic)
	v.tls(c.TLS)
	v.demandControl(c.Demand, c.RateLimits)
	v.persistedDocuments(c.Persisted)
	v.apq(c.APQ)
	v.authentication(c.Auth)
	v.authorization(c.Authorization)
	v.headers(c.Headers)
	v.errors(c.Errors)
	if c.CORS.Credentials && slices.Contains(c.CORS.Origins, "*") {
		v.add("cors", "credentials cannot go with the origin *: name the origins that are allowed")
	}
	if c.CSRF.Enabled && len(c.CSRF.Headers) == 0 {
		v.add("csrf.headers", "must name at least one header, or set csrf.enabled to false")
	}
	if c.Plans.CacheSize < 1<<20 {
		v.add("plans.cache_size", "must be at least 1MiB")
	}
	if c.Plans.Workers < 0 {
		v.add("plans.workers", "cannot be negative; 0 means one for each processor")
	}
	v.telemetry(c.Telemetry)
	v.coprocessor(c.Coprocessor)
	v.oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error")
	v.oneOf("log.format", c.Log.Format, "json", "text")
	return v.problems
}

type validator struct{ problems []error }

func (v *validator) add(path, format string, args ...any) {
	v.problems = append(v.problems, Problem{Path: path, Text: fmt.Sprintf(format, args...)})
}

func (v *validator) oneOf(path, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		v.add(path, "%q is not known; use one of %s", value, strings.Join(allowed, ", "))
	}
}

func (v *validator) address(path, value string, required bool) {
	if value == "" {
		if required {
			v.add(path, "must be set, for example 127.0.0.1:4000")
		}
		return
	}
	if file, ok := strings.CutPrefix(value, "unix://"); ok {
		if !strings.HasPrefix(file, "/") {
			v.add(path, "%q must name an absolute path: unix:///path/to/socket", value)
		}
		return
	}
	if _, port, err := net.SplitHostPort(value); err != nil || port == "" {
		v.add(path, "%q is not host:port; for example 127.0.0.1:4000 or :4000", value)
	}
}

func (v *validator) supergraph(s Supergraph) {
	switch {
	case s.File == "" && s.Compose == "":
		v.add("supergraph", "says nowhere to take the supergraph from; set supergraph.file (or --supergraph FILE) or supergraph.compose")
	case s.File != "" && s.Compose != "":
		v.add("supergraph", "file and compose exclude each other; keep one")
	}
}

func (v *validator) subgraph(name string, s Subgraph) {
	path := "subgraphs." + name
	if s.URL != "" {
		if name == "all" {
			v.add(path+".url", "cannot be set for all subgraphs; set it for each")
		}
		u, err := url.Parse(s.URL)
		if err != nil || !slices.Contains([]string{"http", "https", "unix"}, u.Scheme) {
			v.add(path+".url", "%q is not an http://, https:// or unix:/// address", s.URL)
		}
	}
	if s.MaxConnections < 0 {
		v.add(path+".max_connections", "cannot be negative")
	}
	v.subgraphTraffic(path, s)
}

func (v *validator) limits(l Limits) {
	for _, limit := range []struct {
		name  string
		value int
	}{
		{"tokens", l.Tokens}, {"depth", l.Depth}, {"aliases", l.Aliases}, {"root_fields", l.RootFields}, {"fields", l.Fields},
		{"directives", l.Directives}, {"variables", l.Variables}, {"batch", l.Batch}, {"introspection_depth", l.IntrospectDepth},
	} {
		if limit.value < 0 {
			v.add("limits."+limit.name, "cannot be negative; 0 turns the limit off")
		}
	}
}

var algorithms = []string{"EdDSA", "ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}

func (v *validator) authentication(a Authentication) {
	for i, set := range a.JWKS {
		path := fmt.Sprintf("authentication.jwks[%d]", i)
		if (set.URL == "") == (set.File == "") {
			v.add(path, "needs exactly one of url and file")
		}
		if u, err := url.Parse(set.URL); set.URL != "" && (err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "") {
			v.add(path+".url", "%q is not an http:// or https:// address", set.URL)
		}
	}
	if a.Required && len(a.JWKS) == 0 {
		v.add("authentication.required", "needs at least one key set in authentication.jwks")
	}
	for i, s := range a.Sources {
		if (s.Header == "") == (s.Cookie == "") {
			v.add(fmt.Sprintf("authentication.sources[%d]", i), "needs exactly one of header and cookie")
		}
	}
	for _, alg := range a.Algorithms {
		v.oneOf("authentication.algorithms", alg, algorithms...)
	}
}
