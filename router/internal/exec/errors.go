package exec

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/tributary-gql/tributary/router/internal/value"
)

// reportedError is one error for the client.
type reportedError struct {
	fetch      int32  // whose error it is, for the order of errors
	message    []byte // JSON text
	path       []byte // JSON text, nil: none
	code       string
	subgraph   string // "" when no subgraph is to blame
	status     int    // HTTP status, 0 when it does not matter
	extensions []byte // of a subgraph's error, JSON text of an object
}

// errorList keeps errors as JSON until a payload takes them.
type errorList struct {
	text    []byte
	entries []errorEntry
	// tallies are one for all errors or, where there are several payloads, one for each fetch and a last one for ownErrors: the
	// errors of a payload to come leave those of the next one their room.
	tallies []tally
}

// tally counts errors.
type tally struct {
	kept int
	left int // out, at least
}

type errorEntry struct {
	fetch      int32
	start, end int
}

// ownErrors is the fetch number of errors that projection finds: they come last.
const ownErrors = 1<<31 - 1

// reset forgets all errors, and counts those to come by a number of tallies.
func (l *errorList) reset(tallies int) {
	if cap(l.text) > retainedBody {
		l.text = nil
	}
	l.text, l.entries, l.tallies = l.text[:0], l.entries[:0], resized(l.tallies, tallies)
}

// tallyOf is the tally that counts the errors of a fetch.
func (l *errorList) tallyOf(fetch int32) *tally { return &l.tallies[min(int(fetch), len(l.tallies)-1)] }

// leaveOut notes that errors of a fetch are not told.
func (l *errorList) leaveOut(fetch int32, n int) { l.tallyOf(fetch).left += n }

// forget drops the errors of a payload (see appendErrors) and tells how many of them were left out before.
func (l *errorList) forget(of func(fetch int32) bool) (left int) {
	for i := range l.tallies {
		fetch := int32(i)
		if i == len(l.tallies)-1 {
			fetch = ownErrors
		}
		if of == nil || of(fetch) {
			left += l.tallies[i].left
			l.tallies[i] = tally{}
		}
	}
	l.entries = slices.DeleteFunc(l.entries, func(entry errorEntry) bool { return of == nil || of(entry.fetch) })
	if len(l.entries) == 0 {
		l.text = l.text[:0]
	}
	return left
}

// report adds an error to the next payload.
func (e *execution) report(r reportedError) {
	l := &e.errors
	counted := l.tallyOf(r.fetch)
	if counted.kept >= e.limits.Errors {
		counted.left++
		return
	}
	counted.kept++
	start := len(l.text)
	text, code := e.appendError(l.text, r)
	l.text = text
	l.entries = append(l.entries, errorEntry{fetch: r.fetch, start: start, end: len(l.text)})
	if e.in.Observer != nil {
		e.in.Observer.ErrorReported(r.subgraph, code)
	}
}

// appendError gives the error's code beside its text: a subgraph's own replaces ours.
func (e *execution) appendError(dst []byte, r reportedError) (text []byte, code string) {
	code = r.code
	policy := e.in.Errors
	var kept []byte
	if r.extensions != nil {
		value.EachMember(r.extensions, func(name, text []byte) {
			switch key := string(name); key {
			case "code":
				if len(text) > 2 && text[0] == '"' {
					code = string(value.Unescape(nil, text[1:len(text)-1]))
				}
			case "serviceName":
			default:
				if policy == nil || policy.KeepExtension(r.subgraph, key) {
					kept = value.AppendQuoted(append(kept, ','), key)
					kept = append(append(kept, ':'), text...)
				}
			}
		})
	}
	message := r.message
	if policy != nil && r.subgraph != "" {
		if other := policy.Message(r.subgraph, code, message); other != nil {
			message = other
		}
	}
	dst = append(dst, `{"message":`...)
	dst = append(dst, message...)
	if r.path != nil {
		dst = append(dst, `,"path":`...)
		dst = append(dst, r.path...)
	}
	dst = append(dst, `,"extensions":{"code":`...)
	dst = value.AppendQuoted(dst, code)
	if r.subgraph != "" {
		dst = append(dst, `,"serviceName":`...)
		dst = value.AppendQuoted(dst, r.subgraph)
	}
	if r.status != 0 {
		dst = append(dst, `,"http":{"status":`...)
		dst = strconv.AppendInt(dst, int64(r.status), 10)
		dst = append(dst, '}')
	}
	dst = append(dst, kept...)
	return append(dst, "}}"...), code
}

// appendErrors writes the list of errors so far whose fetches belong to the payload at hand, in the order of the fetches,
// and forgets them. of is nil when that is every fetch.
func (e *execution) appendErrors(dst []byte, of func(fetch int32) bool) []byte {
	l := &e.errors
	slices.SortStableFunc(l.entries, func(a, b errorEntry) int { return cmp.Compare(a.fetch, b.fetch) })
	start, told, left := len(dst), 0, 0
	for _, entry := range l.entries {
		switch {
		case of != nil && !of(entry.fetch):
		case told == e.limits.Errors:
			left++
		default:
			told++
			dst = append(dst, ',')
			dst = append(dst, l.text[entry.start:entry.end]...)
		}
	}
	if left += l.forget(of); left > 0 {
		dst = append(dst, `,{"message":"More errors were left out: at least `...)
		dst = strconv.AppendInt(dst, int64(left), 10)
		dst = append(dst, `.","extensions":{"code":"`+CodeTooManyErrors+`"}}`...)
		e.observeError(CodeTooManyErrors)
	}
	return closeList(dst, start)
}

// has tells whether there are errors for a payload (see appendErrors).
func (l *errorList) has(of func(fetch int32) bool) bool {
	for i := range l.entries {
		if of == nil || of(l.entries[i].fetch) {
			return true
		}
	}
	return false
}

// answerError is one error of a subgraph's answer.
type answerError struct {
	message    []byte // JSON text of a string
	path       []pathKey
	hasPath    bool
	extensions []byte // JSON text of an object, nil: none
}

// pathKey is one element of an error's path: a response name, or an index when name is nil.
type pathKey struct {
	name  []byte
	index int
}

var wordlessError = []byte(`"The subgraph answered with an error without a message."`)

// parseErrors reads "errors" of an answer: at most limit of them are kept, more is how many there are besides. It is false
// when they are not a list of objects.
func parseErrors(text []byte, limit int) (errors []answerError, more int, ok bool) {
	if text == nil {
		return nil, 0, true
	}
	ok = true
	isList := value.EachItem(text, func(item []byte) {
		if len(errors) >= limit || !ok {
			more++
			return
		}
		one := answerError{message: wordlessError}
		ok = value.EachMember(item, func(name, text []byte) {
			switch string(name) {
			case "message":
				if text[0] == '"' {
					one.message = text
				}
			case "path":
				one.path, one.hasPath = parsePath(text)
			case "extensions":
				if text[0] == '{' {
					one.extensions = text
				}
			}
		})
		errors = append(errors, one)
	})
	return errors, more, ok && isList
}

func parsePath(text []byte) (path []pathKey, ok bool) {
	ok = true
	isList := value.EachItem(text, func(item []byte) {
		if item[0] == '"' {
			path = append(path, pathKey{name: value.Unescape([]byte{}, item[1:len(item)-1])})
			return
		}
		index, err := strconv.Atoi(string(item))
		if err != nil || index < 0 {
			ok = false
			return
		}
		path = append(path, pathKey{index: index})
	})
	return path, ok && isList && len(path) > 0
}
