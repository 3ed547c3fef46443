package events

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/tributary-gql/tributary/subgraphs/kit/database"
)

const (
	// leaseLength is how long a holder that says nothing keeps its lease: the time another replica needs to take over.
	leaseLength = 4 * time.Second
	leaseRenew  = time.Second
	// leasePoll is how often a replica without the lease asks for it.
	leasePoll = time.Second
	// After a failure the next tenure begins after firstPause, and the pauses double up to maxPause.
	firstPause = 100 * time.Millisecond
	maxPause   = 2 * time.Second
	// releaseTimeout bounds giving a lease back when the service stops.
	releaseTimeout = 2 * time.Second
)

// errLeaseLost: another replica holds the lease now, so this one must not act any more.
var errLeaseLost = errors.New("another replica has taken over")

// lease lets one of several replicas do a job. It is a row in the service's own database, so that a transaction can make sure of
// it: what a replica does after it was replaced cannot be committed.
type lease struct {
	db     *database.DB
	name   string
	holder string
	at     time.Time // of the last renewal
}

func newLease(db *database.DB, name string) *lease {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return &lease{db: db, name: name, holder: fmt.Sprintf("%s/%d/%s", host, os.Getpid(), rand.Text()[:8])}
}

// acquire takes or renews the lease and says whether this replica holds it.
func (l *lease) acquire(ctx context.Context) (held bool, err error) {
	now := time.Now()
	err = l.db.InTx(ctx, func(tx *sqlx.Tx) error {
		result, err := tx.ExecContext(ctx, tx.Rebind(`
			INSERT INTO kit_leases (name, holder, expires_at) VALUES (?, ?, ?)
			ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
			WHERE kit_leases.holder = excluded.holder OR kit_leases.expires_at < ?`),
			l.name, l.holder, database.At(now.Add(leaseLength)), database.At(now))
		if err != nil {
			return err
		}
		changed, err := result.RowsAffected()
		held = changed == 1
		return err
	})
	if err != nil {
		return false, fmt.Errorf("taking the lease %s: %w", l.name, err)
	}
	l.at = now
	return held, nil
}

// renew renews the lease when it is time, and returns errLeaseLost when it is another's.
func (l *lease) renew(ctx context.Context) error {
	if time.Since(l.at) < leaseRenew {
		return nil
	}
	held, err := l.acquire(ctx)
	if err == nil && !held {
		return errLeaseLost
	}
	return err
}

// confirm makes sure, within a transaction, that the lease is still ours; on PostgreSQL nobody can take it until tx ends.
func (l *lease) confirm(ctx context.Context, tx *sqlx.Tx) error {
	query := `SELECT count(*) FROM (SELECT 1 FROM kit_leases WHERE name = ? AND holder = ?) AS held`
	if l.db.Dialect == database.PostgreSQL {
		query = `SELECT count(*) FROM (SELECT 1 FROM kit_leases WHERE name = ? AND holder = ? FOR SHARE) AS held`
	}
	var held int
	if err := tx.GetContext(ctx, &held, tx.Rebind(query), l.name, l.holder); err != nil {
		return fmt.Errorf("confirming the lease %s: %w", l.name, err)
	}
	if held == 0 {
		return errLeaseLost
	}
	return nil
}

// release gives the lease back, so that another replica need not wait for its end.
func (l *lease) release(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTimeout)
	defer cancel()
	return l.db.InTx(ctx, func(tx *sqlx.Tx) error {
		_, err := tx.ExecContext(ctx, tx.Rebind(`DELETE FROM kit_leases WHERE name = ? AND holder = ?`), l.name, l.holder)
		return err
	})
}

// job is work that one replica does at a time, for ever.
type job struct {
	lease  *lease
	logger *slog.Logger
	// tenure works until ctx ends or something fails. It calls healthy when all that it needs has answered.
	tenure func(ctx context.Context, healthy func()) error
}

// run has tenure called whenever this replica holds the lease, until ctx ends. A failure is logged once, not at each try.
func (j *job) run(ctx context.Context) {
	pause, failing := firstPause, false
	healthy := func() {
		if failing {
			j.logger.Info("working again")
		}
		pause, failing = firstPause, false
	}
	for ctx.Err() == nil {
		held, err := j.lease.acquire(ctx)
		wait := leasePoll
		if held {
			err = j.tenure(ctx, healthy)
			if release := j.lease.release(ctx); release != nil {
				j.logger.Debug("the lease was not given back; it ends by itself", "error", release)
			}
		}
		if err != nil && ctx.Err() == nil {
			if !failing && !errors.Is(err, errUnsubscribed) {
				j.logger.Warn("interrupted; trying again until it works", "error", err)
				failing = true
			}
			wait, pause = pause, min(2*pause, maxPause)
		}
		sleep(ctx, wait)
	}
}

// sleep waits until length is over or ctx ends.
func sleep(ctx context.Context, length time.Duration) {
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
