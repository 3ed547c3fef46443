package payments_test

import (
	"context"
	"time"

	"github.com/tributary-gql/tributary/subgraphs/payments"
)

// memoryStore is the plainest payments.Store, for tests of the rules alone.
type memoryStore struct {
	byID     map[string]payments.Payment
	byKey    map[string]payments.Creation
	balances map[payments.Account]int64
	applied  map[string]bool
}

func newMemoryStore() *memoryStore {
	return &memoryStore{
		byID: map[string]payments.Payment{}, byKey: map[string]payments.Creation{},
		balances: map[payments.Account]int64{}, applied: map[string]bool{},
	}
}

func (s *memoryStore) Payments(_ context.Context, ids []string) (map[string]payments.Payment, error) {
	found := map[string]payments.Payment{}
	for _, id := range ids {
		if p, ok := s.byID[id]; ok {
			found[id] = p
		}
	}
	return found, nil
}

func (s *memoryStore) Pages(context.Context, []payments.PageKey) (map[payments.PageKey][]payments.Payment, error) {
	return nil, nil
}

func (s *memoryStore) Balances(_ context.Context, accounts []payments.Account) (map[payments.Account]int64, error) {
	found := map[payments.Account]int64{}
	for _, account := range accounts {
		found[account] = s.balances[account]
	}
	return found, nil
}

func (s *memoryStore) Create(ctx context.Context, c payments.Creation) (payments.Payment, error) {
	key := c.Payment.PayerID + "\x00" + c.IdempotencyKey
	if earlier, ok := s.byKey[key]; ok {
		if earlier.Fingerprint != c.Fingerprint {
			return payments.Payment{}, payments.ErrIdempotencyConflict(c.IdempotencyKey)
		}
		return s.byID[earlier.Payment.ID], nil
	}
	if err := s.Apply(ctx, c.Journal, c.Payment.CreatedAt); err != nil {
		return payments.Payment{}, err
	}
	s.byKey[key], s.byID[c.Payment.ID] = c, c.Payment
	return c.Payment, nil
}

func (s *memoryStore) Advance(ctx context.Context, read payments.Payment, to payments.Status, journal payments.Journal,
	at time.Time) (payments.Payment, bool, error) {
	if now := s.byID[read.ID]; now.Version != read.Version {
		return now, false, nil
	}
	if err := s.Apply(ctx, journal, at); err != nil {
		return payments.Payment{}, false, err
	}
	read.Status, read.Version = to, read.Version+1
	s.byID[read.ID] = read
	return read, true, nil
}

func (s *memoryStore) Apply(_ context.Context, journal payments.Journal, _ time.Time) error {
	if s.applied[journal.ID] {
		return nil
	}
	for _, posting := range journal.Postings {
		after := s.balances[posting.Account] + posting.Delta
		if after < posting.Floor {
			return payments.ErrInsufficientFunds()
		}
		if after > posting.Ceiling {
			return payments.ErrBalanceOverflow()
		}
	}
	for _, posting := range journal.Postings {
		s.balances[posting.Account] += posting.Delta
	}
	s.applied[journal.ID] = true
	return nil
}
