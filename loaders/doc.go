// Package loaders turns many lookups of single keys within one request into few lookups of many keys.
//
// A [Loader] gathers the keys that are asked for within a short wait, fetches them together, and hands each caller the value of its
// own key. The fetch returns a map: a value can never reach the wrong caller by its position, and a key that is missing from
// the map is a [NotFoundError], never a neighbour's value.
//
//	users := loaders.New(func(ctx context.Context, ids []string) (map[string]*User, error) {
//		return store.UsersByID(ctx, ids)
//	})
//	user, err := users.Load(ctx, "u-0001")   // called from many goroutines: one fetch
//
// # One request, one set of loaders
//
// A loader remembers what it has fetched, and knows nothing of who may see it, so it must live no longer than one request.
// Gather a service's loaders in a struct of its own, put a new one into each request's context with [Middleware] or [With],
// and take it out with [From]:
//
//	type Loaders struct{ Users *loaders.Loader[string, *User] }
//
//	handler = loaders.Middleware(func(context.Context) *Loaders { return newLoaders(store) })(handler)
//	user, err := loaders.From[*Loaders](ctx).Users.Load(ctx, id)
//
// # Failures
//
// A fetch that fails fails every key of its batch, unless its error is a [KeyErrors], which names the keys that failed and lets the
// others have their values. A panic becomes a [PanicError]. Failures are not remembered: the next Load tries again. A caller
// whose context ends stops waiting at once; the fetch is cancelled when the last of its callers has left.
package loaders
