package ratelimit

import (
	"context"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/internal/redistest"

	"github.com/redis/go-redis/v9"
)

// scriptWithClock is the script with a clock that the test sets, by the last two arguments, and keys that do not expire
// by the real one.
func scriptWithClock(t *testing.T) *redis.Script {
	t.Helper()
	text := scriptText
	for from, to := range map[string]string{
		"redis.call('TIME')":               "{ARGV[#ARGV - 1], ARGV[#ARGV]}",
		"'PX', math.ceil(debts[i] / 1000)": "'EX', 3600",
	} {
		if !strings.Contains(text, from) {
			t.Fatalf("the script does not hold %s", from)
		}
		text = strings.Replace(text, from, to, 1)
	}
	return redis.NewScript(text)
}

// TestTheScriptAndTheProcessJudgeAlike sends the same random demands to both.
func TestTheScriptAndTheProcessJudgeAlike(t *testing.T) {
	t.Parallel()
	server, script, now := redistest.Start(t), scriptWithClock(t), newClock()
	client := server.Client()
	defer client.Close()
	local, err := newLocalStore(100, now.Now)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	keys := []string{"a", "b", "c"}
	limits := []limit{newLimit(3, time.Second, 5), newLimit(7, time.Second, 1), newLimit(1_000_000, time.Second, 50), newLimit(11, time.Hour, 100)}
	granted, refusals := 0, 0
	for step := range 4000 {
		longest := []time.Duration{time.Second, time.Second, time.Second, time.Hour}[random.IntN(4)]
		now.advance(time.Duration(random.Int64N(longest.Microseconds())) * time.Microsecond)
		var demands []demand
		for _, at := range random.Perm(len(keys))[:1+random.IntN(len(keys))] {
			need := random.Int64N(8) - 1
			if need == 0 {
				need = 1
			}
			want := need + random.Int64N(3)
			if need < 0 {
				want = need // given back
			}
			demands = append(demands, demand{key: keys[at], limit: limits[random.IntN(len(limits))], need: need, want: want, enforced: random.IntN(3) > 0})
		}
		want, err := local.take(context.Background(), demands)
		if err != nil {
			t.Fatal(err)
		}
		names, args := arguments(demands)
		micros := now.Now().UnixMicro()
		args = append(args, strconv.FormatInt(micros/1e6, 10), strconv.FormatInt(micros%1e6, 10))
		got, err := readGrants(script.Run(context.Background(), client, names, args...), len(demands))
		if err != nil {
			t.Fatal(err)
		}
		for i := range demands {
			if got[i] != want[i] {
				t.Fatalf("step %d: %+v: the script says %+v, the process %+v", step, demands[i], got[i], want[i])
			}
			if got[i].granted > 0 {
				granted++
			} else {
				refusals++
			}
		}
	}
	if granted < 500 || refusals < 500 {
		t.Errorf("%d granted and %d refused prove little", granted, refusals)
	}
}

// TestNoSequenceGetsMoreThanTheBound replays random demands on a bucket and looks at every window.
func TestNoSequenceGetsMoreThanTheBound(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		rate, burst := 1+random.Int64N(1000), 1+random.Int64N(50)
		l, now, tat := newLimit(rate, time.Second, burst), 1e13, 0.0
		type debit struct {
			at    float64
			count int64
		}
		var debits []debit
		for range 200 {
			now += float64(random.Int64N(3 * (1 + 1_000_000/rate)))
			var g grant
			need := 1 + random.Int64N(3)
			if tat, g = l.take(tat, now, need, need); g.granted > 0 {
				debits = append(debits, debit{now, g.granted})
			} else if g.retry > 0 {
				if _, early := l.take(tat, now+float64(g.retry.Microseconds())-1, need, need); early.granted != 0 {
					t.Fatal("admitted before retry")
				}
				if _, later := l.take(tat, now+float64(g.retry.Microseconds()), need, need); later.granted != need {
					t.Fatal("refused after retry")
				}
			}
		}
		for i := range debits {
			var sum int64
			for _, d := range debits[i:] {
				sum += d.count
				if most := (d.at-debits[i].at)*float64(rate)/1e6 + float64(burst); float64(sum) > most {
					t.Fatalf("rate %d, burst %d: %d admitted, at most %v may be", rate, burst, sum, most)
				}
			}
		}
	}
}
