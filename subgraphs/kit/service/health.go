package service

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// checkTimeout bounds each readiness check.
const checkTimeout = 2 * time.Second

// Check is one thing that must work for the service to be ready.
type Check struct {
	Name string
	Run  func(ctx context.Context) error
}

// health answers /health and /ready.
type health struct {
	checks   []Check
	logger   *slog.Logger
	stopping atomic.Bool
	// failing holds the names of the checks whose failure is in the log: a prober asks many times a minute.
	failing sync.Map
}

// live answers 200 for as long as the process can answer at all.
func (h *health) live(w http.ResponseWriter, _ *http.Request) {
	writeStatus(w, http.StatusOK, statusReport{Status: "live"})
}

// ready answers 200 when the service should get requests. The reasons are in the log; callers see which check failed.
func (h *health) ready(w http.ResponseWriter, r *http.Request) {
	if h.stopping.Load() {
		writeStatus(w, http.StatusServiceUnavailable, statusReport{Status: "stopping"})
		return
	}
	report := statusReport{Status: "ready", Checks: make(map[string]string, len(h.checks))}
	code := http.StatusOK
	for _, check := range h.checks {
		if err := h.run(r.Context(), check); err != nil {
			if _, logged := h.failing.LoadOrStore(check.Name, true); !logged {
				h.logger.WarnContext(r.Context(), "not ready", "check", check.Name, "error", err)
			}
			report.Status, report.Checks[check.Name], code = "not ready", "failed", http.StatusServiceUnavailable
			continue
		}
		if _, failed := h.failing.LoadAndDelete(check.Name); failed {
			h.logger.InfoContext(r.Context(), "ready again", "check", check.Name)
		}
		report.Checks[check.Name] = "ok"
	}
	writeStatus(w, code, report)
}

func (h *health) run(ctx context.Context, check Check) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	return check.Run(ctx)
}

type statusReport struct {
	Status string            `json:"status"`
	Checks map[string]string `json:"checks,omitempty"`
}

func writeStatus(w http.ResponseWriter, code int, report statusReport) {
	body, err := json.Marshal(report)
	if err != nil { // strings always marshal
		panic(err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_, _ = w.Write(body) // a prober that went away has no use for the answer
}
