package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/tributary-gql/tributary/subgraphs/payments"
)

// Batch is deposits and payments that are kept in one transaction.
type Batch struct {
	Deposits  []payments.Journal
	DepositAt time.Time
	Payments  []History
}

// History is a payment from its creation to its latest status.
type History struct {
	Creation payments.Creation
	Steps    []Step
}

// Step moves the payment of a history to its next status.
type Step struct {
	To      payments.Status
	Journal payments.Journal
	At      time.Time
}

// Import keeps a batch with the same postings and events as if its parts had come one by one. What is there already, by journal id and by
// idempotency key, is left alone, so the same batch can be imported again.
func (s *Store) Import(ctx context.Context, batch Batch) error {
	return s.db.InTx(ctx, func(tx *sqlx.Tx) error {
		for _, deposit := range batch.Deposits {
			if err := post(ctx, tx, deposit, batch.DepositAt); err != nil {
				return fmt.Errorf("%s: %w", deposit.ID, err)
			}
		}
		for _, history := range batch.Payments {
			if err := s.importHistory(ctx, tx, history); err != nil {
				return fmt.Errorf("payment %s: %w", history.Creation.Payment.ID, err)
			}
		}
		return nil
	})
}

func (s *Store) importHistory(ctx context.Context, tx *sqlx.Tx, history History) error {
	p, isNew, err := s.create(ctx, tx, history.Creation)
	if err != nil || !isNew {
		return err
	}
	for _, step := range history.Steps {
		var moved bool
		if p, moved, err = s.advance(ctx, tx, p, step.To, step.Journal, step.At); err != nil {
			return err
		}
		if !moved {
			return fmt.Errorf("it cannot become %s, it is %s", step.To, p.Status)
		}
	}
	return nil
}
