package server

import (
	"bytes"
	"errors"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/tributary-gql/tributary/router/internal/gqlerr"
)

// minCompressed is the smallest response that is worth compressing: smaller ones fit into one packet anyway.
const minCompressed = 1400

// maxDecoderWindow bounds the memory that one compressed request body can make the router allocate.
const maxDecoderWindow = 8 << 20

// encoding is a content coding (RFC 9110, section 8.4.1).
type encoding string

const (
	identityEncoding encoding = ""
	zstdEncoding     encoding = "zstd"
	brotliEncoding   encoding = "br"
	gzipEncoding     encoding = "gzip"
)

// preferred is the order among codings that a client likes equally: the cheapest for the processor first.
var preferred = []encoding{zstdEncoding, brotliEncoding, gzipEncoding}

// acceptedEncoding picks the coding for a response (RFC 9110, section 12.5.3).
func acceptedEncoding(header []string) encoding {
	if len(header) == 0 {
		return identityEncoding
	}
	best, bestQuality := identityEncoding, 0.0
	for _, candidate := range preferred {
		if q := qualityOf(header, string(candidate)); q > bestQuality {
			best, bestQuality = candidate, q
		}
	}
	return best
}

func qualityOf(header []string, coding string) float64 {
	wildcard := 0.0
	for _, line := range header {
		for part := range strings.SplitSeq(line, ",") {
			name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
			name = strings.TrimSpace(name)
			q := 1.0
			if value, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
				parsed, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
				if err != nil {
					continue
				}
				q = parsed
			}
			switch {
			case strings.EqualFold(name, coding):
				return q
			case name == "*":
				wildcard = q
			}
		}
	}
	return wildcard
}

var (
	gzipWriters   = sync.Pool{New: func() any { w, _ := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed); return w }}
	brotliWriters = sync.Pool{New: func() any { return brotli.NewWriterLevel(io.Discard, 3) }}
	zstdEncoders  = sync.OnceValue(func() *zstd.Encoder {
		encoder, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest))
		if err != nil {
			panic(err) // constant options
		}
		return encoder
	})
)

// compress gives body in a coding. The result is the caller's.
func compress(body []byte, as encoding) []byte {
	var out bytes.Buffer
	switch as {
	case zstdEncoding:
		return zstdEncoders().EncodeAll(body, make([]byte, 0, len(body)/3))
	case brotliEncoding:
		w := brotliWriters.Get().(*brotli.Writer)
		defer brotliWriters.Put(w)
		w.Reset(&out)
		_, _ = w.Write(body) // into memory
		_ = w.Close()
	case gzipEncoding:
		w := gzipWriters.Get().(*gzip.Writer)
		defer gzipWriters.Put(w)
		w.Reset(&out)
		_, _ = w.Write(body)
		_ = w.Close()
	default:
		return body
	}
	return out.Bytes()
}

// readEncoded reads a body of at most limit bytes after its content coding is undone. What is read before that is bounded as
// well: a coding has parts that stand for nothing, and a body may be made of them alone. A limit of 0 is none.
func readEncoded(body io.Reader, length int64, coding string, limit int64, into []byte) ([]byte, error) {
	if coding == "" {
		return readBody(body, length, limit, into)
	}
	encoded := &boundedReader{from: body, left: math.MaxInt64}
	if limit > 0 {
		if encoded.left = mostEncoded(limit); length > encoded.left {
			return nil, tooLarge(limit)
		}
	}
	reader, err := decoded(encoded, coding)
	if err != nil {
		return nil, err
	}
	read, err := readBody(reader, -1, limit, into)
	if encoded.exceeded {
		return nil, tooLarge(limit)
	}
	return read, err
}

// mostEncoded is how large a body of limit bytes may be under a coding: what cannot be compressed grows a little.
func mostEncoded(limit int64) int64 { return limit + limit/16 + 1<<10 }

// boundedReader ends with an error after left bytes, where there are more.
type boundedReader struct {
	from     io.Reader
	left     int64
	exceeded bool
}

var errExceeded = errors.New("more than a body may be")

// Read implements io.Reader.
func (b *boundedReader) Read(p []byte) (int, error) {
	if b.exceeded {
		return 0, errExceeded
	}
	if int64(len(p)) > b.left && b.left < math.MaxInt64 {
		p = p[:b.left+1] // one more shows that there is more
	}
	n, err := b.from.Read(p)
	if int64(n) > b.left {
		b.exceeded = true
		return int(b.left), errExceeded
	}
	b.left -= int64(n)
	return n, err
}

// decoded undoes a request's content coding. What it reads is bounded by the caller, after decompression.
func decoded(body io.Reader, header string) (io.Reader, error) {
	switch encoding(strings.ToLower(strings.TrimSpace(header))) {
	case identityEncoding, "identity":
		return body, nil
	case gzipEncoding, "x-gzip":
		reader, err := gzip.NewReader(body)
		if err != nil {
			return nil, refuse(http.StatusBadRequest, gqlerr.BadRequest, "the body is not gzip, although Content-Encoding says so")
		}
		return reader, nil
	case brotliEncoding:
		return brotli.NewReader(body), nil
	case zstdEncoding:
		reader, err := zstd.NewReader(body, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxDecoderWindow), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, refuse(http.StatusBadRequest, gqlerr.BadRequest, "the body is not zstd, although Content-Encoding says so")
		}
		return reader.IOReadCloser(), nil
	}
	refusal := refuse(http.StatusUnsupportedMediaType, gqlerr.BadRequest, "the content encoding %q is not supported: send gzip, br, zstd or none", header)
	refusal.header = http.Header{"Accept-Encoding": {"gzip, br, zstd"}}
	return nil, refusal
}
