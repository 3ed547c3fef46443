package loaders

import (
	"context"
	"fmt"
	"net/http"
)

// contextKey tells the loaders of different types apart within one context.
type contextKey[L any] struct{}

// With returns a context that carries a request's loaders. L is a service's own type.
func With[L any](ctx context.Context, loaders L) context.Context {
	return context.WithValue(ctx, contextKey[L]{}, loaders)
}

// From returns the loaders of the request that ctx belongs to. It panics when there are none: the handler then lacks its
// [Middleware], which no request can mend.
func From[L any](ctx context.Context) L {
	loaders, ok := ctx.Value(contextKey[L]{}).(L)
	if !ok {
		panic(fmt.Sprintf("loaders: the context has no %T: put loaders.Middleware around the handler", loaders))
	}
	return loaders
}

// Middleware gives each request loaders of its own, made by build when the request begins.
func Middleware[L any](build func(ctx context.Context) L) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r.WithContext(With(r.Context(), build(r.Context()))))
		})
	}
}
