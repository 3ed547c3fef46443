package ratelimit

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"
)

func TestACluster(t *testing.T) {
	t.Parallel()
	nodes, log := startCluster(t), &journal{}
	var addresses []string
	for _, n := range nodes {
		addresses = append(addresses, n.address)
	}
	o := Options{
		Rules: []Rule{
			{Name: "all", Key: `"all"`, Rate: 100, Per: time.Hour},
			{Name: "caller", Key: "address", Rate: 7, Per: time.Hour},
		},
		Redis: RedisOptions{Addresses: addresses}, Timeout: patience, OnError: Deny, Logger: slog.New(slog.NewTextHandler(log, nil)),
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
		if n.do(t, "DBSIZE") == "0" {
			t.Errorf("node %d holds no bucket", i)
		}
	}

	local := o
	local.OnError, local.Timeout = Local, 50*time.Millisecond
	l := run(t, local)
	nodes[1].kill()
	outcomes, _ := background(t, l)
	eventually(t, "decisions with a node down", func() bool { return outcomes[Refused].Load() > 1000 })
	if outcomes[Unavailable].Load() > 0 || outcomes[Unlimited].Load() > 0 {
		t.Error("a node that is down shows")
	}
}

func TestSentinelsAndAFailover(t *testing.T) {
	t.Parallel()
	master := startRedis(t)
	host, port, _ := net.SplitHostPort(master.address)
	replica := startRedis(t, "--replicaof", host+" "+port)
	eventually(t, "the replica follows", func() bool { return strings.Contains(replica.do(t, "INFO", "replication"), "master_link_status:up") })
	sentinel, log := startSentinel(t, master.address), &journal{}
	eventually(t, "the Sentinel knows the replica", func() bool {
		return strings.Contains(sentinel.do(t, "INFO", "sentinel"), "slaves=1")
	})
	l := run(t, Options{
		Rules: []Rule{{Name: "r", Key: "address", Rate: 5, Per: time.Hour}}, OnError: Local,
		Redis:  RedisOptions{Addresses: []string{sentinel.address}, MasterName: "main"},
		Logger: slog.New(slog.NewTextHandler(log, nil)),
	})
	eventually(t, "Redis decides", func() bool {
		l.Take(context.Background(), ByRequests, from("192.0.2.1"), 1)
		return master.do(t, "DBSIZE") == "1"
	})
	if admitted(l, from("192.0.2.1"), 1, 20); admitted(l, from("192.0.2.1"), 1, 1) != 0 {
		t.Error("the bucket is not empty")
	}
	eventually(t, "the replica has the bucket", func() bool { return replica.do(t, "DBSIZE") == "1" })
	outcomes, _ := background(t, l)
	master.kill()
	eventually(t, "the outage is noticed", func() bool { return log.count(lost) == 1 })
	eventually(t, "the replica takes over", func() bool { return log.count(found) == 1 })
	if outcomes[Unavailable].Load() > 0 || outcomes[Unlimited].Load() > 0 {
		t.Error("the failover shows")
	}
	eventually(t, "the replica is the new master", func() bool { return strings.Contains(replica.do(t, "INFO", "replication"), "role:master") })
	eventually(t, "the new master holds the new bucket", func() bool {
		l.Take(context.Background(), ByRequests, from("192.0.2.77"), 1)
		return replica.do(t, "DBSIZE") == "2"
	})
}
