package persisted

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Document is one entry of a manifest.
type Document struct {
	ID     string
	Client string // "" for every client
	Text   string
}

// apolloFormat is what Apollo's manifests call themselves.
const apolloFormat = "apollo-persisted-query-manifest"

// Parse reads a manifest. The documents are in the order of the file; an identifier that stands twice with different texts
// is an error, and so is a manifest without documents, which is more likely a mistake than meant.
func Parse(manifest []byte) ([]Document, error) {
	var header struct {
		Format     json.RawMessage `json:"format"`
		Operations json.RawMessage `json:"operations"`
	}
	if err := json.Unmarshal(manifest, &header); err != nil {
		return nil, fmt.Errorf("is not a JSON object: %w", err)
	}
	read := parseMap
	if len(header.Operations) > 0 && header.Operations[0] == '[' {
		read = parseApollo
	}
	documents, err := read(manifest)
	if err != nil {
		return nil, err
	}
	if len(documents) == 0 {
		return nil, errors.New("holds no documents")
	}
	return documents, checkUnique(documents)
}

func parseApollo(manifest []byte) ([]Document, error) {
	var content struct {
		Format     string `json:"format"`
		Version    int    `json:"version"`
		Operations []struct {
			ID         string `json:"id"`
			Body       string `json:"body"`
			ClientName string `json:"clientName"`
		} `json:"operations"`
	}
	if err := json.Unmarshal(manifest, &content); err != nil {
		return nil, fmt.Errorf("is not a manifest: %w", err)
	}
	if content.Format != apolloFormat || content.Version != 1 {
		return nil, fmt.Errorf("has the format %q, version %d; %q, version 1, is supported", content.Format, content.Version, apolloFormat)
	}
	documents := make([]Document, len(content.Operations))
	for i, o := range content.Operations {
		if o.ID == "" || strings.TrimSpace(o.Body) == "" {
			return nil, fmt.Errorf("operation %d needs an id and a body", i+1)
		}
		documents[i] = Document{ID: o.ID, Client: o.ClientName, Text: o.Body}
	}
	return documents, nil
}

// parseMap reads an object of texts by identifier. A decoder of tokens keeps the order of the file, and sees what stands
// twice.
func parseMap(manifest []byte) ([]Document, error) {
	decoder := json.NewDecoder(bytes.NewReader(manifest))
	if _, err := decoder.Token(); err != nil { // the brace: the manifest is a JSON object
		return nil, err
	}
	var documents []Document
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		id := name.(string) // the names of an object's members are strings
		var text string
		if err := decoder.Decode(&text); err != nil {
			return nil, fmt.Errorf("%q must be the text of a document: %w", id, err)
		}
		if id == "" || strings.TrimSpace(text) == "" {
			return nil, fmt.Errorf("document %d needs an identifier and a text", len(documents)+1)
		}
		documents = append(documents, Document{ID: id, Text: text})
	}
	return documents, nil
}

func checkUnique(documents []Document) error {
	seen := make(map[key]string, len(documents))
	for _, d := range documents {
		k := key{d.Client, d.ID}
		if text, known := seen[k]; known && text != d.Text {
			return fmt.Errorf("the identifier %q stands for different documents", d.ID)
		}
		seen[k] = d.Text
	}
	return nil
}
