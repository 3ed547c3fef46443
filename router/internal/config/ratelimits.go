package config

import (
	"fmt"
	"time"
)

// RateLimits say how often callers may ask. Without rules nothing is limited.
type RateLimits struct {
	Rules []RateLimit `yaml:"rules" doc:"Limits; a request has to pass all of them."`
	Redis Redis       `yaml:"redis" env:"ROUTER_RATE_LIMITS_" doc:"Where routers share what callers have used. Without addresses each router counts for itself."`
	// OnError is "allow", "deny" or "local".
	OnError        string   `yaml:"on_error" doc:"While Redis fails. allow: no limits. deny: requests are answered with 503. local: each router counts for itself."`
	Timeout        Duration `yaml:"timeout" doc:"Longest wait for Redis; then on_error decides."`
	LeaseTime      Duration `yaml:"lease_time" doc:"Time after which leased tokens that were not spent are dropped."`
	LocalKeys      int      `yaml:"local_keys" doc:"Most callers that one router keeps in memory."`
	Prefix         string   `yaml:"prefix" doc:"Start of the keys in Redis."`
	TrustedProxies []string `yaml:"trusted_proxies" doc:"Networks and addresses of proxies whose X-Forwarded-For is believed; unix for those on a Unix socket."`
	APIKeyHeader   string   `yaml:"api_key_header" doc:"Header that api_key in expressions is."`
}

// RateLimit is one limit.
type RateLimit struct {
	Name string `yaml:"name" doc:"Name in messages, metrics and keys."`
	Key  string `yaml:"key" doc:"Expression that tells callers apart, over claims, scopes, authenticated, header(name), address, api_key, client_name and client_version. nil and \"\": the limit does not apply."`
	// By is "requests" or "cost".
	By   string `yaml:"by" doc:"What is counted. requests (the default): operations; those of a batch count one by one. cost: what operations cost by demand_control."`
	Rate int    `yaml:"rate" doc:"Operations, or cost, in each per."`
	// Per has no default, so that every limit says what it is.
	Per       Duration            `yaml:"per" doc:"Time span of rate, e.g. 1s."`
	Burst     int                 `yaml:"burst" doc:"Most operations at once. 0: rate."`
	Overrides []RateLimitOverride `yaml:"overrides" doc:"Other limits for some callers; the first whose when holds."`
	Measure   bool                `yaml:"measure" doc:"Refuse nothing, only count what would be refused."`
	Lease     int                 `yaml:"lease" doc:"Tokens that a router takes from Redis at once, to ask it less often; routers may exceed burst by as many each. 0: none."`
}

// RateLimitOverride is the limit for the callers for whom when is true.
type RateLimitOverride struct {
	When  string `yaml:"when" doc:"Expression that gives true or false, over the same as key."`
	Rate  int    `yaml:"rate" doc:"Replaces rate."`
	Burst int    `yaml:"burst" doc:"Replaces burst. 0: rate."`
}

// Redis says where a Redis is: standalone, behind Sentinels (master_name), or a Cluster (cluster, or several addresses).
// Where it stands says how the names of its environment variables begin.
type Redis struct {
	Addresses        []string `yaml:"addresses" doc:"host:port of the server, of the Sentinels, or of nodes of the Cluster."`
	MasterName       string   `yaml:"master_name" doc:"Name of the master that the Sentinels at addresses watch."`
	Cluster          bool     `yaml:"cluster" doc:"The one address is that of a Cluster."`
	DB               int      `yaml:"db" doc:"Number of the database; a Cluster has only 0."`
	Username         string   `yaml:"username" doc:"User name."`
	Password         string   `yaml:"password" env:"REDIS_PASSWORD" doc:"Password."`
	SentinelUsername string   `yaml:"sentinel_username" doc:"User name at the Sentinels."`
	SentinelPassword string   `yaml:"sentinel_password" env:"SENTINEL_PASSWORD" doc:"Password at the Sentinels."`
	TLS              RedisTLS `yaml:"tls" doc:"Encryption."`
}

// RedisTLS says how connections are encrypted.
type RedisTLS struct {
	Enabled     bool   `yaml:"enabled" doc:"Encrypt connections."`
	CA          string `yaml:"ca" doc:"PEM file with the authorities to trust. Empty: those of the system."`
	Certificate string `yaml:"certificate" doc:"PEM file with the client's certificate."`
	Key         string `yaml:"key" doc:"PEM file with its key."`
	ServerName  string `yaml:"server_name" doc:"Name that the server's certificate must have. Empty: the address."`
}

func defaultRateLimits() RateLimits {
	return RateLimits{
		OnError: "local", Timeout: Duration(50 * time.Millisecond), LeaseTime: Duration(time.Second), LocalKeys: 100_000,
		Prefix: "tributary:limit", APIKeyHeader: "X-API-Key",
	}
}

// rateLimits checks what needs no expression to be compiled; package ratelimit checks the rest.
func (v *validator) rateLimits(l RateLimits) {
	v.oneOf("rate_limits.on_error", l.OnError, "allow", "deny", "local")
	for _, duration := range []struct {
		name  string
		value Duration
	}{{"timeout", l.Timeout}, {"lease_time", l.LeaseTime}} {
		if duration.value == 0 {
			v.add("rate_limits."+duration.name, "must be more than 0")
		}
	}
	if l.LocalKeys <= 0 {
		v.add("rate_limits.local_keys", "must be more than 0")
	}
	for i, rule := range l.Rules {
		path := fmt.Sprintf("rate_limits.rules[%d]", i)
		if rule.Name == "" || rule.Key == "" {
			v.add(path, "needs a name and a key; key: address limits each network address")
		}
		if rule.Rate <= 0 || rule.Per == 0 {
			v.add(path, "needs rate and per, for example rate: 100, per: 1s")
		}
		if rule.By != "" {
			v.oneOf(path+".by", rule.By, "requests", "cost")
		}
		if rule.Burst < 0 || rule.Lease < 0 {
			v.add(path, "burst and lease cannot be negative")
		}
	}
	v.redis("rate_limits.redis", l.Redis)
}

func (v *validator) redis(path string, r Redis) {
	for i, address := range r.Addresses {
		v.address(fmt.Sprintf("%s.addresses[%d]", path, i), address, true)
	}
	if cluster := r.MasterName == "" && (r.Cluster || len(r.Addresses) > 1); cluster && r.DB != 0 {
		v.add(path+".db", "must be 0 on a Cluster")
	}
	if r.MasterName != "" && (r.Cluster || len(r.Addresses) == 0) {
		v.add(path+".master_name", "needs the addresses of Sentinels, and does not go with cluster")
	}
	if (r.TLS.Certificate == "") != (r.TLS.Key == "") {
		v.add(path+".tls", "needs both certificate and key, or neither")
	}
}
