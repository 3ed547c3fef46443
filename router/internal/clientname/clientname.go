// Package clientname reads which program sends a request, by the headers in which clients say so. The names are what
// clients claim: they are for limits, metrics and logs, and prove nothing.
package clientname

import (
	"net/http"
	"unicode/utf8"
)

// longest is how many bytes of a name or version are looked at.
const longest = 128

// The headers, in canonical form so that reading them allocates nothing; the first that is there counts.
var (
	nameHeaders    = []string{"Apollographql-Client-Name", "Graphql-Client-Name"}
	versionHeaders = []string{"Apollographql-Client-Version", "Graphql-Client-Version"}
)

// Of gives the name and version of the client that sent a header; "" for what it does not say. They are valid UTF-8 of at
// most 128 bytes.
func Of(h http.Header) (name, version string) { return first(h, nameHeaders), first(h, versionHeaders) }

func first(h http.Header, names []string) string {
	for _, name := range names {
		if values := h[name]; len(values) > 0 && values[0] != "" {
			return bounded(values[0])
		}
	}
	return ""
}

func bounded(text string) string {
	if len(text) > longest {
		end := longest
		for end > longest-utf8.UTFMax && !utf8.RuneStart(text[end]) {
			end--
		}
		text = text[:end]
	}
	if !utf8.ValidString(text) {
		return ""
	}
	return text
}
