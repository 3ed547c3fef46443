package loaders

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrNotFound is what every [NotFoundError] is, for errors.Is.
var ErrNotFound = errors.New("not found")

// NotFoundError says that a fetch worked and had no value for a key.
type NotFoundError[K comparable] struct {
	Key K
}

// Error implements error.
func (e *NotFoundError[K]) Error() string { return fmt.Sprintf("%v was not found", e.Key) }

// Is makes the error an [ErrNotFound].
func (e *NotFoundError[K]) Is(target error) bool { return target == ErrNotFound }

// KeyErrors is the error of a fetch that failed for some of its keys. The others have their values, or are not found.
type KeyErrors[K comparable] map[K]error

// Error names the keys and their errors, in the order of their text.
func (e KeyErrors[K]) Error() string {
	lines := make([]string, 0, len(e))
	for key, err := range e {
		lines = append(lines, fmt.Sprintf("%v: %v", key, err))
	}
	slices.SortFunc(lines, cmp.Compare)
	return strings.Join(lines, "; ")
}

// PanicError is the error of every key of a batch whose fetch panicked.
type PanicError struct {
	// Value is what the fetch panicked with.
	Value any
	// Stack is the goroutine's stack, for the log.
	Stack []byte
}

// Error says what the panic's value was, without the stack.
func (e *PanicError) Error() string { return fmt.Sprintf("fetching a batch panicked: %v", e.Value) }
