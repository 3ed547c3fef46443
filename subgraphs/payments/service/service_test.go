package service

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tributary-gql/tributary/subgraphs/kit/database/dbtest"
	"github.com/tributary-gql/tributary/subgraphs/kit/graphqlserver/graphqlservertest"
	"github.com/tributary-gql/tributary/subgraphs/kit/identity"
	"github.com/tributary-gql/tributary/subgraphs/kit/identity/identitytest"
	"github.com/tributary-gql/tributary/subgraphs/payments/graph"
)

func TestMain(m *testing.M) {
	dbtest.Main(m, func() error {
		http.DefaultClient.CloseIdleConnections()
		return goleak.Find()
	})
}

// running is a service that serves on a free port for the length of a test.
type running struct {
	*Service
	*identitytest.Issuer
	client graphqlservertest.Client
}

// boot starts the service on the database; arguments are further flags.
func boot(t *testing.T, databaseURL string, arguments ...string) running {
	t.Helper()
	issuer := identitytest.New(t)
	settings, set := NewSettings()
	arguments = append([]string{"--listen", "127.0.0.1:0", "--database-url", databaseURL, "--jwks-url", issuer.JWKSURL(), "--log-level", "warn"}, arguments...)
	if err := set.Parse(arguments, func(string) (string, bool) { return "", false }); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), settings, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	address, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- s.Run(ctx, nil, func(at string) { address <- at }) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the service ended with %v", err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	select {
	case at := <-address:
		return running{s, issuer, graphqlservertest.Client{URL: "http://" + at + "/graphql"}}
	case err := <-ended:
		ended <- nil
		t.Fatalf("the service did not start: %v", err)
	case <-time.After(30 * time.Second):
		t.Fatal("the service did not start in 30 seconds")
	}
	return running{}
}

// as returns a client that speaks for the user.
func (r running) as(t *testing.T, user string) graphqlservertest.Client {
	return r.client.As(r.Token(t, user))
}

func (r running) asAdmin(t *testing.T) graphqlservertest.Client {
	return r.client.As(r.Token(t, "u-admin", identity.RoleAdmin))
}

const deposit = `mutation($user: ID!, $amount: Decimal!, $key: String!) {
	depositFunds(input: {idempotencyKey: $key, userId: $user, amount: $amount, currency: EUR}) { id balance { amount } } }`

const create = `mutation($key: String!, $to: ID!, $amount: Decimal!, $text: String! = "coffee") {
	createPayment(input: {idempotencyKey: $key, payeeId: $to, amount: $amount, currency: EUR, description: $text}) {
		id status amount { amount currency } payer { id balance { amount } heldBalance { amount } } payee { id } } }`

type paymentData struct {
	ID     string
	Status string
	Amount struct{ Amount, Currency string }
	Payer  struct {
		ID                   string
		Balance, HeldBalance struct{ Amount string }
	}
	Payee struct{ ID string }
}

func (r running) fund(t *testing.T, user, amount string) {
	t.Helper()
	r.asAdmin(t).MustAsk(t, deposit, map[string]any{"user": user, "amount": amount, "key": "fund " + user}, nil)
}

func (r running) pay(t *testing.T, from, to, amount, key string) paymentData {
	t.Helper()
	var answer struct{ CreatePayment paymentData }
	r.as(t, from).MustAsk(t, create, map[string]any{"key": key, "to": to, "amount": amount}, &answer)
	return answer.CreatePayment
}

func TestGeneratedCode(t *testing.T) {
	t.Parallel()
	schema := graph.NewExecutableSchema(graph.Config{Resolvers: &graph.Resolver{}})
	graphqlservertest.CheckResolvers[graph.ResolverRoot](t, schema.Schema())
}

func TestTheLifeOfAPayment(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, databaseURL string) {
		s := boot(t, databaseURL)
		s.fund(t, "u-1", "10")
		p := s.pay(t, "u-1", "u-2", "4.2", "k1")
		if p.Status != "AUTHORIZED" || p.Amount.Amount != "4.20" || p.Amount.Currency != "EUR" || p.Payer.ID != "u-1" || p.Payee.ID != "u-2" ||
			p.Payer.Balance.Amount != "5.80" || p.Payer.HeldBalance.Amount != "4.20" {
			t.Errorf("created: %+v", p)
		}
		for _, step := range []struct{ mutation, as, status, payer, payee string }{
			{"capturePayment", "u-2", "CAPTURED", "5.80", "4.20"},
			{"capturePayment", "u-1", "CAPTURED", "5.80", "4.20"},
			{"refundPayment", "u-2", "REFUNDED", "10.00", "0.00"},
		} {
			query := fmt.Sprintf(`mutation($id: ID!) { done: %s(id: $id) { id status } }`, step.mutation)
			var answer struct{ Done paymentData }
			s.as(t, step.as).MustAsk(t, query, map[string]any{"id": p.ID}, &answer)
			if answer.Done.ID != p.ID || answer.Done.Status != step.status {
				t.Errorf("%s: %+v", step.mutation, answer.Done)
			}
			for user, want := range map[string]string{"u-1": step.payer, "u-2": step.payee} {
				if got := s.balance(t, user); got != want {
					t.Errorf("after %s the balance of %s is %s, want %s", step.mutation, user, got, want)
				}
			}
		}
		again := s.pay(t, "u-1", "u-2", "4.20", "k1")
		if again.ID != p.ID || again.Status != "REFUNDED" {
			t.Errorf("the same key gave %+v", again)
		}
	})
}

const userEntities = `query($reps: [_Any!]!, $first: Int, $after: String, $status: PaymentStatus) { _entities(representations: $reps) {
	... on User { id balance { amount } payments(first: $first, after: $after, status: $status) {
		edges { cursor node { id status payer { id } payee { id } } } pageInfo { hasNextPage hasPreviousPage endCursor } } } } }`

type userData struct {
	ID       string
	Balance  *struct{ Amount string }
	Payments *struct {
		Edges []struct {
			Cursor string
			Node   paymentData
		}
		PageInfo struct {
			HasNextPage, HasPreviousPage bool
			EndCursor                    *string
		}
	}
}

func representations(typename string, ids ...string) []map[string]any {
	reps := make([]map[string]any, len(ids))
	for i, id := range ids {
		reps[i] = map[string]any{"__typename": typename, "id": id}
	}
	return reps
}

func (r running) balance(t *testing.T, user string) string {
	t.Helper()
	var answer struct {
		Entities []userData `json:"_entities"`
	}
	r.as(t, user).MustAsk(t, `query($reps: [_Any!]!) { _entities(representations: $reps) { ... on User { balance { amount } } } }`,
		map[string]any{"reps": representations("User", user)}, &answer)
	return answer.Entities[0].Balance.Amount
}

func TestPagesOfPayments(t *testing.T) {
	t.Parallel()
	s := boot(t, dbtest.SQLiteURL(t))
	s.fund(t, "u-1", "100")
	var created []string
	for i := range 5 {
		created = append(created, s.pay(t, "u-1", "u-2", "1", fmt.Sprint(i)).ID)
	}
	var walked []string
	variables := map[string]any{"reps": representations("User", "u-1"), "first": 2}
	for page := 0; ; page++ {
		var answer struct {
			Entities []userData `json:"_entities"`
		}
		s.as(t, "u-1").MustAsk(t, userEntities, variables, &answer)
		connection := answer.Entities[0].Payments
		for _, edge := range connection.Edges {
			walked = append(walked, edge.Node.ID)
		}
		if connection.PageInfo.HasPreviousPage != (page > 0) {
			t.Errorf("page %d: hasPreviousPage is %v", page, connection.PageInfo.HasPreviousPage)
		}
		if !connection.PageInfo.HasNextPage {
			break
		}
		variables["after"] = *connection.PageInfo.EndCursor
	}
	if len(walked) != 5 || walked[0] != created[4] || walked[4] != created[0] {
		t.Errorf("walked %v, created %v", walked, created)
	}
	for _, bad := range []map[string]any{
		{"first": -1}, {"first": 101}, {"after": "nonsense"}, {"after": "WyJwYXltZW50cyIsIngiLCJ5Il0"}, {"after": strings.Repeat("A", 5000)},
	} {
		bad["reps"] = representations("User", "u-1")
		response := s.as(t, "u-1").Ask(t, userEntities, bad)
		if len(response.Errors) != 1 || response.Errors[0].Code() != "BAD_USER_INPUT" {
			t.Errorf("%.80v: %s", bad, response.Body)
		}
	}
}

// TestQueriesCounted: what answers cost in SQL does not grow with the number of rows or of representations.
func TestQueriesCounted(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, databaseURL string) {
		s := boot(t, databaseURL)
		s.fund(t, "u-payer", "100")
		var users, ids []string
		for i := range 50 {
			user := fmt.Sprintf("u-%d", i)
			users, ids = append(users, user), append(ids, s.pay(t, "u-payer", user, "1", user).ID)
		}
		queries := dbtest.CountReads(t, s.db, databaseURL)
		cases := []struct {
			name      string
			query     string
			variables map[string]any
			want      int64
		}{
			{"a page of 50 payments with payers and payees", userEntities, map[string]any{"reps": representations("User", "u-payer"), "first": 50}, 2}, // and the balance
			{"50 users with balance and payments", userEntities, map[string]any{"reps": representations("User", users...), "first": 3}, 2},
			{"50 payments as entities", `query($reps: [_Any!]!) { _entities(representations: $reps) { ... on Payment { id payer { id } payee { id } amount { amount } } } }`,
				map[string]any{"reps": representations("Payment", ids...)}, 1},
			{"the same payment 50 times", `query($reps: [_Any!]!) { _entities(representations: $reps) { ... on Payment { id } } }`,
				map[string]any{"reps": representations("Payment", repeated(ids[0], 50)...)}, 1},
			{"only the payments of 50 users", `query($reps: [_Any!]!) { _entities(representations: $reps) { ... on User { payments(first: 50) { edges { node { payer { id } } } } } } }`,
				map[string]any{"reps": representations("User", users...)}, 1},
		}
		for _, c := range cases {
			before := queries.Load()
			var answer struct {
				Entities []map[string]any `json:"_entities"`
			}
			s.asAdmin(t).MustAsk(t, c.query, c.variables, &answer)
			if got := queries.Load() - before; got != c.want {
				t.Errorf("%s: %d queries, want %d", c.name, got, c.want)
			}
			for i, entity := range answer.Entities {
				if entity == nil {
					t.Errorf("%s: entity %d is null", c.name, i)
				}
			}
		}
	})
}

func repeated(s string, n int) []string {
	return strings.Fields(strings.Repeat(s+" ", n))
}

func TestEntities(t *testing.T) {
	t.Parallel()
	s := boot(t, dbtest.SQLiteURL(t))
	s.fund(t, "u-1", "100")
	first, second := s.pay(t, "u-1", "u-2", "1", "1").ID, s.pay(t, "u-1", "u-3", "2", "2").ID
	query := `query($reps: [_Any!]!) { _entities(representations: $reps) { ... on Payment { id amount { amount } } } }`
	var answer struct {
		Entities []*paymentData `json:"_entities"`
	}
	// u-2 sees the first alone; what is missing and what is another's look the same.
	s.as(t, "u-2").MustAsk(t, query, map[string]any{"reps": representations("Payment", second, first, "p-missing", first)}, &answer)
	if got := answer.Entities; len(got) != 4 || got[0] != nil || got[1] == nil || got[1].ID != first || got[2] != nil || got[3] == nil || got[3].ID != first {
		t.Errorf("entities: %+v", got)
	}
	response := s.as(t, "u-2").Ask(t, query, map[string]any{"reps": []map[string]any{{"__typename": "Payment"}}})
	if len(response.Errors) != 1 || response.Errors[0].Code() != "BAD_USER_INPUT" {
		t.Errorf("a representation without a key: %s", response.Body)
	}
}

func TestOthersMoneyIsOutOfReach(t *testing.T) {
	t.Parallel()
	s := boot(t, dbtest.SQLiteURL(t))
	s.fund(t, "u-1", "100")
	p := s.pay(t, "u-1", "u-2", "1", "1").ID
	mallory, nobody := s.as(t, "u-mallory"), s.client
	cases := []struct {
		name   string
		client graphqlservertest.Client
		query  string
		codes  string // of the errors, in order of the text; each makes its field null
	}{
		{"another's payment", mallory, `{ payment(id: "` + p + `") { id } }`, ""},
		{"another's balance", mallory, `{ _entities(representations: [{__typename: "User", id: "u-1"}]) { ... on User { balance { amount } } } }`, "FORBIDDEN"},
		{"another's held balance", mallory, `{ _entities(representations: [{__typename: "User", id: "u-1"}]) { ... on User { heldBalance { amount } } } }`, "FORBIDDEN"},
		{"another's payments", mallory, `{ _entities(representations: [{__typename: "User", id: "u-1"}]) { ... on User { payments { edges { node { id } } } } } }`, "FORBIDDEN"},
		{"own and another's balance", mallory, `{ _entities(representations: [{__typename: "User", id: "u-mallory"}, {__typename: "User", id: "u-1"}]) { ... on User { balance { amount } } } }`, "FORBIDDEN"},
		{"the payee's view of the payer's balance", s.as(t, "u-2"), `{ payment(id: "` + p + `") { payer { balance { amount } } } }`, "FORBIDDEN"},
		{"capturing another's payment", mallory, `mutation { capturePayment(id: "` + p + `") { id } }`, "PAYMENT_NOT_FOUND"},
		{"cancelling another's payment", mallory, `mutation { cancelPayment(id: "` + p + `") { id } }`, "PAYMENT_NOT_FOUND"},
		{"refunding one's own payment", s.as(t, "u-1"), `mutation { refundPayment(id: "` + p + `") { id } }`, "FORBIDDEN"},
		{"printing money", mallory, `mutation { depositFunds(input: {idempotencyKey: "k", userId: "u-mallory", amount: "5", currency: EUR}) { id } }`, "FORBIDDEN"},
		{"anonymous payment", nobody, `{ payment(id: "` + p + `") { id } }`, ""},
		{"anonymous balance", nobody, `{ _entities(representations: [{__typename: "User", id: "u-1"}]) { ... on User { balance { amount } } } }`, "UNAUTHENTICATED"},
		{"anonymous with an empty id", nobody, `{ _entities(representations: [{__typename: "User", id: ""}]) { ... on User { balance { amount } } } }`, "UNAUTHENTICATED"},
		{"anonymous capture", nobody, `mutation { capturePayment(id: "` + p + `") { id } }`, "UNAUTHENTICATED"},
	}
	for _, c := range cases {
		response := c.client.Ask(t, c.query, nil)
		var codes []string
		for _, e := range response.Errors {
			codes = append(codes, e.Code())
		}
		if got := strings.Join(codes, " "); got != c.codes || response.Status != http.StatusOK {
			t.Errorf("%s: codes %q, want %q: %d %s", c.name, got, c.codes, response.Status, response.Body)
		}
		if strings.Contains(string(response.Body), "100.00") || strings.Contains(string(response.Body), "99.00") {
			t.Errorf("%s: the balance is in %s", c.name, response.Body)
		}
	}
	// A token of another issuer, of another audience, or expired, is no token.
	forger := identitytest.New(t)
	expired, wrongAudience := identitytest.Claims("u-1"), identitytest.Claims("u-1")
	expired.ExpiresAt.Time = time.Now().Add(-time.Hour)
	wrongAudience.Audience = []string{"others"}
	for name, token := range map[string]string{
		"forged": forger.Token(t, "u-1"), "expired": s.Sign(t, expired), "for others": s.Sign(t, wrongAudience), "nonsense": "x.y.z",
	} {
		response := s.client.As(token).Ask(t, `{ payment(id: "`+p+`") { id } }`, nil)
		if response.Status != http.StatusUnauthorized {
			t.Errorf("a %s token: status %d, %s", name, response.Status, response.Body)
		}
	}
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	s := boot(t, dbtest.SQLiteURL(t))
	s.fund(t, "u-1", "10")
	ada := s.as(t, "u-1")
	s.pay(t, "u-1", "u-2", "1", "used")
	cases := []struct {
		name      string
		variables map[string]any
		code      string
	}{
		{"negative", map[string]any{"amount": "-1"}, "AMOUNT_NOT_POSITIVE"},
		{"zero", map[string]any{"amount": "0.00"}, "AMOUNT_NOT_POSITIVE"},
		{"overflowing", map[string]any{"amount": "92233720368547758.08"}, "AMOUNT_TOO_LARGE"},
		{"absurd", map[string]any{"amount": strings.Repeat("9", 10_000)}, "AMOUNT_TOO_LARGE"},
		{"too precise", map[string]any{"amount": "1.005"}, "AMOUNT_TOO_PRECISE"},
		{"no number", map[string]any{"amount": "four"}, "INVALID_AMOUNT"},
		{"a float", map[string]any{"amount": 4.2}, "BAD_USER_INPUT"},
		{"an integer", map[string]any{"amount": 4}, "BAD_USER_INPUT"},
		{"more than there is", map[string]any{"amount": "9.01"}, "INSUFFICIENT_FUNDS"},
		{"to oneself", map[string]any{"to": "u-1"}, "INVALID_PAYEE"},
		{"to nobody", map[string]any{"to": ""}, "INVALID_PAYEE"},
		{"no key", map[string]any{"key": ""}, "BAD_USER_INPUT"},
		{"a long text", map[string]any{"text": strings.Repeat("x", 281)}, "BAD_USER_INPUT"},
		{"a used key", map[string]any{"key": "used", "amount": "2"}, "IDEMPOTENCY_CONFLICT"},
	}
	for _, c := range cases {
		variables := map[string]any{"key": "new", "to": "u-2", "amount": "1", "text": "coffee"}
		for name, value := range c.variables {
			variables[name] = value
		}
		response := ada.Ask(t, create, variables)
		if len(response.Errors) != 1 || response.Errors[0].Code() != c.code || len(response.Body) > 1000 {
			t.Errorf("%s: want the code %s: %d %.1000s", c.name, c.code, response.Status, response.Body)
		}
	}
	if got := s.balance(t, "u-1"); got != "9.00" {
		t.Errorf("refused payments changed the balance to %s", got)
	}
	response := ada.Ask(t, `mutation { createPayment(input: {idempotencyKey: "k", payeeId: "u-2", amount: 4.2, currency: EUR}) { id } }`, nil)
	if len(response.Errors) == 0 {
		t.Errorf("a float in the document was taken: %s", response.Body)
	}
}

// TestTwoInstances: two instances on one database agree on one key and one balance.
func TestTwoInstances(t *testing.T) {
	t.Parallel()
	databaseURL := dbtest.PostgreSQLURL(t)
	instances := []running{boot(t, databaseURL), boot(t, databaseURL)}
	instances[0].fund(t, "u-1", "10")
	var all sync.WaitGroup
	ids := make([]string, 8)
	for i := range ids {
		all.Go(func() {
			s := instances[i%2]
			response := s.as(t, "u-1").Ask(t, create, map[string]any{"key": "same", "to": "u-2", "amount": "4"})
			if len(response.Errors) > 0 {
				t.Errorf("%s", response.Body)
			}
			ids[i] = string(response.Data)
		})
	}
	all.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Errorf("one answer is %s, another %s", ids[0], id)
		}
	}
	if got := instances[1].balance(t, "u-1"); got != "6.00" {
		t.Errorf("the balance is %s", got)
	}
}
