// Package redisclient opens a Redis client from a URL: one server, a cluster or a set of sentinels, by configuration alone.
package redisclient

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	dialTimeout = time.Second
	// ioTimeout bounds one command beyond the time that it asks the server to block.
	ioTimeout = 3 * time.Second
	// noRetries: whoever sends a command knows whether it may run twice; reading from a consumer group may not.
	noRetries = -1
)

// Open returns a client for
//
//	redis://…, rediss://…                                one server
//	redis+cluster://HOST:PORT?addr=HOST2:PORT2           a cluster, given by some of its nodes
//	redis+sentinel://HOST:PORT/DB?master_name=NAME       a master that sentinels know
//
// and nil for "". It does not connect: the server may come later. The caller closes it. No error shows the URL's password.
func Open(redisURL string) (redis.UniversalClient, error) {
	if redisURL == "" {
		return nil, nil
	}
	scheme, rest, found := strings.Cut(redisURL, "://")
	if !found {
		return nil, errors.New("redis URL: it must be redis://HOST:PORT/DB and has no scheme")
	}
	switch scheme {
	case "redis", "rediss", "unix":
		options, err := redis.ParseURL(redisURL)
		if err != nil {
			return nil, withoutURL(err)
		}
		options.DialTimeout, options.ReadTimeout, options.WriteTimeout = dialTimeout, ioTimeout, ioTimeout
		options.ContextTimeoutEnabled, options.MaxRetries = true, noRetries
		return redis.NewClient(options), nil
	case "redis+cluster", "rediss+cluster":
		options, err := redis.ParseClusterURL(strings.TrimSuffix(scheme, "+cluster") + "://" + rest)
		if err != nil {
			return nil, withoutURL(err)
		}
		options.DialTimeout, options.ReadTimeout, options.WriteTimeout = dialTimeout, ioTimeout, ioTimeout
		options.ContextTimeoutEnabled, options.MaxRetries = true, noRetries
		return redis.NewClusterClient(options), nil
	case "redis+sentinel", "rediss+sentinel":
		options, err := redis.ParseFailoverURL(strings.TrimSuffix(scheme, "+sentinel") + "://" + rest)
		if err != nil {
			return nil, withoutURL(err)
		}
		options.DialTimeout, options.ReadTimeout, options.WriteTimeout = dialTimeout, ioTimeout, ioTimeout
		options.ContextTimeoutEnabled, options.MaxRetries = true, noRetries
		return redis.NewFailoverClient(options), nil
	default:
		return nil, fmt.Errorf("redis URL: the scheme %q is not known; use redis, rediss, redis+cluster or redis+sentinel", scheme)
	}
}

// withoutURL keeps the URL, and with it a password, out of a parse error.
func withoutURL(err error) error {
	var parse *url.Error
	if errors.As(err, &parse) {
		err = parse.Err
	}
	return fmt.Errorf("redis URL: %w", err)
}
