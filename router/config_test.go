package router_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/tributary-gql/tributary/router"
)

// named are the types of a configuration for which this package has a name.
var named = []reflect.Type{
	reflect.TypeFor[router.Config](),
	reflect.TypeFor[router.APQ](),
	reflect.TypeFor[router.Account](),
	reflect.TypeFor[router.Authentication](),
	reflect.TypeFor[router.Authorization](),
	reflect.TypeFor[router.Breaker](),
	reflect.TypeFor[router.CORS](),
	reflect.TypeFor[router.CSRF](),
	reflect.TypeFor[router.Concurrency](),
	reflect.TypeFor[router.Coprocessor](),
	reflect.TypeFor[router.CoprocessorStage](),
	reflect.TypeFor[router.DemandControl](),
	reflect.TypeFor[router.DocumentRedis](),
	reflect.TypeFor[router.Duration](),
	reflect.TypeFor[router.ErrorRule](),
	reflect.TypeFor[router.Errors](),
	reflect.TypeFor[router.Example](),
	reflect.TypeFor[router.HeaderRule](),
	reflect.TypeFor[router.HeaderRules](),
	reflect.TypeFor[router.Headers](),
	reflect.TypeFor[router.Hedge](),
	reflect.TypeFor[router.Introspection](),
	reflect.TypeFor[router.JWKS](),
	reflect.TypeFor[router.JWTSource](),
	reflect.TypeFor[router.Limits](),
	reflect.TypeFor[router.Log](),
	reflect.TypeFor[router.LogIn](),
	reflect.TypeFor[router.Memory](),
	reflect.TypeFor[router.MetricExport](),
	reflect.TypeFor[router.OTLP](),
	reflect.TypeFor[router.Overload](),
	reflect.TypeFor[router.Override](),
	reflect.TypeFor[router.PersistedDocuments](),
	reflect.TypeFor[router.Plans](),
	reflect.TypeFor[router.Playground](),
	reflect.TypeFor[router.PolicyHook](),
	reflect.TypeFor[router.RateLimit](),
	reflect.TypeFor[router.RateLimitOverride](),
	reflect.TypeFor[router.RateLimits](),
	reflect.TypeFor[router.Redis](),
	reflect.TypeFor[router.RedisTLS](),
	reflect.TypeFor[router.ResponseHeaderRule](),
	reflect.TypeFor[router.Retry](),
	reflect.TypeFor[router.Sharing](),
	reflect.TypeFor[router.Size](),
	reflect.TypeFor[router.Subgraph](),
	reflect.TypeFor[router.SubgraphTLS](),
	reflect.TypeFor[router.Supergraph](),
	reflect.TypeFor[router.TLS](),
	reflect.TypeFor[router.Telemetry](),
	reflect.TypeFor[router.Traces](),
	reflect.TypeFor[router.Traffic](),
}

// TestEveryPartOfAConfigurationHasAName: a program can write what it cannot name only in a file.
func TestEveryPartOfAConfigurationHasAName(t *testing.T) {
	t.Parallel()
	seen := map[reflect.Type]bool{}
	var visit func(typ reflect.Type)
	visit = func(typ reflect.Type) {
		if seen[typ] {
			return
		}
		seen[typ] = true
		if strings.Contains(typ.PkgPath(), "/internal/") && !slices.Contains(named, typ) {
			t.Errorf("%s has no name in package router: give it one in config.go", typ)
		}
		switch typ.Kind() {
		case reflect.Map, reflect.Slice, reflect.Pointer:
			visit(typ.Elem())
		case reflect.Struct:
			for field := range typ.Fields() {
				visit(field.Type)
			}
		}
	}
	visit(reflect.TypeFor[router.Config]())
	for _, typ := range named {
		if !seen[typ] {
			t.Errorf("%s is no part of a configuration", typ)
		}
	}
}
