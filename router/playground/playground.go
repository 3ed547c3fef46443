// Package playground is the web page on which developers write operations: GraphiQL with the examples and accounts that
// the router's configuration names, built from web/ and embedded, so that it needs neither a network nor Node.js.
//
// The page is served under a content security policy that allows nothing from elsewhere.
package playground

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"github.com/klauspost/compress/gzhttp"
)

//go:generate sh -c "cd web && npm ci --no-audit --no-fund && npx vite build"

//go:embed all:dist
var built embed.FS

// Config is what the page is told.
type Config struct {
	// Endpoint is the address of the GraphQL endpoint, relative to the page or absolute.
	Endpoint string    `json:"endpoint"`
	Examples []Example `json:"examples"`
	LogIn    *LogIn    `json:"logIn"` // nil hides the log-in helper
}

// Example is an operation in a tab of its own.
type Example struct {
	Name      string `json:"name"`
	Operation string `json:"operation"`
	Variables string `json:"variables"` // JSON, or ""
}

// LogIn is how the page gets a token: it runs Operation with the variables email and password and takes the text at
// Token ("logIn.accessToken") of its data.
type LogIn struct {
	Operation string    `json:"operation"`
	Token     string    `json:"token"`
	Accounts  []Account `json:"accounts"`
}

// Account is offered in the log-in helper. Everybody who can open the page can read it.
type Account struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

// policy lets the page run its own scripts and talk to its own router, and nothing else. Styles are inline because the
// editor sizes its lines so; fonts and images come as data from the style sheet.
const policy = "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; style-src 'self' 'unsafe-inline'; " +
	"font-src 'self' data:; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'"

// Handler serves the page at / and what it needs below.
func Handler(config Config) (http.Handler, error) {
	if config.Examples == nil {
		config.Examples = []Example{} // the page expects a list
	}
	for i := range config.Examples {
		config.Examples[i].Operation = strings.TrimSpace(config.Examples[i].Operation) + "\n"
	}
	if config.LogIn != nil && config.LogIn.Accounts == nil {
		config.LogIn.Accounts = []Account{}
	}
	settings, err := json.Marshal(config)
	if err != nil {
		return nil, fmt.Errorf("playground: %w", err)
	}
	files, err := fs.Sub(built, "dist")
	if err != nil {
		return nil, fmt.Errorf("playground: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /playground/config.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write(settings)
	})
	static := http.FileServerFS(files)
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		// The names of assets carry a hash of their content.
		if strings.HasPrefix(path.Clean(r.URL.Path), "/assets/") {
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		} else {
			w.Header().Set("Cache-Control", "no-cache")
		}
		static.ServeHTTP(w, r)
	})
	return gzhttp.GzipHandler(secured(mux)), nil
}

func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		next.ServeHTTP(w, r)
	})
}
