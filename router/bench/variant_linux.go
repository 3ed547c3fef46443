package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// variant is one way in which the same operations are asked.
type variant struct {
	name        string
	about       string
	connections int
	delay       time.Duration // of every subgraph answer
	who         identity
	relays      []relayMode // the first one is what ratios are to
	tls         bool
	// Further parts of router.yml, where names in braces are the site's: whole sections, settings of all subgraphs, and
	// rules for headers to subgraphs.
	settings, subgraphSettings, headerRules string
	accepts                                 string // Accept-Encoding of the requests, "": none
	hashed                                  bool   // requests have the hash of their document, which the router knows from a manifest
	unshed                                  bool   // overload protection is off: it would refuse what the other variants' 50 connections never reach
	admin                                   string // host:port for profiles, "": none
	reload                                  bool   // the supergraph's file is watched
	paced                                   bool   // measure latencies at 60% of the maximum too
	ownOnly                                 bool   // not measured on the public data
}

// allVariants in the order of the table.
var allVariants = []variant{
	{name: "unique", about: "every request with an Authorization header of its own, forwarded to all subgraphs", connections: 50,
		who: unique, relays: []relayMode{relayNetHTTP, relayLean}, paced: true},
	{name: "identical", about: "50 identical anonymous requests in flight; router and relay share answers", connections: 50,
		who: anonymous, relays: []relayMode{relayShared}},
	{name: "delay", about: "unique, with subgraphs that take 4 ms, 200 connections, no overload protection", connections: 200, unshed: true, delay: 4 * time.Millisecond,
		who: unique, relays: []relayMode{relayNetHTTP}, ownOnly: true},
	{name: "connections", about: "unique, 1,000 connections, no overload protection", connections: 1000, unshed: true, who: unique, relays: []relayMode{relayNetHTTP}, ownOnly: true},
	{name: "tls", about: "unique, clients connect with TLS 1.3", connections: 50, who: unique, tls: true, ownOnly: true},
	{name: "features", about: "1,000 callers with signed tokens (EdDSA), two rate limits in Redis, limits, metrics", connections: 50,
		who: tokens, ownOnly: true, settings: `
admin_listen: 127.0.0.1:0
authentication: {required: true, jwks: [{file: "{keys}"}]}
rate_limits:
  redis: {addresses: ["{redis}"]}
  rules:
    - {name: caller, key: claims.sub, rate: 1000000, per: 1s}
    - {name: all, key: '"all"', rate: 1000000, per: 1s}
`},
}

func (v *variant) needsRedis() bool { return strings.Contains(v.settings, "{redis}") }

// site is what a router's configuration refers to.
type site struct {
	dir        string
	supergraph string
	subgraphs  string // host:port
	redis      string // host:port
}

// fill puts a site's names in the place of their names in braces.
func (s *site) fill(settings string) string {
	return strings.NewReplacer("{keys}", s.keyFile(), "{documents}", s.manifestFile(), "{redis}", s.redis, "{helper}", "http://"+s.subgraphs).Replace(settings)
}

// routerConfig writes router.yml for a variant and gives its path.
func (s *site) routerConfig(v *variant) (string, error) {
	var b strings.Builder
	interval := "0s"
	if v.reload {
		interval = "1s"
	}
	fmt.Fprintf(&b, "listen: 127.0.0.1:0\nsupergraph:\n  file: %s\n  interval: %s\n", s.supergraph, interval)
	if v.admin != "" {
		fmt.Fprintf(&b, "admin_listen: %s\n", v.admin)
	}
	b.WriteString("playground:\n  enabled: false\nsubgraphs:\n")
	for _, name := range subgraphNames {
		fmt.Fprintf(&b, "  %s:\n    url: http://%s/%s\n", name, s.subgraphs, name)
	}
	b.WriteString(v.subgraphSettings)
	b.WriteString("headers:\n  all:\n    request:\n      - propagate: Authorization\n" + v.headerRules)
	if v.unshed {
		b.WriteString("traffic:\n  overload:\n    enabled: false\n")
	}
	if v.tls {
		certificate, key, err := writeCertificate(s.dir)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "tls:\n  certificate: %s\n  key: %s\n", certificate, key)
	}
	b.WriteString(s.fill(v.settings))
	file := filepath.Join(s.dir, "router-"+v.name+".yml")
	return file, os.WriteFile(file, []byte(b.String()), 0o600)
}

func (s *site) keyFile() string      { return filepath.Join(s.dir, "keys.json") }
func (s *site) tokenFile() string    { return filepath.Join(s.dir, "tokens.txt") }
func (s *site) manifestFile() string { return filepath.Join(s.dir, "documents.json") }

// writeManifest registers the documents of all workloads by their hashes.
func (s *site) writeManifest(set *dataset) error {
	documents := map[string]string{}
	for i := range set.workloads {
		text, err := set.workloads[i].document()
		if err != nil {
			return err
		}
		documents[documentHash(text)] = text
	}
	text, err := json.Marshal(documents)
	if err != nil {
		return err
	}
	return os.WriteFile(s.manifestFile(), text, 0o600)
}

// load is what clients send to a target in a variant.
func (v *variant) load(s *site, t *target, w *workload) (*load, error) {
	body, err := v.body(w)
	return &load{path: t.path(w), body: body, accepts: v.accepts, who: v.who, tokenFile: s.tokenFile()}, err
}

// body is what clients send for a workload in a variant.
func (v *variant) body(w *workload) ([]byte, error) {
	if !v.hashed {
		return w.body, nil
	}
	text, err := w.document()
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, `{"extensions":{"persistedQuery":{"version":1,"sha256Hash":%q}}}`, documentHash(text)), nil
}

// callers is how many different tokens the variants with signed tokens use.
const callers = 1000

// writeTokens makes a signing key, its key set, and a token for each caller, one a line.
func (s *site) writeTokens() error {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	set, err := json.Marshal(map[string]any{"keys": []any{map[string]string{
		"kty": "OKP", "crv": "Ed25519", "kid": "bench", "alg": "EdDSA", "use": "sig", "x": base64.RawURLEncoding.EncodeToString(public),
	}}})
	if err != nil {
		return err
	}
	if err := os.WriteFile(s.keyFile(), set, 0o600); err != nil {
		return err
	}
	var lines strings.Builder
	for i := range callers {
		token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwt.MapClaims{
			"sub": fmt.Sprintf("caller-%d", i), "exp": time.Now().Add(24 * time.Hour).Unix(), "scope": "read:all",
		})
		token.Header["kid"] = "bench"
		text, err := token.SignedString(private)
		if err != nil {
			return err
		}
		lines.WriteString(text + "\n")
	}
	return os.WriteFile(s.tokenFile(), []byte(lines.String()), 0o600)
}
