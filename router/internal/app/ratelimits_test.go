package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/internal/config"
	"github.com/tributary-gql/tributary/router/internal/redistest"
)

// startRouter gives the URL of a router that stops with the test.
func startRouter(t *testing.T, limits string) string {
	t.Helper()
	c := config.Default()
	c.Listen, c.Supergraph.File = "127.0.0.1:0", "../../routertest/fake/testdata/supergraph.graphql"
	c.RateLimits.Rules = []config.RateLimit{{Name: "caller", Key: "address", Rate: 10, Per: config.Duration(time.Hour)}}
	c.RateLimits.TrustedProxies = []string{"127.0.0.1"}
	c.RateLimits.Timeout = config.Duration(redistest.Patience)
	c.RateLimits.OnError = "deny"
	if limits != "" {
		c.RateLimits.Redis.Addresses = []string{limits}
	}
	if problems := c.Validate(); len(problems) > 0 {
		t.Fatal(problems)
	}
	a, err := New(c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	select {
	case <-a.Ready():
	case <-time.After(redistest.Patience):
		t.Fatal("the router is not ready")
	}
	return "http://" + a.Addr().String() + "/graphql"
}

// answered is a response whose body has been read.
type answered struct {
	StatusCode int
	Header     http.Header
}

func post(t *testing.T, url, forwarded, body string) (answered, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Forwarded-For", forwarded)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answered{response.StatusCode, response.Header}, string(text)
}

func TestRoutersShareOneLimit(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t).Address
	routers := []string{startRouter(t, server), startRouter(t, server)}
	const valid, invalid = `{"query":"{__typename}"}`, `{"query":"{ this is no GraphQL"}`

	// Invalid documents count like others, whichever router sees them.
	for i := range 10 {
		body := valid
		if i%2 == 1 {
			body = invalid
		}
		response, text := post(t, routers[i%2], "198.51.100.7", body)
		if response.StatusCode != http.StatusOK || response.Header.Get("RateLimit-Limit") != "10" || response.Header.Get("RateLimit-Remaining") != fmt.Sprint(9-i) {
			t.Fatalf("request %d: %d %v %s", i+1, response.StatusCode, response.Header, text)
		}
	}
	for i, body := range []string{valid, invalid} {
		// What the client invents left of its address changes nothing.
		response, text := post(t, routers[i], fmt.Sprintf("192.0.2.%d, 198.51.100.7", i), body)
		var answer struct {
			Errors []struct{ Extensions struct{ Code string } }
		}
		if err := json.Unmarshal([]byte(text), &answer); err != nil || len(answer.Errors) != 1 || answer.Errors[0].Extensions.Code != "REQUEST_RATE_LIMITED" {
			t.Errorf("body %s: %v", text, err)
		}
		if response.StatusCode != http.StatusTooManyRequests || response.Header.Get("RateLimit-Remaining") != "0" {
			t.Errorf("refused with %d %v", response.StatusCode, response.Header)
		}
		if seconds := response.Header.Get("Retry-After"); len(seconds) != 3 { // 360, less what the test took
			t.Errorf("Retry-After %q", seconds)
		}
	}

	// Another caller has its own; each operation of a batch counts.
	batch := "[" + strings.TrimSuffix(strings.Repeat(valid+",", 6), ",") + "]"
	if response, text := post(t, routers[0], "198.51.100.8", batch); response.StatusCode != http.StatusOK || response.Header.Get("RateLimit-Remaining") != "4" {
		t.Errorf("the first batch: %d %v %s", response.StatusCode, response.Header, text)
	}
	if response, _ := post(t, routers[1], "198.51.100.8", batch); response.StatusCode != http.StatusTooManyRequests {
		t.Errorf("the second batch: %d", response.StatusCode)
	}
}

func TestARouterWithoutRedisLimitsByItself(t *testing.T) {
	t.Parallel()
	router := startRouter(t, "")
	codes := map[int]int{}
	for range 15 {
		response, _ := post(t, router, "198.51.100.7", `{"query":"{__typename}"}`)
		codes[response.StatusCode]++
	}
	if codes[http.StatusOK] != 10 || codes[http.StatusTooManyRequests] != 5 {
		t.Errorf("got %v", codes)
	}
}

func TestMistakesInRateLimitsStopTheStart(t *testing.T) {
	t.Parallel()
	c := config.Default()
	c.Supergraph.File = "unused"
	c.RateLimits.Rules = []config.RateLimit{{Name: "caller", Key: "nobody", Rate: 10, Per: config.Duration(time.Hour)}}
	if _, err := New(c, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "rate_limits: rule 1 (caller): key is not an expression") {
		t.Errorf("got %v", err)
	}
}
