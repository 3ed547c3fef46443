package app

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/rs/cors"

	"github.com/tributary-gql/tributary/router/internal/auth"
	"github.com/tributary-gql/tributary/router/internal/certs"
	"github.com/tributary-gql/tributary/router/internal/config"
	"github.com/tributary-gql/tributary/router/internal/headers"
	"github.com/tributary-gql/tributary/router/internal/ratelimit"
	"github.com/tributary-gql/tributary/router/internal/source"
	"github.com/tributary-gql/tributary/router/internal/subgraphclient"
	"github.com/tributary-gql/tributary/router/playground"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// keySetTimeout bounds one fetch of a key set.
const keySetTimeout = 5 * time.Second

func newVerifier(c *config.Config, logger *slog.Logger) (*auth.Verifier, error) {
	o := auth.Options{
		Required: c.Auth.Required, ClockSkew: c.Auth.ClockSkew.Std(), CoolDown: c.Auth.CoolDown.Std(),
		Algorithms: c.Auth.Algorithms, Logger: logger, Client: &http.Client{Timeout: keySetTimeout},
	}
	for _, set := range c.Auth.JWKS {
		o.Sets = append(o.Sets, auth.SetOptions{URL: set.URL, File: set.File, Issuer: set.Issuer, Audience: set.Audience, Interval: set.Interval.Std()})
	}
	for _, s := range c.Auth.Sources {
		o.Sources = append(o.Sources, auth.Source{Header: s.Header, Prefix: s.Prefix, Cookie: s.Cookie})
	}
	return auth.New(o)
}

// newHeaderRules makes the rules for requests; reserved are headers that rules leave out.
func newHeaderRules(c *config.Config, reserved ...string) (*headers.Rules, error) {
	bySubgraph := make(map[string][]headers.Rule, len(c.Headers.Subgraphs))
	for name, rules := range c.Headers.Subgraphs {
		bySubgraph[name] = headerRules(rules)
	}
	return headers.Compile(headerRules(c.Headers.All), bySubgraph, reserved...)
}

func newResponseRules(c *config.Config, requests *headers.Rules) (*headers.ResponseRules, error) {
	bySubgraph := make(map[string][]headers.ResponseRule, len(c.Headers.Subgraphs))
	for name, rules := range c.Headers.Subgraphs {
		bySubgraph[name] = responseRules(rules)
	}
	return headers.CompileResponses(responseRules(c.Headers.All), bySubgraph, requests)
}

func responseRules(rules config.HeaderRules) []headers.ResponseRule {
	out := make([]headers.ResponseRule, len(rules.Response))
	for i, r := range rules.Response {
		out[i] = headers.ResponseRule{
			Propagate: r.Propagate, Rename: r.Rename, Default: r.Default, Merge: headers.Merge(r.Merge),
			Insert: r.Insert, Value: r.Value, Remove: r.Remove,
		}
	}
	return out
}

func headerRules(rules config.HeaderRules) []headers.Rule {
	out := make([]headers.Rule, len(rules.Request))
	for i, r := range rules.Request {
		out[i] = headers.Rule{
			Propagate: r.Propagate, Rename: r.Rename, Default: r.Default,
			Insert: r.Insert, Value: r.Value, Claim: r.Claim, Expression: r.Expression, Remove: r.Remove,
		}
	}
	return out
}

func newPlayground(c *config.Config) (http.Handler, error) {
	if !c.Playground.Enabled {
		return nil, nil
	}
	page := playground.Config{Endpoint: "graphql"}
	for _, e := range c.Playground.Examples {
		page.Examples = append(page.Examples, playground.Example{Name: e.Name, Operation: e.Operation, Variables: e.Variables})
	}
	if l := c.Playground.LogIn; l.Operation != "" {
		page.LogIn = &playground.LogIn{Operation: l.Operation, Token: l.Token}
		for _, account := range l.Accounts {
			page.LogIn.Accounts = append(page.LogIn.Accounts, playground.Account{Email: account.Email, Password: account.Password})
		}
	}
	return playground.Handler(page)
}

func newSource(c *config.Config, logger *slog.Logger) source.Source {
	interval := c.Supergraph.Interval.Std()
	if c.Supergraph.Compose != "" {
		return &source.Compose{Path: c.Supergraph.Compose, Interval: interval, Logger: logger}
	}
	return &source.File{Path: c.Supergraph.File, Interval: interval, Logger: logger}
}

// handler is the server behind what every answer needs.
func (a *App) handler(g *generation, shed func(http.Handler) http.Handler) http.Handler {
	c := g.config.CORS
	inner := a.watch.Handler(shed(g.server), g.config.Log.Access)
	if len(c.Origins) == 0 {
		return inner
	}
	return cors.New(cors.Options{
		AllowedOrigins: c.Origins, AllowedMethods: []string{http.MethodGet, http.MethodPost}, AllowCredentials: c.Credentials,
		AllowedHeaders: append([]string{"Accept", "Authorization", "Content-Type"}, append(c.Headers, g.config.CSRF.Headers...)...),
		MaxAge:         int(c.MaxAge.Std().Seconds()), ExposedHeaders: ratelimit.Headers(),
	}).Handler(inner)
}

// endpoints says where each subgraph of a supergraph is and how it is asked.
func endpoints(c *config.Config, s *supergraph.Supergraph, shown *certs.Clients) (map[string]subgraphclient.Endpoint, error) {
	out := make(map[string]subgraphclient.Endpoint, len(s.Graphs))
	for _, g := range s.Graphs {
		own := c.For(g.Name)
		url := own.URL
		if url == "" {
			url = g.URL
		}
		if url == "" {
			continue // asked only when a plan needs it, and then an error that says so
		}
		encryption, err := shown.Config(subgraphCerts(own.TLS))
		if err != nil {
			return nil, config.Problem{Path: "subgraphs." + g.Name + ".tls", Text: err.Error()}
		}
		out[g.Name] = subgraphclient.Endpoint{
			URL: url, Timeout: own.Timeout.Std(), MaxConnections: own.MaxConnections, MaxResponse: int64(own.MaxResponse),
			IdleTimeout: own.IdleTimeout.Std(), HTTP2: *own.HTTP2, TLS: encryption,
		}
	}
	return out, nil
}
