package contract_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/tributary-gql/tributary/schema/contract"
	"github.com/tributary-gql/tributary/schema/schematest"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// TestApply runs testdata: filter.json is applied to supergraph.graphql, and gives api.graphql or errors.txt.
func TestApply(t *testing.T) {
	t.Parallel()
	schematest.Run(t, "testdata/*.txtar", func(t *testing.T, c *schematest.Case) {
		sdl, _ := c.Section("supergraph.graphql")
		s, err := supergraph.Read(header + sdl)
		if err != nil {
			t.Fatal(err)
		}
		var filter contract.Filter
		text, _ := c.Section("filter.json")
		if err := json.Unmarshal([]byte(text), &filter); err != nil {
			t.Fatal(err)
		}
		before := s.Print()
		result := contract.Apply(s, filter)
		if s.Print() != before {
			t.Error("the supergraph was changed")
		}
		var problems []string
		for _, d := range result.Errors {
			problems = append(problems, string(d.Code)+": "+d.Message)
		}
		c.Golden(t, "errors.txt", strings.Join(problems, "\n"))
		c.Golden(t, "unused.txt", strings.Join(result.UnusedTags, "\n"))
		if result.Supergraph == nil {
			c.Golden(t, "api.graphql", "")
			return
		}
		again, err := supergraph.Read(result.Supergraph.Print())
		if err != nil {
			t.Fatal(err)
		}
		api, err := again.API()
		if err != nil {
			t.Fatal(err)
		}
		c.Golden(t, "api.graphql", supergraph.FormatSchema(api))
	})
}

// header is the part of a supergraph that all cases have in common.
const header = `
schema
  @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/join/v0.5", for: EXECUTION)
  @link(url: "https://specs.apollo.dev/tag/v0.3")
{ query: Query }
directive @tag(name: String!) repeatable on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION | SCHEMA
enum join__Graph { A @join__graph(name: "a", url: "http://a") }
`
