package identity

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/tributary-gql/tributary/subgraphs/kit/fault"
)

// KeysUnavailable is the code of a response to a token that cannot be checked yet.
const KeysUnavailable = "AUTH_KEYS_UNAVAILABLE"

// Middleware puts the identity of each request into its context, as the package comment says. The log gets the reason for
// which a token was refused, never the token.
func Middleware(verifier *Verifier, logger *slog.Logger) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			token, err := bearerToken(r.Header)
			if err != nil {
				refuse(w, err.Error())
				return
			}
			if token == "" {
				next.ServeHTTP(w, r)
				return
			}
			identity, err := verifier.Verify(r.Context(), token)
			switch {
			case errors.Is(err, ErrKeysUnavailable):
				w.Header().Set("Retry-After", "1")
				fault.WriteResponse(w, http.StatusServiceUnavailable, KeysUnavailable, "access tokens cannot be checked yet: try again")
			case err != nil:
				logger.InfoContext(r.Context(), "access token refused", "reason", err)
				refuse(w, "the access token is not valid: log in again")
			default:
				next.ServeHTTP(w, r.WithContext(With(r.Context(), identity)))
			}
		})
	}
}

func refuse(w http.ResponseWriter, message string) {
	w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
	fault.WriteResponse(w, http.StatusUnauthorized, fault.Unauthenticated, message)
}

// bearerToken returns the token of the Authorization header (RFC 6750), and "" when there is no header.
func bearerToken(header http.Header) (string, error) {
	values := header.Values("Authorization")
	if len(values) == 0 {
		return "", nil
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	token = strings.TrimSpace(token)
	if len(values) > 1 || !strings.EqualFold(scheme, "Bearer") || token == "" {
		return "", errors.New("the Authorization header must be one Bearer token")
	}
	return token, nil
}
