package demo_test

import (
	"testing"

	"github.com/tributary-gql/tributary/subgraphs/kit/demo"
)

func TestTheDemoUsersAreDistinctAndStable(t *testing.T) {
	t.Parallel()
	ids, names, emails := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for number := 1; number <= demo.UserCount; number++ {
		ids[demo.UserID(number)], names[demo.UserName(number)], emails[demo.UserEmail(number)] = true, true, true
	}
	if len(ids) != demo.UserCount || len(names) != demo.UserCount || len(emails) != demo.UserCount || demo.UserCount < 200 {
		t.Errorf("%d users have %d ids, %d names and %d addresses", demo.UserCount, len(ids), len(names), len(emails))
	}
	// Scripts and the other services' data depend on these.
	for got, want := range map[string]string{
		demo.UserID(1):    "u-0001",
		demo.UserName(1):  "Ada Lovelace",
		demo.UserEmail(2): "grace@example.com",
		demo.UserName(4):  "Elif Eriksen",
		demo.UserEmail(4): "elif.eriksen@example.com",
		demo.ID("p", 42):  "p-0042",
		demo.UserCreatedAt(1).Format("2006-01-02"): "2026-01-05",
	} {
		if got != want {
			t.Errorf("%q should be %q", got, want)
		}
	}
}

func TestPickIsSpreadAndIndependent(t *testing.T) {
	t.Parallel()
	const choices, draws = 10, 10_000
	var counts [choices]int
	same := 0
	for number := range draws {
		payee, amount := demo.Pick("payee", number, choices), demo.Pick("amount", number, choices)
		counts[payee]++
		if payee == amount {
			same++
		}
		if payee != demo.Pick("payee", number, choices) {
			t.Fatal("the same arguments give another choice")
		}
	}
	for choice, count := range counts {
		if count < draws/choices*8/10 || count > draws/choices*12/10 {
			t.Errorf("choice %d comes %d times in %d", choice, count, draws)
		}
	}
	if same < draws/choices/2 || same > draws/choices*2 {
		t.Errorf("two purposes agree %d times in %d", same, draws)
	}
}

func TestPickFromNothingPanics(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("it chose something")
		}
	}()
	demo.Pick("payee", 1, 0)
}
