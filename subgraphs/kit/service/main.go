package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/tributary-gql/tributary/subgraphs/kit/config"
)

// Exit statuses of a service.
const (
	exitFine  = 0
	exitError = 1
	exitUsage = 2
)

// Program is a service as its main function knows it.
type Program struct {
	// Settings is parsed before Run is called.
	Settings *config.Set
	// Run serves until ctx ends. Output is the standard output, for Options.Output.
	Run func(ctx context.Context, output io.Writer) error
}

// Main runs a program until it ends or the process gets SIGINT or SIGTERM, and exits. A second signal ends the process at once.
func Main(program Program) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // hands later signals back to the system
	os.Exit(program.Execute(ctx, os.Args[1:], os.LookupEnv, os.Stdout, os.Stderr))
}

// Execute is [Main] without a process: it returns the exit status. 0 is fine, 1 is a failure, 2 is a wrong setting.
func (p Program) Execute(ctx context.Context, arguments []string, environment config.LookupEnv, output, errorOutput io.Writer) int {
	switch err := p.Settings.Parse(arguments, environment); {
	case errors.Is(err, config.ErrHelp):
		fmt.Fprint(output, p.Settings.Usage())
		return exitFine
	case err != nil:
		fmt.Fprintln(errorOutput, err)
		return exitUsage
	}
	if err := p.Run(ctx, output); err != nil {
		fmt.Fprintln(errorOutput, "stopped:", err)
		return exitError
	}
	return exitFine
}
