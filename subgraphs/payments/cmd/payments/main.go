// Command payments serves payments, balances and the ledger behind them as a subgraph; `payments --help` lists the settings.
package main

import (
	"context"
	"io"

	kit "github.com/tributary-gql/tributary/subgraphs/kit/service"
	"github.com/tributary-gql/tributary/subgraphs/payments/service"
)

func main() {
	settings, set := service.NewSettings()
	kit.Main(kit.Program{
		Settings: set,
		Run:      func(ctx context.Context, output io.Writer) error { return service.Serve(ctx, settings, output) },
	})
}
