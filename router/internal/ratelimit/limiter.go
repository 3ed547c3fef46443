package ratelimit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/tributary-gql/tributary/router/internal/clientname"
)

// OnError says what happens while Redis fails.
type OnError string

// What may happen while Redis fails.
const (
	Allow OnError = "allow"
	Deny  OnError = "deny"
	Local OnError = "local"
)

// Options configure a Limiter. Zero values of all but Rules have defaults.
type Options struct {
	Rules []Rule
	// Redis holds the buckets; without addresses they are in the process, and OnError and leases mean nothing.
	Redis          RedisOptions
	Prefix         string        // of keys in Redis; default "tributary:limit"
	OnError        OnError       // default Local
	Timeout        time.Duration // of one decision on Redis; default 50ms
	LeaseTime      time.Duration // default 1s
	LocalKeys      int           // most buckets in the process, and most leases; default 100,000
	TrustedProxies []string      // networks and addresses whose X-Forwarded-For is believed
	APIKeyHeader   string        // what api_key is; default X-API-Key
	// Observe is told of each rule that spoke; it must be fast and safe for concurrent use. nil: nobody is told.
	Observe func(rule string, outcome Outcome)
	Logger  *slog.Logger
	Now     func() time.Time // for buckets in the process and for leases
}

// Limiter judges requests. It is safe for concurrent use.
type Limiter struct {
	options Options
	rules   map[By]*ruleSet
	proxies proxies
	local   *localStore
	redis   *redisStore // nil: the local store is all there is
	guard   *guard
	leases  *leases
	debts   chan []demand // corrections that Run has to make on Redis
}

// New makes a Limiter, or says everything that is wrong with its options. It opens no connection; Run and Close belong to it.
func New(o Options) (*Limiter, error) {
	o = withDefaults(o)
	rules, err := compileRules(o.Rules)
	trusted, proxiesErr := parseProxies(o.TrustedProxies)
	if o.OnError != Allow && o.OnError != Deny && o.OnError != Local {
		err = errors.Join(err, fmt.Errorf("on_error is %q; use %s, %s or %s", o.OnError, Allow, Deny, Local))
	}
	if err := errors.Join(err, proxiesErr); err != nil {
		return nil, err
	}
	l := &Limiter{options: o, rules: map[By]*ruleSet{ByRequests: {}, ByCost: {}}, proxies: trusted}
	for _, r := range rules {
		l.rules[r.By].add(r)
	}
	if l.local, err = newLocalStore(o.LocalKeys, o.Now); err != nil {
		return nil, fmt.Errorf("local_keys: %w", err)
	}
	if l.leases, err = newLeases(o.LocalKeys); err != nil {
		return nil, fmt.Errorf("local_keys: %w", err)
	}
	if len(o.Redis.Addresses) > 0 {
		l.redis = newRedisStore(o.Redis, o.Timeout, o.Prefix)
		l.guard = newGuard(l.redis, o.OnError, o.Logger)
		l.debts = make(chan []demand, maxDebts)
	}
	return l, nil
}

func withDefaults(o Options) Options {
	if o.Prefix == "" {
		o.Prefix = "tributary:limit"
	}
	if o.OnError == "" {
		o.OnError = Local
	}
	if o.Timeout <= 0 {
		o.Timeout = 50 * time.Millisecond
	}
	if o.LeaseTime <= 0 {
		o.LeaseTime = time.Second
	}
	if o.LocalKeys <= 0 {
		o.LocalKeys = 100_000
	}
	if o.APIKeyHeader == "" {
		o.APIKeyHeader = "X-API-Key"
	}
	o.APIKeyHeader = http.CanonicalHeaderKey(o.APIKeyHeader)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Run watches over Redis until ctx ends: without it a Limiter that has lost Redis never returns to it.
func (l *Limiter) Run(ctx context.Context) {
	if l.guard == nil {
		return
	}
	var owned sync.WaitGroup
	owned.Go(func() { l.settleDebts(ctx) })
	l.guard.run(ctx)
	owned.Wait()
}

// Close closes the connections; from then on OnError decides.
func (l *Limiter) Close() error {
	if l.redis == nil {
		return nil
	}
	return l.redis.client.Close()
}

// Debits tells whether any rule debits by.
func (l *Limiter) Debits(by By) bool { return len(l.rules[by][AllRules]) > 0 }

// claim is one rule's part in a decision.
type claim struct {
	rule   *rule
	demand demand
	leased *leased // nil without a lease
}

// Take debits amount from the caller's bucket of each rule of the kind, or from none: amount is the number of operations
// in the request, or the cost of an operation.
func (l *Limiter) Take(ctx context.Context, by By, caller *Caller, amount int64) Decision {
	return l.TakeRules(ctx, by, AllRules, caller, amount)
}

// TakeRules is Take for some of the rules. Who asks WithoutIdentity and then WithIdentity has asked all; a refusal of the
// second leaves debited what the first took.
func (l *Limiter) TakeRules(ctx context.Context, by By, which Rules, caller *Caller, amount int64) Decision {
	rules := l.rules[by][which]
	if len(rules) == 0 || amount <= 0 {
		return Decision{Outcome: Admitted}
	}
	claims := l.claims(rules, caller, amount)
	if len(claims) == 0 {
		return Decision{Outcome: Admitted}
	}
	var grants []grant
	var err error
	shared := l.guard != nil
	if shared {
		grants, err = l.takeShared(ctx, claims)
	} else {
		grants, err = l.local.take(ctx, demandsOf(claims))
	}
	if err != nil && l.options.OnError == Local {
		for i := range claims { // a lease may have changed them
			claims[i].demand.need, claims[i].demand.want = amount, amount
		}
		grants, err = l.local.take(ctx, demandsOf(claims))
		shared = false
	}
	if err != nil {
		return l.undecided(claims)
	}
	d := l.decide(claims, grants)
	if by == ByCost && d.Allowed() {
		d.debited = debitOf(claims, grants, shared)
	}
	return d
}

// claims are the rules that apply to a caller.
func (l *Limiter) claims(rules []*rule, caller *Caller, amount int64) []claim {
	name, version := clientname.Of(caller.Header)
	env := environment{
		ClientName: name, ClientVersion: version,
		Claims: caller.Claims, Scopes: caller.Scopes, Authenticated: caller.Authenticated, Header: caller.Header.Get,
		Address: l.proxies.client(caller.Peer, caller.Header["X-Forwarded-For"]), APIKey: caller.Header.Get(l.options.APIKeyHeader),
	}
	out := make([]claim, 0, len(rules))
	for _, r := range rules {
		key, limit := r.bucket(&env)
		if key == "" {
			continue
		}
		c := claim{rule: r, demand: demand{
			key: l.options.Prefix + ":{" + r.Name + "|" + key + "}", limit: limit, need: amount, want: amount, enforced: !r.Measure,
		}}
		if r.Lease > 1 && l.guard != nil {
			c.leased = &leased{lease: l.leases.of(c.demand.key), block: min(r.Lease, limit.burst), need: amount}
		}
		out = append(out, c)
	}
	return out
}

// takeShared asks the leases, and Redis for what they do not have. Leases are locked in the order of the rules, so that
// two requests never wait for each other.
func (l *Limiter) takeShared(ctx context.Context, claims []claim) ([]grant, error) {
	now := l.options.Now()
	grants := make([]grant, len(claims))
	var remote []int // claims that Redis has to answer
	known := false   // refused without asking Redis
	for i := range claims {
		c := &claims[i]
		if c.leased != nil {
			var ok bool
			if grants[i], ok = c.leased.begin(now, &c.demand); ok {
				if known = c.demand.enforced && grants[i].granted == 0; known {
					break
				}
				continue
			}
		}
		remote = append(remote, i)
	}
	var err error
	answered := false
	if len(remote) > 0 && !known {
		demands := make([]demand, len(remote))
		for i, at := range remote {
			demands[i] = claims[at].demand
		}
		var answers []grant
		if answers, err = l.guard.take(ctx, demands); err == nil {
			answered = true
			known = refused(demands, answers)
			for i, at := range remote {
				grants[at] = answers[i]
			}
		}
	}
	for i := range claims {
		if c := &claims[i]; c.leased != nil {
			g := &grants[i]
			if c.leased.refill && !answered {
				g = nil
			}
			c.leased.end(now, l.options.LeaseTime, c.demand, g, err == nil && !known)
		}
	}
	return grants, err
}

// decide reads the grants: the worst of the refusals, or the bucket with the smallest share left.
func (l *Limiter) decide(claims []claim, grants []grant) Decision {
	d := Decision{Outcome: Admitted}
	least := 2.0 // more than any share
	for i, c := range claims {
		g, limit := grants[i], c.demand.limit
		this := Decision{Rule: c.rule.Name, Limit: limit.burst, Remaining: g.remaining, Reset: g.reset, RetryAfter: g.retry}
		switch {
		case g.granted == 0 && g.retry == 0: // not asked, for another rule had refused
		case g.granted == 0 && c.rule.Measure:
			l.observe(c, Over)
		case g.granted == 0:
			l.observe(c, Refused)
			this.Outcome = Refused
			if d.Outcome != Refused || d.RetryAfter >= 0 && (g.retry < 0 || g.retry > d.RetryAfter) {
				d = this
			}
		case !c.rule.Measure && d.Outcome == Admitted:
			if share := float64(g.remaining) / float64(limit.burst); share < least {
				this.Outcome, this.RetryAfter = Admitted, 0
				d, least = this, share
			}
		}
	}
	if d.Outcome == Admitted {
		for i, c := range claims {
			if grants[i].granted > 0 {
				l.observe(c, Admitted)
			}
		}
	}
	return d
}

// undecided is the decision when Redis fails and nothing stands in for it.
func (l *Limiter) undecided(claims []claim) Decision {
	d := Decision{Outcome: Unlimited}
	for _, c := range claims {
		outcome := Unlimited
		if l.options.OnError == Deny && !c.rule.Measure {
			outcome, d.Outcome = Unavailable, Unavailable
		}
		l.observe(c, outcome)
	}
	return d
}

func (l *Limiter) observe(c claim, outcome Outcome) {
	if l.options.Observe != nil {
		l.options.Observe(c.rule.Name, outcome)
	}
}

func demandsOf(claims []claim) []demand {
	out := make([]demand, len(claims))
	for i, c := range claims {
		out[i] = c.demand
	}
	return out
}
