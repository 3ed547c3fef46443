package redistest

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Slots is how many slots a Cluster has.
const Slots = 16384

// Port is the port of Address.
func (s *Server) Port(t testing.TB) string {
	t.Helper()
	_, port, err := net.SplitHostPort(s.Address)
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// Says tells whether a section of INFO holds the text. A server that does not answer, or closes the connection as its role
// changes, says nothing.
func (s *Server) Says(section, text string) bool {
	client := s.Client()
	defer client.Close()
	info, err := client.Info(context.Background(), section).Result()
	return err == nil && strings.Contains(info, text)
}

// StartSentinel starts a Sentinel that knows the master as "main". So many as quorum says have to agree that it is gone,
// which one of them thinks after downAfter.
func StartSentinel(t testing.TB, master *Server, quorum int, downAfter, failoverTimeout time.Duration) *Server {
	t.Helper()
	port := FreePort(t)
	file := filepath.Join(t.TempDir(), "sentinel.conf")
	text := fmt.Sprintf("port %d\nbind 127.0.0.1\nsentinel monitor main 127.0.0.1 %s %d\n", port, master.Port(t), quorum) +
		fmt.Sprintf("sentinel down-after-milliseconds main %d\nsentinel failover-timeout main %d\n", downAfter.Milliseconds(), failoverTimeout.Milliseconds())
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s := New(t, port, file, "--sentinel")
	s.Start(t)
	return s
}

// StartCluster makes a Cluster of three masters. The slots of node i start at Slots*i/3.
func StartCluster(t testing.TB, nodeTimeout time.Duration) []*Server {
	t.Helper()
	nodes, buses := make([]*Server, 3), make([]int, 3)
	for i := range nodes {
		buses[i] = FreePort(t) // not given, it is the client port and 10,000, which may be taken
		nodes[i] = Start(t, "--cluster-enabled", "yes", "--cluster-port", strconv.Itoa(buses[i]),
			"--cluster-node-timeout", strconv.FormatInt(nodeTimeout.Milliseconds(), 10), "--cluster-require-full-coverage", "no")
	}
	for i, n := range nodes {
		n.Do(t, "CLUSTER", "ADDSLOTSRANGE", Slots*i/len(nodes), Slots*(i+1)/len(nodes)-1)
		n.Do(t, "CLUSTER", "SET-CONFIG-EPOCH", i+1)
	}
	for _, n := range nodes[1:] {
		n.Do(t, "CLUSTER", "MEET", "127.0.0.1", nodes[0].Port(t), buses[0])
	}
	for _, n := range nodes {
		Eventually(t, "the cluster is complete", func() bool {
			info := n.Do(t, "CLUSTER", "INFO")
			return strings.Contains(info, "cluster_state:ok") && strings.Contains(info, fmt.Sprintf("cluster_slots_assigned:%d", Slots))
		})
	}
	return nodes
}
