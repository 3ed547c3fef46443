package subgraphclient

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// errTooLarge is returned for a body that is larger than allowed.
var errTooLarge = errors.New("the body is larger than allowed")

// protocolError is an answer that is not HTTP/1.1.
type protocolError string

// Error implements error.
func (e protocolError) Error() string { return "invalid HTTP response: " + string(e) }

// response is one HTTP response in one buffer.
type response struct {
	buffer    *buffer
	status    int
	header    []byte // lines
	body      []byte
	keepAlive bool // the connection can be used again
}

// reader reads one response from a connection that has none before it.
type reader struct {
	conn    io.Reader
	buffer  *buffer
	hint    int // how large the response may be
	maxBody int64

	status        int
	headStart     int // of the header lines
	bodyStart     int
	contentLength int64 // -1: not told
	chunked       bool
	closes        bool
	http10        bool
}

const (
	// smallResponse is up to which size a response gets its buffer before its first byte has come. A larger one gets the
	// smallest buffer first and its own when the head is there, so that those who wait hold no memory.
	smallResponse = 16 << 10

	maxHead       = 64 << 10
	maxChunkLine  = 1 << 10
	firstReadRoom = 512
)

// readResponse reads one response. hint is how large it may be; body bytes beyond maxBody are errTooLarge. The buffer
// belongs to the caller, also when it fails; received tells whether any byte came.
func readResponse(conn io.Reader, hint int, maxBody int64) (r response, received bool, err error) {
	first := hint
	if hint > smallResponse {
		first = smallestBuffer
	}
	rd := reader{conn: conn, buffer: getBuffer(first), hint: hint, maxBody: maxBody}
	r, err = rd.read()
	received = len(rd.buffer.data) > 0
	if err != nil {
		rd.buffer.free()
		return response{}, received, err
	}
	return r, received, nil
}

func (r *reader) read() (response, error) {
	start := 0
	for {
		end, err := r.readHead(start)
		if err != nil {
			return response{}, err
		}
		if r.status >= 200 {
			r.bodyStart = end
			break
		}
		if r.status == 101 {
			return response{}, protocolError("it switches protocols")
		}
		start = end // an interim response, another one follows
	}
	bodyEnd, messageEnd, err := r.readBody()
	if err != nil {
		return response{}, err
	}
	data := r.buffer.data
	return response{
		buffer:    r.buffer,
		status:    r.status,
		header:    data[r.headStart : r.bodyStart-2],
		body:      data[r.bodyStart:bodyEnd:bodyEnd],
		keepAlive: !r.closes && messageEnd == len(data),
	}, nil
}

// fill reads more into the buffer, which must have room.
func (r *reader) fill() error {
	data := r.buffer.data
	n, err := r.conn.Read(data[len(data):cap(data)])
	r.buffer.data = data[:len(data)+n]
	if n > 0 {
		return nil
	}
	if err == nil {
		return io.ErrNoProgress
	}
	return err
}

// room makes room for at least n more bytes.
func (r *reader) room(n int) {
	if len(r.buffer.data)+n > cap(r.buffer.data) {
		r.buffer = r.buffer.grown(max(len(r.buffer.data)+n, 2*cap(r.buffer.data)))
	}
}

// readHead reads a status line and header lines that begin at start, and gives where they end.
func (r *reader) readHead(start int) (end int, err error) {
	searched := start
	for {
		data := r.buffer.data
		if i := bytes.Index(data[searched:], []byte("\r\n\r\n")); i >= 0 {
			end = searched + i + 4
			return end, r.parseHead(start, end)
		}
		if len(data)-start > maxHead {
			return 0, protocolError("its header is too large")
		}
		searched = max(start, len(data)-3)
		r.room(firstReadRoom)
		if err := r.fill(); err != nil {
			if errors.Is(err, io.EOF) && len(r.buffer.data) > 0 {
				err = io.ErrUnexpectedEOF
			}
			return 0, err
		}
	}
}

// parseHead reads data[start:end], which ends with an empty line.
func (r *reader) parseHead(start, end int) error {
	line, rest, _ := bytes.Cut(r.buffer.data[start:end], crlf)
	// HTTP/1.1 200 OK (RFC 9112, section 4)
	if len(line) < 12 || string(line[:7]) != "HTTP/1." || line[7] != '0' && line[7] != '1' || line[8] != ' ' ||
		len(line) > 12 && line[12] != ' ' {
		return protocolError("its status line is malformed")
	}
	status := 0
	for _, c := range line[9:12] {
		if c < '0' || c > '9' {
			return protocolError("its status is not a number")
		}
		status = status*10 + int(c-'0')
	}
	if status < 100 || !isFieldValue(line) {
		return protocolError("its status line is malformed")
	}
	r.status, r.headStart, r.contentLength, r.chunked = status, start+len(line)+2, -1, false
	r.http10 = line[7] == '0'
	r.closes = r.http10
	for len(rest) > 2 {
		line, rest, _ = bytes.Cut(rest, crlf)
		name, value, ok := bytes.Cut(line, []byte{':'})
		if !ok || !isToken(name) || !isFieldValue(value) {
			return protocolError("a header line is malformed")
		}
		if err := r.header(name, bytes.Trim(value, " \t")); err != nil {
			return err
		}
	}
	if r.chunked && r.contentLength >= 0 {
		return protocolError("it has both Content-Length and Transfer-Encoding")
	}
	return nil
}

// header notes the headers that say where the body ends.
func (r *reader) header(name, value []byte) error {
	switch {
	case isName(name, "content-length"):
		n := int64(0)
		for _, c := range value {
			if c < '0' || c > '9' || n > 1<<53 {
				return protocolError("its Content-Length is not a length")
			}
			n = n*10 + int64(c-'0')
		}
		if len(value) == 0 || r.contentLength >= 0 && r.contentLength != n {
			return protocolError("its Content-Length is not a length")
		}
		r.contentLength = n
	case isName(name, "transfer-encoding"):
		if r.chunked || r.http10 || !strings.EqualFold(string(value), "chunked") {
			return protocolError("its Transfer-Encoding is not known")
		}
		r.chunked = true
	case isName(name, "content-encoding"):
		if len(value) > 0 && !strings.EqualFold(string(value), "identity") {
			return protocolError("it is compressed, which was not asked for")
		}
	case isName(name, "connection"):
		for option := range bytes.SplitSeq(value, []byte{','}) {
			switch option = bytes.Trim(option, " \t"); {
			case isName(option, "close"):
				r.closes = true
			case isName(option, "keep-alive") && r.http10:
				r.closes = false
			}
		}
	}
	return nil
}

// isName compares with a name in lower case.
func isName(name []byte, lower string) bool {
	if len(name) != len(lower) {
		return false
	}
	for i, c := range name {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// readBody reads the body and gives where it ends in the buffer, and where the whole message does (RFC 9112, section 6.3).
func (r *reader) readBody() (bodyEnd, messageEnd int, err error) {
	switch {
	case r.status == 204 || r.status == 304:
		return r.bodyStart, r.bodyStart, nil
	case r.contentLength < 0 && r.hint > cap(r.buffer.data):
		r.buffer = r.buffer.grown(r.hint)
	}
	switch {
	case r.chunked:
		return r.readChunks()
	case r.contentLength >= 0:
		if r.contentLength > r.maxBody {
			return 0, 0, errTooLarge
		}
		end := r.bodyStart + int(r.contentLength)
		if end > cap(r.buffer.data) {
			r.buffer = r.buffer.grown(end)
		}
		for len(r.buffer.data) < end {
			if err := r.fill(); err != nil {
				return 0, 0, unexpectedEnd(err)
			}
		}
		return end, end, nil
	}
	r.closes = true
	for {
		if int64(len(r.buffer.data)-r.bodyStart) > r.maxBody {
			return 0, 0, errTooLarge
		}
		r.room(firstReadRoom)
		switch err := r.fill(); {
		case errors.Is(err, io.EOF):
			return len(r.buffer.data), len(r.buffer.data), nil
		case err != nil:
			return 0, 0, err
		}
	}
}

func unexpectedEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// readChunks decodes a chunked body in place: what is decoded lies before what is still to read (RFC 9112, section 7.1).
func (r *reader) readChunks() (bodyEnd, messageEnd int, err error) {
	end, next := r.bodyStart, r.bodyStart
	for {
		line, err := r.chunkLine(&next, end)
		if err != nil {
			return 0, 0, err
		}
		size, err := chunkSize(line)
		if err != nil {
			return 0, 0, err
		}
		if size == 0 {
			break
		}
		if int64(end-r.bodyStart)+size > r.maxBody {
			return 0, 0, errTooLarge
		}
		if end, err = r.chunk(&next, end, int(size)); err != nil {
			return 0, 0, err
		}
	}
	for trailers := 0; ; {
		line, err := r.chunkLine(&next, end)
		if err != nil {
			return 0, 0, err
		}
		if len(line) == 0 {
			return end, next, nil
		}
		if trailers += len(line); trailers > maxHead {
			return 0, 0, protocolError("its trailer is too large")
		}
	}
}

// chunkLine gives the line at next, without its end, and moves next behind it.
func (r *reader) chunkLine(next *int, end int) ([]byte, error) {
	for {
		data := r.buffer.data
		if i := bytes.IndexByte(data[*next:], '\n'); i >= 0 {
			line := data[*next : *next+i]
			if i == 0 || line[i-1] != '\r' {
				return nil, protocolError("a chunk's line does not end with CR LF")
			}
			*next += i + 1
			return line[:i-1], nil
		}
		if len(data)-*next > maxChunkLine {
			return nil, protocolError("a chunk's line is too long")
		}
		r.closeGap(next, end)
		if err := r.fill(); err != nil {
			return nil, unexpectedEnd(err)
		}
	}
}

// closeGap makes room to read: first by moving what is unread behind what is decoded.
func (r *reader) closeGap(next *int, end int) {
	if len(r.buffer.data) == cap(r.buffer.data) && *next > end {
		n := copy(r.buffer.data[end:], r.buffer.data[*next:])
		r.buffer.data = r.buffer.data[:end+n]
		*next = end
	}
	r.room(firstReadRoom)
}

func chunkSize(line []byte) (int64, error) {
	digits, extension, _ := bytes.Cut(line, []byte{';'})
	digits = bytes.TrimRight(digits, " \t")
	if len(digits) == 0 || len(digits) > 12 || !isFieldValue(extension) {
		return 0, protocolError("a chunk's size is malformed")
	}
	size := int64(0)
	for _, c := range digits {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, protocolError("a chunk's size is malformed")
		}
		size = size<<4 | int64(c)
	}
	return size, nil
}

// chunk moves size bytes from next to end, and next behind the line end that follows them.
func (r *reader) chunk(next *int, end, size int) (int, error) {
	for size > 0 {
		if *next == len(r.buffer.data) {
			// What is decoded is all there is: read right behind it.
			r.buffer.data = r.buffer.data[:end]
			*next = end
			r.room(min(size+2, maxHead))
			if err := r.fill(); err != nil {
				return 0, unexpectedEnd(err)
			}
		}
		n := min(size, len(r.buffer.data)-*next)
		if *next != end {
			copy(r.buffer.data[end:], r.buffer.data[*next:*next+n])
		}
		end, *next, size = end+n, *next+n, size-n
	}
	line, err := r.chunkLine(next, end)
	if err == nil && len(line) > 0 {
		err = protocolError(fmt.Sprintf("a chunk is longer than its size by %d bytes or more", len(line)))
	}
	return end, err
}
