package config_test

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/subgraphs/kit/config"
)

// parse reads the common settings and one of a service's own.
func parse(environment map[string]string, arguments ...string) (config.Config, int, error) {
	var (
		cfg   config.Config
		extra int
	)
	set := config.NewSet("payments", "The payments service.")
	cfg.Declare(set, config.Defaults{DatabaseURL: "sqlite:payments.db"})
	set.Int(&extra, "retries", 3, 0, 9, "how often it tries")
	err := set.Parse(arguments, func(name string) (string, bool) {
		value, found := environment[name]
		return value, found
	})
	return cfg, extra, err
}

func TestFlagsWinOverTheEnvironmentOverDefaults(t *testing.T) {
	t.Parallel()
	cfg, retries, err := parse(map[string]string{"LISTEN": "127.0.0.1:1", "ISSUER": "http://env", "LOG_LEVEL": "debug", "SEED_DEMO": "1"},
		"--listen", "127.0.0.1:2", "--retries=7", "--request-timeout", "5s")
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Listen != "127.0.0.1:2" || cfg.Issuer != "http://env" || cfg.DatabaseURL != "sqlite:payments.db" || cfg.Audience != "tributary" ||
		cfg.LogLevel != slog.LevelDebug || !cfg.SeedDemo || cfg.RequestTimeout != 5*time.Second || retries != 7 || cfg.EventRetention != 720*time.Hour {
		t.Errorf("the settings are %+v, %d", cfg, retries)
	}
}

func TestEveryProblemIsReportedAtOnce(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name        string
		environment map[string]string
		arguments   []string
		says        []string
	}{
		{
			"values", nil,
			[]string{"--listen", "4001", "--admin-listen", "x", "--jwks-url", "ftp://x", "--log-format", "xml", "--max-body-bytes", "1", "--request-timeout", "0s", "--retries", "10", "--issuer", "", "--database-url", "", "--event-prefix", "a b"},
			[]string{"--listen: ", "--admin-listen: ", "--jwks-url must", `--log-format must be text or json, and is "xml"`, "--max-body-bytes must be from 1024", "--request-timeout must be a positive", "--retries must be from 0 to 9, and is 10", "--issuer and --audience", "--database-url is empty", "--event-prefix"},
		},
		{"forms", map[string]string{"REQUEST_TIMEOUT": "soon", "SEED_DEMO": "maybe", "LOG_LEVEL": "loud"}, []string{"--nonsense"}, []string{"REQUEST_TIMEOUT: ", "SEED_DEMO: ", "LOG_LEVEL: ", "-nonsense", "--help"}},
		{"arguments", nil, []string{"serve"}, []string{`unexpected argument "serve"`}},
	}
	for _, test := range tests {
		_, _, err := parse(test.environment, test.arguments...)
		if err == nil {
			t.Errorf("%s: no error", test.name)
			continue
		}
		for _, text := range test.says {
			if !strings.Contains(err.Error(), text) {
				t.Errorf("%s: the error lacks %q:\n%v", test.name, text, err)
			}
		}
		if lines := strings.Count(err.Error(), "\n") + 1; lines != len(test.says) && test.name == "values" {
			t.Errorf("%s: %d problems, want %d:\n%v", test.name, lines, len(test.says), err)
		}
	}
}

func TestSecretsFromFiles(t *testing.T) {
	t.Parallel()
	write := func(text string) string {
		path := filepath.Join(t.TempDir(), "secret")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	cfg, _, err := parse(map[string]string{"DATABASE_URL_FILE": write("postgres://u:secret@h/db\r\n")})
	if err != nil || cfg.DatabaseURL != "postgres://u:secret@h/db" {
		t.Errorf("the URL is %q, %v", cfg.DatabaseURL, err)
	}
	for name, environment := range map[string]map[string]string{
		"both":      {"DATABASE_URL": "sqlite:x", "DATABASE_URL_FILE": write("sqlite:y")},
		"missing":   {"DATABASE_URL_FILE": "/nowhere/secret"},
		"too large": {"DATABASE_URL_FILE": write(strings.Repeat("x", 70<<10))},
		"no number": {"RETRIES_FILE": write("the secret")},
	} {
		_, _, err := parse(environment)
		if err == nil || !strings.Contains(err.Error(), "_FILE") && !strings.Contains(err.Error(), "RETRIES") {
			t.Errorf("%s: the error is %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "the secret") {
			t.Errorf("%s: the error shows the secret: %v", name, err)
		}
	}
}

func TestHelpListsEverySetting(t *testing.T) {
	t.Parallel()
	var cfg config.Config
	set := config.NewSet("payments", "The payments service.")
	cfg.Declare(set, config.Defaults{DatabaseURL: "sqlite:payments.db"})
	if err := set.Parse([]string{"--help"}, os.LookupEnv); !errors.Is(err, config.ErrHelp) {
		t.Errorf("--help gives %v", err)
	}
	usage := set.Usage()
	for _, text := range []string{"The payments service.", "Usage: payments [flags]", "--database-url  [DATABASE_URL]", "(default sqlite:payments.db)", "--jwks-url  [JWKS_URL]"} {
		if !strings.Contains(usage, text) {
			t.Errorf("the usage lacks %q:\n%s", text, usage)
		}
	}
}
