package headers

import (
	"strconv"
	"strings"
)

// cacheControl is a response's Cache-Control (RFC 9111, section 5.2.2), as far as merging needs it. Directives that are not
// known make a response no more cacheable, so they are dropped.
type cacheControl struct {
	noStore, noCache, private, public                        bool
	mustRevalidate, proxyRevalidate, noTransform             bool
	immutable                                                bool
	maxAge, sharedMaxAge, staleWhileRevalidate, staleIfError int // seconds, -1: not given
}

var noStore = cacheControl{noStore: true, maxAge: -1, sharedMaxAge: -1, staleWhileRevalidate: -1, staleIfError: -1}

// parseCacheControl reads the header's lines. age is the time that the response has already spent in caches: what is left
// of its lifetime is less by that.
func parseCacheControl(lines []string, age int) cacheControl {
	c := noStore
	c.noStore = false
	for _, line := range lines {
		for part := range strings.SplitSeq(line, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
			c.set(strings.ToLower(strings.TrimSpace(name)), strings.Trim(strings.TrimSpace(value), `"`))
		}
	}
	for _, lifetime := range []*int{&c.maxAge, &c.sharedMaxAge} {
		if *lifetime >= 0 {
			*lifetime = max(0, *lifetime-age)
		}
	}
	if c.String() == noStore.String() { // nothing was allowed
		return noStore
	}
	return c
}

func (c *cacheControl) set(name, value string) {
	switch name {
	case "no-store":
		c.noStore = true
	case "no-cache":
		c.noCache = true
	case "private":
		c.private = true
	case "public":
		c.public = true
	case "must-revalidate":
		c.mustRevalidate = true
	case "proxy-revalidate":
		c.proxyRevalidate = true
	case "no-transform":
		c.noTransform = true
	case "immutable":
		c.immutable = true
	case "max-age":
		c.maxAge = seconds(value)
	case "s-maxage":
		c.sharedMaxAge = seconds(value)
	case "stale-while-revalidate":
		c.staleWhileRevalidate = seconds(value)
	case "stale-if-error":
		c.staleIfError = seconds(value)
	}
}

// seconds is 0 for what is no number: such a response is stale (RFC 9111, section 4.2.1).
func seconds(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// stricter merges two: nothing may be cached longer, or by more, than each of them allows.
func (c cacheControl) stricter(o cacheControl) cacheControl {
	if c.noStore || o.noStore {
		return noStore
	}
	return cacheControl{
		noCache: c.noCache || o.noCache, private: c.private || o.private, public: c.public && o.public,
		mustRevalidate: c.mustRevalidate || o.mustRevalidate, proxyRevalidate: c.proxyRevalidate || o.proxyRevalidate,
		noTransform: c.noTransform || o.noTransform, immutable: c.immutable && o.immutable,
		maxAge:       shorter(c.maxAge, o.maxAge),
		sharedMaxAge: shorterShared(c, o),
		// Serving something stale needs everybody's consent.
		staleWhileRevalidate: consent(c.staleWhileRevalidate, o.staleWhileRevalidate), staleIfError: consent(c.staleIfError, o.staleIfError),
	}
}

// shorter is the smaller lifetime. A response without one must not get another's: it is stale at once.
func shorter(a, b int) int {
	switch {
	case a < 0 && b < 0:
		return -1
	case a < 0 || b < 0:
		return 0
	}
	return min(a, b)
}

// shorterShared is for shared caches, for which max-age counts where s-maxage is not given.
func shorterShared(a, b cacheControl) int {
	if a.sharedMaxAge < 0 && b.sharedMaxAge < 0 {
		return -1
	}
	return shorter(a.shared(), b.shared())
}

func (c cacheControl) shared() int {
	if c.sharedMaxAge >= 0 {
		return c.sharedMaxAge
	}
	return c.maxAge
}

func consent(a, b int) int {
	if a < 0 || b < 0 {
		return -1
	}
	return min(a, b)
}

// cacheable tells whether any cache may keep the response.
func (c cacheControl) cacheable() bool { return !c.noStore }

// String writes the directives in a fixed order.
func (c cacheControl) String() string {
	if c.noStore {
		return "no-store"
	}
	var parts []string
	for _, flag := range []struct {
		on   bool
		name string
	}{
		{c.private, "private"}, {c.public && !c.private, "public"}, {c.noCache, "no-cache"}, {c.mustRevalidate, "must-revalidate"},
		{c.proxyRevalidate, "proxy-revalidate"}, {c.noTransform, "no-transform"}, {c.immutable, "immutable"},
	} {
		if flag.on {
			parts = append(parts, flag.name)
		}
	}
	for _, time := range []struct {
		seconds int
		name    string
	}{
		{c.maxAge, "max-age"}, {c.sharedMaxAge, "s-maxage"}, {c.staleWhileRevalidate, "stale-while-revalidate"}, {c.staleIfError, "stale-if-error"},
	} {
		if time.seconds >= 0 && !(time.name == "s-maxage" && c.private) {
			parts = append(parts, time.name+"="+strconv.Itoa(time.seconds))
		}
	}
	if len(parts) == 0 {
		return "no-store" // nothing was allowed
	}
	return strings.Join(parts, ", ")
}
