// Package service assembles the payments service: database, ledger, event relay and HTTP server.
package service

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"

	"github.com/redis/go-redis/v9"

	"github.com/tributary-gql/tributary/loaders"
	"github.com/tributary-gql/tributary/subgraphs/kit/database"
	"github.com/tributary-gql/tributary/subgraphs/kit/events"
	"github.com/tributary-gql/tributary/subgraphs/kit/graphqlserver"
	"github.com/tributary-gql/tributary/subgraphs/kit/identity"
	"github.com/tributary-gql/tributary/subgraphs/kit/redisclient"
	kit "github.com/tributary-gql/tributary/subgraphs/kit/service"
	"github.com/tributary-gql/tributary/subgraphs/payments"
	"github.com/tributary-gql/tributary/subgraphs/payments/graph"
	"github.com/tributary-gql/tributary/subgraphs/payments/seed"
	"github.com/tributary-gql/tributary/subgraphs/payments/store"
)

// Name is the service's name in logs and metrics, and that of its event stream.
const Name = "payments"

// Service is the assembled service. Make one with Open, and Close it.
type Service struct {
	settings *Settings
	logger   *slog.Logger
	db       *database.DB
	redis    redis.UniversalClient // nil without a Redis URL
	store    *store.Store
	relay    *events.Relay
	metrics  *kit.Metrics
}

// Open connects to the database, brings its tables up to date, seeds the demo data if asked to, and prepares the relay. Logs go to
// logOutput.
func Open(ctx context.Context, settings *Settings, logOutput io.Writer) (*Service, error) {
	s := &Service{settings: settings, metrics: kit.NewMetrics()}
	s.logger = kit.NewLogger(logOutput, kit.LogOptions{Service: Name, Level: settings.LogLevel, Format: settings.LogFormat})
	var err error
	if s.db, err = database.Open(ctx, settings.DatabaseURL, store.Migrations); err != nil {
		return nil, err
	}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Service) prepare(ctx context.Context) (err error) {
	outbox := events.NewOutbox(s.db)
	s.store = store.New(s.db, outbox)
	if s.settings.SeedDemo {
		if err := seed.Run(ctx, s.store); err != nil {
			return err
		}
	}
	if s.redis, err = redisclient.Open(s.settings.RedisURL); err != nil {
		return err
	}
	s.relay, err = events.NewRelay(events.RelayOptions{
		Service: Name, DB: s.db, Outbox: outbox, Redis: s.redis, Prefix: s.settings.EventPrefix, Logger: s.logger,
		Metrics: s.metrics, Retention: s.settings.EventRetention,
	})
	return err
}

// Close closes the connections.
func (s *Service) Close() error {
	var problems []error
	if s.redis != nil {
		problems = append(problems, s.redis.Close())
	}
	return errors.Join(append(problems, s.db.Close())...)
}

// Run serves until ctx ends. Output gets the line with the address; listening, which may be nil, is called with it.
func (s *Service) Run(ctx context.Context, output io.Writer, listening func(address string)) error {
	keys := identity.NewRemoteKeys(identity.RemoteKeysOptions{URL: s.settings.JWKSURL, Logger: s.logger})
	ledger := payments.NewLedger(s.store, payments.WithLimit(int64(s.settings.BalanceLimit)))
	schema := graph.NewExecutableSchema(graph.Config{Resolvers: &graph.Resolver{Ledger: ledger}})
	return kit.Run(ctx, kit.Options{
		Name: Name, Config: s.settings.Config, Logger: s.logger,
		GraphQL: graphqlserver.New(schema, graphqlserver.Options{
			Logger: s.logger, MaxBodyBytes: s.settings.MaxBodyBytes,
			Prepare: func(ctx context.Context) context.Context { return loaders.With(ctx, graph.NewLoaders(ledger, s.store)) },
		}),
		Verifier: identity.NewVerifier(keys, identity.Expectations{Issuer: s.settings.Issuer, Audience: s.settings.Audience}),
		Checks:   []kit.Check{{Name: "database", Run: s.db.PingContext}, {Name: "jwks", Run: keys.Ready}},
		Tasks:    []kit.Task{{Name: "relay", Run: s.relay.Run}},
		Metrics:  s.metrics, Output: output, Listening: listening,
	})
}

// Serve opens the service, runs it until ctx ends, and closes it.
func Serve(ctx context.Context, settings *Settings, output io.Writer) error {
	s, err := Open(ctx, settings, os.Stderr)
	if err != nil {
		return err
	}
	return errors.Join(s.Run(ctx, output, nil), s.Close())
}
