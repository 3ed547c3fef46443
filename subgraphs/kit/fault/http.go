package fault

import (
	"encoding/json"
	"net/http"
)

// WriteResponse answers a request that never reaches GraphQL execution: a GraphQL response with one error and no data, under
// an HTTP status. Message and code are shown to the client.
func WriteResponse(w http.ResponseWriter, status int, code, message string) {
	type graphqlError struct {
		Message    string            `json:"message"`
		Extensions map[string]string `json:"extensions"`
	}
	body, err := json.Marshal(map[string][]graphqlError{
		"errors": {{Message: message, Extensions: map[string]string{"code": code}}},
	})
	if err != nil { // strings always marshal
		panic(err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that went away has no use for the answer
}
