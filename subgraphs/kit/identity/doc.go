// Package identity tells who a request comes from: it verifies the access token (a JWT) and carries the result in the context.
//
// # Serving
//
//	keys := identity.NewRemoteKeys(identity.RemoteKeysOptions{URL: cfg.JWKSURL})
//	verifier := identity.NewVerifier(keys, identity.Expectations{Issuer: cfg.Issuer, Audience: cfg.Audience})
//	handler = identity.Middleware(verifier, logger)(handler)
//
// A request without a token is anonymous and goes on. One with a token that is not good ends with status 401 and a GraphQL
// error; while no keys could be had yet, with 503 and the code AUTH_KEYS_UNAVAILABLE.
//
// # Asking
//
// [From] gives the identity of a context or nil. [Require] and [RequireRole] give it or an error with the code UNAUTHENTICATED
// or FORBIDDEN. Directives do nothing at run time: each resolver asks.
//
// # Keys
//
// [RemoteKeys] reads a JWKS by HTTP when a key is first needed and again in intervals. A token with an unknown key id causes one
// fetch, shared by all who wait; within the cool-down after a fetch such tokens are refused at once. The last good keys stay
// in use while the address cannot be reached. Only signatures by EdDSA and ES256 are accepted, whatever the token or the
// key set says: neither "none" nor an HMAC over a public key can pass.
package identity
