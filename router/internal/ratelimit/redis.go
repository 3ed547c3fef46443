package ratelimit

import (
	"context"
	_ "embed"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tributary-gql/tributary/router/internal/lifetime"
	"github.com/tributary-gql/tributary/router/internal/redisconn"
)

//go:embed script.lua
var scriptText string

// RedisOptions say where Redis is.
type RedisOptions = redisconn.Options

// redisStore keeps the buckets in Redis.
type redisStore struct {
	client  redis.UniversalClient
	cluster *redis.ClusterClient // client, when it is one
	script  *redis.Script
	timeout time.Duration
	probe   string // key of a bucket that nobody uses
}

func newRedisStore(o RedisOptions, timeout time.Duration, prefix string) *redisStore {
	s := &redisStore{client: redisconn.New(o, timeout), script: redis.NewScript(scriptText), timeout: timeout, probe: prefix + ":{probe}"}
	s.cluster, _ = s.client.(*redis.ClusterClient)
	return s
}

// take answers the demands in their order, and debits all buckets that can give, or none when an enforced one refuses; a
// demand that was answered with tokens but is not debited is the caller's to read as refused. A caller that goes away does
// not stop it: the tokens are as good as taken, and a cancelled call would look like a failure of Redis.
func (s *redisStore) take(ctx context.Context, demands []demand) ([]grant, error) {
	lifetime.Keep(ctx) // the client of Redis may hold it for longer than the call takes
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.timeout)
	defer cancel()
	if s.cluster == nil || len(demands) == 1 {
		keys, args := arguments(demands)
		return readGrants(s.script.Run(ctx, s.client, keys, args...), len(demands))
	}
	grants, err := s.takeEach(ctx, demands)
	if err != nil || !refused(demands, grants) {
		return grants, err
	}
	var back []demand
	for i, d := range demands {
		if n := grants[i].granted; n > 0 {
			d.need, d.want = -n, -n
			back = append(back, d)
		}
	}
	if len(back) > 0 {
		_, err = s.takeEach(ctx, back)
	}
	return grants, err
}

// takeEach judges each demand by itself, in one round trip to each node.
func (s *redisStore) takeEach(ctx context.Context, demands []demand) ([]grant, error) {
	send := func(which []int, run func(redis.Scripter, []string, []any) *redis.Cmd) []*redis.Cmd {
		pipeline, commands := s.client.Pipeline(), make([]*redis.Cmd, len(which))
		for i, at := range which {
			keys, args := arguments(demands[at : at+1])
			commands[i] = run(pipeline, keys, args)
		}
		_, _ = pipeline.Exec(ctx) // each command has its own error
		return commands
	}
	all := make([]int, len(demands))
	for i := range all {
		all[i] = i
	}
	commands := send(all, func(c redis.Scripter, keys []string, args []any) *redis.Cmd {
		return s.script.EvalSha(ctx, c, keys, args...)
	})
	var unknown []int // to nodes that do not have the script
	for i, c := range commands {
		if redis.HasErrorPrefix(c.Err(), "NOSCRIPT") {
			unknown = append(unknown, i)
		}
	}
	if len(unknown) > 0 {
		again := send(unknown, func(c redis.Scripter, keys []string, args []any) *redis.Cmd {
			return s.script.Eval(ctx, c, keys, args...)
		})
		for i, at := range unknown {
			commands[at] = again[i]
		}
	}
	grants := make([]grant, len(demands))
	for i, c := range commands {
		one, err := readGrants(c, 1)
		if err != nil {
			return nil, err
		}
		grants[i] = one[0]
	}
	return grants, nil
}

// check tells whether Redis, every master of it, can judge buckets again.
func (s *redisStore) check(ctx context.Context) error {
	if s.cluster != nil {
		limited, cancel := context.WithTimeout(ctx, redisconn.DialTimeout)
		defer cancel()
		s.cluster.ReloadState(limited)
		if err := s.cluster.ForEachMaster(limited, func(ctx context.Context, node *redis.Client) error { return node.Ping(ctx).Err() }); err != nil {
			return err
		}
	}
	_, err := s.take(ctx, []demand{{key: s.probe, limit: limit{interval: 1, burst: 1}}})
	return err
}

// argumentsPerKey is how many arguments the script has for each key, and resultsPerKey how many results.
const argumentsPerKey, resultsPerKey = 5, 4

func arguments(demands []demand) ([]string, []any) {
	keys, args := make([]string, len(demands)), make([]any, 0, argumentsPerKey*len(demands))
	for i, d := range demands {
		keys[i] = d.key
		enforced := "0"
		if d.enforced {
			enforced = "1"
		}
		args = append(args, strconv.FormatFloat(d.limit.interval, 'g', 17, 64), d.limit.burst, d.need, d.want, enforced)
	}
	return keys, args
}

func readGrants(c *redis.Cmd, count int) ([]grant, error) {
	numbers, err := c.Int64Slice()
	if err != nil {
		return nil, err
	}
	if len(numbers) != resultsPerKey*count {
		return nil, fmt.Errorf("the script answered %d numbers for %d buckets", len(numbers), count)
	}
	grants := make([]grant, count)
	for i := range grants {
		n := numbers[i*resultsPerKey:]
		grants[i] = grant{granted: n[0], remaining: n[1], retry: time.Duration(n[2]) * time.Microsecond, reset: time.Duration(n[3]) * time.Microsecond}
	}
	return grants, nil
}
