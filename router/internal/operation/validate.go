package operation

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/internal/gqlerr"
	"github.com/tributary-gql/tributary/router/internal/operation/validate"
)

// validate checks a document by the specification's rules and links its nodes to their definitions.
func (s *Schema) validate(document *ast.QueryDocument, options Options) error {
	if len(document.Operations) == 0 {
		return gqlerr.List{gqlerr.New(gqlerr.ValidationFailed, "The document holds no operation.")}
	}
	found := s.validator.Validate(document, validate.Bounds{MaxErrors: options.MaxErrors, MaxWork: options.MaxWork})
	list := make(gqlerr.List, len(found))
	for i, e := range found {
		list[i] = e.Error
	}
	return list.OrNil()
}
