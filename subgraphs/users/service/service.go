package service

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tributary-gql/tributary/subgraphs/kit/database"
	"github.com/tributary-gql/tributary/subgraphs/kit/demo"
	"github.com/tributary-gql/tributary/subgraphs/kit/events"
	"github.com/tributary-gql/tributary/subgraphs/kit/graphqlserver"
	"github.com/tributary-gql/tributary/subgraphs/kit/identity"
	"github.com/tributary-gql/tributary/subgraphs/kit/redisclient"
	kit "github.com/tributary-gql/tributary/subgraphs/kit/service"
	"github.com/tributary-gql/tributary/subgraphs/users"
	"github.com/tributary-gql/tributary/subgraphs/users/graph"
	"github.com/tributary-gql/tributary/subgraphs/users/password"
	"github.com/tributary-gql/tributary/subgraphs/users/store"
	"github.com/tributary-gql/tributary/subgraphs/users/token"
)

const (
	// keyLead is how long a key is published before it signs: longer than verifiers keep a key set.
	keyLead = 15 * time.Minute
	// expireEvery is how often old sessions are removed; keepSessions is how long after their end.
	expireEvery  = time.Hour
	keepSessions = 7 * 24 * time.Hour
)

// Service is the users service, ready to run.
type Service struct {
	settings Settings
	logger   *slog.Logger
	db       *database.DB
	redis    redis.UniversalClient // nil without a Redis
	store    *store.Store
	ring     *token.Ring
	relay    *events.Relay
	metrics  *kit.Metrics
	handler  http.Handler
}

// New opens the database, migrates and seeds it, and puts the service together. The caller closes it.
func New(ctx context.Context, settings Settings, logger *slog.Logger) (_ *Service, err error) {
	s := &Service{settings: settings, logger: logger, metrics: kit.NewMetrics()}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if s.db, err = database.Open(ctx, settings.DatabaseURL, store.Migrations); err != nil {
		return nil, err
	}
	if s.redis, err = redisclient.Open(settings.RedisURL); err != nil {
		return nil, err
	}
	outbox := events.NewOutbox(s.db)
	s.store = store.New(s.db, outbox)
	s.relay, err = events.NewRelay(events.RelayOptions{
		Service: name, DB: s.db, Outbox: outbox, Redis: s.redis, Prefix: settings.EventPrefix,
		Logger: logger, Metrics: s.metrics, Retention: settings.EventRetention,
	})
	if err != nil {
		return nil, err
	}
	if s.ring, err = s.newRing(ctx); err != nil {
		return nil, err
	}
	passwords := password.New(password.Default())
	if err := s.seed(ctx, passwords); err != nil {
		return nil, err
	}
	resolver := &graph.Resolver{
		Accounts: users.NewAccounts(s.store, passwords, s.ring, users.DefaultPolicy(), logger, time.Now),
		Store:    s.store,
	}
	s.handler = graphqlserver.New(
		graph.NewExecutableSchema(graph.Config{Resolvers: resolver}),
		graphqlserver.Options{Logger: logger, MaxBodyBytes: settings.MaxBodyBytes, Prepare: resolver.WithLoaders},
	)
	return s, nil
}

func (s *Service) newRing(ctx context.Context) (*token.Ring, error) {
	sealer, err := token.NewSealer(s.settings.KeySecret)
	if err != nil {
		return nil, err
	}
	return token.NewRing(ctx, s.store, token.Options{
		Issuer: s.settings.Issuer, Audience: s.settings.Audience, TokenLife: s.settings.AccessTokenLife,
		Rotation: s.settings.KeyRotation, Lead: keyLead, Sealer: sealer, Logger: s.logger, Now: time.Now,
	})
}

func (s *Service) seed(ctx context.Context, passwords *password.Hasher) error {
	if !s.settings.SeedDemo {
		return nil
	}
	// The fixed accounts share one hash: each would cost as much as a log-in.
	hash, err := passwords.Hash(ctx, demo.Password)
	if err != nil {
		return err
	}
	seeded, err := s.store.Seed(ctx, hash)
	if seeded {
		s.logger.Info("seeded the demo users", "users", demo.UserCount)
	}
	return err
}

// Run serves until ctx ends. Output gets the line with the address; listening, which may be nil, is called with it.
func (s *Service) Run(ctx context.Context, output io.Writer, listening func(address string)) error {
	verifier := identity.NewVerifier(s.ring, identity.Expectations{Issuer: s.settings.Issuer, Audience: s.settings.Audience})
	return kit.Run(ctx, kit.Options{
		Name: name, Config: s.settings.Config, Logger: s.logger,
		GraphQL:  s.handler,
		Verifier: verifier,
		Routes:   func(mux *http.ServeMux) { mux.Handle("GET /.well-known/jwks.json", s.ring) },
		Checks:   []kit.Check{{Name: "database", Run: s.db.PingContext}},
		Tasks: []kit.Task{
			{Name: "relay", Run: s.relay.Run},
			{Name: "signing keys", Run: s.ring.Run},
			{Name: "expiry", Run: s.expire},
		},
		Metrics: s.metrics, Output: output, Listening: listening,
	})
}

// expire removes old sessions now and then.
func (s *Service) expire(ctx context.Context) error {
	tick := time.NewTicker(expireEvery)
	defer tick.Stop()
	for {
		if err := s.store.Expire(ctx, time.Now(), keepSessions); err != nil && ctx.Err() == nil {
			s.logger.Error("removing old sessions failed; trying again in an hour", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Close closes what New opened. It may be called for a service that New could not finish.
func (s *Service) Close() error {
	var problems []error
	if s.redis != nil {
		problems = append(problems, s.redis.Close())
	}
	if s.db != nil {
		problems = append(problems, s.db.Close())
	}
	return errors.Join(problems...)
}
