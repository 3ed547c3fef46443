package ratelimit

import (
	"context"
	"strconv"
	"strings"
	"testing"

	"github.com/tributary-gql/tributary/router/internal/redistest"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	redis.SetLogger(&logging.VoidLogger{}) // servers go away here all the time
	goleak.VerifyTestMain(m)
}

// scriptCalls is how often the server has run the script.
func scriptCalls(t testing.TB, s *redistest.Server) int {
	t.Helper()
	total := 0
	for line := range strings.SplitSeq(s.Do(t, "INFO", "commandstats"), "\n") {
		if rest, ok := strings.CutPrefix(line, "cmdstat_eval"); ok {
			_, rest, _ = strings.Cut(rest, "calls=")
			number, _, _ := strings.Cut(rest, ",")
			n, err := strconv.Atoi(number)
			if err != nil {
				t.Fatal(err)
			}
			total += n
		}
	}
	return total
}

// run makes a limiter that runs until the test ends.
func run(t testing.TB, o Options) *Limiter {
	t.Helper()
	l, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); l.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		<-done
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}
