package snapshot

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/tributary-gql/tributary/router/routertest/bubble"
)

func TestFlightComputesOnceForAll(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		var f flight[string, int]
		var computed, leaders atomic.Int32
		release := make(chan struct{})
		for range 100 {
			go func() {
				value, leader, err := f.do(t.Context(), "a", func(context.Context) (int, error) {
					computed.Add(1)
					<-release
					return 7, nil
				})
				if value != 7 || err != nil {
					t.Errorf("got %d, %v", value, err)
				}
				if leader {
					leaders.Add(1)
				}
			}()
		}
		bubble.Wait()
		close(release)
		bubble.Wait()
		if computed.Load() != 1 || leaders.Load() != 1 || len(f.calls) != 0 {
			t.Errorf("computed %d times by %d leaders, %d calls left", computed.Load(), leaders.Load(), len(f.calls))
		}
	})
}

func TestFlightEndsWithItsLastWaiter(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		var f flight[string, int]
		ended := make(chan error, 1)
		compute := func(ctx context.Context) (int, error) {
			<-ctx.Done()
			ended <- ctx.Err()
			return 0, ctx.Err()
		}
		first, leaveFirst := context.WithCancel(t.Context())
		second, leaveSecond := context.WithCancel(t.Context())
		for _, ctx := range []context.Context{first, second} {
			go func() {
				if _, _, err := f.do(ctx, "a", compute); !errors.Is(err, context.Canceled) {
					t.Errorf("got %v", err)
				}
			}()
		}
		bubble.Wait()
		leaveFirst()
		bubble.Wait()
		if len(ended) != 0 {
			t.Error("ended although one still waits")
		}
		leaveSecond()
		bubble.Wait()
		if len(ended) != 1 {
			t.Error("went on for nobody")
		}
	})
}
