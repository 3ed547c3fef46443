// Package seed fills a notifications database with the demo data: exactly the notifications that the events of the demo users and payments
// cause, with the older ones partly read. As a notification's id follows from what it is about, those events change nothing when they
// arrive later.
package seed

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/tributary-gql/tributary/subgraphs/kit/database"
	"github.com/tributary-gql/tributary/subgraphs/kit/demo"
	"github.com/tributary-gql/tributary/subgraphs/notifications"
	"github.com/tributary-gql/tributary/subgraphs/notifications/store"
)

const (
	// Of the notifications about older payments this percentage is read, an hour after they came.
	readPercent = 60
	readDelay   = time.Hour
	// Everything about the newest payments is unread.
	newestUnread = 300
)

// Run delivers the demo data unless it is there already. The data is the same on every machine.
func Run(ctx context.Context, db *database.DB, kept *store.Store) error {
	all := All()
	last := all[len(all)-1].ID
	found, err := kept.Notifications(ctx, []string{last})
	if err != nil {
		return err
	}
	if _, there := found[last]; there {
		return nil
	}
	err = db.InTx(ctx, func(tx *sqlx.Tx) error {
		_, err := kept.Deliver(ctx, tx, all)
		return err
	})
	if err != nil {
		return fmt.Errorf("seeding notifications: %w", err)
	}
	return nil
}

// All returns the demo data.
func All() []notifications.Notification {
	var all []notifications.Notification
	for number := 1; number <= demo.UserCount; number++ {
		welcome := notifications.AboutUser(demo.UserID(number), demo.UserName(number), demo.UserCreatedAt(number))
		welcome.ReadAt = welcome.CreatedAt.Add(readDelay)
		all = append(all, welcome)
	}
	for number := 1; number <= demo.PaymentCount; number++ {
		for i, n := range aboutPayment(demo.PaymentAt(number)) {
			if number <= demo.PaymentCount-newestUnread && demo.Pick(fmt.Sprintf("notification %d read", i), number, 100) < readPercent {
				n.ReadAt = n.CreatedAt.Add(readDelay)
			}
			all = append(all, n)
		}
	}
	return all
}

func aboutPayment(d demo.Payment) []notifications.Notification {
	p := notifications.Payment{
		ID: demo.PaymentID(d.Number), PayerID: demo.UserID(d.Payer), PayeeID: demo.UserID(d.Payee),
		// Every demo currency has two decimals.
		Amount: fmt.Sprintf("%d.%02d %s", d.Minor/100, d.Minor%100, d.Currency), Description: d.Description,
	}
	about := notifications.AboutPayment(notifications.Created, p, d.CreatedAt)
	for _, step := range d.Steps() {
		about = append(about, notifications.AboutPayment(changeTo(step.Status), p, step.At)...)
	}
	return about
}

func changeTo(status string) notifications.PaymentChange {
	switch status {
	case "CAPTURED":
		return notifications.Captured
	case "REFUNDED":
		return notifications.Refunded
	}
	return notifications.Cancelled
}
