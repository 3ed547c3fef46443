package subgraphclient

import (
	"context"
	"net/http"
	"sync"

	"golang.org/x/sync/semaphore"
)

// streamsPerConnection is how many requests share a connection. It is far less than what RFC 9113, section 6.5.2, recommends
// that servers take (100): a transport that finds its connection full makes others, whatever its MaxConnsPerHost says.
const streamsPerConnection = 16

// lanes are the connections to an endpoint that speaks HTTP/2, each in a transport of its own. Requests go where the fewest
// are under way, the first of several, so that connections that nobody needs become idle and end. Where all are full
// requests wait.
type lanes struct {
	open func() *http.Transport // makes one for a single connection
	most int
	room *semaphore.Weighted // for what most connections take

	mu   sync.Mutex
	list []*lane // guarded by mu
}

type lane struct {
	transport *http.Transport
	inFlight  int // guarded by lanes.mu
}

func newLanes(most int, open func() *http.Transport) *lanes {
	return &lanes{open: open, most: most, room: semaphore.NewWeighted(int64(most) * streamsPerConnection)}
}

// take gives the lane for a request, which has to leave it. Another lane is made when all have streams requests.
func (l *lanes) take(ctx context.Context, streams int) (*lane, error) {
	if err := l.room.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var best *lane
	for _, each := range l.list {
		if best == nil || each.inFlight < best.inFlight {
			best = each
		}
	}
	if best == nil || best.inFlight >= streams && len(l.list) < l.most {
		best = &lane{transport: l.open()}
		l.list = append(l.list, best)
	}
	best.inFlight++
	return best, nil
}

func (l *lanes) leave(from *lane) {
	l.mu.Lock()
	from.inFlight--
	l.mu.Unlock()
	l.room.Release(1)
}

// close ends the connections that are idle; others when they become it.
func (l *lanes) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, each := range l.list {
		each.transport.CloseIdleConnections()
	}
}
