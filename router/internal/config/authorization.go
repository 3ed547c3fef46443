package config

import (
	"net/url"
	"time"
)

// PolicyHook is a service that decides policies.
type PolicyHook struct {
	URL       string   `yaml:"url" doc:"Address of a service that decides the policies without an expression: one POST for all that an operation needs. Empty: they are denied."`
	Timeout   Duration `yaml:"timeout" doc:"Longest wait for the service; then the policies do not hold."`
	Headers   []string `yaml:"headers" doc:"Client headers that the service is told."`
	CacheTime Duration `yaml:"cache_time" doc:"Time for which an answer is kept for the same caller and headers. 0: every operation asks."`
	CacheSize int      `yaml:"cache_size" doc:"Most answers that are kept."`
}

func defaultAuthorization() Authorization {
	return Authorization{Mode: "filter", Hook: PolicyHook{Timeout: Duration(time.Second), CacheSize: 10_000}}
}

// authorization checks what needs no expression to be compiled.
func (v *validator) authorization(a Authorization) {
	v.oneOf("authorization.mode", a.Mode, "filter", "reject")
	if a.Hook.URL == "" {
		return
	}
	if u, err := url.Parse(a.Hook.URL); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		v.add("authorization.hook.url", "%q is not an http:// or https:// address", a.Hook.URL)
	}
	if a.Hook.Timeout == 0 {
		v.add("authorization.hook.timeout", "must be more than 0")
	}
	if a.Hook.CacheSize < 0 {
		v.add("authorization.hook.cache_size", "cannot be negative")
	}
}
