// Package service assembles the search service: database, index, consumer and HTTP server. It emits no events.
package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/jmoiron/sqlx"
	"github.com/redis/go-redis/v9"

	"github.com/tributary-gql/tributary/subgraphs/kit/database"
	"github.com/tributary-gql/tributary/subgraphs/kit/events"
	"github.com/tributary-gql/tributary/subgraphs/kit/graphqlserver"
	"github.com/tributary-gql/tributary/subgraphs/kit/identity"
	"github.com/tributary-gql/tributary/subgraphs/kit/redisclient"
	kit "github.com/tributary-gql/tributary/subgraphs/kit/service"
	"github.com/tributary-gql/tributary/subgraphs/search"
	"github.com/tributary-gql/tributary/subgraphs/search/consumer"
	"github.com/tributary-gql/tributary/subgraphs/search/graph"
	"github.com/tributary-gql/tributary/subgraphs/search/store"
)

// Name is the service's name in logs, metrics and consumer groups.
const Name = "search"

// Service is the assembled service. Make one with Open, and Close it.
type Service struct {
	settings *Settings
	logger   *slog.Logger
	db       *database.DB
	redis    redis.UniversalClient // nil without a Redis URL
	index    *store.Store
	consumer *events.Consumer
	metrics  *kit.Metrics
}

// Open connects to the database, brings its tables up to date and prepares the consumer. Logs go to logOutput.
func Open(ctx context.Context, settings *Settings, logOutput io.Writer) (*Service, error) {
	s := &Service{settings: settings, metrics: kit.NewMetrics()}
	s.logger = kit.NewLogger(logOutput, kit.LogOptions{Service: Name, Level: settings.LogLevel, Format: settings.LogFormat})
	var err error
	if s.db, err = database.Open(ctx, settings.DatabaseURL, store.Migrations); err != nil {
		return nil, err
	}
	s.index = store.New(s.db)
	if s.redis, err = redisclient.Open(settings.RedisURL); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.consumer, err = events.NewConsumer(events.ConsumerOptions{
		Name: Name, Streams: consumer.Streams(), Handlers: consumer.Handlers(s.index),
		DB: s.db, Redis: s.redis, Prefix: settings.EventPrefix, Logger: s.logger, Metrics: s.metrics,
	})
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
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
	schema := graph.NewExecutableSchema(graph.Config{Resolvers: &graph.Resolver{Searcher: search.NewSearcher(s.index)}})
	return kit.Run(ctx, kit.Options{
		Name: Name, Config: s.settings.Config, Logger: s.logger,
		GraphQL:  graphqlserver.New(schema, graphqlserver.Options{Logger: s.logger, MaxBodyBytes: s.settings.MaxBodyBytes}),
		Verifier: identity.NewVerifier(keys, identity.Expectations{Issuer: s.settings.Issuer, Audience: s.settings.Audience}),
		Checks:   append([]kit.Check{{Name: "database", Run: s.db.PingContext}, {Name: "jwks", Run: keys.Ready}}, s.demoChecks()...),
		Tasks:    []kit.Task{{Name: "consumer", Run: s.consumer.Run}},
		Metrics:  s.metrics, Output: output, Listening: listening,
	})
}

// Reindex empties the index. The instances that run notice, and have it filled again by every event that the other services keep; without
// any, the next one to start does.
func (s *Service) Reindex(ctx context.Context) error {
	if err := s.consumer.Rebuild(ctx, func(tx *sqlx.Tx) error { return s.index.Reset(ctx, tx) }); err != nil {
		return fmt.Errorf("reindexing: %w", err)
	}
	return nil
}

// Serve opens the service, runs it until ctx ends, and closes it.
func Serve(ctx context.Context, settings *Settings, output io.Writer) error {
	s, err := Open(ctx, settings, os.Stderr)
	if err != nil {
		return err
	}
	return errors.Join(s.Run(ctx, output, nil), s.Close())
}

// Reindex opens the service, empties its index, and closes it.
func Reindex(ctx context.Context, settings *Settings, output io.Writer) error {
	s, err := Open(ctx, settings, os.Stderr)
	if err != nil {
		return err
	}
	if err := errors.Join(s.Reindex(ctx), s.Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintln(output, "the index is empty; the other services' events fill it again while the search service runs")
	return err
}
