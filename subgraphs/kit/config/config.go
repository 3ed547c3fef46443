package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"time"
)

// Config is the settings that every service has. It is not changed after it is parsed.
type Config struct {
	// Listen is the host:port of GraphQL, health and readiness; port 0 takes a free one.
	Listen string
	// AdminListen is the host:port of metrics and profiles, and "" for none.
	AdminListen string
	// DatabaseURL is sqlite:PATH or postgres://….
	DatabaseURL string
	// RedisURL is where events travel, and "" when they wait in the outbox.
	RedisURL string
	// EventPrefix begins every key in Redis, so that several installations can share one.
	EventPrefix string
	// EventRetention is how long a sent event can be replayed.
	EventRetention time.Duration
	// JWKSURL is where the keys are that sign access tokens.
	JWKSURL string
	// Issuer and Audience are what a token must name.
	Issuer   string
	Audience string
	LogLevel slog.Level
	// LogFormat is text or json.
	LogFormat string
	// SeedDemo fills an empty database with the demo data.
	SeedDemo bool
	// MaxBodyBytes bounds a request's body.
	MaxBodyBytes int
	// RequestTimeout bounds the work on one request.
	RequestTimeout time.Duration
	// DrainDelay is how long a stopping service still takes requests after /ready has turned to 503.
	DrainDelay time.Duration
	// ShutdownTimeout bounds how long a stopping service waits for the requests under way.
	ShutdownTimeout time.Duration
}

// Defaults is what differs between the services. Empty fields take the common default.
type Defaults struct {
	Listen      string
	DatabaseURL string
	JWKSURL     string
}

const (
	defaultIssuer   = "http://users.tributary.local"
	defaultAudience = "tributary"
)

// Declare adds the common settings to set; Parse then fills c.
func (c *Config) Declare(set *Set, defaults Defaults) {
	if defaults.Listen == "" {
		defaults.Listen = "127.0.0.1:0"
	}
	set.String(&c.Listen, "listen", defaults.Listen, "host:port to serve on; port 0 takes a free one")
	set.String(&c.AdminListen, "admin-listen", "", "host:port for metrics and profiles; empty for none")
	set.String(&c.DatabaseURL, "database-url", defaults.DatabaseURL, "sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/NAME")
	set.String(&c.RedisURL, "redis-url", "", "redis://HOST:PORT/DB of the event streams; empty and events wait in the outbox")
	set.String(&c.EventPrefix, "event-prefix", "tributary", "first part of every key in Redis")
	set.Duration(&c.EventRetention, "event-retention", 30*24*time.Hour, "how long a sent event is kept for replay")
	set.String(&c.JWKSURL, "jwks-url", defaults.JWKSURL, "where the keys are that sign access tokens")
	set.String(&c.Issuer, "issuer", defaultIssuer, "issuer that access tokens must name")
	set.String(&c.Audience, "audience", defaultAudience, "audience that access tokens must name")
	set.LogLevel(&c.LogLevel, "log-level", slog.LevelInfo, "least level that is logged: debug, info, warn or error")
	set.OneOf(&c.LogFormat, "log-format", "text", []string{"text", "json"}, "form of the log")
	set.Bool(&c.SeedDemo, "seed-demo", false, "fill an empty database with the demo data")
	set.Int(&c.MaxBodyBytes, "max-body-bytes", 1<<20, 1<<10, 64<<20, "largest request body in bytes")
	set.Duration(&c.RequestTimeout, "request-timeout", 30*time.Second, "longest that one request may take")
	set.Duration(&c.DrainDelay, "drain-delay", time.Millisecond, "how long a stopping service still takes requests after /ready says 503")
	set.Duration(&c.ShutdownTimeout, "shutdown-timeout", 10*time.Second, "how long a stopping service waits for requests under way")
	set.Check(c.validate)
}

func (c *Config) validate() error {
	var problems []error
	report := func(format string, arguments ...any) { problems = append(problems, fmt.Errorf(format, arguments...)) }
	if err := checkAddress(c.Listen); err != nil {
		report("--listen: %w", err)
	}
	if c.AdminListen != "" {
		if err := checkAddress(c.AdminListen); err != nil {
			report("--admin-listen: %w", err)
		}
	}
	if c.DatabaseURL == "" {
		report("--database-url is empty: use sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/NAME")
	}
	if c.JWKSURL != "" {
		if address, err := url.Parse(c.JWKSURL); err != nil || (address.Scheme != "http" && address.Scheme != "https") || address.Host == "" {
			report("--jwks-url must be an http or https URL, and is %q", c.JWKSURL)
		}
	}
	if c.Issuer == "" || c.Audience == "" {
		report("--issuer and --audience must not be empty: they are what tells our tokens from others")
	}
	if c.EventPrefix == "" || strings.ContainsAny(c.EventPrefix, "{} ") {
		report("--event-prefix must be a word without spaces and braces, and is %q", c.EventPrefix)
	}
	return errors.Join(problems...)
}

func checkAddress(address string) error {
	if _, _, err := net.SplitHostPort(address); err != nil {
		return fmt.Errorf("it must be HOST:PORT, such as 127.0.0.1:4001 or :4001: %w", err)
	}
	return nil
}
