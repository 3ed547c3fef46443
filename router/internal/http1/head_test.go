package http1

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
)

// request makes the header of a request from lines.
func request(lines ...string) string { return strings.Join(lines, "\r\n") + "\r\n\r\n" }

// plainHeaders are taken; each of the fuzz test's finds, and of oddHeaders, is a step away from one of them.
var plainHeaders = map[string]string{
	"least":                     request("GET /graphql HTTP/1.1", "Host: x"),
	"post":                      request("POST /graphql HTTP/1.1", "Host: api.example.org:4000", "Content-Type: application/json", "Content-Length: 12"),
	"preflight":                 request("OPTIONS /graphql HTTP/1.1", "Host: x", "Origin: https://a.example", "Access-Control-Request-Method: POST"),
	"query":                     request("GET /graphql?query=%7Bme%7D&variables={\"a\":1}&a=b?c/d HTTP/1.1", "Host: x"),
	"broken escape in a query":  request("GET /graphql?query=%zz HTTP/1.1", "Host: x"),
	"dots":                      request("GET /a/../b/./c HTTP/1.1", "Host: x"),
	"slashes further on":        request("GET /a//b/ HTTP/1.1", "Host: x"),
	"names in any case":         request("GET / HTTP/1.1", "hOST: x", "x-REQUEST-id: a", "X_Under_Score-a: b", "sec-ch-ua-9a: c", "ETAG: d"),
	"name twice":                request("GET / HTTP/1.1", "Host: x", "Accept: a", "accept: b", "ACCEPT: c"),
	"spaces around values":      request("GET / HTTP/1.1", "Host: \t x \t", "A:b", "B:  c d\t ", "C:", "D: "),
	"keep-alive":                request("GET / HTTP/1.1", "Host: x", "Connection: Keep-Alive", "Keep-Alive: timeout=5"),
	"length of zero":            request("POST / HTTP/1.1", "Host: x", "Content-Length: 0"),
	"length with leading zeros": request("POST / HTTP/1.1", "Host: x", "Content-Length: 007"),
	"body of a GET":             request("GET / HTTP/1.1", "Host: x", "Content-Length: 3"),
	"address":                   request("GET / HTTP/1.1", "Host: [::1]:80"),
	"cookies":                   request("GET / HTTP/1.1", "Host: x", "Cookie: a=b", "Cookie: c=d", "Cache-Control: no-cache"),
	"every plain value":         request("GET / HTTP/1.1", "Host: x", "X: !\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~"),
}

// oddHeaders are not taken: net/http decides what they mean, if anything.
var oddHeaders = map[string]string{
	"no host":                       request("GET / HTTP/1.1", "A: b"),
	"empty host":                    request("GET / HTTP/1.1", "Host: "),
	"two hosts":                     request("GET / HTTP/1.1", "Host: x", "Host: x"),
	"two hosts, one empty":          request("GET / HTTP/1.1", "Host:", "Host: x"),
	"host with a path":              request("GET / HTTP/1.1", "Host: x/y"),
	"host with a user":              request("GET / HTTP/1.1", "Host: a@x"),
	"two lengths":                   request("POST / HTTP/1.1", "Host: x", "Content-Length: 5", "Content-Length: 6"),
	"the same length twice":         request("POST / HTTP/1.1", "Host: x", "Content-Length: 5", "Content-Length: 5"),
	"list of lengths":               request("POST / HTTP/1.1", "Host: x", "Content-Length: 5, 5"),
	"length with a sign":            request("POST / HTTP/1.1", "Host: x", "Content-Length: +5"),
	"negative length":               request("POST / HTTP/1.1", "Host: x", "Content-Length: -5"),
	"hexadecimal length":            request("POST / HTTP/1.1", "Host: x", "Content-Length: 0x5"),
	"empty length":                  request("POST / HTTP/1.1", "Host: x", "Content-Length:"),
	"length with an underscore":     request("POST / HTTP/1.1", "Host: x", "Content-Length: 1_0"),
	"length beyond all numbers":     request("POST / HTTP/1.1", "Host: x", "Content-Length: 18446744073709551621"),
	"chunked":                       request("POST / HTTP/1.1", "Host: x", "Transfer-Encoding: chunked"),
	"chunked and a length":          request("POST / HTTP/1.1", "Host: x", "Content-Length: 5", "Transfer-Encoding: chunked"),
	"unknown encoding":              request("POST / HTTP/1.1", "Host: x", "transfer-ENCODING: xchunked"),
	"trailer":                       request("POST / HTTP/1.1", "Host: x", "Trailer: A"),
	"expect":                        request("POST / HTTP/1.1", "Host: x", "Content-Length: 5", "Expect: 100-continue"),
	"upgrade":                       request("GET / HTTP/1.1", "Host: x", "Connection: Upgrade", "Upgrade: websocket"),
	"upgrade alone":                 request("GET / HTTP/1.1", "Host: x", "Upgrade: h2c"),
	"settings":                      request("GET / HTTP/1.1", "Host: x", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"),
	"pragma":                        request("GET / HTTP/1.1", "Host: x", "Pragma: no-cache"),
	"close":                         request("GET / HTTP/1.1", "Host: x", "Connection: close"),
	"other connection option":       request("GET / HTTP/1.1", "Host: x", "Connection: keep-alive, X"),
	"folded line":                   request("GET / HTTP/1.1", "Host: x", "A: b", " c"),
	"folded line by tab":            request("GET / HTTP/1.1", "Host: x", "A: b", "\tc"),
	"first line folded":             request("GET / HTTP/1.1", " Host: x"),
	"bare line feed":                "GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n",
	"bare line feed in the request": "GET / HTTP/1.1\nHost: x\r\n\r\n",
	"bare carriage return":          "GET / HTTP/1.1\r\nHost: x\rA: b\r\n\r\n",
	"carriage return at the end":    "GET / HTTP/1.1\r\nHost: x\r\r\n\r\n",
	"space before the colon":        request("GET / HTTP/1.1", "Host : x"),
	"space before length's colon":   request("POST / HTTP/1.1", "Host: x", "Content-Length : 5"),
	"no colon":                      request("GET / HTTP/1.1", "Host: x", "A"),
	"no name":                       request("GET / HTTP/1.1", "Host: x", ": b"),
	"name that is rare":             request("GET / HTTP/1.1", "Host: x", "A!: b"),
	"zero byte in a name":           request("GET / HTTP/1.1", "Host: x", "A\x00: b"),
	"zero byte in a value":          request("GET / HTTP/1.1", "Host: x", "A: b\x00"),
	"delete in a value":             request("GET / HTTP/1.1", "Host: x", "A: b\x7f"),
	"beyond ASCII":                  request("GET / HTTP/1.1", "Host: x", "A: é"),
	"absolute target":               request("GET http://x/graphql HTTP/1.1", "Host: x"),
	"target of another host":        request("GET //y/graphql HTTP/1.1", "Host: x"),
	"asterisk":                      request("OPTIONS * HTTP/1.1", "Host: x"),
	"authority":                     request("POST x:80 HTTP/1.1", "Host: x"),
	"escape in the path":            request("GET /%67raphql HTTP/1.1", "Host: x"),
	"semicolon in the path":         request("GET /a;b HTTP/1.1", "Host: x"),
	"fragment":                      request("GET /a#b HTTP/1.1", "Host: x"),
	"fragment in the query":         request("GET /a?b#c HTTP/1.1", "Host: x"),
	"empty query":                   request("GET /a? HTTP/1.1", "Host: x"),
	"no target":                     request("GET  HTTP/1.1", "Host: x"),
	"space in the target":           request("GET /a b HTTP/1.1", "Host: x"),
	"tab for a space":               request("GET\t/a\tHTTP/1.1", "Host: x"),
	"HTTP/1.0":                      request("GET / HTTP/1.0", "Host: x"),
	"HTTP/1.2":                      request("GET / HTTP/1.2", "Host: x"),
	"HTTP/01.1":                     request("GET / HTTP/01.1", "Host: x"),
	"http in small letters":         request("GET / http/1.1", "Host: x"),
	"no version":                    request("GET /", "Host: x"),
	"method in small letters":       request("get / HTTP/1.1", "Host: x"),
	"method that is rare":           request("PUT / HTTP/1.1", "Host: x"),
	"HEAD":                          request("HEAD / HTTP/1.1", "Host: x"),
	"HTTP/2":                        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
	"empty line first":              "\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
	"too many fields":               request(append([]string{"GET / HTTP/1.1", "Host: x"}, repeated("A: b", mostFields+1)...)...),
}

func repeated(line string, n int) []string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = line
	}
	return lines
}

// take reads a header as a connection does. When it is taken it gives the request, and how long that is.
func take(text []byte) (r *http.Request, content string, length int) {
	end := endOfHeader(text, 0)
	c := &conn{remote: "192.0.2.1:1234"}
	if end < 0 || end > largestHeader || !isMethod(text[0]) || !c.head.read(text[:end]) || c.head.length > largestBody {
		return nil, "", 0
	}
	content = strings.Repeat("b", int(c.head.length))
	x := newExchange(c)
	x.begin([]byte(content))
	return &x.request, content, end
}

func TestHead(t *testing.T) {
	t.Parallel()
	for name, text := range plainHeaders {
		if _, _, length := take([]byte(text)); length != len(text) {
			t.Errorf("%s: %d bytes are taken, want all of\n%q", name, length, text)
		}
		compareWithNetHTTP(t, []byte(text))
	}
	for name, text := range oddHeaders {
		if _, _, length := take([]byte(text)); length != 0 {
			t.Errorf("%s: %d bytes are taken, want none of\n%q", name, length, text)
		}
	}
}

// TestHeadAgain: a header that is read again, and one after others, is as if it were the first.
func TestHeadAgain(t *testing.T) {
	t.Parallel()
	var used head
	texts := []string{
		plainHeaders["post"], plainHeaders["post"], oddHeaders["two lengths"], oddHeaders["two lengths"], plainHeaders["post"],
		plainHeaders["names in any case"], plainHeaders["least"], plainHeaders["query"], oddHeaders["folded line"], plainHeaders["query"],
	}
	for i, text := range texts {
		var fresh head
		got, want := used.read([]byte(text)), fresh.read([]byte(text))
		if got != want {
			t.Fatalf("%d: got %t, want %t for %q", i, got, want, text)
		}
		if !got {
			continue
		}
		if used.method != fresh.method || used.target != fresh.target || used.path != fresh.path || used.query != fresh.query ||
			used.host != fresh.host || used.length != fresh.length || !(len(used.fields) == 0 && len(fresh.fields) == 0 || reflect.DeepEqual(used.fields, fresh.fields)) {
			t.Errorf("%d: got %+v, want %+v", i, used, fresh)
		}
	}
}

// TestHeadKeepsItsStrings: what a header was read from may be overwritten.
func TestHeadKeepsItsStrings(t *testing.T) {
	t.Parallel()
	text := []byte(plainHeaders["post"])
	var h head
	if !h.read(text) {
		t.Fatal("it is not taken")
	}
	for i := range text {
		text[i] = '#'
	}
	if h.host != "api.example.org:4000" || h.target != "/graphql" || h.fields[0] != (field{"Content-Type", "application/json"}) {
		t.Errorf("got %+v", h)
	}
}

// FuzzHead holds what is taken against net/http's server: it has to be understood equally, and to end at the same place.
func FuzzHead(f *testing.F) {
	for _, texts := range []map[string]string{plainHeaders, oddHeaders} {
		for _, text := range texts {
			f.Add([]byte(text))
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) { compareWithNetHTTP(t, text) })
}

// next is the request after the one that is compared.
const next = "GET /next HTTP/1.1\r\nHost: next\r\n\r\n"

func compareWithNetHTTP(t *testing.T, text []byte) {
	t.Helper()
	got, content, length := take(text)
	if got == nil {
		return
	}
	wire := append(append(bytes.Clone(text[:length]), content...), next...)
	seen := serveByNetHTTP(wire)
	if len(seen) != 2 || seen[1].RequestURI != "/next" {
		t.Fatalf("net/http sees %d requests in\n%q", len(seen), wire)
	}
	want := seen[0]
	if string(want.content) != content {
		t.Errorf("the body is %d bytes, net/http's %d", len(content), len(want.content))
	}
	if !reflect.DeepEqual(got.Header, want.Header) {
		t.Errorf("the header is\n%q, net/http's\n%q", got.Header, want.Header)
	}
	if !reflect.DeepEqual(got.URL, want.URL) {
		t.Errorf("the URL is %#v, net/http's %#v", got.URL, want.URL)
	}
	if got.Method != want.Method || got.RequestURI != want.RequestURI || got.Host != want.Host || got.ContentLength != want.ContentLength ||
		got.Proto != want.Proto || got.ProtoMajor != want.ProtoMajor || got.ProtoMinor != want.ProtoMinor || got.Close != want.Close ||
		got.RemoteAddr != want.RemoteAddr || len(want.TransferEncoding) > 0 || (got.Body == http.NoBody) != (want.Body == http.NoBody) {
		t.Errorf("got %+v, net/http has %+v", got, want.Request)
	}
}

type seenRequest struct {
	*http.Request
	content []byte
}

// serveByNetHTTP gives the requests that net/http's server sees in what one client sends.
func serveByNetHTTP(wire []byte) []seenRequest {
	var seen []seenRequest
	c := &scripted{in: bytes.NewReader(wire), closed: make(chan struct{})}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		content, _ := io.ReadAll(r.Body) // what is missing is seen by its length
		seen = append(seen, seenRequest{r, content})
	})}
	_ = server.Serve(&once{c: c}) // always an error: there is one connection
	<-c.closed
	return seen
}

// scripted is a connection whose client has sent everything already.
type scripted struct {
	net.Conn // nil: what is not here is not used
	in       *bytes.Reader
	closed   chan struct{}
}

func (s *scripted) Read(p []byte) (int, error)       { return s.in.Read(p) }
func (s *scripted) Write(p []byte) (int, error)      { return len(p), nil }
func (s *scripted) Close() error                     { close(s.closed); return nil }
func (s *scripted) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (s *scripted) RemoteAddr() net.Addr             { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 1234} }
func (s *scripted) SetDeadline(time.Time) error      { return nil }
func (s *scripted) SetReadDeadline(time.Time) error  { return nil }
func (s *scripted) SetWriteDeadline(time.Time) error { return nil }

// once is a listener with one connection.
type once struct{ c net.Conn }

func (o *once) Accept() (net.Conn, error) {
	if o.c == nil {
		return nil, io.EOF
	}
	c := o.c
	o.c = nil
	return c, nil
}

func (o *once) Close() error   { return nil }
func (o *once) Addr() net.Addr { return &net.TCPAddr{} }
