package service_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/tributary-gql/tributary/subgraphs/kit/database/dbtest"
	"github.com/tributary-gql/tributary/subgraphs/kit/demo"
	"github.com/tributary-gql/tributary/subgraphs/kit/events"
	"github.com/tributary-gql/tributary/subgraphs/kit/events/redistest"
	"github.com/tributary-gql/tributary/subgraphs/kit/graphqlserver/graphqlservertest"
	"github.com/tributary-gql/tributary/subgraphs/users"
	"github.com/tributary-gql/tributary/subgraphs/users/service"
)

func TestMain(m *testing.M) { dbtest.Main(m, func() error { return goleak.Find() }) }

// start runs the real service with the demo data until the test ends.
func start(t *testing.T, databaseURL string, arguments ...string) graphqlservertest.Client {
	t.Helper()
	var settings service.Settings
	arguments = append([]string{"--listen", "127.0.0.1:0", "--database-url", databaseURL, "--seed-demo"}, arguments...)
	if err := service.Declare(&settings).Parse(arguments, func(string) (string, bool) { return "", false }); err != nil {
		t.Fatal(err)
	}
	running, err := service.New(t.Context(), settings, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	address, done := make(chan string, 1), make(chan error, 1)
	go func() { done <- running.Run(ctx, nil, func(a string) { address <- a }) }()
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(func() {
		client.CloseIdleConnections()
		stop()
		if err := <-done; err != nil {
			t.Errorf("the service ended with %v", err)
		}
		if err := running.Close(); err != nil {
			t.Errorf("closing the service: %v", err)
		}
	})
	select {
	case a := <-address:
		return graphqlservertest.Client{URL: "http://" + a + "/graphql", HTTP: client}
	case err := <-done:
		done <- err
		t.Fatalf("the service ended instead of listening: %v", err)
		panic("unreachable")
	}
}

// session is what logging in gives.
type session struct {
	AccessToken  string
	RefreshToken string
	ExpiresAt    time.Time
	User         struct {
		ID, Name string
		Email    *string
		Roles    []string
	}
}

const sessionFields = `{ accessToken refreshToken expiresAt user { id name email roles } }`

func logIn(t *testing.T, client graphqlservertest.Client, email, password string) session {
	t.Helper()
	var data struct{ LogIn session }
	client.MustAsk(t, `mutation ($input: LogInInput!) { logIn(input: $input) `+sessionFields+` }`,
		map[string]any{"input": map[string]any{"email": email, "password": password}}, &data)
	return data.LogIn
}

func refresh(t *testing.T, client graphqlservertest.Client, token string) (session, string) {
	t.Helper()
	response := client.Ask(t, `mutation ($token: String!) { refreshToken(input: {refreshToken: $token}) `+sessionFields+` }`, map[string]any{"token": token})
	if len(response.Errors) > 0 {
		return session{}, response.Errors[0].Code()
	}
	var data struct{ RefreshToken session }
	if err := json.Unmarshal(response.Data, &data); err != nil {
		t.Fatal(err)
	}
	return data.RefreshToken, ""
}

func me(t *testing.T, client graphqlservertest.Client) string {
	t.Helper()
	var data struct{ Me struct{ ID, Name string } }
	client.MustAsk(t, `{ me { id name } }`, nil, &data)
	return data.Me.ID + " " + data.Me.Name
}

func TestTheDemoAccountsLogIn(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, databaseURL string) {
		client := start(t, databaseURL)
		for _, account := range demo.Accounts() {
			granted := logIn(t, client, account.Email, demo.Password)
			if granted.User.ID != demo.UserID(account.Number) || *granted.User.Email != account.Email ||
				slices.Contains(granted.User.Roles, "ADMIN") != account.Admin {
				t.Errorf("%s is %+v", account.Email, granted.User)
			}
			if life := time.Until(granted.ExpiresAt); life < 14*time.Minute || life > 15*time.Minute {
				t.Errorf("the access token lives for %v", life)
			}
			if who := me(t, client.As(granted.AccessToken)); who != granted.User.ID+" "+account.Name {
				t.Errorf("the token of %s speaks for %s", account.Email, who)
			}
		}
	})
}

func TestALifeWithTheService(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, databaseURL string) {
		client := start(t, databaseURL)
		var data struct{ SignUp session }
		client.MustAsk(t, `mutation ($input: SignUpInput!) { signUp(input: $input) `+sessionFields+` }`,
			map[string]any{"input": map[string]any{"email": " Hedy@Example.com", "password": "frequency hopping", "name": "Hedy  Lamarr"}}, &data)
		hedy := data.SignUp
		if hedy.User.Name != "Hedy Lamarr" || *hedy.User.Email != "hedy@example.com" {
			t.Fatalf("signed up as %+v", hedy.User)
		}
		var renamed struct{ UpdateProfile struct{ Name string } }
		client.As(hedy.AccessToken).MustAsk(t, `mutation { updateProfile(input: {name: "Hedwig Kiesler"}) { name } }`, nil, &renamed)
		if who := me(t, client.As(hedy.AccessToken)); who != hedy.User.ID+" Hedwig Kiesler" {
			t.Errorf("after renaming: %s", who)
		}
		next, code := refresh(t, client, hedy.RefreshToken)
		if code != "" || next.RefreshToken == hedy.RefreshToken || me(t, client.As(next.AccessToken)) != hedy.User.ID+" Hedwig Kiesler" {
			t.Errorf("the refresh gives %q, %+v", code, next)
		}
		again := logIn(t, client, "HEDY@example.com", "frequency hopping")
		var out struct{ LogOut bool }
		client.As(again.AccessToken).MustAsk(t, `mutation { logOut }`, nil, &out)
		if !out.LogOut {
			t.Error("there was no session to end")
		}
		if _, code := refresh(t, client, again.RefreshToken); code != users.CodeInvalidRefreshToken {
			t.Errorf("a refresh after logging out gives %q", code)
		}
		last, code := refresh(t, client, next.RefreshToken)
		if code != "" {
			t.Errorf("logging out of one session ended another: %q", code)
		}
		client.As(last.AccessToken).MustAsk(t, `mutation { logOut(everywhere: true) }`, nil, &out)
		if _, code := refresh(t, client, last.RefreshToken); !out.LogOut || code != users.CodeInvalidRefreshToken {
			t.Errorf("a refresh after logging out everywhere gives %q", code)
		}
	})
}

func TestAStolenRefreshTokenEndsTheSession(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, databaseURL string) {
		client := start(t, databaseURL)
		victim := logIn(t, client, "ada@example.com", demo.Password)
		thief, code := refresh(t, client, victim.RefreshToken)
		if code != "" {
			t.Fatal(code)
		}
		if _, code := refresh(t, client, victim.RefreshToken); code != users.CodeRefreshTokenReused {
			t.Errorf("the second use gives %q", code)
		}
		if _, code := refresh(t, client, thief.RefreshToken); code != users.CodeInvalidRefreshToken {
			t.Errorf("the thief's token gives %q after the reuse", code)
		}
		for _, nonsense := range []string{"", "trf_", "trf_" + strings.Repeat("A", 5000), victim.AccessToken} {
			if _, code := refresh(t, client, nonsense); code != users.CodeInvalidRefreshToken {
				t.Errorf("refreshing with %.20q gives %q", nonsense, code)
			}
		}
	})
}

// TestGuessingIsSlowAndTellsNothing: a wrong password and an unknown address get the same answer, also about their number.
func TestGuessingIsSlowAndTellsNothing(t *testing.T) {
	t.Parallel()
	client := start(t, dbtest.SQLiteURL(t))
	const query = `mutation ($input: LogInInput!) { logIn(input: $input) { accessToken } }`
	guess := func(email string) (code, message string) {
		response := client.Ask(t, query, map[string]any{"input": map[string]any{"email": email, "password": "not the password"}})
		if len(response.Errors) != 1 {
			t.Fatalf("a guess is answered by %s", response.Body)
		}
		return response.Errors[0].Code(), response.Errors[0].Message
	}
	burst := users.DefaultPolicy().LogIn.Burst
	for i := range burst + 2 {
		knownCode, known := guess("grace@example.com")
		unknownCode, unknown := guess("nobody@example.com")
		disabledCode, _ := guess(demo.UserEmail(50)) // has an account, and no password
		want := users.CodeInvalidCredentials
		if i >= burst {
			want = users.CodeTooManyRequests
		}
		if knownCode != want || unknownCode != want || disabledCode != want {
			t.Errorf("guess %d gives %q, %q and %q, want %q", i+1, knownCode, unknownCode, disabledCode, want)
		}
		if i < burst && known != unknown {
			t.Errorf("guess %d says %q for an account and %q for none", i+1, known, unknown)
		}
	}
	response := client.Ask(t, query, map[string]any{"input": map[string]any{"email": "grace@example.com", "password": demo.Password}})
	if len(response.Errors) != 1 || response.Errors[0].Code() != users.CodeTooManyRequests {
		t.Errorf("the right password of a throttled account is answered by %s", response.Body)
	}
	logIn(t, client, "ada@example.com", demo.Password) // others are not held up
}

func TestSignUpRefuses(t *testing.T) {
	t.Parallel()
	client := start(t, dbtest.SQLiteURL(t))
	for _, test := range []struct{ email, password, name, want string }{
		{"ada@example.com", "long enough", "Another Ada", users.CodeEmailTaken},
		{"ADA@example.com ", "long enough", "Another Ada", users.CodeEmailTaken},
		{"new@example.com", "short", "New", users.CodeBadInput},
		{"new@example.com", "long enough", " ", users.CodeBadInput},
		{"not an address", "long enough", "New", users.CodeBadInput},
	} {
		response := client.Ask(t, `mutation ($input: SignUpInput!) { signUp(input: $input) { accessToken } }`,
			map[string]any{"input": map[string]any{"email": test.email, "password": test.password, "name": test.name}})
		if len(response.Errors) != 1 || response.Errors[0].Code() != test.want || strings.Contains(response.Errors[0].Message, test.password) {
			t.Errorf("signing up as %+v is answered by %s", test, response.Body)
		}
	}
}

func TestForgedTokensAreRefused(t *testing.T) {
	t.Parallel()
	client := start(t, dbtest.SQLiteURL(t))
	elsewhere := start(t, dbtest.SQLiteURL(t))
	otherIssuer := start(t, dbtest.SQLiteURL(t), "--issuer", "http://other.example")
	parts := strings.Split(logIn(t, client, "ada@example.com", demo.Password).AccessToken, ".")
	admin := strings.Split(logIn(t, client, "admin@example.com", demo.Password).AccessToken, ".")
	for name, token := range map[string]string{
		"of another installation":     logIn(t, elsewhere, "ada@example.com", demo.Password).AccessToken,
		"of another issuer":           logIn(t, otherIssuer, "ada@example.com", demo.Password).AccessToken,
		"alg none":                    "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0." + parts[1] + ".",
		"claims of the administrator": parts[0] + "." + admin[1] + "." + parts[2],
		"a refresh token":             logIn(t, client, "ada@example.com", demo.Password).RefreshToken,
	} {
		response := client.As(token).Ask(t, `{ me { id } }`, nil)
		if response.Status != http.StatusUnauthorized || len(response.Errors) != 1 || response.Errors[0].Code() != "UNAUTHENTICATED" {
			t.Errorf("a token %s: status %d, %s", name, response.Status, response.Body)
		}
	}
}

func TestTheListOfUsersPages(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, databaseURL string) {
		client := start(t, databaseURL)
		var ids []string
		var after *string
		for pages := 0; ; pages++ {
			var data struct {
				Users struct {
					Edges    []struct{ Node struct{ ID string } }
					PageInfo struct {
						HasNextPage, HasPreviousPage bool
						EndCursor                    *string
					}
				}
			}
			client.MustAsk(t, `query ($after: String) { users(first: 70, after: $after) { edges { node { id } } pageInfo { hasNextPage hasPreviousPage endCursor } } }`,
				map[string]any{"after": after}, &data)
			if data.Users.PageInfo.HasPreviousPage != (pages > 0) {
				t.Errorf("page %d: hasPreviousPage is %v", pages, data.Users.PageInfo.HasPreviousPage)
			}
			for _, edge := range data.Users.Edges {
				ids = append(ids, edge.Node.ID)
			}
			if after = data.Users.PageInfo.EndCursor; !data.Users.PageInfo.HasNextPage {
				break
			}
		}
		for i, id := range ids {
			if id != demo.UserID(i+1) {
				t.Fatalf("place %d has %s", i+1, id)
			}
		}
		if len(ids) != demo.UserCount {
			t.Errorf("the pages hold %d users, want %d", len(ids), demo.UserCount)
		}
	})
}

func TestBadRequests(t *testing.T) {
	t.Parallel()
	client := start(t, dbtest.SQLiteURL(t), "--max-body-bytes", "20000")
	tests := []struct {
		name, contentType, body string
		status                  int
		says                    string
	}{
		{"no JSON", "application/json", `{"query"`, http.StatusBadRequest, "not a GraphQL request in JSON"},
		{"a list", "application/json", `[{"query":"{me{id}}"}]`, http.StatusBadRequest, "one JSON object"},
		{"more after the object", "application/json", `{"query":"{me{id}}"} {}`, http.StatusBadRequest, "more text"},
		{"no query", "application/json", `{}`, http.StatusBadRequest, `no \"query\"`},
		{"another type", "text/plain", `{"query":"{me{id}}"}`, http.StatusUnsupportedMediaType, "application/json"},
		{"no GraphQL", "application/json", `{"query":"{me{"}`, http.StatusBadRequest, "Expected Name"},
		{"an unknown field", "application/json", `{"query":"{me{nam}}"}`, http.StatusUnprocessableEntity, `Did you mean \"name\"`},
		{"a wrong variable", "application/json", `{"query":"query($n:Int){users(first:$n){edges{cursor}}}","variables":{"n":"x"}}`, http.StatusUnprocessableEntity, "cannot use string as Int"},
		{"a large body", "application/json", `{"query":"` + strings.Repeat(" ", 20000) + `"}`, http.StatusRequestEntityTooLarge, "limit of 20000 bytes"},
		{"deep nesting", "application/json", `{"query":"{__schema{types` + strings.Repeat("{ofType", 50) + `{name}` + strings.Repeat("}", 50) + `}}"}`, http.StatusUnprocessableEntity, ""},
	}
	for _, test := range tests {
		response := client.Post(t, test.contentType, []byte(test.body))
		if response.Status != test.status || len(response.Errors) == 0 || response.Errors[0].Code() == "" ||
			response.Data != nil || !strings.Contains(string(response.Body), test.says) || bytes.Contains(response.Body, []byte("goroutine")) {
			t.Errorf("%s: status %d, %.300s; want %d with %q", test.name, response.Status, response.Body, test.status, test.says)
		}
	}
}

func TestHealthReadinessAndKeys(t *testing.T) {
	t.Parallel()
	client := start(t, dbtest.SQLiteURL(t))
	base := strings.TrimSuffix(client.URL, "/graphql")
	for path, says := range map[string]string{
		"/health":                `"live"`,
		"/ready":                 `"database":"ok"`,
		"/.well-known/jwks.json": `"alg":"EdDSA"`,
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.HTTP.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK || !strings.Contains(string(body), says) {
			t.Errorf("%s: status %d, %s, %v", path, response.StatusCode, body, err)
		}
	}
	var data struct {
		Service struct{ SDL string } `json:"_service"`
	}
	client.MustAsk(t, `{ _service { sdl } }`, nil, &data)
	if !strings.Contains(data.Service.SDL, `type User @key(fields: "id")`) {
		t.Errorf("the published SDL is\n%s", data.Service.SDL)
	}
}

// TestTwoInstancesShareADatabase: a token of one is good at the other, and one refresh token is good once at both.
func TestTwoInstancesShareADatabase(t *testing.T) {
	t.Parallel()
	databaseURL := dbtest.PostgreSQLURL(t)
	one, two := start(t, databaseURL), start(t, databaseURL)
	granted := logIn(t, one, "ada@example.com", demo.Password)
	if who := me(t, two.As(granted.AccessToken)); who != "u-0001 Ada Lovelace" {
		t.Errorf("the other instance takes the token for %s", who)
	}
	if _, code := refresh(t, two, granted.RefreshToken); code != "" {
		t.Errorf("the other instance refuses the refresh token: %s", code)
	}
	if _, code := refresh(t, one, granted.RefreshToken); code != users.CodeRefreshTokenReused {
		t.Errorf("the second use at the first instance gives %q", code)
	}
}

func TestEventsReachTheStream(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, databaseURL string) {
		server := redistest.Start(t)
		client := start(t, databaseURL, "--redis-url", server.URL())
		granted := logIn(t, client, "ada@example.com", demo.Password)
		client.As(granted.AccessToken).MustAsk(t, `mutation { updateProfile(input: {name: "Augusta Ada King"}) { id } }`, nil, nil)
		stream := server.Client()
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		var last string
		for place := "0"; !strings.HasPrefix(last, "user.updated"); {
			read, err := stream.XRead(ctx, &redis.XReadArgs{Streams: []string{"tributary:{users}:events", place}, Block: time.Second}).Result()
			if errors.Is(err, redis.Nil) {
				continue
			}
			if err != nil {
				t.Fatalf("waiting for the event, after %q: %v", last, err)
			}
			for _, message := range read[0].Messages {
				place = message.ID
				text, isEvent := message.Values["event"].(string)
				if !isEvent {
					continue
				}
				var envelope events.Envelope
				if err := json.Unmarshal([]byte(text), &envelope); err != nil {
					t.Fatal(err)
				}
				last = fmt.Sprintf("%s %s #%d", envelope.Type, envelope.Aggregate.ID, envelope.Sequence)
			}
		}
		if last != "user.updated u-0001 #2" {
			t.Errorf("the event is %s", last)
		}
	})
}
