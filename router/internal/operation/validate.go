package operation

import (
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"github.com/tributary-gql/tributary/router/internal/gqlerr"
)

// validate checks a document by the specification's rules and links its nodes to their definitions.
func (s *Schema) validate(document *ast.QueryDocument, _ Options) error {
	var list gqlerr.List
	if len(document.Operations) == 0 {
		list = append(list, gqlerr.New(gqlerr.ValidationFailed, "The document holds no operation."))
	}
	for _, found := range validator.ValidateWithRules(s.AST, document, rules.NewDefaultRules()) {
		made := gqlerr.New(gqlerr.ValidationFailed, "%s", found.Message)
		for _, l := range found.Locations {
			made.At(l.Line, l.Column)
		}
		list = append(list, made)
	}
	list.SortByLocation()
	return list.OrNil()
}
