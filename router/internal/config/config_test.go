package config_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tributary-gql/tributary/router/internal/config"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func env(values map[string]string) config.LookupEnv {
	return func(name string) (string, bool) { v, ok := values[name]; return v, ok }
}

// TestFiles: every *.good.yml loads, every *.bad.yml fails with the lines that its *.errors file holds.
func TestFiles(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.yml")
	if err != nil || len(files) < 4 {
		t.Fatalf("found %d files: %v", len(files), err)
	}
	variables := env(map[string]string{"PORT": "4100", "SET": "x"})
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			_, err := config.Load(file, variables, nil)
			if strings.HasSuffix(file, ".good.yml") {
				if err != nil {
					t.Error(err)
				}
				return
			}
			golden := strings.TrimSuffix(file, ".yml") + ".errors"
			if *update && err != nil {
				if err := os.WriteFile(golden, []byte(err.Error()+"\n"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, readErr := os.ReadFile(golden)
			if readErr != nil {
				t.Fatal(readErr)
			}
			if err == nil || err.Error() != strings.TrimSpace(string(want)) {
				t.Errorf("got:\n%v\nwant:\n%s", err, want)
			}
		})
	}
}

func TestPrecedence(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "router.yml")
	if err := os.WriteFile(file, []byte("listen: :1\nsupergraph: {file: a}\nlog: {level: warn}"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(file, env(map[string]string{"ROUTER_LISTEN": ":2", "ROUTER_SUPERGRAPH": "b"}), func(c *config.Config) { c.Supergraph.File = "c" })
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != ":2" || c.Supergraph.File != "c" || c.Log.Level != "warn" || c.Log.Format != "json" {
		t.Errorf("%+v", c)
	}
}

// TestPasswordsOfEachRedis: sections of one type have variables of their own.
func TestPasswordsOfEachRedis(t *testing.T) {
	t.Parallel()
	c, err := config.Load("", env(map[string]string{
		"ROUTER_SUPERGRAPH":                 "a",
		"ROUTER_RATE_LIMITS_REDIS_PASSWORD": "limits", "ROUTER_RATE_LIMITS_SENTINEL_PASSWORD": "limits' sentinels",
		"ROUTER_APQ_REDIS_PASSWORD": "apq", "ROUTER_APQ_SENTINEL_PASSWORD": "apq's sentinels",
		"REDIS_PASSWORD": "somebody else's",
	}), nil)
	if err != nil {
		t.Fatal(err)
	}
	limits, apq := c.RateLimits.Redis, c.APQ.Redis
	if limits.Password != "limits" || limits.SentinelPassword != "limits' sentinels" || apq.Password != "apq" || apq.SentinelPassword != "apq's sentinels" {
		t.Errorf("got %+v and %+v", limits, apq)
	}
}

func TestSecretsFromFiles(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("hidden\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	value, ok, err := config.Secret("KEY", env(map[string]string{"KEY_FILE": secret}))
	if value != "hidden" || !ok || err != nil {
		t.Errorf("got %q, %v, %v", value, ok, err)
	}
}

func TestSubgraphSettingsInherit(t *testing.T) {
	t.Parallel()
	c := config.Default()
	no := false
	c.Subgraphs = map[string]config.Subgraph{"all": {Timeout: 5, Share: &no}, "users": {Timeout: 7, URL: "http://u"}}
	if got := c.For("users"); got.Timeout != 7 || got.URL != "http://u" || *got.Share || got.MaxResponse != config.DefaultMaxResponse {
		t.Errorf("users: %+v", got)
	}
	if got := c.For("payments"); got.Timeout != 5 || got.URL != "" {
		t.Errorf("payments: %+v", got)
	}
}

// TestEveryKeyIsDocumented keeps the reference and the JSON Schema whole.
func TestEveryKeyIsDocumented(t *testing.T) {
	t.Parallel()
	for line := range strings.SplitSeq(config.Reference(), "\n") {
		if strings.HasPrefix(line, "| `") && strings.HasSuffix(line, "|  |") {
			t.Errorf("no meaning: %s", line)
		}
	}
	if !json.Valid([]byte(config.JSONSchema())) {
		t.Error("the schema is not JSON")
	}
}

func FuzzLoad(f *testing.F) {
	f.Add("listen: :1\nsupergraph: {file: a}")
	f.Add("subgraphs: {a: {url: ${SET}, max_response: 1GB}}")
	f.Fuzz(func(t *testing.T, text string) {
		file := filepath.Join(t.TempDir(), "router.yml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, _ = config.Load(file, env(map[string]string{"SET": "x"}), nil)
	})
}
