// Package policyhook asks a service over HTTP which policies (@policy) hold for a caller: one call with all policies that an
// operation needs, and operations of one request that ask the same share it (Once). It fails closed: whatever goes wrong, no policy holds.
//
// The request is a POST of JSON:
//
//	{"version": 1, "policies": ["a", "b"], "claims": {"sub": "ada"}, "scopes": ["read"], "headers": {"X-Tenant": ["t1"]}}
//
// claims is null for anonymous callers; headers are those that the configuration names. The answer is 200 with the policies
// that hold: {"granted": ["a"]}. Names that were not asked for mean nothing.
package policyhook

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/hashicorp/golang-lru/v2/expirable"

	"github.com/tributary-gql/tributary/router/internal/hook/remote"
)

// Options configure a Hook.
type Options struct {
	URL     string
	Timeout time.Duration
	// Headers are the client's headers that are sent.
	Headers []string
	// CacheTime keeps an answer for the same caller and headers; 0: every operation asks.
	CacheTime time.Duration
	// CacheSize is how many answers (of one policy each) are kept.
	CacheSize int
}

// Hook asks the service. It is safe for concurrent use.
type Hook struct {
	options Options
	service *remote.Service
	cache   *expirable.LRU[cacheKey, bool] // nil: nothing is kept
}

type cacheKey struct {
	caller [sha256.Size]byte
	policy string
}

// Caller is what is known of who asks.
type Caller struct {
	Claims map[string]any // nil for anonymous callers
	Scopes []string
	Header http.Header
}

// New makes a Hook.
func New(o Options) *Hook {
	o.Headers = slices.Clone(o.Headers)
	for i := range o.Headers {
		o.Headers[i] = http.CanonicalHeaderKey(o.Headers[i])
	}
	h := &Hook{options: o, service: remote.New(remote.Options{URL: o.URL, Timeout: o.Timeout, IdleConnections: 64})}
	if o.CacheTime > 0 && o.CacheSize > 0 {
		h.cache = expirable.NewLRU[cacheKey, bool](o.CacheSize, nil, o.CacheTime)
	}
	return h
}

type question struct {
	Version  int                 `json:"version"`
	Policies []string            `json:"policies"`
	Claims   map[string]any      `json:"claims"`
	Scopes   []string            `json:"scopes"`
	Headers  map[string][]string `json:"headers"`
}

// Ask tells for each policy whether it holds. With an error none does, but for those that are known from before.
func (h *Hook) Ask(ctx context.Context, policies []string, caller Caller) ([]bool, error) {
	held := make([]bool, len(policies))
	q := question{Version: 1, Claims: caller.Claims, Scopes: caller.Scopes, Headers: h.headers(caller.Header)}
	if q.Scopes == nil {
		q.Scopes = []string{}
	}
	var who [sha256.Size]byte
	if h.cache != nil {
		text, err := json.Marshal(q) // maps are written sorted
		if err != nil {
			return held, fmt.Errorf("policy hook: %w", err)
		}
		who = sha256.Sum256(text)
	}
	var open []int
	for i, policy := range policies {
		if h.cache != nil {
			if known, ok := h.cache.Get(cacheKey{who, policy}); ok {
				held[i] = known
				continue
			}
		}
		open = append(open, i)
		q.Policies = append(q.Policies, policy)
	}
	if len(open) == 0 {
		return held, nil
	}
	body, err := json.Marshal(q)
	if err != nil {
		return held, fmt.Errorf("policy hook: %w", err)
	}
	granted, err := h.once(ctx, body)
	if err != nil {
		return held, fmt.Errorf("policy hook: %w", err)
	}
	for _, i := range open {
		held[i] = slices.Contains(granted, policies[i])
		if h.cache != nil {
			h.cache.Add(cacheKey{who, policies[i]}, held[i])
		}
	}
	return held, nil
}

func (h *Hook) headers(client http.Header) map[string][]string {
	out := make(map[string][]string, len(h.options.Headers))
	for _, name := range h.options.Headers {
		if values := client[name]; len(values) > 0 {
			out[name] = values
		}
	}
	return out
}

func (h *Hook) call(ctx context.Context, body []byte) ([]string, error) {
	_, text, err := h.service.Ask(ctx, body, http.StatusOK)
	if err != nil {
		return nil, err
	}
	var said struct {
		Granted []string `json:"granted"`
	}
	if err := json.Unmarshal(text, &said); err != nil {
		return nil, fmt.Errorf(`the answer is not {"granted": [names]}: %w`, err)
	}
	return said.Granted, nil
}
