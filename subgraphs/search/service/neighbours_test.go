package service

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/subgraphs/kit/graphqlserver/graphqlservertest"
)

// A search index is worth what arrives in it, so these tests run the services that it listens to as their real programs. Nothing of them is
// imported: a service knows another by its events and its SDL alone.

// neighbour is another service's program.
type neighbour struct {
	t         *testing.T
	path      string
	arguments []string
	command   *exec.Cmd
	client    graphqlservertest.Client
}

// build compiles a service's program; name is its folder.
func build(t *testing.T, name string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), name)
	command := exec.CommandContext(t.Context(), "go", "build", "-o", path, "./cmd/"+name)
	command.Dir = filepath.Join("..", "..", name)
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("building %s: %v\n%s", name, err, output)
	}
	return path
}

// newNeighbour starts a program and stops it when the test ends.
func newNeighbour(t *testing.T, path string, arguments ...string) *neighbour {
	t.Helper()
	n := &neighbour{t: t, path: path, arguments: append([]string{"--listen", "127.0.0.1:0", "--log-level", "error"}, arguments...)}
	n.start()
	t.Cleanup(n.kill)
	return n
}

// start runs the program and waits for the line with its address.
func (n *neighbour) start() {
	n.t.Helper()
	n.command = exec.CommandContext(context.WithoutCancel(n.t.Context()), n.path, n.arguments...)
	n.command.Stderr = os.Stderr
	output, err := n.command.StdoutPipe()
	if err != nil {
		n.t.Fatal(err)
	}
	if err := n.command.Start(); err != nil {
		n.t.Fatal(err)
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	address, found := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if err != nil || !found {
		n.t.Fatalf("%s said %q: %v", n.path, line, err)
	}
	n.client.URL = address + "/graphql"
}

// kill ends the program at once, as a crash would.
func (n *neighbour) kill() {
	_ = n.command.Process.Kill() // it may be dead already
	_ = n.command.Wait()
}

// arrivalTimeout is far beyond what an arrival takes; the tests tell how long it took.
const arrivalTimeout = 30 * time.Second

// eventually polls until nothing is missing and returns how long that took.
func eventually(t *testing.T, what string, missing func() string) time.Duration {
	t.Helper()
	began := time.Now()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		lack := missing()
		if lack == "" {
			return time.Since(began)
		}
		if time.Since(began) > arrivalTimeout {
			t.Fatalf("%s: not within %v: %s", what, arrivalTimeout, lack)
		}
		<-tick.C
	}
}
