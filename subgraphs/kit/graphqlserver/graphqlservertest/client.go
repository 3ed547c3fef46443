package graphqlservertest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"
)

// Client asks one GraphQL endpoint. Its methods fail the test when the transport fails, and leave GraphQL's errors to the caller.
type Client struct {
	// URL is the endpoint, such as http://127.0.0.1:4001/graphql.
	URL string
	// Token, when set, is sent as a Bearer token.
	Token string
	// HTTP is the client in use; nil is http.DefaultClient.
	HTTP *http.Client
}

// As returns a client of the same endpoint with another token.
func (c Client) As(token string) Client {
	c.Token = token
	return c
}

// Response is what an endpoint answered.
type Response struct {
	Status int
	Header http.Header
	// Body is the whole text.
	Body []byte
	Data json.RawMessage
	// Errors as they were sent.
	Errors []Error
}

// Error is one entry of a response's errors.
type Error struct {
	Message    string         `json:"message"`
	Path       []any          `json:"path"`
	Extensions map[string]any `json:"extensions"`
}

// Code is extensions.code, and "" when there is none.
func (e Error) Code() string {
	code, _ := e.Extensions["code"].(string)
	return code
}

// Ask sends a query with variables, which may be nil.
func (c Client) Ask(t testing.TB, query string, variables map[string]any) Response {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	return c.Post(t, "application/json", body)
}

// MustAsk is Ask for a query that must have no errors; it unmarshals the response's data into target, a pointer, unless that is
// nil.
func (c Client) MustAsk(t testing.TB, query string, variables map[string]any, target any) {
	t.Helper()
	response := c.Ask(t, query, variables)
	if response.Status != http.StatusOK || len(response.Errors) > 0 {
		t.Fatalf("%s\nwas answered with status %d:\n%s", query, response.Status, response.Body)
	}
	if target == nil {
		return
	}
	if err := json.Unmarshal(response.Data, target); err != nil {
		t.Fatalf("%s\nwas answered with data of another shape: %v\n%s", query, err, response.Data)
	}
}

// Post sends any body.
func (c Client) Post(t testing.TB, contentType string, body []byte) Response {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.URL, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", contentType)
	if c.Token != "" {
		request.Header.Set("Authorization", "Bearer "+c.Token)
	}
	client := c.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	response := Response{Status: answer.StatusCode, Header: answer.Header}
	if response.Body, err = io.ReadAll(answer.Body); err != nil {
		t.Fatal(err)
	}
	var parts struct {
		Data   json.RawMessage `json:"data"`
		Errors []Error         `json:"errors"`
	}
	if err := json.Unmarshal(response.Body, &parts); err != nil {
		t.Fatalf("the answer with status %d is not JSON: %v\n%s", response.Status, err, response.Body)
	}
	response.Data, response.Errors = parts.Data, parts.Errors
	return response
}
