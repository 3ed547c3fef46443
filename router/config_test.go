package router_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/tributary-gql/tributary/router"
)

// named are the types of package config for which config.go has a name, which is the same one.
func named(t *testing.T) map[string]bool {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "config.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok {
			return true
		}
		if of, ok := spec.Type.(*ast.SelectorExpr); !ok || !spec.Assign.IsValid() || of.Sel.Name != spec.Name.Name {
			t.Errorf("%s is no alias of the type of that name", spec.Name.Name)
		}
		names[spec.Name.Name] = true
		return false
	})
	return names
}

// TestEveryPartOfAConfigurationHasAName: a program can write what it cannot name only in a file.
func TestEveryPartOfAConfigurationHasAName(t *testing.T) {
	t.Parallel()
	names := named(t)
	seen := map[reflect.Type]bool{}
	var visit func(typ reflect.Type)
	visit = func(typ reflect.Type) {
		if seen[typ] {
			return
		}
		seen[typ] = true
		if strings.Contains(typ.PkgPath(), "/internal/") {
			if !names[typ.Name()] {
				t.Errorf("%s has no name in package router: give it one in config.go", typ)
			}
			delete(names, typ.Name())
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
	for _, name := range slices.Sorted(maps.Keys(names)) {
		t.Errorf("%s is no part of a configuration", name)
	}
}
