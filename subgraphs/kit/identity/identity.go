package identity

import (
	"context"
	"slices"
	"time"

	"github.com/tributary-gql/tributary/subgraphs/kit/fault"
)

// The roles that a token can name.
const (
	RoleUser  = "USER"
	RoleAdmin = "ADMIN"
)

// Identity is who a verified token speaks for. It is read-only.
type Identity struct {
	// Subject is the user's id.
	Subject string
	// Name is the user's name when the token was made; do not store it.
	Name  string
	Roles []string
	// SessionID names the session at the users service; it may be empty.
	SessionID string
	ExpiresAt time.Time
}

// HasRole says whether the identity has a role.
func (i *Identity) HasRole(role string) bool { return i != nil && slices.Contains(i.Roles, role) }

// IsAdmin says whether the identity may see and do everything. It is false for nil.
func (i *Identity) IsAdmin() bool { return i.HasRole(RoleAdmin) }

// MayActFor says whether the identity is the user or an administrator. It is false for nil.
func (i *Identity) MayActFor(userID string) bool {
	return i != nil && (i.Subject == userID || i.IsAdmin())
}

type contextKey struct{}

// With returns a context that carries the identity.
func With(ctx context.Context, identity *Identity) context.Context {
	return context.WithValue(ctx, contextKey{}, identity)
}

// From returns the identity of the request, or nil when it is anonymous. Nil has no role and may act for nobody.
func From(ctx context.Context) *Identity {
	identity, _ := ctx.Value(contextKey{}).(*Identity)
	return identity
}

// Require returns the identity of the request, or an error with the code UNAUTHENTICATED.
func Require(ctx context.Context) (*Identity, error) {
	if identity := From(ctx); identity != nil {
		return identity, nil
	}
	return nil, fault.New(fault.Unauthenticated, "log in first: this needs an access token in the Authorization header")
}

// RequireRole returns the identity of the request when it has the role, and otherwise an error with the code UNAUTHENTICATED
// or FORBIDDEN.
func RequireRole(ctx context.Context, role string) (*Identity, error) {
	identity, err := Require(ctx)
	if err != nil {
		return nil, err
	}
	if !identity.HasRole(role) {
		return nil, fault.New(fault.Forbidden, "this needs the role %s", role)
	}
	return identity, nil
}

// RequireActFor returns the identity of the request when it is the user or an administrator, and otherwise an error with the
// code UNAUTHENTICATED or FORBIDDEN.
func RequireActFor(ctx context.Context, userID string) (*Identity, error) {
	identity, err := Require(ctx)
	if err != nil {
		return nil, err
	}
	if !identity.MayActFor(userID) {
		return nil, fault.New(fault.Forbidden, "only the user or an administrator may do this")
	}
	return identity, nil
}
