//go:build !faults

package property_test

import (
	"context"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/internal/fault"
)

var noticed = regexp.MustCompile(`(?m)^ +faults_test\.go:\d+: ([a-z-]+): noticed after \d+ operations`)

// TestDeliberateFaultsAreNoticed proves the proof: it builds these tests with deliberate faults of planner and executor,
// and demands that the random campaign notices each of them.
func TestDeliberateFaultsAreNoticed(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	binary := filepath.Join(t.TempDir(), "faults.test")
	if out, err := exec.CommandContext(ctx, "go", "test", "-c", "-tags", "faults", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("the tests do not build with faults: %v\n%s", err, out)
	}
	planner, executor := len(fault.OfPlanner()), len(fault.OfExecutor())
	if planner+executor < 20 {
		t.Errorf("there are only %d deliberate faults", planner+executor)
	}
	for _, run := range []struct {
		test   string
		faults int
	}{
		{"TestExecutorFaultsAreNoticed", executor},
		{"TestPlannerFaultsAreNoticedByPlancheck", planner},
		{"TestPlannerFaultsAreNoticedInAnswers", planner},
	} {
		t.Run(run.test, func(t *testing.T) {
			out, err := exec.CommandContext(ctx, binary, "-test.run", "^"+run.test+"$", "-test.v").CombinedOutput()
			t.Logf("%s", out)
			if found := len(noticed.FindAll(out, -1)); err != nil || found != run.faults {
				t.Errorf("%d of %d faults were noticed: %v", found, run.faults, err)
			}
		})
	}
}
