// Command router is Tributary's gateway: one GraphQL endpoint in front of many subgraphs.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/tributary-gql/tributary/router/internal/app"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := app.Main(ctx, os.Args[1:], app.Streams{Out: os.Stdout, Err: os.Stderr, Env: os.LookupEnv})
	stop()
	os.Exit(code)
}
