// Package service puts the users service together: database, accounts, signing keys, GraphQL and events.
package service

import (
	"fmt"
	"time"

	"github.com/tributary-gql/tributary/subgraphs/kit/config"
	"github.com/tributary-gql/tributary/subgraphs/users/token"
)

// name is the service's name in logs, metrics and event streams.
const name = "users"

// Settings is what the service can be told.
type Settings struct {
	config.Config
	// AccessTokenLife is how long an access token is valid: the longest that a withdrawn right lives on.
	AccessTokenLife time.Duration
	// KeyRotation is how long a key signs.
	KeyRotation time.Duration
	// KeySecret encrypts the signing keys in the database; "" leaves them readable to whoever can read it.
	KeySecret string
}

// Declare returns the program's settings, which Parse fills.
func Declare(settings *Settings) *config.Set {
	set := config.NewSet(name, "The users service of Tributary: accounts, log-in and the keys that verify access tokens.")
	settings.Config.Declare(set, config.Defaults{DatabaseURL: "sqlite:users.db"})
	set.Duration(&settings.AccessTokenLife, "access-token-life", 15*time.Minute, "how long an access token is valid")
	set.Duration(&settings.KeyRotation, "key-rotation", 30*24*time.Hour, "how long a key signs access tokens before the next one does")
	set.String(&settings.KeySecret, "key-secret", "", fmt.Sprintf("secret of at least %d bytes that encrypts the signing keys in the database; set it in production", token.MinSecret))
	set.Check(func() error {
		if settings.KeyRotation <= keyLead+settings.AccessTokenLife {
			return fmt.Errorf("--key-rotation must be longer than %v, so that a key is published before it signs", keyLead+settings.AccessTokenLife)
		}
		return nil
	})
	return set
}
