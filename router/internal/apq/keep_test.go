package apq

import (
	"context"
	"strings"
	"testing"

	"github.com/tributary-gql/tributary/router/internal/redistest"
)

// keeping is a context that hears of who keeps it.
type keeping struct {
	context.Context
	kept bool
}

func (k *keeping) Keep() { k.kept = true }

// TestRedisKeepsTheRequest: its context is not used for another request, whatever the client of Redis does with it.
func TestRedisKeepsTheRequest(t *testing.T) {
	t.Parallel()
	c, err := New(Options{Redis: redistest.Start(t).Client()})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	asked := &keeping{Context: t.Context()}
	if got := c.Get(asked, strings.Repeat("a", 64)); got != "" || !asked.kept {
		t.Errorf("got %q, kept is %t", got, asked.kept)
	}
	c.Put(Hash("{ a }"), "{ a }")
	known := &keeping{Context: t.Context()}
	if got := c.Get(known, Hash("{ a }")); got != "{ a }" || known.kept {
		t.Errorf("of a document in memory: got %q, kept is %t", got, known.kept)
	}
}
