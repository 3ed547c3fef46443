package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
	"unsafe"

	"github.com/tributary-gql/tributary/router/internal/gqlerr"
	"github.com/tributary-gql/tributary/router/internal/headers"
	"github.com/tributary-gql/tributary/router/internal/lifetime"
	"github.com/tributary-gql/tributary/router/internal/value"
)

// graphqlRequest is one operation to run (GraphQL over HTTP, "Request Parameters"). All of it may borrow the body: who keeps
// a part beyond the request copies it.
type graphqlRequest struct {
	Query         string
	OperationName string
	DocumentID    string // names a document that the router holds
	Variables     []byte // JSON object, or nil
	Extensions    []byte // JSON object, or nil
	body          []byte // all of the body of a POST that is no batch; else nil
	// collected are the headers of subgraphs' answers for the client; nil without rules for them.
	collected *headers.Collector

	admission *admission // shared by the operations of one HTTP request; nil when no limit needs it
	client    client     // what its fetches are sent
}

// memory is what most requests need: the next one on the connection uses it again.
type memory struct {
	request  graphqlRequest
	requests [1]*graphqlRequest // request
	sink     responseSink
}

type memoryKey struct{}

func memoryOf(ctx context.Context) *memory {
	return lifetime.Zeroed[memory](lifetime.ScratchOf(ctx), memoryKey{})
}

// httpError is a request that is refused before any GraphQL: it has a status of its own whatever the client accepts.
type httpError struct {
	status int
	err    *gqlerr.Error
	header http.Header // to add, may be nil
	more   gqlerr.List // further errors
}

func (e *httpError) Error() string { return e.err.Message }

func (e *httpError) Unwrap() error { return e.err }

func refuse(status int, code gqlerr.Code, format string, args ...any) *httpError {
	return &httpError{status: status, err: gqlerr.New(code, format, args...)}
}

// readGet takes the operation from the URL.
func readGet(r *http.Request) (*graphqlRequest, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, gqlerr.BadRequest, "the query string of the URL is malformed: %v", err)
	}
	request := &graphqlRequest{Query: query.Get("query"), OperationName: query.Get("operationName"), DocumentID: query.Get("documentId")}
	for _, part := range []struct {
		name string
		to   *[]byte
	}{{"variables", &request.Variables}, {"extensions", &request.Extensions}} {
		text := query.Get(part.name)
		if text == "" || text == "null" {
			continue
		}
		if trimmed := strings.TrimSpace(text); !json.Valid([]byte(text)) || trimmed[0] != '{' {
			return nil, refuse(http.StatusBadRequest, gqlerr.BadRequest, "%s in the URL must be a JSON object", part.name)
		}
		*part.to = []byte(text)
	}
	return request, nil
}

// readPost takes one operation, or a batch of them, from a JSON body. The results borrow body, and m.
func readPost(body []byte, maxBatch int, m *memory) (requests []*graphqlRequest, batch bool, err error) {
	whole := body
	body = bytes.TrimSpace(body)
	if len(body) > 0 && body[0] == '[' {
		return readBatch(body, maxBatch)
	}
	request := &m.request
	if err := readObject(body, request); err != nil {
		return nil, false, err
	}
	request.body = whole
	m.requests[0] = request
	return m.requests[:], false, nil
}

func readBatch(body []byte, maxBatch int) ([]*graphqlRequest, bool, error) {
	var items []json.RawMessage
	if err := json.Unmarshal(body, &items); err != nil {
		return nil, true, malformed(body, err)
	}
	if maxBatch <= 1 {
		return nil, true, refuse(http.StatusBadRequest, gqlerr.BadRequest, "batches are switched off (limits.batch): send one operation in a request")
	}
	if len(items) == 0 {
		return nil, true, refuse(http.StatusBadRequest, gqlerr.BadRequest, "the batch is empty")
	}
	if len(items) > maxBatch {
		return nil, true, refuse(http.StatusBadRequest, gqlerr.OperationTooLarge, "the batch has %d operations; at most %d are accepted (limits.batch)", len(items), maxBatch)
	}
	requests := make([]*graphqlRequest, len(items))
	for i, item := range items {
		requests[i] = new(graphqlRequest)
		if err := readObject(item, requests[i]); err != nil {
			return nil, true, err
		}
	}
	return requests, true, nil
}

// readObject takes one operation from a JSON object into request, which is empty. Only its own keys are looked at, and nothing is copied but the texts
// that hold escapes; what is wrong is found out a second time, by the slower decoder that can say where.
func readObject(body []byte, request *graphqlRequest) error {
	if len(body) == 0 {
		return refuse(http.StatusBadRequest, gqlerr.BadRequest, "the body is empty; send a JSON object with the key query")
	}
	var wrong error
	var seen memberSet
	valid := value.EachMember(body, func(name, member []byte) {
		var err error
		switch string(name) {
		case "query":
			request.Query, err = textMember("query", member)
			err = seen.add(0, name, err)
		case "operationName":
			request.OperationName, err = textMember("operationName", member)
			err = seen.add(1, name, err)
		case "documentId":
			request.DocumentID, err = textMember("documentId", member)
			err = seen.add(2, name, err)
		case "variables":
			request.Variables, err = objectMember("variables", member)
			err = seen.add(3, name, err)
		case "extensions":
			request.Extensions, err = objectMember("extensions", member)
			err = seen.add(4, name, err)
		}
		if wrong == nil {
			wrong = err
		}
	})
	if !valid {
		var anything map[string]json.RawMessage
		return malformed(body, json.Unmarshal(body, &anything))
	}
	return wrong
}

// memberSet remembers which members were there: who looks at a request on its way may read the first of two, and the router
// the second.
type memberSet uint8

// add gives err, or the error that the member is there twice.
func (s *memberSet) add(member int, name []byte, err error) error {
	bit := memberSet(1) << member
	if err == nil && *s&bit != 0 {
		err = refuse(http.StatusBadRequest, gqlerr.BadRequest, "%q is in the body twice", name)
	}
	*s |= bit
	return err
}

// textMember gives a string member's text, which borrows member where it holds no escape.
func textMember(name string, member []byte) (string, error) {
	switch {
	case string(member) == "null":
		return "", nil
	case member[0] != '"':
		return "", refuse(http.StatusBadRequest, gqlerr.BadRequest, "%q in the body must be a string", name)
	}
	text := member[1 : len(member)-1]
	if bytes.IndexByte(text, '\\') >= 0 {
		text = value.Unescape(make([]byte, 0, len(text)), text)
	}
	return unsafe.String(unsafe.SliceData(text), len(text)), nil // the body lives as long as the request
}

func objectMember(name string, member []byte) ([]byte, error) {
	switch {
	case string(member) == "null":
		return nil, nil
	case member[0] != '{':
		return nil, refuse(http.StatusBadRequest, gqlerr.BadRequest, "%q in the body must be an object", name)
	}
	return member, nil
}

func malformed(body []byte, err error) error {
	if !utf8.Valid(body) {
		return refuse(http.StatusBadRequest, gqlerr.BadRequest, "the body is not valid UTF-8")
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		offset := min(int(syntax.Offset), len(body))
		line := 1 + bytes.Count(body[:offset], []byte("\n"))
		return refuse(http.StatusBadRequest, gqlerr.BadRequest, "the body is not valid JSON: %v (line %d, byte %d)", err, line, offset)
	}
	return refuse(http.StatusBadRequest, gqlerr.BadRequest, "the body must be a JSON object with the key query")
}

// readBody reads a body of at most limit bytes, in into or in memory of its own. A limit of 0 is none; a negative length is
// not known.
func readBody(r io.Reader, length, limit int64, into []byte) ([]byte, error) {
	if limit > 0 && length > limit {
		return nil, tooLarge(limit)
	}
	if length >= 0 && length <= maxPooledBody {
		body := slices.Grow(into[:0], int(length))[:length]
		if _, err := io.ReadFull(r, body); err != nil {
			return nil, brokenOff(err, limit)
		}
		return body, nil
	}
	buffer := bytes.NewBuffer(into[:0]) // it grows with what comes, not with what is announced
	if limit > 0 {
		r = io.LimitReader(r, limit+1)
	}
	if _, err := buffer.ReadFrom(r); err != nil {
		return nil, brokenOff(err, limit)
	}
	if limit > 0 && int64(buffer.Len()) > limit {
		return nil, tooLarge(limit)
	}
	return buffer.Bytes(), nil
}

func brokenOff(err error, limit int64) error {
	var tooMany *http.MaxBytesError
	if errors.As(err, &tooMany) {
		return tooLarge(limit)
	}
	return &httpError{status: http.StatusBadRequest, err: gqlerr.Wrap(err, gqlerr.BadRequest, "the body broke off before its end")}
}

func tooLarge(limit int64) error {
	return refuse(http.StatusRequestEntityTooLarge, gqlerr.RequestTooLarge, "the body is larger than %d bytes (limits.body)", limit)
}

// checkContentType accepts JSON in UTF-8.
func checkContentType(header string) error {
	if header == "application/json" {
		return nil
	}
	mediaType, params, err := mime.ParseMediaType(header)
	if err != nil || mediaType != "application/json" {
		return refuse(http.StatusUnsupportedMediaType, gqlerr.BadRequest, "the content type must be application/json, and is %q", header)
	}
	if charset := params["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
		return refuse(http.StatusUnsupportedMediaType, gqlerr.BadRequest, "the charset must be utf-8, and is %q", charset)
	}
	return nil
}

// mediaType is the content type of a response.
type mediaType string

const (
	jsonType     mediaType = "application/json"
	responseType mediaType = "application/graphql-response+json"
)

func (m mediaType) header() string { return string(m) + "; charset=utf-8" }

// negotiate picks the response's content type from the Accept header (RFC 9110, section 12.5.1). Without a preference it
// is application/json, which every client understands.
func negotiate(accept []string) (mediaType, error) {
	if len(accept) == 0 {
		return jsonType, nil
	}
	if len(accept) == 1 && (accept[0] == "application/json" || accept[0] == "*/*") {
		return jsonType, nil
	}
	var best mediaType
	bestQuality, any := 0.0, false
	guessed, noJSON := false, false // best stands for any type; application/json is not wanted
	for _, line := range accept {
		for part := range strings.SplitSeq(line, ",") {
			part = strings.TrimSpace(part)
			if part == "" {
				continue
			}
			any = true
			name, params, err := mime.ParseMediaType(part)
			if err != nil {
				continue
			}
			if charset := params["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
				continue
			}
			quality := 1.0
			if q := params["q"]; q != "" {
				if _, err := fmt.Sscanf(q, "%f", &quality); err != nil {
					continue
				}
			}
			var candidate mediaType
			switch name {
			case string(responseType):
				candidate = responseType
			case string(jsonType):
				candidate = jsonType
				noJSON = noJSON || quality == 0
			case "*/*", "application/*":
				candidate = jsonType
			default:
				continue
			}
			if quality > bestQuality {
				best, bestQuality, guessed = candidate, quality, name != string(candidate)
			}
		}
	}
	if !any {
		return jsonType, nil
	}
	if guessed && noJSON {
		return responseType, nil
	}
	if best == "" {
		return "", refuse(http.StatusNotAcceptable, gqlerr.BadRequest, "the Accept header allows neither application/graphql-response+json nor application/json")
	}
	return best, nil
}
