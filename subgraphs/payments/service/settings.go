package service

import "github.com/tributary-gql/tributary/subgraphs/kit/config"

// Settings is everything that can be set from outside.
type Settings struct {
	config.Config
	// BalanceLimit is how far below zero an available balance may go, in whole units of its currency: zero or less.
	BalanceLimit int
}

// maxOverdraft bounds BalanceLimit, in whole units of a currency.
const maxOverdraft = 1_000_000_000

// NewSettings returns settings and the set that fills them.
func NewSettings() (*Settings, *config.Set) {
	settings := &Settings{}
	set := config.NewSet("payments", "The payments service of Tributary.")
	settings.Declare(set, config.Defaults{
		Listen: "127.0.0.1:4002", DatabaseURL: "sqlite:payments.db", JWKSURL: "http://127.0.0.1:4001/.well-known/jwks.json",
	})
	set.Int(&settings.BalanceLimit, "balance-limit", 0, -maxOverdraft, 0, "how low a balance may go, in whole units of its currency")
	return settings, set
}
