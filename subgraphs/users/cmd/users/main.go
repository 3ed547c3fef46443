// Command users serves the users subgraph. `users --help` lists its settings.
package main

import (
	"context"
	"errors"
	"io"
	"os"

	kit "github.com/tributary-gql/tributary/subgraphs/kit/service"
	"github.com/tributary-gql/tributary/subgraphs/users/service"
)

func main() {
	var settings service.Settings
	kit.Main(kit.Program{Settings: service.Declare(&settings), Run: func(ctx context.Context, output io.Writer) error {
		logger := kit.NewLogger(os.Stderr, kit.LogOptions{Service: "users", Level: settings.LogLevel, Format: settings.LogFormat})
		users, err := service.New(ctx, settings, logger)
		if err != nil {
			return err
		}
		return errors.Join(users.Run(ctx, output, nil), users.Close())
	}})
}
