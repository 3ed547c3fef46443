// Package subgraphclient asks subgraphs over HTTP: a Client is an exec.Fetcher.
//
// Plain http:// and unix:// endpoints are served by a client of our own for HTTP/1.1, because what the standard client
// costs for one small request (two goroutines and several hand-offs for each connection) is more than everything else
// the router does for it. A request is written with one system call from the goroutine that needs the answer, and the
// answer is read into one pooled buffer that the response tree then borrows. Requests are never pipelined. https://
// endpoints, and those that want HTTP/2 or compression, go through net/http.
//
// Fetchers compose: Share wraps any exec.Fetcher.
package subgraphclient
