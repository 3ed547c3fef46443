package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// everything is the question that four services answer together.
const everything = `{ me { name balance { amount currency }
  payments(first: 3) { edges { node { id amount { amount currency } payee { name } } } }
  notifications(first: 3, unreadOnly: true) { edges { node { id subject { __typename ... on Payment { id status } } } } } }
  search(query: "coffee", first: 5) { edges { node { score snippet hit { __typename ... on Payment { id payer { name } } ... on User { id name } } } } } }`

type edges[T any] struct{ Edges []struct{ Node T } }

type everythingData struct {
	Me struct {
		Name     string
		Balance  struct{ Amount, Currency string }
		Payments edges[struct {
			ID     string
			Amount struct{ Amount, Currency string }
			Payee  struct{ Name string }
		}]
		Notifications edges[struct {
			ID      string
			Subject struct{ Typename, ID, Status string }
		}]
	}
	Search edges[struct {
		Score   float64
		Snippet string
		Hit     struct {
			Typename string `json:"__typename"`
			ID       string
			Payer    struct{ Name string }
		}
	}]
}

func TestFourServicesAnswerTogether(t *testing.T) {
	t.Parallel()
	s := startSystem(t, t.TempDir())
	token := logIn(t, s.router, "ada@example.com")
	var data everythingData
	get(t, s.router, token, everything, nil, &data)
	if data.Me.Name != "Ada Lovelace" || data.Me.Balance.Amount == "" || len(data.Me.Payments.Edges) != 3 || len(data.Me.Notifications.Edges) != 3 {
		t.Errorf("me: %+v", data.Me)
	}
	for _, e := range data.Me.Payments.Edges {
		if e.Node.Payee.Name == "" || e.Node.Amount.Amount == "" {
			t.Errorf("payment: %+v", e.Node)
		}
	}
	if len(data.Search.Edges) == 0 {
		t.Fatal("the search for coffee found nothing")
	}
	for _, e := range data.Search.Edges {
		if e.Node.Score <= 0 || !strings.Contains(strings.ToLower(e.Node.Snippet), "coffee") || (e.Node.Hit.Typename == "Payment" && e.Node.Hit.Payer.Name == "") {
			t.Errorf("hit: %+v", e.Node)
		}
	}

	t.Run("a typing error finds the same", func(t *testing.T) {
		var typo struct {
			Search edges[struct{ Snippet string }]
		}
		get(t, s.router, token, `{ search(query: "cofee", first: 5) { edges { node { snippet } } } }`, nil, &typo)
		if len(typo.Search.Edges) == 0 {
			t.Error("cofee found nothing")
		}
	})
	t.Run("a payment becomes a notification and a hit", func(t *testing.T) { payAndFind(t, s, "Zanzibar cloves") })
	t.Run("bad input", func(t *testing.T) { badInput(t, s, token) })
	t.Run("data survives a restart", func(t *testing.T) {
		s.stop(t)
		if strings.Contains(s.log.String(), "panic") {
			t.Error("something panicked")
		}
		again := startSystem(t, s.data)
		var found struct {
			Search edges[struct{ Snippet string }]
		}
		get(t, again.router, logIn(t, again.router, "grace@example.com"), `{ search(query: "Zanzibar") { edges { node { snippet } } } }`, nil, &found)
		if len(found.Search.Edges) == 0 {
			t.Error("the payment from before the restart is not found")
		}
	})
}

const createPayment = `mutation($key: String!, $text: String!) { createPayment(input: {
  idempotencyKey: $key, payeeId: "u-0002", amount: "1.25", currency: EUR, description: $text}) { id status payee { name } } }`

type createdPayment struct {
	CreatePayment struct {
		ID, Status string
		Payee      struct{ Name string }
	}
}

// payAndFind pays from ada to grace and waits until grace is notified and finds the payment, by events alone.
func payAndFind(t *testing.T, s *system, text string) {
	t.Helper()
	var paid createdPayment
	get(t, s.router, logIn(t, s.router, "ada@example.com"), createPayment, map[string]any{"key": text, "text": text}, &paid)
	if paid.CreatePayment.Payee.Name != "Grace Hopper" {
		t.Errorf("payee: %+v", paid)
	}
	grace := logIn(t, s.router, "grace@example.com")
	eventually(t, 2*time.Second, "the payment is notified and found", func() bool {
		return notified(t, s.router, grace, paid.CreatePayment.ID) == 1 && found(t, s.router, grace, text, paid.CreatePayment.ID) == 1
	})
}

// notified counts the notifications about a payment.
func notified(t *testing.T, router, token, payment string) (n int) {
	t.Helper()
	var data struct {
		Me struct {
			Notifications edges[struct{ Subject struct{ ID string } }]
		}
	}
	get(t, router, token, `{ me { notifications(first: 100) { edges { node { subject { ... on Payment { id } } } } } } }`, nil, &data)
	for _, e := range data.Me.Notifications.Edges {
		if e.Node.Subject.ID == payment {
			n++
		}
	}
	return n
}

// found counts the hits that are a payment.
func found(t *testing.T, router, token, text, payment string) (n int) {
	t.Helper()
	var data struct {
		Search edges[struct{ Hit struct{ ID string } }]
	}
	get(t, router, token, `query($q: String!) { search(query: $q, kinds: [PAYMENT], first: 50) { edges { node { hit { ... on Payment { id } } } } } }`,
		map[string]any{"q": text}, &data)
	for _, e := range data.Search.Edges {
		if e.Node.Hit.ID == payment {
			n++
		}
	}
	return n
}

func badInput(t *testing.T, s *system, token string) {
	long := `{"query":"{ me { name } }","pad":"` + strings.Repeat("x", 10<<20) + `"}`
	for name, c := range map[string]struct {
		token, body string
		status      int
		code, says  string
	}{
		"malformed JSON":        {"", `{"query": "{ me`, 400, "BAD_REQUEST", "JSON"},
		"invalid GraphQL":       {"", `{"query":"{ me { "}`, 200, "GRAPHQL_PARSE_FAILED", ""},
		"an unknown field":      {"", `{"query":"{ me { nam } }"}`, 200, "GRAPHQL_VALIDATION_FAILED", `"name"`},
		"a wrong variable":      {"", `{"query":"query($id: ID!) { user(id: $id) { name } }","variables":{"id":{}}}`, 200, "BAD_USER_INPUT", "$id"},
		"a forged token":        {token[:len(token)-8] + "AAAAAAAA", `{"query":"{ me { name } }"}`, 401, "AUTH_TOKEN_INVALID", ""},
		"a token with alg none": {"eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1LTAwMDMiLCJleHAiOjk5OTk5OTk5OTl9.", `{"query":"{ me { name } }"}`, 401, "AUTH_TOKEN_INVALID", ""},
		"a body of 10 MB":       {"", long, 413, "REQUEST_TOO_LARGE", ""},
		"a negative amount": {token, `{"query":"mutation { createPayment(input: {idempotencyKey: \"neg\", payeeId: \"u-0002\", amount: \"-1.00\", currency: EUR}) { id } }"}`, 200,
			"", "amount"},
		"an overflowing amount": {token, `{"query":"mutation { createPayment(input: {idempotencyKey: \"big\", payeeId: \"u-0002\", amount: \"99999999999999999999999999.00\", currency: EUR}) { id } }"}`, 200,
			"", "amount"},
	} {
		t.Run(name, func(t *testing.T) {
			a := send(t, s.router, c.token, strings.NewReader(c.body))
			if a.Status != c.status || len(a.Errors) == 0 {
				t.Fatalf("got %d %s", a.Status, a.Body)
			}
			if code := a.Errors[0].Extensions["code"]; c.code != "" && code != c.code || code == nil {
				t.Errorf("code %v, want %s: %s", code, c.code, a.Body)
			}
			if !strings.Contains(a.Body, strings.ReplaceAll(c.says, `"`, `\"`)) || strings.Contains(a.Body, "goroutine") || strings.Contains(a.Body, ".go:") {
				t.Errorf("message: %s", a.Body)
			}
		})
	}
}

const partial = `{ me { name payments(first: 1) { edges { node { id } } } notifications(first: 1) { edges { node { id } } } } }`

// TestOneServiceFails: the others answer, the failure is one error, and the service comes back by itself.
func TestOneServiceFails(t *testing.T) {
	t.Parallel()
	s := startSystem(t, t.TempDir())
	token := logIn(t, s.router, "ada@example.com")
	check := func(t *testing.T) {
		t.Helper()
		a := ask(t, s.router, token, partial, nil)
		var data struct {
			Me struct {
				Name          string
				Payments      json.RawMessage
				Notifications edges[struct{ ID string }]
			}
		}
		if err := json.Unmarshal(a.Data, &data); err != nil {
			t.Fatal(err)
		}
		if data.Me.Name == "" || string(data.Me.Payments) != "null" || len(data.Me.Notifications.Edges) != 1 {
			t.Errorf("data: %s", a.Data)
		}
		if len(a.Errors) != 1 || a.Errors[0].Extensions["serviceName"] != "payments" || a.Errors[0].Extensions["code"] == nil || fmt.Sprint(a.Errors[0].Path) != "[me payments]" {
			t.Errorf("errors: %s", a.Body)
		}
	}
	whole := func() bool { return len(ask(t, s.router, token, partial, nil).Errors) == 0 }
	if !whole() {
		t.Fatal("not whole before anything failed")
	}
	t.Run("killed", func(t *testing.T) {
		s.signal(t, "payments", syscall.SIGKILL)
		eventually(t, 2*time.Second, "payments is gone", func() bool { return !whole() })
		check(t)
		eventually(t, 15*time.Second, "payments is back", whole)
	})
	t.Run("stopped", func(t *testing.T) {
		s.signal(t, "payments", syscall.SIGSTOP)
		check(t)
		s.signal(t, "payments", syscall.SIGCONT)
		eventually(t, 15*time.Second, "payments is back", whole)
	})
}

// TestPortsThatAreTaken: the message names the flag.
func TestPortsThatAreTaken(t *testing.T) {
	t.Parallel()
	s := startSystem(t, t.TempDir())
	taken := startProgram(t, s.cmd.Path, nil, append(append([]string{}, s.cmd.Args[1:]...), "--users-listen", freeAddress(t))...)
	<-taken.done
	if taken.err == nil || !strings.Contains(taken.log.String(), "--listen") || !strings.Contains(taken.log.String(), "--payments-listen") {
		t.Errorf("%v: %s", taken.err, taken.log)
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	s := startSystem(t, t.TempDir())
	for name, address := range map[string]string{"router": s.router, "users": s.services["users"], "payments": s.services["payments"], "notifications": s.services["notifications"], "search": s.services["search"]} {
		for _, path := range []string{"/health", "/ready"} {
			response, err := client.Get("http://" + address + path)
			if err != nil {
				t.Fatal(err)
			}
			_ = response.Body.Close()
			if response.StatusCode != http.StatusOK {
				t.Errorf("%s%s: %s", name, path, response.Status)
			}
		}
	}
}
