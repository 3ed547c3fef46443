package ratelimit

import (
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/tributary-gql/tributary/router/internal/gqlerr"
)

// Outcome is what became of a request, or what one rule said to it.
type Outcome string

// The outcomes.
const (
	Admitted Outcome = "admitted"
	Refused  Outcome = "refused"
	// Over is what a rule that only measures says where it would refuse.
	Over Outcome = "over"
	// Unlimited is admitted without asking, because Redis fails (OnError allow).
	Unlimited Outcome = "unlimited"
	// Unavailable is refused because Redis fails (OnError deny).
	Unavailable Outcome = "unavailable"
)

// Decision says whether a request may go on. Rule is the rule that refused it or that is nearest to do so, "" when no
// enforced rule spoke; then the fields below it say nothing.
type Decision struct {
	Outcome   Outcome
	Rule      string
	Limit     int64         // tokens of a full bucket
	Remaining int64         // tokens left
	Reset     time.Duration // until the bucket is full
	// RetryAfter is the time after which the same request fits, when it was refused; negative: it never will.
	RetryAfter time.Duration

	debited *debit // by cost only, for Settle
}

// Allowed tells whether the request may go on.
func (d Decision) Allowed() bool { return d.Outcome != Refused && d.Outcome != Unavailable }

// Err is the error for the client and the HTTP status that goes with it; nil when the request may go on.
func (d Decision) Err() (*gqlerr.Error, int) {
	switch {
	case d.Outcome == Unavailable:
		return gqlerr.New(gqlerr.Overloaded, "rate limits cannot be checked at the moment; try again shortly"), http.StatusServiceUnavailable
	case d.Outcome != Refused:
		return nil, http.StatusOK
	case d.RetryAfter < 0:
		return gqlerr.New(gqlerr.RateLimited, "the request asks for more at once than the limit %q of %d ever allows; ask for less", d.Rule, d.Limit), http.StatusTooManyRequests
	default:
		return gqlerr.New(gqlerr.RateLimited, "the limit %q is used up; try again in %d s", d.Rule, seconds(d.RetryAfter)), http.StatusTooManyRequests
	}
}

// unavailableRetry is what callers are told while Redis fails, in seconds.
const unavailableRetry = "1"

// WriteHeaders sets RateLimit-Limit, RateLimit-Remaining and RateLimit-Reset (seconds), and Retry-After (seconds; RFC 9110,
// section 10.2.3) on refusals. Where a request is judged several times, the headers speak of the decision that refuses it,
// else of the bucket with the smallest share left.
func (d Decision) WriteHeaders(h http.Header) {
	if d.Outcome == Unavailable {
		h["Retry-After"] = []string{unavailableRetry}
	}
	if d.Rule == "" || d.Outcome != Refused && nearer(h, d) {
		return
	}
	h["Ratelimit-Limit"] = []string{strconv.FormatInt(d.Limit, 10)}
	h["Ratelimit-Remaining"] = []string{strconv.FormatInt(d.Remaining, 10)}
	h["Ratelimit-Reset"] = []string{strconv.FormatInt(seconds(d.Reset), 10)}
	if d.Outcome == Refused && d.RetryAfter > 0 {
		h["Retry-After"] = []string{strconv.FormatInt(seconds(d.RetryAfter), 10)}
	}
}

// nearer tells whether the headers speak of a bucket that has a smaller share left than that of d, or of none at all.
func nearer(h http.Header, d Decision) bool {
	if len(h["Retry-After"]) > 0 {
		return true
	}
	if len(h["Ratelimit-Limit"]) == 0 || len(h["Ratelimit-Remaining"]) == 0 {
		return false
	}
	limit, limitErr := strconv.ParseFloat(h["Ratelimit-Limit"][0], 64)
	remaining, remainingErr := strconv.ParseFloat(h["Ratelimit-Remaining"][0], 64)
	return limitErr == nil && remainingErr == nil && remaining*float64(d.Limit) <= float64(d.Remaining)*limit
}

// Headers are the names that WriteHeaders may set: browsers show them to scripts of other origins only when told so.
func Headers() []string {
	return []string{"RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "Retry-After"}
}

func seconds(d time.Duration) int64 { return int64(math.Ceil(d.Seconds())) }
