package ratelimit

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	redis.SetLogger(&logging.VoidLogger{}) // servers go away here all the time
	goleak.VerifyTestMain(m)
}

// patience is how long a test waits for something that has to happen.
const patience = 20 * time.Second

// eventually polls until holds is true.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !holds(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v in vain: %s", patience, what)
		}
	}
}

// process is a redis-server that a test started.
type process struct {
	address string
	args    []string
	command *exec.Cmd
}

func freePort(t testing.TB) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

// startRedis starts a server on a free port; it ends with the test.
func startRedis(t testing.TB, args ...string) *process {
	t.Helper()
	port := freePort(t)
	p := &process{address: fmt.Sprintf("127.0.0.1:%d", port)}
	p.args = append([]string{"--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", t.TempDir()}, args...)
	t.Cleanup(p.kill) // first: start may give up on a server that runs
	p.start(t)
	return p
}

// startSentinel starts a Sentinel that watches a master under the name "main".
func startSentinel(t testing.TB, master string) *process {
	t.Helper()
	port := freePort(t)
	_, masterPort, _ := net.SplitHostPort(master)
	file := filepath.Join(t.TempDir(), "sentinel.conf")
	text := fmt.Sprintf("port %d\nbind 127.0.0.1\nsentinel monitor main 127.0.0.1 %s 1\nsentinel down-after-milliseconds main 500\nsentinel failover-timeout main 2000\n", port, masterPort)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := &process{address: fmt.Sprintf("127.0.0.1:%d", port), args: []string{file, "--sentinel"}}
	t.Cleanup(p.kill) // first: start may give up on a server that runs
	p.start(t)
	return p
}

func (p *process) start(t testing.TB) {
	t.Helper()
	p.command = exec.Command("redis-server", p.args...)
	if err := p.command.Start(); err != nil {
		t.Fatalf("these tests need redis-server: %v", err)
	}
	client := p.client()
	defer client.Close()
	eventually(t, "redis-server answers", func() bool {
		err := client.Ping(context.Background()).Err()
		return err == nil || redis.HasErrorPrefix(err, "NOAUTH")
	})
}

func (p *process) client() *redis.Client {
	return redis.NewClient(&redis.Options{Addr: p.address, DialerRetries: 1, MaxRetries: -1})
}

// do runs a command and gives its answer as text.
func (p *process) do(t testing.TB, args ...any) string {
	t.Helper()
	client := p.client()
	defer client.Close()
	answer, err := client.Do(context.Background(), args...).Result()
	if err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	return fmt.Sprint(answer)
}

func (p *process) kill() {
	if p.command == nil {
		return
	}
	_ = p.command.Process.Kill()
	_ = p.command.Wait() // it was killed, and that is what it says
	p.command = nil
}

// freeze makes the server hang: connections stay, nothing answers.
func (p *process) freeze(t testing.TB) {
	t.Helper()
	if err := p.command.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
}

func (p *process) thaw(t testing.TB) {
	t.Helper()
	if err := p.command.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
}

// scriptCalls is how often the server has run the script.
func (p *process) scriptCalls(t testing.TB) int {
	t.Helper()
	total := 0
	for line := range strings.SplitSeq(p.do(t, "INFO", "commandstats"), "\n") {
		if rest, ok := strings.CutPrefix(line, "cmdstat_eval"); ok {
			_, rest, _ = strings.Cut(rest, "calls=")
			number, _, _ := strings.Cut(rest, ",")
			n, err := strconv.Atoi(number)
			if err != nil {
				t.Fatal(err)
			}
			total += n
		}
	}
	return total
}

// startCluster makes a Cluster of three masters.
func startCluster(t testing.TB) []*process {
	t.Helper()
	nodes := make([]*process, 3)
	for i := range nodes {
		// The bus port is the client port and 10,000, unless it is given.
		nodes[i] = startRedis(t, "--cluster-enabled", "yes", "--cluster-port", strconv.Itoa(freePort(t)), "--cluster-node-timeout", "1000", "--cluster-require-full-coverage", "no")
	}
	for i, n := range nodes {
		first, last := 16384*i/3, 16384*(i+1)/3-1
		n.do(t, "CLUSTER", "ADDSLOTSRANGE", first, last)
		n.do(t, "CLUSTER", "SET-CONFIG-EPOCH", i+1)
	}
	_, port, _ := net.SplitHostPort(nodes[0].address)
	for _, n := range nodes[1:] {
		n.do(t, "CLUSTER", "MEET", "127.0.0.1", port, busPort(nodes[0]))
	}
	for _, n := range nodes {
		eventually(t, "the cluster is complete", func() bool {
			info := n.do(t, "CLUSTER", "INFO")
			return strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_slots_assigned:16384")
		})
	}
	return nodes
}

func busPort(p *process) string {
	for i, arg := range p.args {
		if arg == "--cluster-port" {
			return p.args[i+1]
		}
	}
	return ""
}

// run makes a limiter that runs until the test ends.
func run(t testing.TB, o Options) *Limiter {
	t.Helper()
	l, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); l.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		<-done
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}
