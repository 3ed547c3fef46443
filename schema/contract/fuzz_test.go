package contract_test

import (
	"strings"
	"testing"

	"github.com/tributary-gql/tributary/schema/compose"
	"github.com/tributary-gql/tributary/schema/contract"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// FuzzApply: a contract of whatever composes is an API, or says why it is none; and the supergraph stays as it was.
func FuzzApply(f *testing.F) {
	f.Add(`type Query { a(x: I): U @tag(name: "a") i: N b: E @tag(name: "b") }
input I { x: Int @tag(name: "b") y: E = A }
enum E @tag(name: "a") { A B @tag(name: "b") }
interface N { id: ID }
type T implements N @tag(name: "b") { id: ID t: T }
union U = T`, "a", "b", true)
	f.Add(`type Query { a: Int }`, "", "a", false)
	f.Fuzz(func(t *testing.T, sdl, include, exclude string, unreachable bool) {
		composed := compose.Sources(compose.Source{Name: "a", SDL: sdl})
		if composed.Supergraph == nil {
			return
		}
		before := composed.Supergraph.Print()
		result := contract.Apply(composed.Supergraph, contract.Filter{
			Include: strings.Fields(include), Exclude: strings.Fields(exclude), HideUnreachableTypes: unreachable,
		})
		if composed.Supergraph.Print() != before {
			t.Error("the supergraph was changed")
		}
		if (result.Supergraph == nil) != (len(result.Errors) > 0) {
			t.Fatalf("%d errors, and a supergraph: %v", len(result.Errors), result.Supergraph != nil)
		}
		if result.Supergraph == nil {
			return
		}
		read, err := supergraph.Read(result.Supergraph.Print())
		if err != nil {
			t.Fatalf("it cannot be read: %v", err)
		}
		if _, err := read.API(); err != nil {
			t.Fatalf("it has no API: %v", err)
		}
	})
}
