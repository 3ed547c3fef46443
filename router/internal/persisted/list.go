package persisted

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"maps"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/lexer"
)

// key is an identifier among the documents of one client, or of all.
type key struct{ client, id string }

// digest is a SHA-256 hash.
type digest [sha256.Size]byte

// List is a set of documents. It is immutable; a nil List is empty.
type List struct {
	byID   map[key]string
	hashes map[digest]struct{} // of the texts
	shapes map[digest]struct{} // of the texts without what GraphQL ignores
}

// NewList makes a list. Of two documents with one identifier the first counts.
func NewList(documents []Document) *List {
	l := &List{
		byID: make(map[key]string, 2*len(documents)), hashes: make(map[digest]struct{}, len(documents)),
		shapes: make(map[digest]struct{}, len(documents)),
	}
	for _, d := range documents {
		sum := digest(sha256.Sum256([]byte(d.Text)))
		l.add(key{d.Client, d.ID}, d.Text)
		l.hashes[sum] = struct{}{}
		if shape, ok := shapeOf(d.Text); ok {
			l.shapes[shape] = struct{}{}
		}
	}
	for _, d := range documents { // after all identifiers, which come first
		sum := sha256.Sum256([]byte(d.Text))
		l.add(key{d.Client, hex.EncodeToString(sum[:])}, d.Text)
	}
	return l
}

func (l *List) add(k key, text string) {
	if _, known := l.byID[k]; !known {
		l.byID[k] = text
	}
}

// Get gives the document with an identifier, or with that SHA-256 hash in lower-case hexadecimal: the client's own, else
// the one for all clients.
func (l *List) Get(client, id string) (text string, ok bool) {
	if l == nil {
		return "", false
	}
	if client != "" {
		if text, ok = l.byID[key{client, id}]; ok {
			return text, true
		}
	}
	text, ok = l.byID[key{"", id}]
	return text, ok
}

// Holds tells whether a document's text is in the list, whatever its white space, commas and comments are.
func (l *List) Holds(text string) bool {
	if l == nil {
		return false
	}
	if _, ok := l.hashes[digest(sha256.Sum256([]byte(text)))]; ok {
		return true
	}
	shape, ok := shapeOf(text)
	if ok {
		_, ok = l.shapes[shape]
	}
	return ok
}

// Len is the number of documents with different texts.
func (l *List) Len() int {
	if l == nil {
		return 0
	}
	return len(l.hashes)
}

// shapeOf is the hash of a document's tokens; false when it has characters that belong to no token. Comments are not
// tokens here, and a block string counts by its value.
func shapeOf(text string) (digest, bool) {
	tokens := lexer.New(&ast.Source{Input: text})
	sum := sha256.New()
	for {
		token, err := tokens.ReadToken()
		if err != nil {
			return digest{}, false
		}
		switch token.Kind {
		case lexer.EOF:
			return digest(sum.Sum(nil)), true
		case lexer.Comment:
		default:
			writeToken(sum, token)
		}
	}
}

// writeToken writes the length as well, so that no value can pass for several tokens.
func writeToken(sum hash.Hash, token lexer.Token) {
	var head [1 + binary.MaxVarintLen64]byte
	sum.Write(binary.AppendUvarint(append(head[:0], byte(token.Kind)), uint64(len(token.Value))))
	sum.Write([]byte(token.Value))
}

// equal tells whether two lists hold the same.
func (l *List) equal(other *List) bool { return maps.Equal(l.byID, other.byID) }
