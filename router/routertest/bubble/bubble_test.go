package bubble_test

import (
	"sync"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/routertest/bubble"
)

// TestTimersOfManyGoroutines stop, start again and fire at the same instants. With testing/synctest alone and -race this
// ends the process within a few runs on two processors.
func TestTimersOfManyGoroutines(t *testing.T) {
	t.Parallel()
	for range 4 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			bubble.Test(t, func(t *testing.T) {
				began := time.Now()
				var all sync.WaitGroup
				for range 200 {
					all.Go(func() {
						timer := time.NewTimer(time.Millisecond)
						for range 20 {
							<-timer.C
							timer.Reset(0)
							<-timer.C
							timer.Reset(time.Millisecond)
						}
					})
				}
				all.Wait()
				if took := time.Since(began); took != 20*time.Millisecond {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}
