package operation

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/tributary-gql/tributary/router/internal/gqlerr"
)

// Parse makes a frozen operation of a document with the default options. The operation named operationName is taken;
// "" means the only one. All errors are reported at once, as a gqlerr.List.
func (s *Schema) Parse(document, operationName string) (*Operation, Literals, error) {
	return s.ParseWith(document, operationName, DefaultOptions())
}

// ParseWith is Parse with other options.
func (s *Schema) ParseWith(document, operationName string, options Options) (*Operation, Literals, error) {
	parsed, err := parseDocument(document, options)
	if err != nil {
		return nil, nil, err
	}
	if options.Inspect != nil {
		if err := options.Inspect(parsed); err != nil {
			return nil, nil, err
		}
	}
	if err := s.validate(parsed, options); err != nil {
		return nil, nil, err
	}
	chosen, err := choose(parsed, operationName)
	if err != nil {
		return nil, nil, err
	}
	return s.freeze(chosen, options)
}

func parseDocument(document string, options Options) (*ast.QueryDocument, error) {
	if !utf8.ValidString(document) {
		return nil, gqlerr.List{gqlerr.New(gqlerr.ParseFailed, "The document is not valid UTF-8.")}
	}
	parsed, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: document}, options.MaxTokens)
	if err != nil {
		return nil, gqlerr.List{parseError(err, options)}
	}
	return parsed, nil
}

// parseError gives the parser's errors a code; its limits are told from mistakes by their text.
func parseError(err error, options Options) *gqlerr.Error {
	var parsing *gqlerror.Error
	if !errors.As(err, &parsing) {
		return gqlerr.Wrap(err, gqlerr.ParseFailed, "The document could not be parsed.")
	}
	if strings.HasPrefix(parsing.Message, "exceeded token limit") {
		return gqlerr.New(gqlerr.OperationTooLarge, "The document has more than %d tokens (limits.tokens).", options.MaxTokens)
	}
	code := gqlerr.ParseFailed
	prefix := "Syntax error: "
	if strings.HasPrefix(parsing.Message, "exceeded ") {
		code, prefix = gqlerr.OperationTooLarge, "The document is too large: "
	}
	made := gqlerr.New(code, "%s%s", prefix, parsing.Message)
	for _, l := range parsing.Locations {
		made = made.At(l.Line, l.Column)
	}
	return made
}

// choose finds the operation to run (GetOperation in section 6.1 of the specification).
func choose(document *ast.QueryDocument, name string) (*ast.OperationDefinition, error) {
	if name == "" {
		if len(document.Operations) == 1 {
			return document.Operations[0], nil
		}
		return nil, gqlerr.List{gqlerr.New(gqlerr.OperationResolutionFailure,
			"The document holds several operations: say which to run with operationName.")}
	}
	if chosen := document.Operations.ForName(name); chosen != nil {
		return chosen, nil
	}
	return nil, gqlerr.List{gqlerr.New(gqlerr.OperationResolutionFailure, "The document holds no operation named %q.", name)}
}

// rootType is the type that an operation's selections are on; nil when the schema does not have that kind.
func (s *Schema) rootType(kind ast.Operation) *ast.Definition {
	switch kind {
	case ast.Mutation:
		return s.AST.Mutation
	case ast.Subscription:
		return s.AST.Subscription
	default:
		return s.AST.Query
	}
}

// freeze normalises a valid operation.
func (s *Schema) freeze(definition *ast.OperationDefinition, options Options) (*Operation, Literals, error) {
	n := newNormaliser(s, options)
	root := s.rootType(definition.Operation)
	set, err := n.selectionSet(root.Name, n.sets.possible(root.Name),
		[]part{{selections: definition.SelectionSet, row: n.conditions.always}}, nil)
	if err != nil {
		return nil, nil, asList(err)
	}
	frozen := &Operation{
		Kind: definition.Operation, Name: strings.Clone(definition.Name), Root: set,
		Directives: exportDirectives(definition.Directives),
	}
	for _, v := range definition.VariableDefinitions {
		frozen.Variables = append(frozen.Variables, &Variable{
			Name: strings.Clone(v.Variable), Type: cloneType(v.Type), Default: cloneValue(v.DefaultValue),
		})
	}
	literals, err := s.finish(frozen, options)
	if err != nil {
		return nil, nil, asList(err)
	}
	return frozen, literals, nil
}

func asList(err error) error {
	if list, ok := gqlerr.From(err); ok {
		return list
	}
	return err
}
