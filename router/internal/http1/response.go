package http1

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

const (
	// largestHeld is the part of a body without a length that is held back, in the hope that the length becomes known.
	largestHeld = 4 << 10
	// smallestOwn is the length from which a piece is written from where it is.
	smallestOwn = 2 << 10
)

// unknown is the length of a body whose handler has not told it.
const unknown = -1

// response implements http.ResponseWriter and http.Flusher. What is written leaves when the handler returns, in one system
// call, or earlier if it is long or flushed.
type response struct {
	conn   *conn
	header http.Header
	names  []string // of the header, sorted

	status  int   // 0: no header yet
	length  int64 // of the body, or unknown
	written int64 // of the body
	begun   bool  // the header is complete in conn.out, or gone
	chunked bool
	typed   bool // the header has a content type
	closes  bool // no request follows
	held    []byte
	err     error // of the connection
}

func (w *response) reset() {
	clear(w.header)
	held := w.held[:0]
	if cap(held) > largestHeld {
		held = nil
	}
	*w = response{conn: w.conn, header: w.header, names: w.names[:0], held: held, length: unknown}
}

// Header implements http.ResponseWriter.
func (w *response) Header() http.Header { return w.header }

// WriteHeader implements http.ResponseWriter. The header is read here; later changes of it have no effect.
func (w *response) WriteHeader(status int) {
	switch {
	case status < 100 || status > 999:
		panic(fmt.Sprintf("invalid status %d", status))
	case w.status != 0:
		return
	case status < 200 && status != http.StatusSwitchingProtocols:
		w.appendStatus(status)
		w.appendFields(status)
		w.conn.out = append(w.conn.out, "\r\n"...)
		w.send(nil)
		w.length, w.typed = unknown, false
		return
	}
	w.status = status
	w.appendStatus(status)
	w.appendFields(status)
	if !w.hasBody() {
		w.length = unknown
	}
}

// hasBody tells whether responses of the status have one (RFC 9110, section 6.4.1).
func (w *response) hasBody() bool {
	return w.status >= 200 && w.status != http.StatusNoContent && w.status != http.StatusNotModified
}

func (w *response) appendStatus(status int) {
	if status == http.StatusOK {
		w.conn.out = append(w.conn.out, "HTTP/1.1 200 OK\r\n"...)
		return
	}
	out := w.conn.out
	out = append(out, "HTTP/1.1 "...)
	out = strconv.AppendInt(out, int64(status), 10)
	out = append(out, ' ')
	if text := http.StatusText(status); text != "" {
		out = append(out, text...)
	} else {
		out = append(out, "status code "...)
		out = strconv.AppendInt(out, int64(status), 10)
	}
	out = append(out, "\r\n"...)
	w.conn.out = out
}

// appendFields writes the handler's fields but those about the body's length, which begin adds.
func (w *response) appendFields(status int) {
	w.names = w.names[:0]
	for name := range w.header {
		w.names = append(w.names, name)
	}
	slices.Sort(w.names)
	out, isFinal := w.conn.out, status >= 200
	needsDate := isFinal
	for _, name := range w.names {
		switch name {
		case "Content-Length":
			if n, err := strconv.ParseInt(w.header.Get(name), 10, 64); err == nil && n >= 0 {
				w.length = n
			}
			continue
		case "Transfer-Encoding":
			continue
		case "Content-Type", "Content-Encoding": // what is encoded looks like nothing
			if status == http.StatusNotModified && name == "Content-Type" {
				continue
			}
			w.typed = true
		case "Date":
			needsDate = false
		case "Connection":
			w.closes = w.closes || isFinal && slices.ContainsFunc(w.header[name], saysClose)
		}
		if !isName(name) {
			continue
		}
		for _, value := range w.header[name] {
			out = appendField(out, name, value)
		}
	}
	if needsDate {
		out = appendField(out, "Date", w.conn.server.date.get())
	}
	if isFinal && !w.closes && w.conn.closing.Load() {
		out = appendField(out, "Connection", "close")
		w.closes = true
	}
	w.conn.out = out
}

// saysClose looks for an option among those of a Connection header (RFC 9110, section 7.6.1).
func saysClose(value string) bool {
	for option := range strings.SplitSeq(value, ",") {
		if strings.EqualFold(strings.TrimSpace(option), "close") {
			return true
		}
	}
	return false
}

// appendField writes a field. A value cannot begin another one.
func appendField(out []byte, name, value string) []byte {
	out = append(out, name...)
	out = append(out, ": "...)
	start := len(out)
	out = append(out, strings.Trim(value, " \t\r\n")...)
	for i := start; i < len(out); i++ {
		if out[i] == '\r' || out[i] == '\n' {
			out[i] = ' '
		}
	}
	return append(out, "\r\n"...)
}

func isName(name string) bool {
	for i := range len(name) {
		if b := name[i]; !isAlphanumeric(b) && strings.IndexByte("!#$%&'*+-.^_`|~", b) < 0 {
			return false
		}
	}
	return name != ""
}

// begin completes the header. first is the beginning of the body.
func (w *response) begin(first []byte) {
	w.begun = true
	out := w.conn.out
	if w.hasBody() {
		if !w.typed && len(first) > 0 {
			out = appendField(out, "Content-Type", http.DetectContentType(first))
		}
		if w.length == unknown {
			w.chunked = true
			out = append(out, "Transfer-Encoding: chunked\r\n"...)
		} else {
			out = append(out, "Content-Length: "...)
			out = strconv.AppendInt(out, w.length, 10)
			out = append(out, "\r\n"...)
		}
	}
	out = append(out, "\r\n"...)
	w.conn.out = out
}

// Write implements http.ResponseWriter.
func (w *response) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	switch {
	case w.err != nil:
		return 0, w.err
	case len(p) == 0:
		return 0, nil
	case !w.hasBody():
		return 0, http.ErrBodyNotAllowed
	case w.length != unknown && w.written+int64(len(p)) > w.length:
		return 0, http.ErrContentLength
	}
	w.written += int64(len(p))
	if w.length == unknown && !w.begun {
		if len(w.held)+len(p) <= largestHeld {
			w.held = append(w.held, p...)
			return len(p), nil
		}
		w.begin(append(w.held, p[:min(len(p), 512)]...))
		w.put(w.held)
		w.held = w.held[:0]
	}
	if !w.begun {
		w.begin(p)
	}
	w.put(p)
	if w.err != nil {
		return 0, w.err
	}
	return len(p), nil
}

// put writes a part of the body.
func (w *response) put(p []byte) {
	switch {
	case len(p) == 0:
	case w.chunked:
		w.conn.out = append(strconv.AppendInt(w.conn.out, int64(len(p)), 16), "\r\n"...)
		w.send(p)
		w.conn.out = append(w.conn.out, "\r\n"...)
	case len(p) >= smallestOwn || len(w.conn.out) > keptBuffer:
		w.send(p)
	default:
		w.conn.out = append(w.conn.out, p...)
	}
}

// send gives the connection what is to be written, and data after it.
func (w *response) send(data []byte) {
	if w.err != nil {
		w.conn.out = w.conn.out[:0]
		return
	}
	if len(w.conn.out)+len(data) == 0 {
		return
	}
	if err := w.conn.write(data); err != nil {
		w.err, w.closes = err, true
	}
}

// Flush implements http.Flusher.
func (w *response) Flush() { _ = w.FlushError() } // http.Flusher has no error

// FlushError serves http.ResponseController.
func (w *response) FlushError() error {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if !w.begun {
		w.begin(w.held)
		w.put(w.held)
		w.held = w.held[:0]
	}
	w.send(nil)
	return w.err
}

// finish writes what is left when the handler has returned.
func (w *response) finish() {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if !w.begun {
		if w.length == unknown {
			w.length = int64(len(w.held))
		}
		w.closes = w.closes || w.hasBody() && w.written < w.length
		w.begin(w.held)
		w.put(w.held)
	}
	switch {
	case w.chunked:
		w.conn.out = append(w.conn.out, "0\r\n\r\n"...)
	case w.hasBody() && w.written < w.length:
		w.closes = true // the client cannot tell the next response from the rest of this one
	}
	w.send(nil)
}
