package graphqlserver

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"
)

const (
	defaultMaxBodyBytes  = 1 << 20
	defaultMaxTokens     = 20_000
	defaultMaxDepth      = 40
	defaultMaxComplexity = 10_000
	// queryCacheSize is how many parsed documents are kept; a router sends the same few again and again.
	queryCacheSize = 1000
)

// Options changes what a handler accepts. Zero values take the defaults.
type Options struct {
	// Logger gets what clients are not shown; nil is slog.Default().
	Logger *slog.Logger
	// MaxBodyBytes bounds a request's body. Default 1 MiB.
	MaxBodyBytes int
	// MaxTokens bounds a document's length. Default 20,000.
	MaxTokens int
	// MaxDepth bounds how deep fields are nested. Default 40.
	MaxDepth int
	// MaxComplexity bounds the sum of the fields' costs, which are 1 unless the schema's ComplexityRoot says more. Default 10,000.
	MaxComplexity int
	// Prepare, when set, is called for each operation and returns the context it runs in, such as one with fresh loaders.
	Prepare func(ctx context.Context) context.Context
}

// New returns the handler for schema. Put identity.Middleware around it.
func New(schema graphql.ExecutableSchema, options Options) http.Handler {
	if options.Logger == nil {
		options.Logger = slog.Default()
	}
	setDefault(&options.MaxBodyBytes, defaultMaxBodyBytes)
	setDefault(&options.MaxTokens, defaultMaxTokens)
	setDefault(&options.MaxDepth, defaultMaxDepth)
	setDefault(&options.MaxComplexity, defaultMaxComplexity)

	reporter := &reporter{logger: options.Logger}
	server := handler.New(schema)
	server.AddTransport(postTransport{maxBodyBytes: options.MaxBodyBytes})
	server.SetQueryCache(lru.New[*ast.QueryDocument](queryCacheSize))
	server.SetParserTokenLimit(options.MaxTokens)
	server.SetErrorPresenter(reporter.present)
	server.SetRecoverFunc(reporter.recovered)
	server.Use(extension.Introspection{})
	server.Use(depthLimit{max: options.MaxDepth})
	server.Use(extension.FixedComplexityLimit(options.MaxComplexity))
	server.AroundRootFields(newRepresentationCheck(schema.Schema()).around)
	if options.Prepare != nil {
		server.AroundOperations(func(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
			return next(options.Prepare(ctx))
		})
	}
	return server
}

func setDefault(value *int, def int) {
	if *value == 0 {
		*value = def
	}
}
