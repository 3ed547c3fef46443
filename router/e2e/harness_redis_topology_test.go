package e2e

import (
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/internal/redistest"
)

// sentinels is a master with a replica under three Sentinels that know it as "main".
type sentinels struct {
	Addresses       []string // of the Sentinels
	Master, Replica *redistest.Server
}

// startSentinels starts five processes and waits until the Sentinels would fail over.
func startSentinels(t testing.TB) *sentinels {
	t.Helper()
	s := &sentinels{Master: redistest.Start(t, "--repl-diskless-sync-delay", "0")}
	s.Replica = redistest.Start(t, "--replicaof", "127.0.0.1 "+s.Master.Port(t))
	redistest.Eventually(t, "the replica follows", func() bool {
		return s.Replica.Says("replication", "master_link_status:up")
	})
	var all []*redistest.Server
	for range 3 {
		one := redistest.StartSentinel(t, s.Master, 2, 2*time.Second, 3*time.Second)
		all, s.Addresses = append(all, one), append(s.Addresses, one.Address)
	}
	for _, one := range all {
		redistest.Eventually(t, "the Sentinels know the replica and each other", func() bool {
			return one.Says("sentinel", "status=ok,address="+s.Master.Address+",slaves=1,sentinels=3")
		})
	}
	return s
}
