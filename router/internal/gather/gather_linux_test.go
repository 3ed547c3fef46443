package gather

import (
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// writeCalls is how often the process has asked the system to write.
func writeCalls(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/io")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "syscw: ")
	line, _, _ := strings.Cut(after, "\n")
	n, err := strconv.Atoi(line)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestLargeResponseIsOneSystemCall counts calls of the whole process: one of the client and one of the server for each
// request, and few of the runtime.
func TestLargeResponseIsOneSystemCall(t *testing.T) { //nolint:paralleltest // see above
	address := serve(t)
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: 20 * time.Second}
	check(t, client, http.MethodGet, address, 90_000, http.StatusOK)
	const requests = 200
	before := writeCalls(t)
	for range requests {
		check(t, client, http.MethodGet, address, 90_000, http.StatusOK)
	}
	if calls := writeCalls(t) - before; calls > 2*requests+requests/4 {
		t.Errorf("%d requests took %d calls to write, want about %d", requests, calls, 2*requests)
	}
}
