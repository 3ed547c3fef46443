// Command search serves full-text search over users, payments and notifications as a subgraph. `search reindex` empties the index and has it
// filled again; `search --help` lists the settings.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"

	kit "github.com/tributary-gql/tributary/subgraphs/kit/service"
	"github.com/tributary-gql/tributary/subgraphs/search/service"
)

func main() { os.Exit(run(os.Args[1:])) }

func run(arguments []string) (exitStatus int) {
	settings, set := service.NewSettings()
	action := service.Serve
	if len(arguments) > 0 && arguments[0] == "reindex" {
		action, arguments = service.Reindex, arguments[1:]
	}
	program := kit.Program{Settings: set, Run: func(ctx context.Context, output io.Writer) error { return action(ctx, settings, output) }}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // hands a second signal back to the system
	return program.Execute(ctx, arguments, os.LookupEnv, os.Stdout, os.Stderr)
}
