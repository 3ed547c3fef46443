// Package persisted holds the documents that clients have registered ahead of time: it reads manifests in the common
// formats, watches them, and answers by identifier and by text. What becomes of a request with an unknown document is for
// the server to decide.
//
// # Manifests
//
// A manifest is a JSON file in one of two formats, told apart by what is in it:
//
//   - Apollo's: {"format": "apollo-persisted-query-manifest", "version": 1, "operations": [{"id", "name", "type", "body"}]}.
//     An operation with a clientName is found by clients of that name only.
//   - Relay's and others': {"id": "text", …}.
//
// Documents are known by their identifier, and by the SHA-256 hash of their text where that is not the identifier. Text
// that a client sends is compared exactly first, then without what GraphQL ignores: white space, commas and comments.
package persisted
