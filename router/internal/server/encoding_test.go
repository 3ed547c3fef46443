package server

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
)

// counting counts what is read of it.
type counting struct {
	from io.Reader
	read int64
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.read += int64(n)
	return n, err
}

// endless is the same text for ever, after a beginning.
type endless struct {
	rest, again []byte
}

func (e *endless) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		if len(e.rest) == 0 {
			e.rest = e.again
		}
		copied := copy(p[n:], e.rest)
		n, e.rest = n+copied, e.rest[copied:]
	}
	return n, nil
}

// bomb is text that shrinks by a factor of several, so that how much of it was undone shows in how much was read.
func bomb(size int) []byte {
	random := rand.New(rand.NewPCG(1, 2))
	text := make([]byte, 0, size+8*64)
	for len(text) < size {
		noise := make([]byte, 64)
		for i := range noise {
			noise[i] = byte(random.Uint32())
		}
		text = append(text, bytes.Repeat(noise, 8)...)
	}
	return text[:size]
}

// gzipMember is a whole gzip file.
func gzipMember(text []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(text) // into memory
	_ = w.Close()
	return b.Bytes()
}

// skippable is the head of a zstd frame that stands for nothing, with size bytes behind it (RFC 8878, section 3.1.2).
func skippable(size uint32) []byte {
	return binary.LittleEndian.AppendUint32([]byte{0x50, 0x2a, 0x4d, 0x18}, size)
}

// TestBombs: of a body that grows beyond the limit, or that never ends and stands for nothing, no more is read and undone than
// the limit asks for, in every coding.
func TestBombs(t *testing.T) {
	t.Parallel()
	const limit = 64 << 10
	// What decoders read ahead: the largest block of zstd is 128 KiB (RFC 8878, section 3.1.1.2.4).
	const ahead = 256 << 10
	large := bomb(1 << 20)
	packed := map[encoding][]byte{}
	for _, coding := range []encoding{gzipEncoding, brotliEncoding, zstdEncoding} {
		packed[coding] = compress(large, coding)
	}
	joined := func(parts ...[]byte) io.Reader { return bytes.NewReader(bytes.Join(parts, nil)) }
	members := bytes.Repeat(gzipMember(large[:32<<10]), 400)
	frames := bytes.Repeat(compress(large[:32<<10], zstdEncoding), 400)
	gzipHead := gzipMember(nil)[:10]
	for name, c := range map[string]struct {
		coding encoding
		body   io.Reader
	}{
		"gzip":                       {gzipEncoding, joined(packed[gzipEncoding])},
		"br":                         {brotliEncoding, joined(packed[brotliEncoding])},
		"zstd":                       {zstdEncoding, joined(packed[zstdEncoding])},
		"gzip of many members":       {gzipEncoding, joined(members)},
		"zstd of many frames":        {zstdEncoding, joined(frames)},
		"gzip behind empty members":  {gzipEncoding, joined(gzipMember(nil), gzipMember(nil), members)},
		"gzip of empty members":      {gzipEncoding, &endless{again: gzipMember(nil)}},
		"gzip of empty blocks":       {gzipEncoding, &endless{rest: gzipHead, again: []byte{0, 0, 0, 0xff, 0xff}}},
		"zstd of skippable frames":   {zstdEncoding, &endless{again: append(skippable(1000), make([]byte, 1000)...)}},
		"zstd of one skippable":      {zstdEncoding, &endless{rest: skippable(1 << 30), again: []byte{0}}},
		"br of empty metadata":       {brotliEncoding, &endless{rest: []byte{0x0c}, again: []byte{0x06}}},
		"no coding":                  {"identity", joined(large)},
		"no coding, and never ends":  {"identity", &endless{again: []byte(" ")}},
		"gzip that is only a header": {gzipEncoding, &endless{rest: append(gzipHead[:3:3], 0x10, 0, 0, 0, 0, 0, 0), again: []byte("x")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := &counting{from: c.body}
			var refusal *httpError
			body, err := readEncoded(source, -1, string(c.coding), limit, nil)
			if !errors.As(err, &refusal) || refusal.status < 400 || body != nil {
				t.Errorf("%d bytes, %v", len(body), err)
			}
			if source.read > mostEncoded(limit)+ahead {
				t.Errorf("%d bytes were read", source.read)
			}
		})
	}
	for _, coding := range []encoding{gzipEncoding, brotliEncoding, zstdEncoding} {
		source := &counting{from: bytes.NewReader(packed[coding])}
		reader, err := decoded(source, string(coding))
		if err != nil {
			t.Fatal(err)
		}
		undone := &counting{from: reader}
		var refusal *httpError
		if _, err := readBody(undone, -1, limit, nil); !errors.As(err, &refusal) || refusal.status != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: %v", coding, err)
		}
		if undone.read > limit+1 || source.read > ahead || source.read > int64(len(packed[coding]))/2 {
			t.Errorf("%s: %d bytes were undone, %d of %d read", coding, undone.read, source.read, len(packed[coding]))
		}
	}
}

// TestBodiesAtTheLimit: what is as large as allowed passes in every coding, also where that makes it larger; one byte more does
// not, and a coding is undone once.
func TestBodiesAtTheLimit(t *testing.T) {
	t.Parallel()
	const limit = 64 << 10
	noise := make([]byte, limit+1)
	random := rand.New(rand.NewPCG(3, 4))
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	for _, coding := range []encoding{gzipEncoding, brotliEncoding, zstdEncoding, "identity"} {
		for _, text := range [][]byte{noise, bomb(limit + 1)} {
			at := compress(text[:limit], coding)
			if body, err := readEncoded(bytes.NewReader(at), int64(len(at)), string(coding), limit, nil); err != nil || !bytes.Equal(body, text[:limit]) {
				t.Errorf("%s: %d bytes, %v", coding, len(body), err)
			}
			var refusal *httpError
			over := compress(text, coding)
			for _, length := range []int64{int64(len(over)), -1} {
				if _, err := readEncoded(bytes.NewReader(over), length, string(coding), limit, nil); !errors.As(err, &refusal) || refusal.status != http.StatusRequestEntityTooLarge {
					t.Errorf("%s, one more: %v", coding, err)
				}
			}
		}
	}
	inside := gzipMember(bomb(1 << 20)[:300<<10])[:40<<10]
	if body, err := readEncoded(bytes.NewReader(gzipMember(inside)), -1, "gzip", limit, nil); err != nil || !bytes.Equal(body, inside) {
		t.Errorf("gzip in gzip: %d bytes, %v", len(body), err)
	}
	source := &counting{from: strings.NewReader("x")}
	var refusal *httpError
	if _, err := readEncoded(source, mostEncoded(limit)+1, "br", limit, nil); !errors.As(err, &refusal) || refusal.status != http.StatusRequestEntityTooLarge || source.read != 0 {
		t.Errorf("a length that is too large: %v after %d bytes", err, source.read)
	}
	if body, err := readEncoded(bytes.NewReader(gzipMember(noise)), -1, "gzip", 0, nil); err != nil || len(body) != len(noise) {
		t.Errorf("without a limit: %d bytes, %v", len(body), err)
	}
	for _, coding := range []string{"deflate", "gzip, gzip", "gzip,br", "aws-chunked"} {
		if _, err := readEncoded(strings.NewReader("x"), -1, coding, limit, nil); !errors.As(err, &refusal) || refusal.status != http.StatusUnsupportedMediaType {
			t.Errorf("%s: %v", coding, err)
		}
	}
}
