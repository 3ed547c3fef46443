package playground_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/tributary-gql/tributary/router/playground"
)

func serve(t *testing.T, target string) *http.Response {
	t.Helper()
	handler, err := playground.Handler(playground.Config{Endpoint: "graphql", LogIn: &playground.LogIn{Token: "logIn.accessToken"}})
	if err != nil {
		t.Fatal(err)
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, target, nil))
	return recorder.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestPageIsWhole follows every reference of the page to a file of the build.
func TestPageIsWhole(t *testing.T) {
	t.Parallel()
	page := serve(t, "/")
	text := body(t, page)
	if page.StatusCode != http.StatusOK || !strings.HasPrefix(page.Header.Get("Content-Type"), "text/html") {
		t.Fatalf("page: %s %s", page.Status, page.Header.Get("Content-Type"))
	}
	references := regexp.MustCompile(`(?:src|href)="\./([^"]+)"`).FindAllStringSubmatch(text, -1)
	if len(references) < 3 {
		t.Fatalf("the page names %d files: %s", len(references), text)
	}
	for _, reference := range references {
		if r := serve(t, "/"+reference[1]); r.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", reference[1], r.Status)
		}
	}
}

// TestPageAllowsNothingFromElsewhere holds the page to its policy: no inline script, no address of another host.
func TestPageAllowsNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	page := serve(t, "/")
	policy := page.Header.Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"} {
		if !strings.Contains(policy, part) {
			t.Errorf("policy %q lacks %q", policy, part)
		}
	}
	text := body(t, page)
	if strings.Contains(text, "://") || regexp.MustCompile(`<script[^>]*>[^<]`).MatchString(text) {
		t.Errorf("the page needs another host or an inline script: %s", text)
	}
}

func TestConfigIsNeverCached(t *testing.T) {
	t.Parallel()
	r := serve(t, "/playground/config.json")
	const want = `{"endpoint":"graphql","examples":[],"logIn":{"operation":"","token":"logIn.accessToken","accounts":[]}}`
	if got := body(t, r); got != want || r.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("got %s (%s)", got, r.Header.Get("Cache-Control"))
	}
}

func TestUnknownFileIsNotFound(t *testing.T) {
	t.Parallel()
	if r := serve(t, "/assets/nothing.js"); r.StatusCode != http.StatusNotFound {
		t.Errorf("got %s", r.Status)
	}
}
