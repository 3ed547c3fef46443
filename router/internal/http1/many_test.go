package http1

import "testing"

// TestTheKeeperSeesAllInTurn: with more connections than it looks at in one tick.
func TestTheKeeperSeesAllInTurn(t *testing.T) {
	t.Parallel()
	s := New(Options{})
	const all = 2*mostLooks + 7
	for range all {
		s.conns = append(s.conns, &conn{at: len(s.conns)})
	}
	seen, next := map[*conn]bool{}, 0
	var conns []*conn
	for range 3 {
		if conns, next = s.some(conns[:0], next); len(conns) > mostLooks {
			t.Fatalf("it looks at %d connections in one tick", len(conns))
		}
		for _, c := range conns {
			seen[c] = true
		}
	}
	if len(seen) != all {
		t.Errorf("it has seen %d of %d connections", len(seen), all)
	}
	if conns, _ = s.some(conns[:0], next); len(conns) != mostLooks || conns[0] != s.conns[0] {
		t.Errorf("it does not begin anew")
	}
}
