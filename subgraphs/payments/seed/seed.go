// Package seed fills a payments database with the demo data: opening deposits for every demo user, and the payments of package demo.
package seed

import (
	"context"
	"fmt"

	"github.com/tributary-gql/tributary/subgraphs/kit/demo"
	"github.com/tributary-gql/tributary/subgraphs/payments"
	"github.com/tributary-gql/tributary/subgraphs/payments/store"
)

// openingMinor is what each demo user starts with, in minor units of each of openingCurrencies.
const openingMinor = 100_000

func openingCurrencies() []payments.Currency { return []payments.Currency{"EUR", "USD"} }

// Run imports the demo data unless it is there already. The data is the same on every machine.
func Run(ctx context.Context, kept *store.Store) error {
	last := demo.PaymentID(demo.PaymentCount)
	found, err := kept.Payments(ctx, []string{last})
	if err != nil {
		return err
	}
	if _, there := found[last]; there {
		return nil
	}
	if err := kept.Import(ctx, batch(payments.NewLedger(kept))); err != nil {
		return fmt.Errorf("seeding payments: %w", err)
	}
	return nil
}

func batch(ledger *payments.Ledger) store.Batch {
	b := store.Batch{DepositAt: demo.Epoch()}
	for number := 1; number <= demo.UserCount; number++ {
		for _, currency := range openingCurrencies() {
			money := payments.Money{Minor: openingMinor, Currency: currency}
			b.Deposits = append(b.Deposits, ledger.DepositJournal(demo.UserID(number), money, "opening/"+string(currency)))
		}
	}
	for number := 1; number <= demo.PaymentCount; number++ {
		b.Payments = append(b.Payments, history(ledger, demo.PaymentAt(number)))
	}
	return b
}

func history(ledger *payments.Ledger, d demo.Payment) store.History {
	creation := ledger.Authorization(payments.Payment{
		ID: demo.PaymentID(d.Number), PayerID: demo.UserID(d.Payer), PayeeID: demo.UserID(d.Payee),
		Amount:      payments.Money{Minor: d.Minor, Currency: payments.Currency(d.Currency)},
		Description: d.Description, CreatedAt: d.CreatedAt,
	}, demo.PaymentID(d.Number))
	h := store.History{Creation: creation}
	for _, step := range d.Steps() {
		to := payments.Status(step.Status)
		h.Steps = append(h.Steps, store.Step{To: to, Journal: ledger.Advancement(creation.Payment, to), At: step.At})
	}
	return h
}
