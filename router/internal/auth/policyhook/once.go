package policyhook

import (
	"context"
	"crypto/sha256"
	"sync"
)

type onceKey struct{}

// Once gives a context within which a hook is asked each question once, however many ask it and at the same time: the
// operations of one request that need the same policies for the same caller. All get the same answer, or the same error.
// It lives as long as the request, and holds as many answers as there are different questions in it.
func Once(ctx context.Context) context.Context {
	return context.WithValue(ctx, onceKey{}, &questions{})
}

// questions are those of one request so far.
type questions struct {
	mu      sync.Mutex
	answers map[questionKey]*reply
}

type questionKey struct {
	hook *Hook
	text [sha256.Size]byte
}

// reply is there when done is closed.
type reply struct {
	done    chan struct{}
	granted []string
	err     error
}

// once calls the service, or waits for the answer to the same question within the context's request.
func (h *Hook) once(ctx context.Context, body []byte) ([]string, error) {
	asked, _ := ctx.Value(onceKey{}).(*questions)
	if asked == nil {
		return h.call(ctx, body)
	}
	key := questionKey{h, sha256.Sum256(body)}
	asked.mu.Lock()
	known := asked.answers[key]
	if known != nil {
		asked.mu.Unlock()
		select {
		case <-known.done:
			return known.granted, known.err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	mine := &reply{done: make(chan struct{})}
	if asked.answers == nil {
		asked.answers = map[questionKey]*reply{}
	}
	asked.answers[key] = mine
	asked.mu.Unlock()
	defer close(mine.done)
	mine.granted, mine.err = h.call(ctx, body)
	return mine.granted, mine.err
}
