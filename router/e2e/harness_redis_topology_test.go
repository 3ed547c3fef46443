package e2e

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Do runs a command and gives its answer as text.
func (s *redisServer) Do(t testing.TB, args ...any) string {
	t.Helper()
	client := s.Client()
	defer client.Close()
	answer, err := client.Do(context.Background(), args...).Result()
	if err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	return fmt.Sprint(answer)
}

// says tells whether INFO holds the text. A server that does not answer, or closes the connection as its role changes, says nothing.
func (s *redisServer) says(section, text string) bool {
	client := s.Client()
	defer client.Close()
	info, err := client.Info(context.Background(), section).Result()
	return err == nil && strings.Contains(info, text)
}

// port is the port of Address.
func (s *redisServer) port(t testing.TB) string {
	t.Helper()
	_, port, err := net.SplitHostPort(s.Address)
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// sentinels is a master with a replica under three Sentinels that know it as "main".
type sentinels struct {
	Addresses       []string // of the Sentinels
	Master, Replica *redisServer
}

// startSentinels starts five processes and waits until the Sentinels would fail over.
func startSentinels(t testing.TB) *sentinels {
	t.Helper()
	s := &sentinels{Master: startRedis(t, "--repl-diskless-sync-delay", "0")}
	s.Replica = startRedis(t, "--replicaof", "127.0.0.1 "+s.Master.port(t))
	eventually(t, "the replica follows", func() bool {
		return s.Replica.says("replication", "master_link_status:up")
	})
	var all []*redisServer
	for range 3 {
		one := startSentinel(t, s.Master)
		all, s.Addresses = append(all, one), append(s.Addresses, one.Address)
	}
	for _, one := range all {
		eventually(t, "the Sentinels know the replica and each other", func() bool {
			return one.says("sentinel", "status=ok,address="+s.Master.Address+",slaves=1,sentinels=3")
		})
	}
	return s
}

// startSentinel starts a Sentinel of which two have to agree that the master is gone.
func startSentinel(t testing.TB, master *redisServer) *redisServer {
	t.Helper()
	port := freePort(t)
	file := filepath.Join(t.TempDir(), "sentinel.conf")
	text := fmt.Sprintf("port %d\nbind 127.0.0.1\nsentinel monitor main 127.0.0.1 %s 2\n", port, master.port(t)) +
		"sentinel down-after-milliseconds main 2000\nsentinel failover-timeout main 3000\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &redisServer{Address: fmt.Sprintf("127.0.0.1:%d", port), args: []string{file, "--sentinel"}}
	t.Cleanup(s.Kill) // first: Start may give up on a server that runs
	s.Start(t)
	return s
}

// slots is how many slots a Cluster has.
const slots = 16384

// startCluster makes a Cluster of three masters. The slots of nodes[i] start at slots*i/3.
func startCluster(t testing.TB) []*redisServer {
	t.Helper()
	nodes, buses := make([]*redisServer, 3), make([]int, 3)
	for i := range nodes {
		buses[i] = freePort(t) // not given, it is the client port and 10,000, which may be taken
		nodes[i] = startRedis(t, "--cluster-enabled", "yes", "--cluster-port", strconv.Itoa(buses[i]),
			"--cluster-node-timeout", "2000", "--cluster-require-full-coverage", "no")
	}
	for i, n := range nodes {
		n.Do(t, "CLUSTER", "ADDSLOTSRANGE", slots*i/len(nodes), slots*(i+1)/len(nodes)-1)
		n.Do(t, "CLUSTER", "SET-CONFIG-EPOCH", i+1)
	}
	for _, n := range nodes[1:] {
		n.Do(t, "CLUSTER", "MEET", "127.0.0.1", nodes[0].port(t), buses[0])
	}
	for _, n := range nodes {
		eventually(t, "the cluster is complete", func() bool {
			info := n.Do(t, "CLUSTER", "INFO")
			return strings.Contains(info, "cluster_state:ok") && strings.Contains(info, fmt.Sprintf("cluster_slots_assigned:%d", slots))
		})
	}
	return nodes
}
