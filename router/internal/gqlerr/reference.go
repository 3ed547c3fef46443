package gqlerr

import (
	"fmt"
	"strings"
)

// Reference is the page of all codes in Markdown.
func Reference() string {
	var b strings.Builder
	b.WriteString("# Error codes\n\nEvery `extensions.code` of the router, in the order of a request's life. Status is the HTTP status of a response that holds\n" +
		"nothing but such an error, for clients that accept `application/graphql-response+json`. Codes that subgraphs choose pass\nbeside these. " +
		"Errors that a subgraph is to blame for name it in `extensions.serviceName`.\n\n| code | status | meaning |\n|---|---|---|\n")
	for _, d := range Codes() {
		fmt.Fprintf(&b, "| `%s` | %d | %s |\n", d.Code, d.Status, d.Meaning)
	}
	return b.String()
}
