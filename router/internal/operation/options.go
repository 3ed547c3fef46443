package operation

import "github.com/vektah/gqlparser/v2/ast"

// Options bound what one document may cost and say which parts of the language are on.
type Options struct {
	// MaxTokens is the number of lexical tokens a document may have.
	MaxTokens int
	// MaxDepth is how deep an operation's fields may nest, fragments included.
	MaxDepth int
	// MaxErrors is how many errors are reported before validation stops.
	MaxErrors int
	// MaxWork bounds validation and normalisation: selections visited and types compared. An operation with a thousand
	// fields takes a few thousand.
	MaxWork int
	// MaxConditions is how many combinations of @skip/@include variables one field may be asked under.
	MaxConditions int
	// Defer keeps @defer; without it deferred fragments are part of the initial response, as the specification allows.
	Defer bool
	// Inspect looks at a parsed document before it is validated, and refuses it with an error; nil: nobody does.
	Inspect func(*ast.QueryDocument) error
	// KeepLiterals leaves literals in the arguments instead of moving them into variables.
	KeepLiterals bool
}

// DefaultOptions fit a public API.
func DefaultOptions() Options {
	return Options{MaxTokens: 15_000, MaxDepth: 500, MaxErrors: 100, MaxWork: 2_000_000, MaxConditions: 128}
}
