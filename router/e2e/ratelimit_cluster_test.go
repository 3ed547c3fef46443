package e2e

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/internal/redistest"
)

// The limits of these tests, in requests a second and at once. There are more users than everyone's limit has room for.
const (
	userRate, userBurst         = 50, 20
	everyoneRate, everyoneBurst = 120, 48
	clientsPerUser              = 4
)

// fleet is two routers that share limits on Redis, under the load of some users that ask for more than they may.
type fleet struct {
	routers []*router
	loads   []*load // one a user
	began   time.Time
	onError string
}

// startFleet starts the routers and the load. redis is the content of the section of that name. The timeout is long, so that
// a slow machine is not taken for an outage: a server that was killed refuses connections at once.
func startFleet(t *testing.T, onError, redis string, users ...string) *fleet {
	t.Helper()
	config := fmt.Sprintf("redis: {%s}, on_error: %s, timeout: 5s, ", redis, onError)
	rules := fmt.Sprintf(`{name: user, key: 'header("x-user")', rate: %d, per: 1s, burst: %d}, {name: everyone, key: '"all"', rate: %d, per: 1s, burst: %d}`,
		userRate, userBurst, everyoneRate, everyoneBurst)
	f := &fleet{routers: []*router{limited(t, config, rules), limited(t, config, rules)}, onError: onError, began: time.Now()}
	for _, user := range users {
		l := &load{}
		l.start(t, clientsPerUser, f.routers, withHeader("X-User", user))
		f.loads = append(f.loads, l)
	}
	return f
}

// admitted is how many requests of each user were admitted so far.
func (f *fleet) admitted() []int64 {
	counts := make([]int64, len(f.loads))
	for i, l := range f.loads {
		counts[i] = l.of(200, 200)
	}
	return counts
}

func sum(counts []int64) int64 {
	total := int64(0)
	for _, n := range counts {
		total += n
	}
	return total
}

// refused is how many requests the limits refused so far.
func (f *fleet) refused() int64 {
	total := int64(0)
	for _, l := range f.loads {
		total += l.of(429, 429)
	}
	return total
}

// losses is how often the routers have lost Redis so far, and whether all of them have it now.
func (f *fleet) losses() (total int, onRedis bool) {
	onRedis = true
	for _, r := range f.routers {
		logs := r.Logs()
		lost := strings.Count(logs, "rate limits cannot reach Redis")
		total += lost
		onRedis = onRedis && strings.Count(logs, "rate limits are on Redis again") == lost
	}
	return total, onRedis
}

// waitLost waits until every router knows that Redis is gone.
func (f *fleet) waitLost(t *testing.T) {
	t.Helper()
	for _, r := range f.routers {
		r.WaitLog(t, "rate limits cannot reach Redis")
	}
}

// shares waits until all routers are on Redis, and checks for a time in which they stay there that they admit together no
// more than the limits say. It gives the time from which they were.
func (f *fleet) shares(t *testing.T) time.Time {
	t.Helper()
	for deadline := time.Now().Add(3 * patience); ; {
		var lost int
		redistest.Eventually(t, "all routers are on Redis", func() bool {
			var onRedis bool
			lost, onRedis = f.losses()
			return onRedis
		})
		began, before, refused := time.Now(), f.admitted(), f.refused()
		// Long enough for routers that do not share, which admit twice as much in the time, to be over the bound.
		redistest.Eventually(t, "limits admit some and refuse others", func() bool {
			return sum(f.admitted()) > sum(before)+6*everyoneBurst && f.refused() > refused+everyoneBurst
		})
		after := f.admitted()
		seconds := time.Since(began).Seconds()
		if now, _ := f.losses(); now != lost { // a Cluster that comes together again may go in between
			if time.Now().After(deadline) {
				t.Fatal("routers go on losing Redis")
			}
			continue
		}
		for i := range after {
			after[i] -= before[i]
		}
		underway := int64(len(f.loads) * clientsPerUser) // admitted before, counted now
		f.check(t, "on Redis", after, userBurst+userRate*seconds, everyoneBurst+everyoneRate*seconds, underway)
		return began
	}
}

// check compares what was admitted with the limits, for each user and for all.
func (f *fleet) check(t *testing.T, when string, admitted []int64, user, everyone float64, more int64) {
	t.Helper()
	for i, n := range admitted {
		if most := int64(user) + 1 + more; n > most {
			t.Errorf("%s: %d requests of user %d were admitted, at most %d may be", when, n, i, most)
		}
	}
	if most := int64(everyone) + 1 + more; sum(admitted) > most {
		t.Errorf("%s: %d requests were admitted, at most %d may be", when, sum(admitted), most)
	}
}

// outage takes the fleet through the time in which Redis is lost, by kill, and back, by repair, which asked tells: what users see of it is what
// on_error says, and afterwards limits hold as they did before.
func (f *fleet) outage(t *testing.T, kill, repair func(), asked func() bool) {
	t.Helper()
	f.shares(t)
	lost := time.Now()
	kill()
	f.waitLost(t)
	before := f.admitted()
	redistest.Eventually(t, "requests are answered without Redis", func() bool { return sum(f.admitted()) > sum(before)+everyoneBurst })
	repair()
	within(t, recovery, "all routers are on Redis again", func() bool {
		_, onRedis := f.losses()
		return onRedis && asked()
	})
	found := f.shares(t)
	for _, l := range f.loads {
		l.end()
		if failed := l.of(0, 199) + l.of(201, 428) + l.of(430, 599) + l.broken.Load(); failed > 0 {
			t.Errorf("%d requests failed, %d of them with a status of 500 and more", failed, l.of(500, 599))
		}
	}
	if f.onError != "local" {
		return // allow: no limits meanwhile
	}
	// What was in Redis may be lost with the server, so those buckets start full twice. While Redis is away, each router
	// has a bucket of its own, which starts full.
	seconds, away := time.Since(f.began).Seconds(), float64(len(f.routers))
	most := func(rate, burst float64) float64 {
		return 2*burst + rate*seconds + away*(burst+rate*found.Sub(lost).Seconds())
	}
	f.check(t, "in all", f.admitted(), most(userRate, userBurst), most(everyoneRate, everyoneBurst), 0)
}

// TestSentinelFailoverUnderLoad: the master dies, its replica takes over, and limits hold on it.
func TestSentinelFailoverUnderLoad(t *testing.T) {
	t.Parallel()
	for _, onError := range []string{"allow", "local"} {
		t.Run(onError, func(t *testing.T) {
			t.Parallel()
			s := startSentinels(t)
			f := startFleet(t, onError, fmt.Sprintf("addresses: [%s], master_name: main", strings.Join(s.Addresses, ", ")), "ada", "bob", "cy")
			f.outage(t, s.Master.Kill, func() {
				redistest.Eventually(t, "the replica is the master", func() bool { return s.Replica.Says("replication", "role:master") })
			}, func() bool { return s.Replica.Says("commandstats", "cmdstat_evalsha:") })
		})
	}
}

// TestClusterNodeOutageUnderLoad: one of three nodes dies and returns without its buckets. Every node has a user's.
func TestClusterNodeOutageUnderLoad(t *testing.T) {
	t.Parallel()
	for _, onError := range []string{"allow", "local"} {
		t.Run(onError, func(t *testing.T) {
			t.Parallel()
			nodes := redistest.StartCluster(t, 2*time.Second)
			var addresses, users []string
			for i, n := range nodes {
				addresses = append(addresses, n.Address)
				users = append(users, userOn(t, n, i, len(nodes)))
			}
			f := startFleet(t, onError, fmt.Sprintf("addresses: [%s]", strings.Join(addresses, ", ")), users...)
			f.outage(t, nodes[1].Kill, func() {
				nodes[1].Start(t)
				redistest.Eventually(t, "the cluster is whole", func() bool {
					return !slices.ContainsFunc(nodes, func(n *redistest.Server) bool {
						return !strings.Contains(n.Do(t, "CLUSTER", "INFO"), "cluster_slots_ok:"+strconv.Itoa(redistest.Slots))
					})
				})
			}, func() bool { return nodes[1].Says("commandstats", "cmdstat_evalsha:") })
			for i, n := range nodes {
				if !n.Says("commandstats", "cmdstat_evalsha:") {
					t.Errorf("nobody asked node %d for a limit", i)
				}
			}
		})
	}
}

// userOn finds a user whose bucket is on the node, the one of that index among count.
func userOn(t *testing.T, node *redistest.Server, index, count int) string {
	t.Helper()
	for i := range 1000 {
		user := fmt.Sprintf("user-%d", i)
		slot, err := strconv.Atoi(node.Do(t, "CLUSTER", "KEYSLOT", "tributary:limit:{user|"+user+"}"))
		if err != nil {
			t.Fatal(err)
		}
		if slot >= redistest.Slots*index/count && slot < redistest.Slots*(index+1)/count {
			return user
		}
	}
	t.Fatal("no user is on the node")
	return ""
}
