package service

import "github.com/tributary-gql/tributary/subgraphs/kit/config"

// Settings is everything that can be set from outside.
type Settings struct {
	config.Config
}

// NewSettings returns settings and the set that fills them.
func NewSettings() (*Settings, *config.Set) {
	settings := &Settings{}
	set := config.NewSet("notifications", "The notifications service of Tributary.")
	settings.Declare(set, config.Defaults{
		Listen: "127.0.0.1:4003", DatabaseURL: "sqlite:notifications.db", JWKSURL: "http://127.0.0.1:4001/.well-known/jwks.json",
	})
	return settings, set
}
