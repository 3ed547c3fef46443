// Package config reads a service's settings from its command line and its environment.
//
// Each setting is declared once, on a [Set]: "database-url" is the flag --database-url and the variable DATABASE_URL. A flag wins
// over the environment, the environment over the default. A secret may also stand in a file: with DATABASE_URL_FILE set to a
// path, the file's text without its line end is the value. [Set.Parse] reports every problem at once, and nothing else in a
// service reads the environment.
//
// [Config] holds the settings that all services have; a service embeds it in its own and adds to the set:
//
//	type Settings struct {
//		config.Config
//		AccessTokenTTL time.Duration
//	}
//
//	set := config.NewSet("users", "The users service of Tributary.")
//	settings.Config.Declare(set, config.Defaults{DatabaseURL: "sqlite:users.db"})
//	set.Duration(&settings.AccessTokenTTL, "access-token-ttl", 15*time.Minute, "how long an access token is valid")
//	err := set.Parse(os.Args[1:], os.LookupEnv)
package config
