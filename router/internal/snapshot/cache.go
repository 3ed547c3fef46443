package snapshot

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/maypok86/otter/v2"
)

type documentKey struct{ document, operationName string }

type planKey struct {
	hash   [16]byte
	labels string
}

// cache holds prepared operations by document and programs by operation, each bounded in bytes. Admission goes by
// frequency, so that a flood of operations that are asked once does not push out those that are asked often.
type cache struct {
	documentsByKey *otter.Cache[documentKey, *Prepared]
	programsByKey  *otter.Cache[planKey, *Program]
}

// What an entry costs beside its document. Measured on the benchmark's operations, rounded up; the bound on memory is
// meant to hold within a factor of two, not to the byte.
const (
	preparedOverhead    = 2 << 10
	preparedPerDocument = 6 // bytes for each byte of the document
	programOverhead     = 4 << 10
	programPerByte      = 12 // bytes for each byte of the fetches' documents
)

func newCache(bytes int64) (*cache, error) {
	documents, err := otter.New(&otter.Options[documentKey, *Prepared]{
		MaximumWeight: uint64(max(bytes/2, 1)),
		Weigher: func(key documentKey, _ *Prepared) uint32 {
			return uint32(preparedOverhead + preparedPerDocument*len(key.document))
		},
	})
	if err != nil {
		return nil, fmt.Errorf("snapshot: cache of operations: %w", err)
	}
	programs, err := otter.New(&otter.Options[planKey, *Program]{
		MaximumWeight: uint64(max(bytes/2, 1)),
		Weigher: func(_ planKey, p *Program) uint32 {
			size := 0
			for _, f := range p.Plan.Fetches {
				size += len(f.Document)
			}
			return uint32(programOverhead + programPerByte*size)
		},
	})
	if err != nil {
		return nil, fmt.Errorf("snapshot: cache of plans: %w", err)
	}
	return &cache{documentsByKey: documents, programsByKey: programs}, nil
}

func (c *cache) get(key documentKey) (*Prepared, bool) { return c.documentsByKey.GetIfPresent(key) }

func (c *cache) add(key documentKey, p *Prepared) { c.documentsByKey.Set(key, p) }

func (c *cache) program(key planKey) (*Program, bool) { return c.programsByKey.GetIfPresent(key) }

func (c *cache) addProgram(key planKey, p *Program) { c.programsByKey.Set(key, p) }

// documents lists what is cached, the hottest first.
func (c *cache) documents(n int) []Document {
	var out []Document
	for entry := range c.documentsByKey.Hottest() {
		if len(out) == n {
			break
		}
		out = append(out, Document{Text: entry.Key.document, OperationName: entry.Key.operationName})
	}
	return out
}

// programs are an operation's compiled plans by choice of labels. Nearly every operation has one.
type programs struct {
	only  atomic.Pointer[Program] // for no labels
	mu    sync.Mutex
	rests []labelled
}

type labelled struct {
	labels  string
	program *Program
}

// maxLabelled bounds the choices that one operation remembers itself; the shared cache holds the others.
const maxLabelled = 16

func (p *programs) get(labels string) *Program {
	if labels == "" {
		return p.only.Load()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if i, ok := p.find(labels); ok {
		return p.rests[i].program
	}
	return nil
}

func (p *programs) put(labels string, program *Program) {
	if labels == "" {
		p.only.Store(program)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if i, ok := p.find(labels); !ok && len(p.rests) < maxLabelled {
		p.rests = slices.Insert(p.rests, i, labelled{labels, program})
	}
}

func (p *programs) find(labels string) (int, bool) {
	return slices.BinarySearchFunc(p.rests, labels, func(l labelled, labels string) int { return cmp.Compare(l.labels, labels) })
}

// labelBits writes a choice as text of 0 and 1; "" when there are no labels.
func labelBits(active []bool) string {
	if len(active) == 0 {
		return ""
	}
	bits := make([]byte, len(active))
	for i, on := range active {
		bits[i] = '0'
		if on {
			bits[i] = '1'
		}
	}
	return unsafe.String(&bits[0], len(bits)) // bits is not written again
}
