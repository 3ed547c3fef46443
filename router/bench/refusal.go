package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"strings"
)

// refusal is a request that is over one limit of a router by ten times, unless it says otherwise.
type refusal struct {
	name     string
	code     string // of the error that answers it
	mentions string // what the answer speaks of
	encoding string // Content-Encoding, "": none
	body     func(number int) ([]byte, error)
}

// refusalSettings are the limits that differ from the defaults: ten times the 500 variables of the defaults would have too
// many tokens.
const refusalSettings = "limits: {variables: 300}\n"

// What the limits of the router are, by default or by refusalSettings.
const (
	limitBody       = 2 << 20
	limitTokens     = 15_000
	limitDepth      = 100
	limitAliases    = 500
	limitRootFields = 250
	limitFields     = 5000
	limitDirectives = 500
	limitVariables  = 300
	limitBatch      = 10
	limitNesting    = 24 // of introspection
	over            = 10
)

// refusals are one for each limit, and some for what hides behind a small body.
func refusals() []refusal {
	large := func(key, document string) refusal {
		return refusal{name: key, code: "OPERATION_TOO_LARGE", mentions: "limits." + key, body: documentBody(document)}
	}
	repeat := func(n int, of func(i int) string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(of(i))
		}
		return b.String()
	}
	spaces := bytes.Repeat([]byte(" "), over*limitBody)
	one, _ := documentBody("{ me { id } }")(0) // text
	bomb := "{ users { ...F0 } }" + repeat(40, func(i int) string {
		return fmt.Sprintf(" fragment F%d on User { reviews { author { ...F%d } product { reviews { author { ...F%d } } } } }", i, i+1, i+1)
	}) + " fragment F40 on User { id }"
	return []refusal{
		{name: "body", code: "REQUEST_TOO_LARGE", body: func(int) ([]byte, error) { return spaces, nil }},
		{name: "body, compressed", code: "REQUEST_TOO_LARGE", encoding: "gzip", body: func(int) ([]byte, error) { return compressed(spaces) }},
		{name: "tokens", code: "OPERATION_TOO_LARGE", mentions: "token", body: documentBody("{ users { " + strings.Repeat("id ", over*limitTokens) + "} }")},
		large("depth", "{ users { "+strings.Repeat("reviews { author { ", over*limitDepth/2-1)+"id"+strings.Repeat(" } }", over*limitDepth/2-1)+" } }"),
		large("aliases", "{ users { "+strings.Repeat("...F ", over)+"} } fragment F on User { "+
			repeat(limitAliases, func(i int) string { return fmt.Sprintf("a%d: id ", i) })+"}"),
		large("root_fields", "{ "+strings.Repeat("...F ", over)+"} fragment F on Query { "+strings.Repeat("me { id } ", limitRootFields)+"}"),
		large("fields", "{ users { "+strings.Repeat("...F ", over*limitFields/500)+"} } fragment F on User { "+strings.Repeat("id ", 500)+"}"),
		large("directives", "{ users { id "+strings.Repeat("@x ", over*limitDirectives)+"} }"),
		large("variables", "query ("+repeat(over*limitVariables, func(i int) string { return fmt.Sprintf("$v%d: Int ", i) })+") { users { id } }"),
		large("introspection_depth", "{ __schema { types { "+strings.Repeat("ofType { ", over*limitNesting)+"name"+strings.Repeat(" }", over*limitNesting)+" } } }"),
		{name: "batch", code: "OPERATION_TOO_LARGE", mentions: "limits.batch", body: func(int) ([]byte, error) {
			return []byte("[" + strings.Repeat(string(one)+",", over*limitBatch-1) + string(one) + "]"), nil
		}},
		{name: "recursion", mentions: "F", body: documentBody("{ users { ...F } } fragment F on User { reviews { author { ...F } } }")},
		{name: "fragments of 2^40 fields", code: "OPERATION_TOO_LARGE", mentions: "limits.fields", body: documentBody(bomb)},
		// Ten items are taken for each list.
		{name: "cost", code: "COST_ESTIMATED_TOO_EXPENSIVE", body: documentBody(
			"{ users { " + strings.Repeat("reviews { product { ", 7) + "upc" + strings.Repeat(" } }", 7) + " } }")},
	}
}

// isAnswer tells whether an answer is the expected refusal: a client's error without data.
func (r *refusal) isAnswer(status int, text []byte) bool {
	var answer struct {
		Data   any
		Errors []struct {
			Message    string
			Extensions struct{ Code string }
		}
	}
	if status < 400 || status > 499 || json.Unmarshal(text, &answer) != nil || answer.Data != nil {
		return false
	}
	for _, e := range answer.Errors {
		if (r.code == "" || e.Extensions.Code == r.code) && strings.Contains(e.Message, r.mentions) {
			return true
		}
	}
	return false
}

// documentBody gives requests of one document, each time with another text, so that nothing is remembered of the last.
func documentBody(document string) func(number int) ([]byte, error) {
	return func(number int) ([]byte, error) {
		return json.Marshal(map[string]string{"query": fmt.Sprintf("# %d\n%s", number, document)})
	}
}

func compressed(text []byte) ([]byte, error) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(text); err != nil {
		return nil, err
	}
	err := w.Close()
	return b.Bytes(), err
}
