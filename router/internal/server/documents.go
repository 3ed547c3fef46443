package server

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/tributary-gql/tributary/router/internal/apq"
	"github.com/tributary-gql/tributary/router/internal/clientname"
	"github.com/tributary-gql/tributary/router/internal/gqlerr"
	"github.com/tributary-gql/tributary/router/internal/persisted"
	"github.com/tributary-gql/tributary/router/internal/value"
)

// Safelist says what becomes of documents that nobody has registered.
type Safelist string

// What may become of them.
const (
	SafelistOff     Safelist = ""        // they are answered
	SafelistLog     Safelist = "log"     // they are answered, and logged
	SafelistEnforce Safelist = "enforce" // they are refused
)

// DocumentOptions say how clients may name documents instead of sending them.
type DocumentOptions struct {
	Persisted func() *persisted.List // nil: no documents are registered
	Safelist  Safelist
	RequireID bool       // with SafelistEnforce: a document's text is refused even if it is registered
	APQ       *apq.Cache // nil: automatic persisted queries are off
	// Observe is told what came of a document that is named by an identifier, or judged by the safelist; nil: nobody is told.
	Observe func(DocumentResult)
}

// DocumentResult is what came of a document that is named by an identifier, or judged by the safelist.
type DocumentResult string

// What may come of a document.
const (
	DocumentListed   DocumentResult = "listed"   // it is in a manifest
	DocumentKnown    DocumentResult = "known"    // the hash was registered by a client
	DocumentNew      DocumentResult = "new"      // the client registers it
	DocumentUnknown  DocumentResult = "unknown"  // nobody knows the identifier
	DocumentMismatch DocumentResult = "mismatch" // the identifier is not that of the text
	DocumentUnlisted DocumentResult = "unlisted" // the safelist does not hold the text
)

// documents finds the documents of requests.
type documents struct {
	DocumentOptions
	logger *slog.Logger

	mu     sync.Mutex
	logged *simplelru.LRU[string, struct{}] // hashes of documents that are in the log; guarded by mu
}

// maxLogged bounds how many unlisted documents are remembered, so that each is logged about once.
const maxLogged = 10_000

func newDocuments(o DocumentOptions, logger *slog.Logger) *documents {
	logged, err := simplelru.NewLRU[string, struct{}](maxLogged, nil)
	if err != nil {
		panic(err) // the size is constant
	}
	return &documents{DocumentOptions: o, logger: logger, logged: logged}
}

// find sets the text of a request that only names its document, and refuses a document that may not be asked for. hash is
// set when the text is to be remembered by it, once it has turned out to be a valid document.
func (d *documents) find(ctx context.Context, header http.Header, request *graphqlRequest) (hash string, err error) {
	if request.DocumentID == "" && request.Extensions == nil {
		return "", d.admit(ctx, header, request)
	}
	id, err := documentID(request)
	if err != nil {
		return "", err
	}
	if id == "" {
		return "", d.admit(ctx, header, request)
	}
	if d.Persisted != nil {
		client, _ := clientname.Of(header)
		if text, ok := d.Persisted().Get(client, id); ok {
			if request.Query != "" && request.Query != text {
				return "", d.mismatch()
			}
			d.observe(DocumentListed)
			request.Query = text
			return "", nil
		}
	}
	if hash, err = d.findByHash(ctx, id, request); err != nil {
		return "", err
	}
	return hash, d.admit(ctx, header, request)
}

// findByHash is for identifiers that no manifest holds.
func (d *documents) findByHash(ctx context.Context, id string, request *graphqlRequest) (hash string, err error) {
	isHash := apq.ValidHash(id)
	switch {
	case isHash && request.Query != "":
		if apq.Hash(request.Query) != id {
			return "", d.mismatch()
		}
		if d.APQ == nil {
			return "", nil
		}
		d.observe(DocumentNew)
		return id, nil
	case isHash && d.APQ != nil:
		if request.Query = d.APQ.Get(ctx, id); request.Query == "" {
			d.observe(DocumentUnknown)
			return "", gqlerr.New(gqlerr.PersistedQueryNotFound, "PersistedQueryNotFound") // the text that clients look for
		}
		d.observe(DocumentKnown)
		return "", nil
	case isHash && d.Persisted == nil:
		return "", gqlerr.New(gqlerr.PersistedQueryNotSupported, "PersistedQueryNotSupported")
	case request.Query != "":
		return "", nil // the client's own name for what it sends as well
	default:
		d.observe(DocumentUnknown)
		return "", refuse(http.StatusBadRequest, gqlerr.PersistedQueryNotInList, "no document is registered by the identifier %q", id)
	}
}

func (d *documents) observe(result DocumentResult) {
	if d.Observe != nil {
		d.Observe(result)
	}
}

func (d *documents) mismatch() error {
	d.observe(DocumentMismatch)
	return refuse(http.StatusBadRequest, gqlerr.PersistedQueryHashMismatch, "the identifier belongs to another document than the query: provided sha does not match query")
}

// admit judges a document that the client sent, or that was registered by a client.
func (d *documents) admit(ctx context.Context, header http.Header, request *graphqlRequest) error {
	if request.Query == "" {
		return refuse(http.StatusBadRequest, gqlerr.BadRequest, "the request has no query; send a GraphQL document under the key query")
	}
	if d.Safelist == SafelistOff {
		return nil
	}
	if d.RequireID {
		return refuse(http.StatusBadRequest, gqlerr.PersistedQueryIDRequired, "documents are accepted by their identifier only (persisted_documents.require_id)")
	}
	if d.Persisted().Holds(request.Query) {
		d.observe(DocumentListed)
		return nil
	}
	d.observe(DocumentUnlisted)
	d.log(ctx, header, request)
	if d.Safelist == SafelistEnforce {
		return refuse(http.StatusForbidden, gqlerr.QueryNotInSafelist, "the document is not registered (persisted_documents.safelist)")
	}
	return nil
}

// log writes a line for each document that is not registered, not for each request.
func (d *documents) log(ctx context.Context, header http.Header, request *graphqlRequest) {
	hash := apq.Hash(request.Query)
	d.mu.Lock()
	_, known := d.logged.Get(hash)
	if !known {
		d.logged.Add(hash, struct{}{})
	}
	d.mu.Unlock()
	if known {
		return
	}
	name, version := clientname.Of(header)
	d.logger.WarnContext(ctx, "a document is not registered", "hash", hash, "operation", strings.Clone(request.OperationName),
		"client", name, "client_version", version, "refused", d.Safelist == SafelistEnforce)
}

// remember keeps a valid document by the hash that its client has given.
func (d *documents) remember(hash, document string) {
	if hash != "" {
		d.APQ.Put(hash, document)
	}
}

// hashPrefix is that of identifiers which are SHA-256 hashes (GraphQL over HTTP, appendix A).
const hashPrefix = "sha256:"

// documentID is what a request calls its document: documentId (GraphQL over HTTP, appendix A), or sha256Hash in the
// extension persistedQuery, in which clients also send identifiers that are no hashes. "": it does not name it.
func documentID(request *graphqlRequest) (string, error) {
	if request.DocumentID != "" {
		return strings.TrimPrefix(request.DocumentID, hashPrefix), nil
	}
	var id string
	var wrong error
	value.EachMember(request.Extensions, func(name, member []byte) {
		if string(name) != "persistedQuery" || string(member) == "null" || wrong != nil {
			return
		}
		id, wrong = readPersistedQuery(member)
	})
	return id, wrong
}

func readPersistedQuery(extension []byte) (id string, err error) {
	version := ""
	valid := extension[0] == '{' && value.EachMember(extension, func(name, member []byte) {
		switch string(name) {
		case "sha256Hash":
			if err == nil {
				id, err = textMember("extensions.persistedQuery.sha256Hash", member)
			}
		case "version":
			version = string(member)
		}
	})
	switch {
	case err != nil:
		return "", err
	case !valid || version != "1" || id == "":
		return "", refuse(http.StatusBadRequest, gqlerr.BadRequest, `extensions.persistedQuery must be {"version": 1, "sha256Hash": "…"}`)
	}
	return id, nil
}
