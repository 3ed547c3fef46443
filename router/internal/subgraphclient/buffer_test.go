package subgraphclient

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"

	"github.com/tributary-gql/tributary/router/internal/plan"
)

func TestBufferClasses(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1, smallestBuffer - 1, smallestBuffer, smallestBuffer + 1, 6 << 10, 6<<10 + 1, 8 << 10, 70_000, 100_000, 1 << 20} {
		b := getBuffer(size)
		if c := cap(b.data); c < size || size > smallestBuffer && 2*c >= 3*size || b.class >= bufferClasses {
			t.Errorf("a buffer for %d bytes has %d", size, c)
		}
		b.free()
	}
	if b := getBuffer(1<<20 + 1); b.class < bufferClasses {
		t.Errorf("a buffer of %d bytes would be kept", cap(b.data))
	}
}

// countedReader counts reads: on a connection each is a system call.
type countedReader struct {
	io.Reader
	reads int
	room  []int // that each read had
}

func (c *countedReader) Read(p []byte) (int, error) {
	c.reads++
	c.room = append(c.room, len(p))
	return c.Reader.Read(p)
}

// TestWaitingHoldsLittle: until an answer begins to come, a fetch holds the smallest buffer, however large the answers
// before were; a small answer is read at once.
func TestWaitingHoldsLittle(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ size, reads int }{{100, 1}, {10_000, 1}, {70_000, 2}, {900_000, 2}} {
		for _, isChunked := range []bool{false, true} {
			body := strings.Repeat("x", c.size)
			wire := jsonHead + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", c.size, body)
			if isChunked {
				wire = jsonHead + fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", c.size, body)
			}
			in := &countedReader{Reader: strings.NewReader(wire)}
			r, _, err := readResponse(in, len(wire)+firstReadRoom, 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			if string(r.body) != body {
				t.Errorf("%d bytes, chunked %t: the body is another one", c.size, isChunked)
			}
			if in.reads != c.reads || in.room[0] > smallResponse {
				t.Errorf("%d bytes, chunked %t: %d reads, want %d; the first one had room for %d", c.size, isChunked, in.reads, c.reads, in.room[0])
			}
			r.buffer.release()
		}
	}
}

func liveHeap() uint64 {
	runtime.GC()
	runtime.GC() // pools keep what they have for one collection
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// TestLargeAnswerIsNotKept: after one answer of 40 MB the client is as small as before, and expects no such answer again.
func TestLargeAnswerIsNotKept(t *testing.T) { //nolint:paralleltest // it measures the whole heap
	large := strings.Repeat("x", 40<<20)
	_, url := serveRaw(t, func(conn net.Conn, _ *http.Request, attempt int) bool {
		if attempt == 2 {
			_, _ = io.WriteString(conn, jsonHead+fmt.Sprintf("Content-Length: %d\r\n\r\n{", len(large)+2))
			_, _ = io.WriteString(conn, large)
			_, _ = io.WriteString(conn, "}")
			return true
		}
		write(conn, jsonHead+"Content-Length: 16\r\n\r\n"+okBody)
		return true
	})
	client := newClient(t, Endpoint{URL: url})
	fetch := func() int {
		answer, err := client.Fetch(t.Context(), fetchOf(plan.Query))
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Release()
		return len(answer.Body)
	}
	fetch()
	before := liveHeap()
	if got := fetch(); got != len(large)+2 {
		t.Fatalf("got %d bytes", got)
	}
	fetch()
	if after := liveHeap(); after > before+2<<20 {
		t.Errorf("%d bytes are alive, %d were before the large answer", after, before)
	}
}
