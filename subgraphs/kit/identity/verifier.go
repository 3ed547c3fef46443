package identity

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// The reasons for which a token is not accepted, beside those of the jwt package. They are for the log: a client only learns
// that its token is not good.
var (
	// ErrUnknownKey: no key of the issuer has the token's key id.
	ErrUnknownKey = errors.New("the token is signed by a key that the issuer does not publish")
	// ErrKeysUnavailable: the issuer's keys were never read, so nothing can be said about any token.
	ErrKeysUnavailable = errors.New("the keys that sign access tokens cannot be read yet")
)

// leeway allows for clocks that do not agree.
const leeway = 30 * time.Second

// maxTokenLength bounds a token in bytes before anything is decoded.
const maxTokenLength = 8 << 10

// KeySource finds the public key for a key id: an ed25519.PublicKey or an *ecdsa.PublicKey on P-256. It returns
// [ErrUnknownKey] or [ErrKeysUnavailable] when there is none.
type KeySource interface {
	Key(ctx context.Context, keyID string) (crypto.PublicKey, error)
}

// Expectations is what a good token must name.
type Expectations struct {
	Issuer   string
	Audience string
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Claims is the body of our access tokens, for the verifier and for the one service that signs them.
type Claims struct {
	jwt.RegisteredClaims
	Name  string   `json:"name,omitempty"`
	Roles []string `json:"roles,omitempty"`
	// SessionID names the session that the token belongs to, which logging out ends.
	SessionID string `json:"sid,omitempty"`
}

// Verifier checks access tokens. It is safe for concurrent use.
type Verifier struct {
	keys   KeySource
	parser *jwt.Parser
}

// NewVerifier returns a verifier that trusts the keys.
func NewVerifier(keys KeySource, expected Expectations) *Verifier {
	options := []jwt.ParserOption{
		jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg(), jwt.SigningMethodES256.Alg()}),
		jwt.WithIssuer(expected.Issuer),
		jwt.WithAudience(expected.Audience),
		jwt.WithExpirationRequired(),
		jwt.WithIssuedAt(),
		jwt.WithLeeway(leeway),
		jwt.WithStrictDecoding(),
	}
	if expected.Now != nil {
		options = append(options, jwt.WithTimeFunc(expected.Now))
	}
	return &Verifier{keys: keys, parser: jwt.NewParser(options...)}
}

// Verify returns who token speaks for. The error tells why the token is not good, for the log.
func (v *Verifier) Verify(ctx context.Context, token string) (*Identity, error) {
	if len(token) > maxTokenLength {
		return nil, fmt.Errorf("the token is %d bytes long, more than %d", len(token), maxTokenLength)
	}
	var claims Claims
	_, err := v.parser.ParseWithClaims(token, &claims, func(parsed *jwt.Token) (any, error) {
		keyID, ok := parsed.Header["kid"].(string)
		if !ok || keyID == "" {
			return nil, errors.New("the token names no key id (kid)")
		}
		key, err := v.keys.Key(ctx, keyID)
		if err != nil {
			return nil, err
		}
		return key, checkKeyFits(parsed.Method, key)
	})
	if err != nil {
		return nil, err
	}
	if claims.Subject == "" {
		return nil, errors.New("the token names no subject (sub)")
	}
	return &Identity{
		Subject:   claims.Subject,
		Name:      claims.Name,
		Roles:     claims.Roles,
		SessionID: claims.SessionID,
		ExpiresAt: claims.ExpiresAt.Time,
	}, nil
}

// checkKeyFits ties the algorithm to the key's kind: the token's header alone never chooses.
func checkKeyFits(method jwt.SigningMethod, key crypto.PublicKey) error {
	switch key := key.(type) {
	case ed25519.PublicKey:
		if method == jwt.SigningMethodEdDSA {
			return nil
		}
	case *ecdsa.PublicKey:
		if method == jwt.SigningMethodES256 && key.Curve == elliptic.P256() {
			return nil
		}
	}
	return fmt.Errorf("the token's algorithm %s does not fit its key of type %T", method.Alg(), key)
}
