// Command notifications serves what users are told as a subgraph; `notifications --help` lists the settings.
package main

import (
	"context"
	"io"

	kit "github.com/tributary-gql/tributary/subgraphs/kit/service"
	"github.com/tributary-gql/tributary/subgraphs/notifications/service"
)

func main() {
	settings, set := service.NewSettings()
	kit.Main(kit.Program{
		Settings: set,
		Run:      func(ctx context.Context, output io.Writer) error { return service.Serve(ctx, settings, output) },
	})
}
