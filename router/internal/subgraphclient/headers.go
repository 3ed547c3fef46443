package subgraphclient

import (
	"bytes"
	"strings"

	"github.com/tributary-gql/tributary/router/internal/exec"
)

// HeaderSource is what FetchRequest.Client may implement to send headers with the fetches of a request.
type HeaderSource interface {
	// AppendHeaders adds the headers for one subgraph, the same for each call during one request.
	AppendHeaders(subgraph string, dst *Headers)
}

// Headers collects header lines.
type Headers struct{ lines []byte }

// Add adds a header. One that is not well-formed, or belongs to the connection or the body, is left out: it could change
// where the request ends.
func (h *Headers) Add(name, value string) {
	if !isToken(name) || !isFieldValue(value) || isReserved(name) {
		return
	}
	h.lines = append(h.lines, name...)
	h.lines = append(h.lines, ": "...)
	h.lines = append(h.lines, value...)
	h.lines = append(h.lines, "\r\n"...)
}

// AppendHeaderLines appends the lines of the headers that a source adds for a subgraph, each "Name: value\r\n".
func AppendHeaderLines(dst []byte, source HeaderSource, subgraph string) []byte {
	h := Headers{lines: dst}
	source.AppendHeaders(subgraph, &h)
	return h.lines
}

// reserved are headers that the client itself writes, or that belong to one connection.
var reserved = [...]string{
	"Host", "Content-Length", "Transfer-Encoding", "Connection", "Content-Type", "Accept", "Accept-Encoding", "Expect", "Te",
	"Trailer", "Upgrade", "Keep-Alive", "Proxy-Connection",
}

func isReserved(name string) bool {
	for _, r := range reserved {
		if len(r) == len(name) && strings.EqualFold(r, name) {
			return true
		}
	}
	return false
}

// RequestHeader gives the header lines for a request's client (see exec.FetchRequest), for fetchers that add to them.
func RequestHeader(request *exec.FetchRequest) []byte { return requestHeader(request) }

// requestHeader gives the header lines for a request's client, made once for all fetchers on the way.
func requestHeader(request *exec.FetchRequest) []byte {
	if !request.HasHeader {
		if source, ok := request.Client.(HeaderSource); ok {
			h := Headers{lines: request.Header}
			source.AppendHeaders(request.Fetch.Subgraph, &h)
			request.Header = h.lines
		}
		request.HasHeader = true
	}
	return request.Header
}

// HeaderValue finds the first header of a name in header lines (see exec.Answer.Header), nil when there is none.
func HeaderValue(lines []byte, name string) []byte {
	for len(lines) > 0 {
		line, rest, _ := bytes.Cut(lines, crlf)
		if key, value, ok := bytes.Cut(line, []byte{':'}); ok && len(key) == len(name) && strings.EqualFold(string(key), name) {
			return bytes.Trim(value, " \t")
		}
		lines = rest
	}
	return nil
}

var crlf = []byte("\r\n")

// tokenChars are the characters of header names (RFC 9110, section 5.6.2).
var tokenChars = func() (set [256]bool) {
	for c := range 256 {
		b := byte(c)
		set[c] = b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'z' || strings.IndexByte("!#$%&'*+-.^_`|~", b) >= 0
	}
	return set
}()

func isToken[T string | []byte](name T) bool {
	for i := range len(name) {
		if !tokenChars[name[i]] {
			return false
		}
	}
	return len(name) > 0
}

// isFieldValue refuses control characters (RFC 9110, section 5.5).
func isFieldValue[T string | []byte](value T) bool {
	for i := range len(value) {
		if c := value[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}
