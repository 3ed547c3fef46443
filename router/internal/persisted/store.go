package persisted

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync/atomic"
	"time"
)

// maxManifest bounds a manifest file.
const maxManifest = 256 << 20

// Options say where manifests are.
type Options struct {
	Files    []string
	Interval time.Duration // between looks for a change; 0: never look again
	Logger   *slog.Logger
}

// Store is the list that manifest files make together, kept up to date. It is safe for concurrent use.
type Store struct {
	options Options
	list    atomic.Pointer[List]
	seen    []fileState // of the files that list was made from
}

type fileState struct {
	modified time.Time
	size     int64
}

// New reads the files. The error says what is wrong with which of them.
func New(o Options) (*Store, error) {
	s := &Store{options: o}
	list, states, err := s.read()
	if err != nil {
		return nil, err
	}
	s.list.Store(list)
	s.seen = states
	return s, nil
}

// List is the list at the moment.
func (s *Store) List() *List { return s.list.Load() }

// Run looks for changes until ctx ends. Files that cannot be used change nothing: the last good list stays.
func (s *Store) Run(ctx context.Context) {
	if s.options.Interval <= 0 {
		return
	}
	ticker := time.NewTicker(s.options.Interval)
	defer ticker.Stop()
	trouble := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		text := ""
		if err := s.refresh(); err != nil {
			text = err.Error()
		}
		if text != "" && text != trouble {
			s.options.Logger.Error("the manifest of persisted documents cannot be used; the last good one stays", "error", text)
		}
		trouble = text
	}
}

// settled is the age at which a file that looks unchanged is: one that was just written may change again within the
// clock's resolution.
const settled = 2 * time.Second

// refresh reads the files again when one of them has changed.
func (s *Store) refresh() error {
	changed := false
	for i, name := range s.options.Files {
		info, err := os.Stat(name)
		if err != nil {
			return err
		}
		if stateOf(info) != s.seen[i] || time.Since(info.ModTime()) < settled {
			changed = true
		}
	}
	if !changed {
		return nil
	}
	list, states, err := s.read()
	if err != nil {
		return err
	}
	before := s.list.Swap(list)
	s.seen = states
	if !before.equal(list) {
		s.options.Logger.Info("persisted documents changed", "documents", list.Len())
	}
	return nil
}

func (s *Store) read() (*List, []fileState, error) {
	var documents []Document
	var problems []error
	states := make([]fileState, len(s.options.Files))
	for i, name := range s.options.Files {
		text, state, err := readFile(name)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		states[i] = state
		found, err := Parse(text)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s %w", name, err))
		}
		documents = append(documents, found...)
	}
	if err := errors.Join(problems...); err != nil {
		return nil, nil, err
	}
	if err := checkUnique(documents); err != nil {
		return nil, nil, fmt.Errorf("manifests together: %w", err)
	}
	return NewList(documents), states, nil
}

func readFile(name string) ([]byte, fileState, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, fileState{}, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, fileState{}, err
	}
	text, err := io.ReadAll(io.LimitReader(file, maxManifest+1))
	switch {
	case err != nil:
		return nil, fileState{}, fmt.Errorf("%s: %w", name, err)
	case len(text) > maxManifest:
		return nil, fileState{}, fmt.Errorf("%s is larger than %d MiB", name, maxManifest>>20)
	}
	return text, stateOf(info), nil
}

func stateOf(info os.FileInfo) fileState {
	return fileState{modified: info.ModTime(), size: info.Size()}
}
