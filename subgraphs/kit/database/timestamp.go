package database

import (
	"database/sql/driver"
	"fmt"
	"time"
)

// Timestamp is a point in time as a column keeps it: a BIGINT of microseconds since 1970-01-01T00:00:00Z. Make one with [At];
// read values are in UTC. The zero time is stored as 0 and read back as the zero time.
type Timestamp struct{ time.Time }

// At returns t as a Timestamp, in UTC and cut to microseconds, so that what is written equals what is read.
func At(t time.Time) Timestamp {
	if t.IsZero() {
		return Timestamp{}
	}
	return Timestamp{t.UTC().Truncate(time.Microsecond)}
}

// Micros is the value of the column.
func (t Timestamp) Micros() int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// FromMicros is the inverse of [Timestamp.Micros].
func FromMicros(micros int64) Timestamp {
	if micros == 0 {
		return Timestamp{}
	}
	return Timestamp{time.UnixMicro(micros).UTC()}
}

// Value implements driver.Valuer.
func (t Timestamp) Value() (driver.Value, error) { return t.Micros(), nil }

// Scan implements sql.Scanner.
func (t *Timestamp) Scan(source any) error {
	switch value := source.(type) {
	case int64:
		*t = FromMicros(value)
		return nil
	case nil:
		*t = Timestamp{}
		return nil
	default:
		return fmt.Errorf("a timestamp column must hold whole microseconds, not %T", source)
	}
}
