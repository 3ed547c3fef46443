package ratelimit

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/internal/redistest"
)

func TestACluster(t *testing.T) {
	t.Parallel()
	nodes, log := redistest.StartCluster(t, time.Second), &journal{}
	var addresses []string
	for _, n := range nodes {
		addresses = append(addresses, n.Address)
	}
	o := Options{
		Rules: []Rule{
			{Name: "all", Key: `"all"`, Rate: 100, Per: time.Hour},
			{Name: "caller", Key: "address", Rate: 7, Per: time.Hour},
		},
		Redis: RedisOptions{Addresses: addresses}, Timeout: redistest.Patience, OnError: Deny, Logger: slog.New(slog.NewTextHandler(log, nil)),
	}
	routers := []*Limiter{run(t, o), run(t, o)}
	total := 0
	for i := range 20 {
		caller := from(fmt.Sprintf("192.0.2.%d", i))
		own := admitted(routers[0], caller, 1, 5) + admitted(routers[1], caller, 1, 5)
		if own > 7 {
			t.Errorf("caller %d: admitted %d, at most 7 may be", i, own)
		}
		total += own
	}
	if total != 100 {
		t.Errorf("admitted %d of all, want 100: refusals give back what other nodes gave", total)
	}
	for i, n := range nodes {
		if n.Do(t, "DBSIZE") == "0" {
			t.Errorf("node %d holds no bucket", i)
		}
	}

	local := o
	local.OnError, local.Timeout = Local, 50*time.Millisecond
	l := run(t, local)
	nodes[1].Kill()
	outcomes, _ := background(t, l)
	redistest.Eventually(t, "decisions with a node down", func() bool { return outcomes[Refused].Load() > 1000 })
	if outcomes[Unavailable].Load() > 0 || outcomes[Unlimited].Load() > 0 {
		t.Error("a node that is down shows")
	}
}

func TestSentinelsAndAFailover(t *testing.T) {
	t.Parallel()
	master := redistest.Start(t)
	host, port, _ := net.SplitHostPort(master.Address)
	replica := redistest.Start(t, "--replicaof", host+" "+port)
	redistest.Eventually(t, "the replica follows", func() bool { return strings.Contains(replica.Do(t, "INFO", "replication"), "master_link_status:up") })
	sentinel, log := redistest.StartSentinel(t, master, 1, 500*time.Millisecond, 2*time.Second), &journal{}
	redistest.Eventually(t, "the Sentinel knows the replica", func() bool {
		return strings.Contains(sentinel.Do(t, "INFO", "sentinel"), "slaves=1")
	})
	l := run(t, Options{
		Rules: []Rule{{Name: "r", Key: "address", Rate: 5, Per: time.Hour}}, OnError: Local,
		Redis:  RedisOptions{Addresses: []string{sentinel.Address}, MasterName: "main"},
		Logger: slog.New(slog.NewTextHandler(log, nil)),
	})
	redistest.Eventually(t, "Redis decides", func() bool {
		l.Take(context.Background(), ByRequests, from("192.0.2.1"), 1)
		return master.Do(t, "DBSIZE") == "1"
	})
	if admitted(l, from("192.0.2.1"), 1, 20); admitted(l, from("192.0.2.1"), 1, 1) != 0 {
		t.Error("the bucket is not empty")
	}
	redistest.Eventually(t, "the replica has the bucket", func() bool { return replica.Do(t, "DBSIZE") == "1" })
	outcomes, _ := background(t, l)
	master.Kill()
	redistest.Eventually(t, "the outage is noticed", func() bool { return log.count(lost) == 1 })
	redistest.Eventually(t, "the replica takes over", func() bool { return log.count(found) == 1 })
	if outcomes[Unavailable].Load() > 0 || outcomes[Unlimited].Load() > 0 {
		t.Error("the failover shows")
	}
	redistest.Eventually(t, "the replica is the new master", func() bool { return strings.Contains(replica.Do(t, "INFO", "replication"), "role:master") })
	redistest.Eventually(t, "the new master holds the new bucket", func() bool {
		l.Take(context.Background(), ByRequests, from("192.0.2.77"), 1)
		return replica.Do(t, "DBSIZE") == "2"
	})
}
