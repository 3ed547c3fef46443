// Package document parses and validates GraphQL documents for tests: every rule of gqlparser, but fields in conflict are
// found in time that grows with the document. The rule of gqlparser compares all pairs, over and over below fragments
// that are used often, which takes minutes for documents that a random generator, or a planner, writes any day.
package document

import (
	"sync"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

var ruleSet = sync.OnceValue(func() *rules.Rules {
	set := rules.NewDefaultRules()
	set.RemoveRule(rules.OverlappingFieldsCanBeMergedRule.Name)
	return set
})

// Load parses a document and validates it against a schema. The error names everything that is wrong with it.
func Load(schema *ast.Schema, text string) (*ast.QueryDocument, error) {
	document, errs := gqlparser.LoadQueryWithRules(schema, text, ruleSet())
	if len(errs) > 0 {
		return nil, errs
	}
	if conflict := findConflict(document); conflict != "" {
		return nil, gqlerror.List{gqlerror.Errorf("%s", conflict)}
	}
	return document, nil
}
