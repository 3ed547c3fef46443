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
	reload := make(chan os.Signal, 1)
	signal.Notify(reload, syscall.SIGHUP)
	code := app.Main(ctx, os.Args[1:], app.Streams{Out: os.Stdout, Err: os.Stderr, Env: os.LookupEnv, Reload: reload})
	stop()
	os.Exit(code)
}
