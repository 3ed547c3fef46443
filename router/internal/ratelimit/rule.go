package ratelimit

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"
)

// By is what a rule debits.
type By string

// What a rule may debit.
const (
	ByRequests By = "requests" // one token for each operation of a request
	ByCost     By = "cost"     // an operation's cost
)

// Rule is one limit: Burst tokens at once, and Rate more in each Per.
type Rule struct {
	Name string
	// Key is an expression that names the caller's bucket: over claims, scopes, authenticated, header(name), address,
	// api_key, client_name and client_version. Its value is text, a number or a boolean; the rule does not apply to callers for whom it is nil or "".
	// When it fails for a caller (claims.a.b without a), the caller's address is the key.
	Key   string
	Rate  int64
	Per   time.Duration
	Burst int64 // 0: Rate
	By    By    // "": ByRequests
	// Overrides replace Rate and Burst for some callers; the first whose When holds does.
	Overrides []Override
	// Measure only counts who would be refused.
	Measure bool
	// Lease is how many tokens are taken from Redis at once; 0 or 1: as many as are needed. See the package's comment.
	Lease int64
}

// Override is another limit for the callers for whom the expression When is true.
type Override struct {
	When  string
	Rate  int64
	Burst int64 // 0: Rate
}

// Caller is who sends a request. Its parts are only read.
type Caller struct {
	Claims        map[string]any // of a verified token, nil for anonymous callers
	Scopes        []string
	Authenticated bool
	Header        http.Header
	Peer          string // the connection's other end, host:port
}

// environment is what an expression sees.
type environment struct {
	Claims        map[string]any      `expr:"claims"`
	Scopes        []string            `expr:"scopes"`
	Authenticated bool                `expr:"authenticated"`
	Header        func(string) string `expr:"header"`
	Address       string              `expr:"address"`
	APIKey        string              `expr:"api_key"`
	ClientName    string              `expr:"client_name"`
	ClientVersion string              `expr:"client_version"`
}

// rule is a Rule that is ready to run.
type rule struct {
	Rule
	key       *vm.Program
	limit     limit
	overrides []override
}

type override struct {
	when  *vm.Program
	limit limit
}

// shortestInterval keeps clocks and floating point precise enough: a token each microsecond.
const shortestInterval = 1

// compileRules reports everything that is wrong.
func compileRules(rules []Rule) ([]*rule, error) {
	var compiled []*rule
	var problems []error
	seen := map[string]bool{}
	for i, r := range rules {
		fail := func(format string, args ...any) {
			problems = append(problems, fmt.Errorf("rule %d (%s): %w", i+1, r.Name, fmt.Errorf(format, args...)))
		}
		if !plainKey(r.Name) || seen[r.Name] {
			fail("needs a name of its own, of letters, digits and - _ . : @ /")
		}
		seen[r.Name] = true
		if r.By == "" {
			r.By = ByRequests
		}
		if r.By != ByRequests && r.By != ByCost {
			fail("by is %q; use %s or %s", r.By, ByRequests, ByCost)
		}
		c := &rule{Rule: r}
		var err error
		if c.key, err = expr.Compile(r.Key, expr.Env(environment{})); err != nil || r.Key == "" {
			fail("key is not an expression: %w", err)
		}
		if c.limit, err = checkedLimit(r.Rate, r.Per, r.Burst); err != nil {
			fail("%w", err)
		}
		if r.Lease < 0 {
			fail("lease cannot be negative")
		}
		for n, o := range r.Overrides {
			compiled := override{}
			if compiled.when, err = expr.Compile(o.When, expr.Env(environment{}), expr.AsBool()); err != nil {
				fail("override %d: when is not an expression that gives true or false: %w", n+1, err)
			}
			if compiled.limit, err = checkedLimit(o.Rate, r.Per, o.Burst); err != nil {
				fail("override %d: %w", n+1, err)
			}
			c.overrides = append(c.overrides, compiled)
		}
		compiled = append(compiled, c)
	}
	return compiled, errors.Join(problems...)
}

func checkedLimit(rate int64, per time.Duration, burst int64) (limit, error) {
	if burst == 0 {
		burst = rate
	}
	if rate <= 0 || per <= 0 || burst < 0 {
		return limit{}, errors.New("needs a positive rate, per and burst")
	}
	l := newLimit(rate, per, burst)
	if l.interval < shortestInterval {
		return limit{}, errors.New("allows more than a million a second; leave it out")
	}
	return l, nil
}

// bucket names the caller's bucket, "" when the rule does not apply, and gives its limit.
func (r *rule) bucket(env *environment) (string, limit) {
	value, err := expr.Run(r.key, env)
	if err != nil {
		value = env.Address
	}
	key := keyText(value)
	if key == "" {
		return "", limit{}
	}
	for _, o := range r.overrides {
		if holds, err := expr.Run(o.when, env); err == nil && holds == true {
			return key, o.limit
		}
	}
	return key, r.limit
}

func keyText(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		if v == "" || plainKey(v) {
			return v
		}
		return hashedKey(v)
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	default:
		return hashedKey(fmt.Sprint(v)) // fmt prints maps sorted
	}
}

// longestKey is how long a key may be before its hash stands for it: clients choose what is in headers.
const longestKey = 64

// plainKey tells whether a key can be read, and has no braces, which mean something in a Cluster, and no #.
func plainKey(key string) bool {
	for _, c := range []byte(key) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '-', c == '_', c == '.', c == ':', c == '@', c == '/':
		default:
			return false
		}
	}
	return key != "" && len(key) <= longestKey
}

func hashedKey(key string) string {
	sum := sha256.Sum256([]byte(key))
	return "#" + hex.EncodeToString(sum[:16])
}
