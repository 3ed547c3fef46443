package http1

import (
	"bytes"
	"strings"
	"unsafe"
)

// mostFields is how many header fields a plain request has at most.
const mostFields = 64

// head is the header of a plain request. Its strings stay valid for ever.
type head struct {
	method, target, path, query, host string
	length                            int64   // of the body
	fields                            []field // all but Host, names in canonical form

	raw []byte // what it was read from: clients often send the same header again
}

type field struct{ name, value string }

// isMethod tells whether a request may begin with a byte: all others are not HTTP/1.1.
func isMethod(b byte) bool { return b == 'P' || b == 'G' || b == 'O' }

var emptyLine = []byte("\r\n\r\n")

// endOfHeader is the length of the header that text begins with, -1 if it is not whole. The first searched bytes are known not
// to have its end.
func endOfHeader(text []byte, searched int) int {
	from := max(0, searched-len(emptyLine)+1)
	if i := bytes.Index(text[from:], emptyLine); i >= 0 {
		return from + i + len(emptyLine)
	}
	return -1
}

// read takes a header, which ends with an empty line (RFC 9112, sections 2 to 5). It is false for one that is not plain, and
// then has no use.
func (h *head) read(raw []byte) bool {
	if len(h.raw) > 0 && bytes.Equal(raw, h.raw) {
		return true
	}
	h.raw = h.raw[:0]
	copied := append([]byte(nil), raw...) // strings of it may be kept by anybody
	line, rest := cutLine(copied)
	if !h.readRequestLine(line) || !h.readFields(rest) {
		return false
	}
	h.raw = append(h.raw, raw...)
	return true
}

// cutLine splits after the first line, which is given without its end.
func cutLine(text []byte) (line, rest []byte) {
	i := bytes.IndexByte(text, '\r')
	if i < 0 || i+1 >= len(text) || text[i+1] != '\n' {
		return nil, nil
	}
	return text[:i], text[i+2:]
}

// borrowed gives a string of bytes that nobody changes any more.
func borrowed(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

func (h *head) readRequestLine(line []byte) bool {
	method, rest, ok := bytes.Cut(line, []byte(" "))
	if !ok {
		return false
	}
	target, version, ok := bytes.Cut(rest, []byte(" "))
	if !ok || string(version) != "HTTP/1.1" {
		return false
	}
	switch string(method) {
	case "POST", "GET", "OPTIONS":
	default:
		return false
	}
	for _, b := range target {
		if b <= ' ' || b >= 0x7f || b == '#' {
			return false
		}
	}
	path, query, hasQuery := bytes.Cut(target, []byte("?"))
	if hasQuery && len(query) == 0 || len(path) == 0 || path[0] != '/' || bytes.HasPrefix(path, []byte("//")) || !isSimplePath(path) {
		return false
	}
	h.method, h.target, h.path, h.query = borrowed(method), borrowed(target), borrowed(path), borrowed(query)
	return true
}

// isSimplePath tells whether a path means just what it says.
func isSimplePath(path []byte) bool {
	for _, b := range path {
		if !isAlphanumeric(b) && b != '/' && b != '-' && b != '_' && b != '.' {
			return false
		}
	}
	return true
}

func isAlphanumeric(b byte) bool {
	return '0' <= b && b <= '9' || 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z'
}

func (h *head) readFields(text []byte) bool {
	h.fields, h.host, h.length = h.fields[:0], "", 0
	hasLength := false
	for {
		line, rest := cutLine(text)
		if line == nil {
			return false
		}
		if text = rest; len(line) == 0 {
			return len(text) == 0 && h.host != ""
		}
		colon := bytes.IndexByte(line, ':')
		if colon <= 0 || !canonicalize(line[:colon]) {
			return false
		}
		f := field{borrowed(line[:colon]), borrowed(bytes.Trim(line[colon+1:], " \t"))}
		if !isPlainValue(f.value) || len(h.fields) == mostFields {
			return false
		}
		switch f.name {
		case "Host":
			if h.host != "" || !isPlainHost(f.value) {
				return false
			}
			h.host = f.value
			continue
		case "Content-Length":
			if hasLength || !h.readLength(f.value) {
				return false
			}
			hasLength = true
		case "Connection":
			if !strings.EqualFold(f.value, "keep-alive") {
				return false
			}
		case "Transfer-Encoding", "Trailer", "Expect", "Upgrade", "Http2-Settings", "Pragma": // net/http does more about them
			return false
		}
		h.fields = append(h.fields, f)
	}
}

// canonicalize writes a field's name as http.CanonicalHeaderKey does; false if it has bytes that names do not have.
func canonicalize(name []byte) bool {
	upper := true
	for i, b := range name {
		switch {
		case 'a' <= b && b <= 'z':
			if upper {
				name[i] = b - 'a' + 'A'
			}
		case 'A' <= b && b <= 'Z':
			if !upper {
				name[i] = b - 'A' + 'a'
			}
		case '0' <= b && b <= '9' || b == '-' || b == '_':
		default:
			return false
		}
		upper = b == '-'
	}
	return true
}

// isPlainValue tells whether a value has only visible ASCII, spaces and tabs.
func isPlainValue(value string) bool {
	for i := range len(value) {
		if b := value[i]; b < ' ' && b != '\t' || b >= 0x7f {
			return false
		}
	}
	return true
}

// isPlainHost tells whether a value is a name or address with or without a port, and nothing that needs care.
func isPlainHost(value string) bool {
	for i := range len(value) {
		if b := value[i]; !isAlphanumeric(b) && b != '.' && b != '-' && b != ':' && b != '[' && b != ']' && b != '_' {
			return false
		}
	}
	return value != ""
}

// readLength takes a Content-Length.
func (h *head) readLength(value string) bool {
	if value == "" || len(value) > 15 {
		return false
	}
	for i := range len(value) {
		b := value[i]
		if b < '0' || b > '9' {
			return false
		}
		h.length = 10*h.length + int64(b-'0')
	}
	return true
}
