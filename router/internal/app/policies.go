package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"

	"github.com/tributary-gql/tributary/router/internal/auth"
	"github.com/tributary-gql/tributary/router/internal/auth/policyhook"
	"github.com/tributary-gql/tributary/router/internal/config"
)

// policies are the expressions of the configuration, compiled: for @policy and for override labels.
type policies struct {
	byPolicy, byLabel map[string]*vm.Program
	hook              *policyhook.Hook // for policies without an expression; nil: there is none
}

// expressionEnv is what an expression sees.
type expressionEnv struct {
	Claims        map[string]any      `expr:"claims"`
	Scopes        []string            `expr:"scopes"`
	Authenticated bool                `expr:"authenticated"`
	Headers       func(string) string `expr:"header"`
}

func compilePolicies(c *config.Config) (*policies, error) {
	p := &policies{byPolicy: map[string]*vm.Program{}, byLabel: map[string]*vm.Program{}}
	if hook := c.Authorization.Hook; hook.URL != "" {
		p.hook = policyhook.New(policyhook.Options{
			URL: hook.URL, Timeout: hook.Timeout.Std(), Headers: hook.Headers, CacheTime: hook.CacheTime.Std(), CacheSize: hook.CacheSize,
		})
	}
	return p, errors.Join(
		compileInto(p.byPolicy, "authorization.policies", c.Authorization.Policies),
		compileInto(p.byLabel, "override.labels", c.Override.Labels),
	)
}

func compileInto(programs map[string]*vm.Program, path string, texts map[string]string) error {
	names := slices.Sorted(maps.Keys(texts))
	var problems []error
	for _, name := range names {
		program, err := expr.Compile(texts[name], expr.Env(expressionEnv{}), expr.AsBool())
		if err != nil {
			problems = append(problems, config.Problem{Path: path + "." + name, Text: fmt.Sprintf("is not an expression that gives true or false: %v", err)})
			continue
		}
		programs[name] = program
	}
	return errors.Join(problems...)
}

// policy tells which policies hold: expressions of the configuration decide those that they are for, the hook all others.
func (p *policies) policy(ctx context.Context, names []string, identity *auth.Identity, r *http.Request) ([]bool, error) {
	held := make([]bool, len(names))
	var asked []string
	var places []int
	for i, name := range names {
		if program := p.byPolicy[name]; program != nil {
			held[i] = evaluate(program, identity, r)
		} else if p.hook != nil {
			asked, places = append(asked, name), append(places, i)
		}
	}
	if len(asked) == 0 {
		return held, nil
	}
	answers, err := p.hook.Ask(ctx, asked, policyhook.Caller{Claims: identity.Claims, Scopes: identity.Scopes, Header: r.Header})
	for i, at := range places {
		held[at] = answers[i]
	}
	return held, err
}

func (p *policies) label(name string, identity *auth.Identity, r *http.Request) bool {
	return evaluate(p.byLabel[name], identity, r)
}

// evaluate is false for what is not configured and for expressions that fail: nothing is granted by accident.
func evaluate(program *vm.Program, identity *auth.Identity, r *http.Request) bool {
	if program == nil {
		return false
	}
	result, err := expr.Run(program, expressionEnv{
		Claims: identity.Claims, Scopes: identity.Scopes, Authenticated: identity.Authenticated(), Headers: r.Header.Get,
	})
	granted, ok := result.(bool)
	return err == nil && ok && granted
}
