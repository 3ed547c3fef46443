package loaders_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tributary-gql/tributary/loaders"
)

// recorder is a fetch that answers every key below 1000 with its text, and remembers its calls.
type recorder struct {
	mutex sync.Mutex
	calls [][]int
}

func (r *recorder) fetch(_ context.Context, keys []int) (map[int]string, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.calls = append(r.calls, slices.Clone(keys))
	values := make(map[int]string)
	for _, key := range keys {
		if key < 1000 {
			values[key] = fmt.Sprint("value ", key)
		}
	}
	return values, nil
}

func (r *recorder) count() int {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return len(r.calls)
}

func TestFiftyCallersOfTwentyKeysMakeOneFetch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var source recorder
		loader := loaders.New(source.fetch)
		var group sync.WaitGroup
		for caller := range 50 {
			group.Go(func() {
				key := caller % 20
				value, err := loader.Load(t.Context(), key)
				if want := fmt.Sprint("value ", key); err != nil || value != want {
					t.Errorf("Load(%d) = %q, %v; want %q", key, value, err, want)
				}
			})
		}
		group.Wait()
		if source.count() != 1 || len(source.calls[0]) != 20 {
			t.Errorf("fetches were %v, want one of 20 distinct keys", source.calls)
		}
	})
}

func TestLoadAllKeepsOrderAndLengthWhateverTheFetchReturns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var source recorder
		loader := loaders.New(source.fetch)
		results := loader.LoadAll(t.Context(), []int{3, 1001, 1, 3})
		if len(results) != 4 {
			t.Fatalf("%d results for 4 keys", len(results))
		}
		for i, want := range []string{"value 3", "", "value 1", "value 3"} {
			if results[i].Value != want {
				t.Errorf("result %d is %q, want %q", i, results[i].Value, want)
			}
		}
		var missing *loaders.NotFoundError[int]
		if !errors.As(results[1].Err, &missing) || missing.Key != 1001 || !errors.Is(results[1].Err, loaders.ErrNotFound) {
			t.Errorf("the missing key's error is %v, want NotFoundError for 1001", results[1].Err)
		}
		if want := [][]int{{3, 1001, 1}}; !slices.EqualFunc(source.calls, want, slices.Equal) {
			t.Errorf("fetches were %v, want %v", source.calls, want)
		}
	})
}

func TestValuesAndMissesAreRemembered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var source recorder
		loader := loaders.New(source.fetch)
		loader.Prime(7, "primed")
		for range 2 {
			if results := loader.LoadAll(t.Context(), []int{1, 1001, 7}); results[2].Value != "primed" {
				t.Errorf("the primed value was %q", results[2].Value)
			}
		}
		loader.Prime(1, "too late")
		if value, err := loader.Load(t.Context(), 1); err != nil || value != "value 1" {
			t.Errorf("Prime replaced a known value: %q, %v", value, err)
		}
		loader.Forget(1)
		if _, err := loader.Load(t.Context(), 1); err != nil {
			t.Error(err)
		}
		if want := [][]int{{1, 1001}, {1}}; !slices.EqualFunc(source.calls, want, slices.Equal) {
			t.Errorf("fetches were %v, want %v", source.calls, want)
		}
	})
}

func TestBatchesAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var source recorder
		loader := loaders.New(source.fetch, loaders.WithMaxBatch(4), loaders.WithWait(time.Hour))
		results := loader.LoadAll(t.Context(), []int{0, 1, 2, 3, 4, 5, 6, 7, 8})
		for key, result := range results {
			if want := fmt.Sprint("value ", key); result.Value != want || result.Err != nil {
				t.Errorf("key %d has %+v", key, result)
			}
		}
		slices.SortFunc(source.calls, func(a, b []int) int { return a[0] - b[0] })
		if want := [][]int{{0, 1, 2, 3}, {4, 5, 6, 7}, {8}}; !slices.EqualFunc(source.calls, want, slices.Equal) {
			t.Errorf("fetches were %v, want %v", source.calls, want)
		}
	})
}

func TestFailures(t *testing.T) {
	t.Parallel()
	broken := errors.New("the database is down")
	tests := map[string]struct {
		fetch func(keys []int) (map[int]string, error)
		check func(t *testing.T, results []loaders.Result[string])
	}{
		"an error fails every key": {
			fetch: func([]int) (map[int]string, error) { return map[int]string{1: "half", 2: "done"}, broken },
			check: func(t *testing.T, results []loaders.Result[string]) {
				for i, result := range results {
					if !errors.Is(result.Err, broken) || result.Value != "" {
						t.Errorf("result %d is %+v, want the error and no value", i, result)
					}
				}
			},
		},
		"KeyErrors fails its keys alone": {
			fetch: func([]int) (map[int]string, error) {
				return map[int]string{1: "one", 2: "must not show"}, loaders.KeyErrors[int]{2: broken}
			},
			check: func(t *testing.T, results []loaders.Result[string]) {
				if results[0].Err != nil || results[0].Value != "one" {
					t.Errorf("the good key has %+v", results[0])
				}
				if !errors.Is(results[1].Err, broken) || results[1].Value != "" {
					t.Errorf("the bad key has %+v", results[1])
				}
			},
		},
		"a panic is an error with its stack": {
			fetch: func([]int) (map[int]string, error) { panic("out of luck") },
			check: func(t *testing.T, results []loaders.Result[string]) {
				for i, result := range results {
					var panicked *loaders.PanicError
					if !errors.As(result.Err, &panicked) || panicked.Value != "out of luck" ||
						!strings.Contains(string(panicked.Stack), "loader_test.go") {
						t.Errorf("result %d has the error %v", i, result.Err)
					}
				}
			},
		},
	}
	for _, name := range slices.Sorted(maps.Keys(tests)) {
		test := tests[name]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				loader := loaders.New(func(_ context.Context, keys []int) (map[int]string, error) {
					calls++
					return test.fetch(keys)
				})
				test.check(t, loader.LoadAll(t.Context(), []int{1, 2}))
				_, _ = loader.Load(t.Context(), 2)
				if calls != 2 {
					t.Errorf("%d fetches, want 2: a failed key is fetched again", calls)
				}
			})
		})
	}
}

func TestACallerLeavesAndTheOthersStay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		loader := loaders.New(func(ctx context.Context, keys []int) (map[int]string, error) {
			select {
			case <-release:
				return map[int]string{1: "one"}, nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		})
		impatient, leave := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() {
			if _, err := loader.Load(impatient, 1); !errors.Is(err, context.Canceled) {
				t.Errorf("the caller that left got %v", err)
			}
		})
		group.Go(func() {
			if value, err := loader.Load(t.Context(), 1); err != nil || value != "one" {
				t.Errorf("the caller that stayed got %q, %v", value, err)
			}
		})
		<-time.After(2 * loaders.DefaultWait) // in the bubble's time: the fetch is under way
		leave()
		synctest.Wait()
		close(release)
		group.Wait()
	})
}

func TestTheLastCallerToLeaveCancelsTheFetch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		started, cancelled := 0, 0
		loader := loaders.New(func(ctx context.Context, keys []int) (map[int]string, error) {
			if started++; started > 1 {
				return map[int]string{1: "second"}, nil
			}
			<-ctx.Done()
			cancelled++
			return nil, ctx.Err()
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		for i, result := range loader.LoadAll(ctx, []int{1, 2}) {
			if !errors.Is(result.Err, context.DeadlineExceeded) {
				t.Errorf("result %d has the error %v", i, result.Err)
			}
		}
		synctest.Wait()
		if started != 1 || cancelled != 1 {
			t.Errorf("%d fetches began and %d were cancelled, want 1 and 1", started, cancelled)
		}
		if value, err := loader.Load(t.Context(), 1); err != nil || value != "second" {
			t.Errorf("a later caller got %q, %v", value, err)
		}
	})
}

func TestABatchThatEverybodyLeftIsNotFetched(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var source recorder
		loader := loaders.New(source.fetch, loaders.WithWait(time.Minute))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := loader.Load(ctx, 1); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the error is %v", err)
		}
		<-time.After(2 * time.Minute) // in the bubble's time
		if source.count() != 0 {
			t.Errorf("fetched %v for nobody", source.calls)
		}
		if value, err := loader.Load(t.Context(), 1); err != nil || value != "value 1" {
			t.Errorf("a later caller got %q, %v", value, err)
		}
	})
}

func TestTheFetchSeesTheRequestsValues(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		loader := loaders.New(func(ctx context.Context, keys []int) (map[int]any, error) {
			return map[int]any{1: ctx.Value(key{})}, nil
		})
		value, err := loader.Load(context.WithValue(t.Context(), key{}, "request 7"), 1)
		if err != nil || value != "request 7" {
			t.Errorf("the fetch saw %v, %v", value, err)
		}
	})
}

func TestKeyErrorsPrintInOrder(t *testing.T) {
	t.Parallel()
	err := loaders.KeyErrors[int]{2: errors.New("second"), 1: errors.New("first")}
	if want := "1: first; 2: second"; err.Error() != want {
		t.Errorf("the text is %q, want %q", err.Error(), want)
	}
}
