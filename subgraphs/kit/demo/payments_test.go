package demo_test

import (
	"testing"

	"github.com/tributary-gql/tributary/subgraphs/kit/demo"
)

// TestPaymentsAreUsable: every payment is between two different demo users, has a positive amount and a text, and comes after both signed up.
func TestPaymentsAreUsable(t *testing.T) {
	t.Parallel()
	statuses := map[string]int{}
	coffees := 0
	for number := 1; number <= demo.PaymentCount; number++ {
		p := demo.PaymentAt(number)
		if p.Payer == p.Payee || p.Payer < 1 || p.Payee < 1 || p.Payer > demo.UserCount || p.Payee > demo.UserCount {
			t.Errorf("payment %d is from user %d to user %d", number, p.Payer, p.Payee)
		}
		if p.Minor <= 0 || p.Description == "" {
			t.Errorf("payment %d has %d minor units for %q", number, p.Minor, p.Description)
		}
		if p.CreatedAt.Before(demo.UserCreatedAt(p.Payer)) || p.CreatedAt.Before(demo.UserCreatedAt(p.Payee)) {
			t.Errorf("payment %d is older than one of its users", number)
		}
		if p != demo.PaymentAt(number) {
			t.Errorf("payment %d is not the same twice", number)
		}
		last := "AUTHORIZED"
		for _, step := range p.Steps() {
			last = step.Status
		}
		if last != p.Status {
			t.Errorf("the steps of payment %d end with %s, and its status is %s", number, last, p.Status)
		}
		statuses[p.Status]++
		if p.Payer+p.Payee == 3 {
			coffees++
		}
	}
	for _, status := range []string{"AUTHORIZED", "CAPTURED", "REFUNDED", "CANCELLED"} {
		if statuses[status] < 50 {
			t.Errorf("only %d payments are %s", statuses[status], status)
		}
	}
	if coffees < 2*demo.PaymentCount/25 {
		t.Errorf("Ada and Grace share only %d payments", coffees)
	}
}
