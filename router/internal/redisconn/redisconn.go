// Package redisconn makes connections to Redis: one server, Sentinels with their master, or a Cluster. Nothing is dialled
// before it is used, and a call takes as long as its context allows and no longer.
package redisconn

import (
	"crypto/tls"
	"runtime"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Options say where Redis is. MasterName makes the addresses those of Sentinels; Cluster, or more than one address
// without MasterName, those of a Cluster's nodes.
type Options struct {
	Addresses        []string // host:port
	MasterName       string
	Cluster          bool
	Username         string
	Password         string
	SentinelUsername string
	SentinelPassword string
	DB               int // not with a Cluster
	TLS              *tls.Config
}

// DialTimeout bounds a connection that is being made. Requests do not wait that long: their own timeout is shorter, and
// the connection is there for the next.
const DialTimeout = time.Second

// New makes a client. timeout bounds one read or write.
func New(o Options, timeout time.Duration) redis.UniversalClient {
	return redis.NewUniversalClient(&redis.UniversalOptions{
		Addrs: o.Addresses, MasterName: o.MasterName, IsClusterMode: o.Cluster, DB: o.DB, TLSConfig: o.TLS,
		Username: o.Username, Password: o.Password, SentinelUsername: o.SentinelUsername, SentinelPassword: o.SentinelPassword,
		ContextTimeoutEnabled: true, DialTimeout: DialTimeout, DialerRetries: 1, ReadTimeout: timeout, WriteTimeout: timeout,
		// One retry at once, for a connection that the server has closed meanwhile.
		MaxRetries: 1, MinRetryBackoff: -1, MaxRetryBackoff: -1,
		PoolSize: 50 * runtime.GOMAXPROCS(0), ReadBufferSize: 4 << 10, WriteBufferSize: 4 << 10, PipelinePoolSize: -1,
		FailingTimeoutSeconds: 1, DisableIdentity: true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
}
